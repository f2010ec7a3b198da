"""What can be asked of SolarEdge v2 for a span of days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import DAY, day_start_utc, local_date
from solar_tap_kit.cloud import Harvest, Source
from solar_tap_kit.http import parse_json
from solar_tap_kit.windows import Cut
from tap_solaredge.days import Dated, Grain, Kind, Question, judge
from tap_solaredge.v2 import rows
from tap_solaredge.v2.daylight import EDGE
from tap_solaredge.v2.points import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Window
    from tap_solaredge.evidence import Evidence
    from tap_solaredge.spans import Span
    from tap_solaredge.v2.client import V2Client
    from tap_solaredge.v2.daylight import Nights

CALL_DAYS = 31 * DAY
"""What one call for days may cover."""

STEPS = {
    "quarter_hour": dt.timedelta(minutes=15),
    "hour": dt.timedelta(hours=1),
    "day": DAY,
}
WORDS = {"quarter_hour": "QUARTER_HOUR", "hour": "HOUR", "day": "DAY"}


@dataclass(frozen=True, slots=True)
class SeriesKind:
    """A time series endpoint.

    Attributes:
        name: Name of the source.
        path: Below `/sites/{id}`.
        streams: Each stream that its answers fill, with how to decode it.
        of_the_sun: Nothing comes by night, whatever else the site has.
        checked_by: See `Source`.
    """

    name: str
    path: str
    streams: Mapping[Kind, Callable[[Sequence[Any], rows.Asked], list[Record]]]
    of_the_sun: bool = False
    checked_by: str = ""


SERIES = (
    # Meters first: they report by night too, so they tell whether the day is finished.
    SeriesKind(
        "meters",
        "meters/telemetry",
        {
            Kind("meter_energy", ("energy",)): lambda a, q: rows.meter_rows(a, q, "energy"),
            Kind("meter_power", ("power",)): lambda a, q: rows.meter_rows(a, q, "power"),
        },
    ),
    SeriesKind(
        "storage_telemetry",
        "storage/telemetry",
        {
            Kind(
                "storage_telemetry",
                # Not the state of charge: of an instant, it may be known before the interval.
                ("charge_energy", "discharge_energy", "charge_power", "discharge_power"),
            ): rows.storage_rows
        },
    ),
    SeriesKind(
        "site_energy",
        "energy",
        {
            Kind("site_energy", ("energy",), sleeps=True): lambda a, q: rows.site_series(
                a, q, "energy"
            )
        },
        of_the_sun=True,
        checked_by="energy_days",
    ),
    SeriesKind(
        "site_power",
        "power",
        {Kind("site_power", ("power",), sleeps=True): lambda a, q: rows.site_series(a, q, "power")},
        of_the_sun=True,
    ),
    SeriesKind(
        "inverter_telemetry",
        "inverters/telemetry",
        {Kind("inverter_telemetry", ("power", "energy"), sleeps=True): rows.inverter_rows},
    ),
)


class EnergyDays(Source):
    """Energy by day, a month a call: what the series must add up to, and until when it reaches.

    Args:
        client: Sends the calls.
        evidence: Learns until when each site has reported.
        span: The longest period of one call.
    """

    name = "energy_days"
    endpoint = "energy"
    streams = ("energy_days",)
    cut = Cut("month")
    is_totals = True
    version = "v2/DAY"
    keeps_ledger = True

    def __init__(self, client: V2Client, evidence: Evidence, span: Span) -> None:
        self._client = client
        self._evidence = evidence
        self._span = span

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask for a month, and up to the running day where the call reaches that far.

        A value of a later day says that all before is whole.
        """
        (window,) = windows
        begin = window.start_utc
        today = local_date(self._client.now(), window.site.tz)
        tomorrow = day_start_utc(today + DAY, window.site.tz)
        reaches = day_start_utc(window.days.first + CALL_DAYS, window.site.tz)
        end = max(window.end_utc, min(tomorrow, reaches))
        return self._span.ask(begin, end, lambda a, b: self._call(window, a, b))

    def _call(self, window: Window, begin: dt.datetime, end: dt.datetime) -> bytes:
        return ask_series(self._client, window, self.endpoint, (begin, end), "DAY")

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the rows of a month's days."""
        site = window.site
        answers = [parse_json(body) for body in bodies]
        found = rows.energy_days(answers, site.id, site.tz, fetched_at)
        kind = Kind("energy_days", ("energy",), sleeps=True)
        question = Question(kind, Grain("day", DAY, "v2"), window, fetched_at)
        dated = judge(question, found, self._evidence)
        return Harvest(
            {"energy_days": dated.rows, "sync_days": dated.entries}, dated.note, dated.final_until
        )


class Series(Source):
    """One series of a site, a local day at a time, in calls no longer than the limit.

    Args:
        kind: The endpoint.
        client: Sends the calls.
        evidence: What the run has seen of each site.
        resolution: quarter_hour, hour or day.
        span: The longest period of one call.
        nights: Knows which sites are dark at night.
    """

    def __init__(
        self,
        kind: SeriesKind,
        client: V2Client,
        evidence: Evidence,
        resolution: str,
        span: Span,
        nights: Nights,
    ) -> None:
        self.name = kind.name
        self.keeps_ledger = True
        self.endpoint = kind.path
        self.checked_by = kind.checked_by
        self.streams = tuple(part.stream for part in kind.streams)
        self.cut = Cut("month") if resolution == "day" else Cut("day", 1)
        self.version = f"v2/{WORDS[resolution]}"
        self._kind = kind
        self._client = client
        self._evidence = evidence
        self._grain = Grain(resolution, STEPS[resolution], "v2")
        self._span = span
        self._nights = nights

    def cost(self, windows: Sequence[Window]) -> int:
        """Return the calls that a window takes."""
        (window,) = windows
        if self._light(window) is not None:
            return 1
        return sum(1 for _ in self._span.cut(window.start_utc, window.end_utc))

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask for a window, in as many calls as the span limit makes of it."""
        (window,) = windows
        if window.reason == "probe":
            # One call tells whether this may be used.
            newest = max(window.start_utc, window.end_utc - self._span.length)
            return self._ask(window, newest, window.end_utc)
        if self._evidence.nothing_yet(self.name, window.site.id, window.days.first):
            return []
        light = self._light(window)
        if light is not None:
            return self._ask_light(window, light)
        return self._ask(window, window.start_utc, window.end_utc)

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the rows of a window, with its days' entries in the day ledger."""
        answers = [parse_json(body) for body in bodies]
        site, grain = window.site, self._grain
        asked = rows.Asked(site.id, site.tz, grain.resolution, STEPS[grain.resolution], fetched_at)
        harvested: dict[str, list[Record]] = {}
        entries: list[Record] = []
        judged: list[Dated] = []
        for kind, decode in self._kind.streams.items():
            found = decode(answers, asked)
            if self._kind.of_the_sun and bodies and window.reason != "probe":
                self._nights.look(window, found, kind.values[0], self._client.now())
                found = self._with_night(window, answers, asked, found)
            void = bool(bodies) and not found
            question = Question(kind, grain, window, fetched_at)
            dated = judge(question, found, self._evidence, void=void)
            judged.append(dated)
            harvested[kind.stream] = dated.rows
            entries += dated.entries
            if dated.final_until is not None and not any(
                row[name] is not None for row in found for name in kind.values
            ):
                self._evidence.silent(self.name, site.id, window.days.first)
        unfinished = [dated.final_until for dated in judged if dated.final_until is not None]
        final_until = min(unfinished) if unfinished else None
        return Harvest({**harvested, "sync_days": entries}, judged[0].note, final_until)

    def _ask(self, window: Window, begin: dt.datetime, end: dt.datetime) -> list[bytes]:
        word = WORDS[self._grain.resolution]
        return self._span.ask(
            begin,
            end,
            lambda a, b: ask_series(self._client, window, self.endpoint, (a, b), word),
        )

    def _light(self, window: Window) -> dt.datetime | None:
        """Return where the light half of a day begins, if asking only for that saves a call."""
        if not self._kind.of_the_sun or self._grain.resolution != "quarter_hour":
            return None
        return self._nights.light_half(window, self._span.length)

    def _ask_light(self, window: Window, begin: dt.datetime) -> list[bytes]:
        end = begin + self._span.length
        bodies = self._ask(window, begin, end)
        values = [
            item.get("value")
            for body in bodies
            for item in parse_json(body).get("values", [])
            if isinstance(item, dict)
        ]
        edge = EDGE // STEPS["quarter_hour"]
        if any(value is not None for value in values[:edge]):
            bodies = self._ask(window, window.start_utc, begin) + bodies
        if any(value is not None for value in values[-edge:]):
            bodies += self._ask(window, end, window.end_utc)
        return bodies

    def _with_night(
        self, window: Window, answers: Sequence[Any], asked: rows.Asked, found: list[Record]
    ) -> list[Record]:
        """Add the intervals of the night that were not asked for: null, as every night is."""
        spans = [_period(answer) for answer in answers]
        known = [span for span in spans if span is not None]
        if not known or len(known) < len(spans) or len(window.days) > 1:
            return found
        first, last = min(begin for begin, _ in known), max(end for _, end in known)
        if first <= window.start_utc and window.end_utc <= last:
            return found
        night: list[dt.datetime] = []
        at = window.start_utc
        while at < window.end_utc:
            if not first <= at < last:
                night.append(at)
            at += asked.step
        if not night:
            return found
        (column,) = next(iter(self._kind.streams)).values
        return rows.site_series(answers, asked, column, night)


def ask_series(
    client: V2Client,
    window: Window,
    path: str,
    period: tuple[dt.datetime, dt.datetime],
    resolution: str,
) -> bytes:
    """Ask a series endpoint for a period, in the site's own time."""
    site = window.site
    begin, end = (instant.astimezone(site.tz).isoformat() for instant in period)
    return client.get(
        f"/sites/{site.id}/{path}",
        {"from": begin, "to": end, "resolution": resolution},
        endpoint=path,
        site=site.id,
    )


def _period(answer: Any) -> tuple[dt.datetime, dt.datetime] | None:
    period = answer.get("period") if isinstance(answer, dict) else None
    if not isinstance(period, dict):
        return None
    return parse_timestamp(str(period.get("from"))), parse_timestamp(str(period.get("to")))
