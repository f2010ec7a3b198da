"""Lifetime registers of the meters (docs/vendors/solaredge.md, v1 meters)."""

from collections.abc import Mapping

from solar_simulator.noise import key_of
from solar_simulator.physics import Flow
from solar_simulator.site import Site
from solar_simulator.solaredge.buckets import Buckets
from solar_simulator.solaredge.devices import shuffled
from solar_simulator.solaredge.v1.records import report_minutes, report_second
from solar_simulator.solaredge.v1.series import known_minute
from solar_simulator.solaredge.v1.times import buckets_of, check_span, label, read_times, read_unit
from solar_simulator.tenure import Tenure, standing, tenures
from solar_simulator.units import WMIN_PER_WH, wmin
from solar_simulator.world import World

Query = Mapping[str, str]
Points = list[dict[str, object]]


def meter_readings(world: World, site: Site, query: Query) -> dict[str, object]:
    """Lifetime registers in Wh: the first reading in each bucket, at the device's time.

    Only physical meters have registers; without any the list is empty. A meter that was
    replaced is listed where the window has readings of it.
    """
    span, unit = read_times(query), read_unit(query)
    check_span(world, site, span, unit)
    wanted = query.get("meters", "").lower().split(",") if query.get("meters") else None
    buckets = buckets_of(world, site, span, unit)
    now = world.now_minute()
    grid = site.grid_meter_serial
    physical = (
        ("Production", site.production_meter_serial, Flow.PRODUCTION, "SE-RGMTR-1D-240C-A"),
        ("FeedIn", grid, Flow.EXPORT, "SE-MTR-3Y-240V-A"),
        ("Purchased", grid, Flow.IMPORT, "SE-MTR-3Y-240V-A"),
    )
    meters: list[dict[str, object]] = []
    for kind, place, flow, model in physical:
        if not site.metered or (wanted is not None and kind.lower() not in wanted):
            continue
        present = standing(site, place, now)
        for tenure in tenures(site, place):
            values = _registers(world, site, buckets, tenure, flow)
            if values or tenure == present:
                meters.append(
                    {
                        "meterSerialNumber": tenure.serial,
                        "connectedSolaredgeDeviceSN": standing(
                            site, site.inverters[0].serial, now
                        ).serial,
                        "model": model,
                        "meterType": kind,
                        "values": values,
                    }
                )
    body = {"timeUnit": unit, "unit": "Wh", "meters": shuffled(world, site, meters)}
    return {"meterEnergyDetails": body}


def _registers(world: World, site: Site, buckets: Buckets, tenure: Tenure, flow: Flow) -> Points:
    known = min(known_minute(world, site), tenure.end)
    begun = max(site.installed_minute, tenure.begin)
    found: Points = []
    swapped_wmin = 0
    was_swapped = False
    for start, end in zip(buckets.starts, buckets.ends, strict=True):
        reports = report_minutes(tenure.serial, max(start, begun), min(end, known))
        if not len(reports):
            continue
        minute = int(reports[0])
        register = int(world.energy(site.site_id, begun, minute)[flow])
        register += wmin(tenure.register_kwh)
        swapped = bool(world.switches.get("solaredge.v1_meter_swap", site.site_id, minute))
        if swapped and not was_swapped:
            swapped_wmin = register
        was_swapped = swapped
        shown = register - swapped_wmin if swapped else register
        stamp = label(site, minute, report_second(tenure.serial, minute))
        found.append({"date": stamp, **_reading(world, site, minute, shown)})
    return found


def _reading(world: World, site: Site, minute: int, register_wmin: int) -> dict[str, object]:
    """The value; by the switch some are null, and some are not there at all."""
    if world.switches.hit("solaredge.v1_register_gaps", site.site_id, minute):
        return {"value": None} if key_of("gap", minute) % 2 else {}
    return {"value": float(register_wmin // WMIN_PER_WH)}
