"""Inverter and battery records (docs/vendors/solaredge.md, equipment data and storage)."""

import numpy as np

from solar_simulator.noise import key_of, uniform_at
from solar_simulator.physics import Flow
from solar_simulator.site import Battery, Site
from solar_simulator.solaredge.v1.records import (
    Minutes,
    inverter_minutes,
    kept_reports,
    minutes_of,
    report_minutes,
    report_second,
)
from solar_simulator.solaredge.v1.times import Span, label
from solar_simulator.solaredge.wrong import wrong_soc
from solar_simulator.tenure import Tenure, standing, tenures
from solar_simulator.units import WMIN_PER_WH
from solar_simulator.weather import air_celsius
from solar_simulator.world import World

# Idle, charging and discharging, by the sign of the power: as recorded, and as printed.
_STATES = {"recorded": (6, 3, 4), "printed": (1, 3, 3)}
_PERMILLE = 1000
_HEALTH = 0.91
_SPLIT_PHASE = 2
_THREE_PHASE = 3
_NO_FAULT_READING_SHARE = 0.12

Record = dict[str, object]


def inverter_data(world: World, site: Site, tenure: Tenure, index: int, span: Span) -> list[Record]:
    """Every record of an inverter in a span, oldest first.

    The inverter may be one that was replaced: its records end when it went, and those of its
    successor begin there, with a counter of their own.
    """
    start, end = _clipped(world, site, span)
    start, end = max(start, tenure.begin), min(end, tenure.end)
    if end <= start:
        return []
    serial = tenure.serial
    minutes = minutes_of(world, site, start, end)
    base = int(world.totals(site.site_id, tenure.begin, start)[len(Flow) + index])
    counters = base + np.cumsum(minutes.inverter_ac[index])
    reports, awake = inverter_minutes(world, site, index, minutes)
    air = air_celsius(site.latitude, site.longitude, start, end - start)
    records = []
    for minute, wakes in zip(reports.tolist(), awake.tolist(), strict=True):
        at = minute - start
        watts = int(minutes.inverter_ac[index, at])
        wh = int(counters[at]) // WMIN_PER_WH
        records.append(_inverter_record(site, serial, minute, watts, (wakes, wh, float(air[at]))))
    return records


def _inverter_record(
    site: Site, serial: str, minute: int, watts: int, state: tuple[int, int, float]
) -> Record:
    wakes, wh, air = state
    record: Record = {
        "date": label(site, minute, report_second(serial, minute)),
        "totalActivePower": float(watts),
        "dcVoltage": _dc_volts(serial, minute, watts) if wakes else None,
    }
    if wakes and uniform_at(key_of(serial, "fault"), minute) > _NO_FAULT_READING_SHARE:
        record["groundFaultResistance"] = 6000.0
    mode = "SLEEPING" if not wakes else "MPPT" if watts else "THROTTLED"
    record |= {
        "powerLimit": 100.0 if mode == "MPPT" else 0.0,
        "totalEnergy": float(_stepped(wh)),
        "temperature": round(air + 8 + watts / 400, 4),
        "inverterMode": mode,
        "operationMode": 0,
        **_line_volts(site, serial, minute),
    }
    phases = _THREE_PHASE if site.phases == _THREE_PHASE else 1
    for phase in range(1, phases + 1):
        record[f"L{phase}Data"] = _phase(site, serial, minute, phase, watts / phases)
    return record


def _dc_volts(serial: str, minute: int, watts: int) -> float:
    wobble = uniform_at(key_of(serial, "dc"), minute)
    return round(368 + 24 * wobble, 3) if watts else round(5 + 15 * wobble, 4)


def _stepped(wh: int) -> int:
    """Counters move in steps that grow with them."""
    step = 10 if wh < 10_000_000 else 100 if wh < 100_000_000 else 1000  # noqa: PLR2004
    return wh // step * step


def _line_volts(site: Site, serial: str, minute: int) -> dict[str, float]:
    names: tuple[str, ...]
    if site.phases == _SPLIT_PHASE:
        names, volts = ("vL1ToN", "vL2ToN"), site.grid_volts
    elif site.phases == _THREE_PHASE:
        names, volts = ("vL1To2", "vL2To3", "vL3To1"), site.grid_volts * 3**0.5
    else:
        return {}
    return {name: round(volts * _near(serial, name, minute, 0.012), 3) for name in names}


def _phase(site: Site, serial: str, minute: int, phase: int, watts: float) -> Record:
    split = site.phases == _SPLIT_PHASE
    volts = round(
        site.grid_volts * (2 if split else 1) * _near(serial, f"L{phase}", minute, 0.012), 3
    )
    share = 0.06 * (2 * uniform_at(key_of(serial, "VAR"), minute) - 1)
    reactive = round(share * watts, 4) if watts else 0.0
    apparent = round((watts**2 + reactive**2) ** 0.5, 4)
    return {
        "acCurrent": round(apparent / volts, 5),
        "acVoltage": volts,
        "acFrequency": round(site.grid_hertz * _near(serial, "hertz", minute, 0.0006), 4),
        "apparentPower": apparent,
        "activePower": round(watts, 3),
        "reactivePower": reactive,
        "cosPhi": 1.0 if watts else 0.0,
    }


def _near(serial: str, what: str, minute: int, share: float) -> float:
    return 1 + share * (2 * uniform_at(key_of(serial, what), minute) - 1)


def storage_data(
    world: World, site: Site, span: Span, serials: list[str] | None
) -> dict[str, object]:
    """Every record of the battery in a span; power + is charging, energies in Wh."""
    batteries = [
        _battery(world, site, site.battery, tenure, span)
        for tenure in _batteries(world, site, span)
        if site.battery and (serials is None or tenure.serial in serials)
    ]
    return {"storageData": {"batteryCount": len(batteries), "batteries": batteries}}


def _batteries(world: World, site: Site, span: Span) -> list[Tenure]:
    """The battery of the day, and those before it that have records in the span."""
    if site.battery is None:
        return []
    now = standing(site, site.battery.serial, world.now_minute())
    start, end = _clipped(world, site, span)
    return [
        tenure
        for tenure in tenures(site, site.battery.serial)
        if tenure == now or (tenure.begin < now.begin and tenure.overlaps(start, end))
    ]


def _battery(world: World, site: Site, battery: Battery, tenure: Tenure, span: Span) -> Record:
    start, end = _clipped(world, site, span)
    start, end = max(start, tenure.begin), min(end, tenure.end)
    records = _battery_records(world, site, battery, tenure, (start, end)) if end > start else []
    return {
        "nameplate": round(battery.capacity_kwh * 1000, 1),
        "serialNumber": tenure.serial,
        "modelNumber": battery.model or "IAC-RBAT-5KMP-01",
        "telemetryCount": len(records),
        "telemetries": records,
    }


def _battery_records(
    world: World, site: Site, battery: Battery, tenure: Tenure, span: tuple[int, int]
) -> list[Record]:
    start, end = span
    minutes = minutes_of(world, site, start, end)
    life = world.energy(site.site_id, tenure.begin, start)
    counted = _counted_permille(world, site)
    charged, discharged = (
        (int(life[flow]) + np.cumsum(minutes.flows[flow])) * counted // _PERMILLE
        for flow in (Flow.CHARGE, Flow.DISCHARGE)
    )
    bought = np.cumsum(minutes.flows[Flow.GRID_TO_BATTERY])
    key = world.switches.get("solaredge.v1_state_of_charge", site.site_id)
    records: list[Record] = []
    states = _STATES[world.switches.get("solaredge.v1_battery_state", site.site_id)]
    reports = kept_reports(world, site, report_minutes(tenure.serial, start, end))
    shown = reports.tolist()
    filled = [
        round(100 * int(minutes.store[at - start]) / battery.capacity_wmin, 2) for at in shown
    ]
    for minute, pct in zip(shown, wrong_soc(world, site, shown, filled), strict=True):
        at = minute - start
        watts = _net_charge_w(minutes, at)
        records.append(
            {
                "timeStamp": label(site, minute, report_second(tenure.serial, minute)),
                "power": float(watts),
                "batteryState": states[int(np.sign(watts))],
                "lifeTimeEnergyDischarged": int(discharged[at]) // WMIN_PER_WH,
                "lifeTimeEnergyCharged": int(charged[at]) // WMIN_PER_WH,
                key: pct,
                "fullPackEnergyAvailable": float(round(battery.capacity_kwh * 1000 * _HEALTH)),
                "internalTemp": round(21 + abs(watts) / 900, 1),
                "ACGridCharging": round(int(bought[at]) / WMIN_PER_WH, 1),
            }
        )
    return records


def _net_charge_w(minutes: Minutes, at: int) -> int:
    return int(minutes.flows[Flow.CHARGE, at] - minutes.flows[Flow.DISCHARGE, at])


def _clipped(world: World, site: Site, span: Span) -> tuple[int, int]:
    start, end = span.minutes(site)
    return max(start, site.installed_minute), min(end, world.now_minute())


def _counted_permille(world: World, site: Site) -> int:
    """How much of the battery's energy its lifetime counters have got to know of."""
    if world.switches.get("solaredge.v1_no_storage_counters", site.site_id):
        return 0
    lost = float(world.switches.get("solaredge.v1_storage_counter_loss", site.site_id))
    return round((1 - lost) * _PERMILLE)
