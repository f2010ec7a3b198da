"""SolarEdge answers that are not to the question: other days, a value twice, odd words.

Each is a switch of its own (docs/vendors/solaredge.md, data quality); other clouds of the same
kind do each of them.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from solar_simulator.site import Site
from solar_simulator.world import World
from solar_simulator.zones import to_minute

Entry = dict[str, object]
_ZONES = {"offset": "GMT-5", "windows": "Eastern Standard Time", "blank": " ", "null": None,
          "local": "localtime"}  # fmt: skip
_DATES = {"null": None, "epoch": "1970-01-01T00:00:00Z"}
_DASH = "--"
_HUGE = 10**25


def answered_query(world: World, site: Site, query: Mapping[str, str]) -> Mapping[str, str]:
    """The query with the period that is answered, whatever was asked."""
    days = timedelta(days=int(world.switches.get("solaredge.days_off", site.site_id)))
    if not days or "from" not in query:
        return query
    period = {
        name: (datetime.fromisoformat(query[name]) + days).isoformat() for name in ("from", "to")
    }
    return {**query, **period}


def spoil_series(world: World, site: Site, answer: object) -> None:
    """Spoil every series of an answer in place."""
    switches = world.switches
    for series in _series(answer):
        values: list[Entry] = series["values"]  # type: ignore[assignment]
        if switches.get("solaredge.unknown_unit", site.site_id):
            series["unit"] = "JOULE"
        stamps = [str(item["timestamp"]) for item in values]
        for number, item in enumerate(values):
            at = to_minute(datetime.fromisoformat(stamps[number]))
            if switches.hit("solaredge.dashes", site.site_id, at):
                item["value"] = _DASH
            if number and switches.hit("solaredge.repeated_stamps", site.site_id, at):
                item["timestamp"] = stamps[number - 1]


def _series(answer: object) -> Iterator[Entry]:
    if not isinstance(answer, dict):
        return
    if isinstance(answer.get("values"), list):
        yield answer
    for part in answer.values():
        yield from _series(part)


def site_as_listed(world: World, site: Site, entry: Entry) -> Entry:
    """An entry of the site list with the switches' words."""
    get = world.switches.get
    shown, location = dict(entry), dict(entry["location"])  # type: ignore[call-overload]
    if get("solaredge.null_id", site.site_id):
        shown["siteId"] = None
    if (zone := get("solaredge.zone_words", site.site_id)) != "iana":
        location["timezone"] = _ZONES[zone]
    if (date := get("solaredge.installation", site.site_id)) != "date":
        shown["installationDate"] = _DATES[date]
        shown["activationStatus"] = "PENDING" if date == "null" else shown["activationStatus"]
    return {**shown, "location": location}


def page_of(world: World, entries: list[Entry], page: int, size: int) -> tuple[list[Entry], int]:
    """A page of the site list, and the number of sites that it claims."""
    get = world.switches.get
    size = min(size, int(get("solaredge.largest_page")) or size)
    page = 1 if get("solaredge.page_ignored") else page
    if get("solaredge.site_twice"):
        entries = [*entries, *entries[:1]]
    count = len(entries) + int(get("solaredge.count_off"))
    return entries[(page - 1) * size : page * size], count


def alert_as_listed(world: World, site: Site, index: int, alert: Entry) -> Entry:
    """The first alert of a site without an id, or with an odd time and impact."""
    match world.switches.get("solaredge.odd_alert", site.site_id) if index == 0 else "none":
        case "null_id":
            return {**alert, "alertId": None}
        case "odd_time":
            return {**alert, "firstTrigger": "yesterday"}
        case "huge_impact":
            return {**alert, "impact": _HUGE}
        case _:
            return alert
