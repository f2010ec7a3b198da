"""What can be asked of SolarEdge v2 for a span of days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import DAY, local_date, parse_utc
from solar_tap_kit.cloud import Harvest, Source
from solar_tap_kit.http import parse_json
from solar_tap_kit.windows import Cut
from tap_solaredge.days import Dated, Grain, Kind, Question, judge
from tap_solaredge.v2 import checks, rows
from tap_solaredge.v2.day_trial import REFUSED
from tap_solaredge.v2.daylight import EDGE
from tap_solaredge.v2.points import are_about, period_of, periods_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Window
    from tap_solaredge.day_spans import DaySpan
    from tap_solaredge.evidence import Evidence
    from tap_solaredge.spans import Call, Span
    from tap_solaredge.v2.client import V2Client
    from tap_solaredge.v2.day_trial import DayTrial
    from tap_solaredge.v2.daylight import Nights

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
        checked_by="energy_days",
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
        span: The most days of one call.
    """

    name = "energy_days"
    endpoint = "energy"
    streams = ("energy_days",)
    cut = Cut("month")
    is_totals = True
    version = "v2/DAY"
    keeps_ledger = True

    def __init__(self, client: V2Client, evidence: Evidence, span: DaySpan) -> None:
        self._client = client
        self._evidence = evidence
        self._span = span

    def cost(self, windows: Sequence[Window]) -> int:
        """Return the calls that a window takes."""
        (window,) = windows
        return sum(1 for _ in self._span.cut(window.days))

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Request a month, and up to now where the call reaches that far.

        A value of a later day says that all before is whole.
        """
        (window,) = windows
        today = local_date(self._client.now(), window.site.tz)
        call = series_call(self._client, window, self.endpoint, "DAY")
        return self._span.ask(window, call, until=today + DAY)

    def fits(self, window: Window, bodies: Sequence[bytes]) -> bool:
        """Return whether the days of the answer are days of the site's zone."""
        begins = [begin for begin, _ in periods_of(bodies)]
        return not begins or min(begins) == window.start_utc

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the rows of a month's days."""
        site = window.site
        answers = [parse_json(body) for body in bodies]
        every = rows.energy_days(answers, site.id, site.tz, fetched_at)
        found, strays = checks.within(window, every, self.name, checks.LONGEST_CALL)
        kind = Kind("energy_days", ("energy",), sleeps=True)
        question = Question(kind, Grain("day", DAY, "v2"), window, fetched_at)
        dated = checks.noted(judge(question, found, self._evidence), window, strays)
        return Harvest(
            {"energy_days": dated.rows, "sync_days": dated.entries}, dated.note, dated.final_until
        )


@dataclass(frozen=True, slots=True)
class CallSizes:
    """How much one call for a series may cover; all series of an account share it.

    Attributes:
        span: The longest period, for resolutions below a day.
        days: The most days, for days.
        nights: Knows which sites are dark at night, so that half a day is enough.
        trial: Tries whether a day may be one call.
    """

    span: Span
    days: DaySpan
    nights: Nights
    trial: DayTrial


class Series(Source):
    """One series of a site, a local day at a time, in calls no longer than the limit.

    Args:
        kind: The endpoint.
        client: Sends the calls.
        evidence: What the run has seen of each site.
        resolution: quarter_hour, hour or day.
        sizes: How much one call may cover.
    """

    def __init__(
        self,
        kind: SeriesKind,
        client: V2Client,
        evidence: Evidence,
        resolution: str,
        sizes: CallSizes,
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
        self._span = sizes.span
        self._days = sizes.days
        self._nights = sizes.nights
        self._trial = sizes.trial

    def cost(self, windows: Sequence[Window]) -> int:
        """Return the calls that a window takes."""
        (window,) = windows
        if self._grain.resolution == "day":
            return sum(1 for _ in self._days.cut(window.days))
        if self._light(window) is not None:
            return 1
        return sum(1 for _ in self._span.cut(window.start_utc, self._end(window)))

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Request a window, in as many calls as the span limit makes of it."""
        (window,) = windows
        if window.reason != "probe" and self._evidence.nothing_yet(
            self.name, window.site.id, window.days.first
        ):
            return []
        if self._grain.resolution == "day":
            return self._days.ask(window, self._call(window))
        if window.reason == "probe" and self._trial.is_due:
            return self._trial.run(window, self._call(window))
        if window.reason == "probe":
            # One call tells whether this may be used.
            newest = max(window.start_utc, window.end_utc - self._span.length)
            return self._ask(window, newest, window.end_utc)
        light = self._light(window)
        if light is not None:
            return self._ask_light(window, light)
        return self._ask(window, window.start_utc, self._end(window))

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the rows of a window, with its days' entries in the day ledger."""
        if window.reason == "probe" and not bodies:
            return Harvest({}, REFUSED)
        answers = [parse_json(body) for body in bodies]
        site, grain = window.site, self._grain
        asked = rows.Asked(site.id, site.tz, grain.resolution, STEPS[grain.resolution], fetched_at)
        harvested: dict[str, list[Record]] = {}
        entries: list[Record] = []
        judged: list[Dated] = []
        is_elsewhere = checks.contradicts_zone(window, answers)
        for kind, decode in self._kind.streams.items():
            found, strays = checks.within(window, decode(answers, asked), kind.stream)
            if self._kind.of_the_sun and bodies and not strays and window.reason != "probe":
                self._nights.look(window, found, kind.values[0], self._client.now())
                found = self._with_night(window, answers, asked, found)
            void = bool(bodies) and not found and not strays
            question = Question(kind, grain, window, fetched_at)
            dated = judge(question, found, self._evidence, void=void)
            dated = checks.noted(dated, window, strays, is_elsewhere=is_elsewhere)
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

    def fits(self, window: Window, bodies: Sequence[bytes]) -> bool:
        """Return whether the answers are of the window, or cover it without a gap."""
        return are_about(bodies, window.start_utc, window.end_utc)

    def _ask(self, window: Window, begin: dt.datetime, end: dt.datetime) -> list[bytes]:
        return self._span.ask(begin, end, self._call(window))

    def _call(self, window: Window) -> Call:
        return series_call(self._client, window, self.endpoint, WORDS[self._grain.resolution])

    def _end(self, window: Window) -> dt.datetime:
        """Return the end of what is requested: a cloud may refuse what is in the future."""
        return min(window.end_utc, self._client.now().replace(microsecond=0))

    def _light(self, window: Window) -> dt.datetime | None:
        """Return where the light half of a day begins, if asking only for that saves a call."""
        if not self._kind.of_the_sun or self._grain.resolution != "quarter_hour":
            return None
        if self._end(window) < window.end_utc:
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
        spans = [period_of(answer) for answer in answers]
        known = [span for span in spans if span is not None]
        if not known or len(known) < len(spans) or len(window.days) > 1:
            return found
        first, last = min(begin for begin, _ in known), max(end for _, end in known)
        # The rest of the running day is not the night.
        until = min(window.end_utc, parse_utc(asked.tail["fetched_at"]))
        if first <= window.start_utc and until <= last:
            return found
        night: list[dt.datetime] = []
        at = window.start_utc
        while at < until:
            if not first <= at < last:
                night.append(at)
            at += asked.step
        if not night:
            return found
        (column,) = next(iter(self._kind.streams)).values
        return rows.site_series(answers, asked, column, night)


def series_call(client: V2Client, window: Window, path: str, resolution: str) -> Call:
    """Return what requests a period of a series endpoint, in the site's own time."""
    site = window.site

    def call(begin: dt.datetime, end: dt.datetime) -> bytes:
        first, last = (instant.astimezone(site.tz).isoformat() for instant in (begin, end))
        return client.get(
            f"/sites/{site.id}/{path}",
            {"from": first, "to": last, "resolution": resolution},
            endpoint=path,
            site=site.id,
        )

    return call
