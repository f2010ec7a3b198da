"""One device: realtime values and history (docs/vendors/sigen.md, device endpoints)."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from solar_simulator.model import STEP_MINUTES, Series
from solar_simulator.noise import key_of, uniform_at
from solar_simulator.physics import Flow
from solar_simulator.sigen.envelope import SigenError
from solar_simulator.sigen.live import energy_flow, soc_pct
from solar_simulator.sigen.periods import day_labels, full_steps, period, published_minute
from solar_simulator.site import Site
from solar_simulator.tenure import Tenure, tenure_of
from solar_simulator.units import WMIN_PER_KWH, kwh
from solar_simulator.world import World
from solar_simulator.zones import day_start, local_date

_STRINGS = 4
_MPPT_VOLTS = 480.0
_CAPITAL = {
    "pvPower": "pVPower",
    **{
        f"pv{n}{what}": f"pV{n}{what}"
        for n in range(1, _STRINGS + 1)
        for what in ("Voltage", "Current")
    },
}


@dataclass(frozen=True, slots=True)
class Device:
    """A device that stands or stood at a station.

    Attributes:
        kind: ``Inverter``, ``Battery``, ``Gateway``, ``Meter``, or the kind of the charger.
        shown: The same as the cloud spells it.
        tenure: Its time there.
    """

    kind: str
    shown: str
    tenure: Tenure


def realtime(world: World, site: Site, serial: str) -> dict[str, object]:
    """One device's values of the last full minute; units as in the vendor's list.

    Those of chargers are nowhere described: they have none.

    Raises:
        SigenError: 1101 for an unknown serial, or one that has been replaced.
    """
    device = find_device(world, site, serial)
    if device.tenure.end <= world.now_minute():
        raise SigenError(1101)
    info: dict[str, object] = {}
    if device.kind == "Inverter":
        info = _inverter_now(world, site, device.tenure)
    elif device.kind == "Battery":
        info = {"batSoc": soc_pct(world, site, world.now_minute() - 1)}
    elif device.kind in {"Gateway", "Meter"}:
        info = _grid_now(world, site, meter=device.kind == "Meter")
    return {
        "systemId": site.site_id,
        "serialNumber": serial,
        "deviceType": device.shown,
        "realTimeInfo": info,
    }


def find_device(world: World, site: Site, serial: str) -> Device:
    """The device with a serial, one that has been replaced included.

    Raises:
        SigenError: 1101 for an unknown serial.
    """
    tenure = tenure_of(site, serial, world.now_minute())
    place = site.place_of(serial)
    if tenure is None:
        raise SigenError(1101)
    if site.inverter_index(serial) is not None:
        shown = str(world.switches.get("sigen.inverter_type", site.site_id))
        return Device("Inverter", shown, tenure)
    if site.battery and site.battery.serial == place:
        kind = "Battery"
    elif site.charger and site.charger.serial == place:
        kind = site.charger.kind
    else:
        kind = "Gateway" if place == site.gateway_serial else "Meter"
    return Device(kind, kind, tenure)


def _inverter_now(world: World, site: Site, tenure: Tenure) -> dict[str, object]:
    index = site.inverter_index(tenure.serial) or 0
    now = full_steps(world.now_minute())
    midnight = day_start(site.zone, local_date(site.zone, now))
    last = world.model.steps(site.site_id, now - STEP_MINUTES, now)
    pv_kw = int(last.inverter_pv[index, 0]) / STEP_MINUTES / 1000
    ac_kw = int(last.inverter_ac[index, 0]) / STEP_MINUTES / 1000
    share = site.inverters[index].pv_kwp / site.pv_kwp
    today = world.energy(site.site_id, max(midnight, tenure.begin), now)
    life = world.energy(site.site_id, tenure.begin, now)
    made_today = kwh(today[Flow.PV]) * share
    values: dict[str, object] = {
        **_grid_side(world, site, ac_kw, now),
        "pvPower": round(pv_kw, 3),
        **_strings(world, site, pv_kw, now),
        "internalTemperature": round(28 + 2.5 * ac_kw, 1),
        "insulationResistance": 0.685,
        "pvEnergyDaily": f"{made_today:.2f}",
        "pvEnergyTotal": f"{kwh(life[Flow.PV]) * share:.2f}",
        "batPower": round(ac_kw - pv_kw, 3),
        "pvTotalPower": round(pv_kw, 3),
        "pcsReactivePower": -0.005,
        "pcsActivePower": round(ac_kw, 3),
        "esDischargingDay": round(kwh(today[Flow.DISCHARGE]) * share, 2),
        "esChargingDay": round(kwh(today[Flow.CHARGE]) * share, 2),
        "pvPowerDay": round(made_today, 2),
        "esDischargingTotal": round(kwh(life[Flow.DISCHARGE]) * share, 2),
        "batSoc": soc_pct(world, site, now),
    }
    return _spelled(world, site, values)


def _spelled(world: World, site: Site, values: dict[str, object]) -> dict[str, object]:
    if world.switches.get("sigen.realtime_keys", site.site_id) == "lower":
        return values
    return {_CAPITAL.get(name, name): value for name, value in values.items()}


def _grid_side(world: World, site: Site, ac_kw: float, at: int) -> dict[str, object]:
    seed = key_of(world.scenario.seed, site.site_id, "grid side")
    volts = [
        round(site.grid_volts * (0.99 + 0.02 * uniform_at(seed + phase, at)), 2)
        for phase in range(3)
    ]
    phases = site.phases
    amperes = [
        round(abs(ac_kw) * 1000 / phases / volt, 2) if phase < phases else 0.0
        for phase, volt in enumerate(volts)
    ]
    names = "abc"
    return {
        "activePower": round(ac_kw, 3),
        "reactivePower": -0.005,
        **{f"{names[phase]}PhaseVoltage": volts[phase] for phase in range(3)},
        **{f"{names[phase]}PhaseCurrent": amperes[phase] for phase in range(3)},
        "powerFactor": 1.0 if ac_kw >= 0 else -1.0,
        "gridFrequency": round(site.grid_hertz * (0.9995 + 0.001 * uniform_at(seed + 3, at)), 2),
    }


def _strings(world: World, site: Site, pv_kw: float, at: int) -> dict[str, object]:
    """Two strings carry all modules; the inputs without one read about nothing."""
    key = key_of(world.scenario.seed, site.site_id, "strings")
    found: dict[str, object] = {}
    for string in range(1, _STRINGS + 1):
        used = string <= _STRINGS // 2 and pv_kw > 0
        volts = round(_MPPT_VOLTS * (0.9 + 0.2 * uniform_at(key + string, at)), 1) if used else -0.1
        found[f"pv{string}Voltage"] = volts
        found[f"pv{string}Current"] = round(pv_kw * 500 / volts, 2) if used else -0.01
    return found


def _grid_now(world: World, site: Site, *, meter: bool) -> dict[str, object]:
    """The grid as the gateway sees it; a meter tells two things more."""
    flow = energy_flow(world, site)
    inverter = _grid_side(world, site, flow["gridPower"], full_steps(world.now_minute()))
    letters = {"a": "A", "b": "B", "c": "C"}
    return {
        **{f"voltage{big}": inverter[f"{small}PhaseVoltage"] for small, big in letters.items()},
        **{f"current{big}": inverter[f"{small}PhaseCurrent"] for small, big in letters.items()},
        "activePower": inverter["activePower"],
        "reactivePower": inverter["reactivePower"],
        **({name: inverter[name] for name in ("powerFactor", "gridFrequency")} if meter else {}),
    }


def device_history(
    world: World, site: Site, serial: str, level: str, day: date
) -> dict[str, object]:
    """Five-minute rows of one device for a day; other levels have no rows.

    Raises:
        SigenError: 1101 for an unknown serial.
    """
    device = find_device(world, site, serial)
    rows = _device_rows(world, site, device, day) if level == "day" else []
    return {
        "systemId": site.site_id,
        "serialNumber": serial,
        "deviceType": device.shown,
        "itemList": rows,
    }


def _device_rows(world: World, site: Site, device: Device, day: date) -> list[dict[str, object]]:
    """The rows of a device's own time: a successor goes on where it was replaced."""
    start, end = period("day", day).bounds(site)
    begun = max(site.installed_minute, device.tenure.begin)
    first = max(start, full_steps(begun + STEP_MINUTES - 1))
    gone = full_steps(device.tenure.end - 1)
    last = min(end - STEP_MINUTES, published_minute(world, site), gone)
    labels = day_labels(site.zone, start, end, world.switches.get("sigen.data_time", site.site_id))
    series = world.steps(site.site_id, start - STEP_MINUTES, end)
    rows = range((first - start) // STEP_MINUTES, (last - start) // STEP_MINUTES + 1)
    if device.kind == "Inverter":
        index = site.inverter_index(device.tenure.serial) or 0
        found = [_inverter_row(world, site, series, index, row) for row in rows]
    elif device.kind == "Battery":
        base = min(max(begun - start, 0) // STEP_MINUTES, series.flows.shape[1] - 1)
        found = _battery_rows(site, series, rows, base)
    else:
        found = []
    return [{"dataTime": labels[row], **values} for row, values in zip(rows, found, strict=False)]


def _inverter_row(
    world: World, site: Site, series: Series, index: int, row: int
) -> dict[str, object]:
    pv_kw = int(series.inverter_pv[index, row]) / STEP_MINUTES / 1000
    ac_kw = int(series.inverter_ac[index, row]) / STEP_MINUTES / 1000
    at = series.start_minute + (row + 1) * STEP_MINUTES
    values = {
        **_grid_side(world, site, ac_kw, at),
        "pvPower": round(pv_kw, 3),
        **_strings(world, site, pv_kw, at),
    }
    return {_CAPITAL.get(name, name): value for name, value in values.items()}


def _battery_rows(site: Site, series: Series, rows: range, base: int) -> list[dict[str, object]]:
    """Powers of the five minutes before the stamp, energies since midnight.

    Args:
        site: The station.
        series: Steps from five minutes before the day on.
        rows: Which of the day's rows.
        base: The row in which a new battery's energies begin; 0 for midnight.
    """
    full = site.battery.capacity_wmin if site.battery else 1
    net = series.flows[Flow.CHARGE] - series.flows[Flow.DISCHARGE]
    run = np.cumsum(series.flows[:, 1:], axis=1)
    since = np.concatenate((np.zeros((len(Flow), 1), dtype=np.int64), run), axis=1)
    since = since - since[:, base : base + 1]
    return [
        {
            "batterySOC": round(100 * int(series.store[row + 1]) / full, 1),
            "chargingDischargingPower": round(int(net[row]) / STEP_MINUTES / 1000, 3),
            "chargeEnergy": round(int(since[Flow.CHARGE, row]) / WMIN_PER_KWH, 2),
            "dischargeEnergy": round(int(since[Flow.DISCHARGE, row]) / WMIN_PER_KWH, 2),
        }
        for row in rows
    ]
