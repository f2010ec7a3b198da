"""The status page: what time it is, how the sites do, who asked what and may still ask."""

from collections import Counter
from itertools import islice

from flask import render_template, request

from solar_simulator.site import Site
from solar_simulator.world import World
from solar_simulator.zones import day_start, from_minute, local_date, local_time

_SITES_SHOWN = 50
_CALLS_SHOWN = 15
_QUOTAS_SHOWN = 40
_VENDORS = {"sigen": "Sigen", "solaredge": "SolarEdge"}


def status_page(world: World) -> str:
    """The page as HTML."""
    every = list(world.scenario.sites.values())
    rules = world.switches.rules()
    quotas = sorted(world.quotas(), key=lambda quota: (quota.left, quota.cloud, quota.whose))
    by_endpoint, by_site = _outcomes(world, "endpoint"), _outcomes(world, "site")
    base = request.host_url.rstrip("/")
    return render_template(
        "status.html",
        scenario=world.scenario,
        now=f"{world.clock.now():%Y-%m-%d %H:%M:%S}",
        speed=world.clock.speed,
        urls={
            "Sigen": f"{base}/sigen",
            "SolarEdge v2": f"{base}/solaredge/v2",
            "SolarEdge v1": f"{base}/solaredge",
        },
        credentials=world.credentials,
        sites=[
            _row(world, site, by_site.get(site.site_id, Counter())) for site in every[:_SITES_SHOWN]
        ],
        every=len(every),
        enforced=world.switches.get("limits") == "documented",
        quotas=quotas[:_QUOTAS_SHOWN],
        more_quotas=max(len(quotas) - _QUOTAS_SHOWN, 0),
        total=len(world.calls),
        endpoints=_endpoints(by_endpoint),
        last=list(islice(reversed(list(world.calls)), _CALLS_SHOWN)),
        switches=[(name, rule) for name, found in rules.items() for rule in found],
        faults=world.faults.all(),
    )


def _row(world: World, site: Site, calls: Counter[str]) -> dict[str, object]:
    now = world.now_minute()
    today = local_date(site.zone, now)
    midnight = day_start(site.zone, today)
    truth = world.truth.energy(site.site_id, from_minute(midnight), from_minute(now))
    return {
        "site": site,
        "vendor": _VENDORS[site.vendor],
        "local": f"{local_time(site.zone, now):%Y-%m-%d %H:%M}",
        "today": today.isoformat(),
        "month": today.replace(day=1).isoformat(),
        "energies": list(truth.as_dict().values()),
        "soc": world.truth.soc_pct(site.site_id, from_minute(now)),
        "calls": calls.total(),
        "failed": calls.total() - calls["ok"],
    }


def _outcomes(world: World, part: str) -> dict[str, Counter[str]]:
    """How often calls ended how, by ``endpoint`` or by ``site``."""
    found: dict[str, Counter[str]] = {}
    for row in world.calls.counts():
        found.setdefault(row[part], Counter())[row["outcome"]] += row["calls"]
    return found


def _endpoints(outcomes: dict[str, Counter[str]]) -> list[dict[str, object]]:
    """Calls by endpoint: all, the good ones, and the others by outcome."""
    return [
        {
            "endpoint": endpoint,
            "calls": found.total(),
            "good": found["ok"],
            "others": [item for item in found.most_common() if item[0] != "ok"],
        }
        for endpoint, found in sorted(outcomes.items())
    ]
