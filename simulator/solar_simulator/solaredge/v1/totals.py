"""Overview, data period, time frames and benefits (docs/vendors/solaredge.md, v1)."""

from collections.abc import Mapping
from datetime import date

from solar_simulator.physics import Flow
from solar_simulator.site import Site
from solar_simulator.solaredge.v1.equipment import inverter_data
from solar_simulator.solaredge.v1.times import Span, label, limit_year, read_dates
from solar_simulator.tenure import standing
from solar_simulator.units import MINUTES_PER_DAY, WMIN_PER_KWH, WMIN_PER_WH
from solar_simulator.world import World
from solar_simulator.zones import day_start, local_date, local_time

_KG_PER_KWH = {"co2": 0.392, "so2": 0.0006, "nox": 0.0004}
_POUNDS_PER_KG = 2.2046
_TREES_PER_KWH = 0.0117
_BULBS_PER_KWH = 3.03
_LINGER_MINUTES = 20
_DIPPED = 0.95

Query = Mapping[str, str]


def overview(world: World, site: Site, _query: Query) -> dict[str, object]:
    """Energies so far in Wh (lifetime, this year, this month, today) and the last power."""
    now = world.now_minute()
    today = local_date(site.zone, now)
    life_wh = _wh(world, site, site.installed_minute, now)
    year_wh = _wh(world, site, day_start(site.zone, date(today.year, 1, 1)), now)
    month_wh = _wh(world, site, day_start(site.zone, today.replace(day=1)), now)
    day_wh = _today_wh(world, site, now)
    switches = world.switches
    measured_by = "INVERTER"
    if switches.get("solaredge.v1_lifetime_zero", site.site_id):
        life_wh = 0.0
    elif switches.hit("solaredge.v1_lifetime_dip", site.site_id, now // 60 * 60):
        life_wh = float(round(life_wh * _DIPPED))
    if switches.get("solaredge.v1_incident", site.site_id):
        day_wh, measured_by = 0.0, ""
    return {
        "overview": {
            "lastUpdateTime": _last_report(world, site)[0],
            "lifeTimeData": {"energy": life_wh},
            "lastYearData": {"energy": year_wh},
            "lastMonthData": {"energy": month_wh},
            "lastDayData": {"energy": day_wh},
            "currentPower": {"power": _last_report(world, site)[1]},
            "measuredBy": measured_by,
        }
    }


def _today_wh(world: World, site: Site, now: int) -> float:
    midnight = day_start(site.zone, local_date(site.zone, now))
    if world.switches.get("solaredge.v1_day_resets_utc", site.site_id):
        return _wh(world, site, now // MINUTES_PER_DAY * MINUTES_PER_DAY, now)
    early = now - midnight < _LINGER_MINUTES
    if early and world.switches.get("solaredge.v1_day_lingers", site.site_id):
        return _wh(world, site, day_start(site.zone, local_date(site.zone, midnight - 1)), midnight)
    return _wh(world, site, midnight, now)


def _last_report(world: World, site: Site) -> tuple[str | None, float]:
    """When the first inverter last reported, and all inverters' power then."""
    now = world.now_minute()
    end = local_time(site.zone, now).replace(tzinfo=None)
    begin = local_time(site.zone, max(now - MINUTES_PER_DAY, 0)).replace(tzinfo=None)
    found = [
        inverter_data(world, site, standing(site, inverter.serial, now), index, Span(begin, end))
        for index, inverter in enumerate(site.inverters)
    ]
    last = [records[-1] for records in found if records]
    if not last:
        return None, 0.0
    power = sum(float(str(record["totalActivePower"])) for record in last)
    return max(str(record["date"]) for record in last), power


def _wh(world: World, site: Site, start: int, end: int) -> float:
    made = world.totals(site.site_id, start, end)[len(Flow) :].sum()
    return float(round(int(made) / WMIN_PER_WH))


def data_period(world: World, site: Site, _query: Query) -> dict[str, object]:
    """First and last local date with data; nulls for a site that never sent any."""
    if site.pending:
        return {"dataPeriod": {"startDate": None, "endDate": None}}
    first, last = (
        local_date(site.zone, minute) for minute in (site.installed_minute, world.now_minute())
    )
    return {"dataPeriod": {"startDate": first.isoformat(), "endDate": last.isoformat()}}


def time_frame(world: World, site: Site, query: Query) -> dict[str, object]:
    """Energy of some dates: the difference of two lifetime readings, Wh."""
    span = read_dates(query)
    limit_year(world, site, span)
    start, end = span.minutes(site)
    end = min(end, world.now_minute())
    before = _wh(world, site, site.installed_minute, max(start, site.installed_minute))
    after = _wh(world, site, site.installed_minute, max(end, site.installed_minute))
    return {
        "timeFrameEnergy": {
            "energy": after - before,
            "unit": "Wh",
            "measuredBy": "INVERTER",
            "startLifetimeEnergy": {
                "date": f"{span.begin:%Y-%m-%d}",
                "energy": before,
                "unit": "Wh",
            },
            "endLifetimeEnergy": {"date": f"{span.end:%Y-%m-%d}", "energy": after, "unit": "Wh"},
        }
    }


def env_benefits(world: World, site: Site, query: Query) -> dict[str, object]:
    """What the lifetime's PV energy saved; kilograms, or pounds for Imperial."""
    imperial = query.get("systemUnits") == "Imperial"
    life = world.energy(site.site_id, site.installed_minute, world.now_minute())
    made_kwh = int(life[Flow.PV]) / WMIN_PER_KWH
    per = _POUNDS_PER_KG if imperial else 1.0
    gases = {name: round(made_kwh * share * per, 4) for name, share in _KG_PER_KWH.items()}
    return {
        "envBenefits": {
            "gasEmissionSaved": {"units": "lb" if imperial else "kg", **gases},
            "treesPlanted": round(made_kwh * _TREES_PER_KWH, 7),
            "lightBulbs": round(made_kwh * _BULBS_PER_KWH, 2),
        }
    }


def last_update_date(world: World, site: Site) -> str:
    """The date of the last report, as site lists show it."""
    return label(site, world.now_minute())[:10]
