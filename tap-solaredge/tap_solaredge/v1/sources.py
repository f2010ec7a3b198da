"""What can be asked of SolarEdge v1 for a span of days."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_tap_kit.clock import DAY, local_date
from solar_tap_kit.cloud import Harvest, Source
from solar_tap_kit.errors import NotServedError
from tap_solaredge.days import Grain, Kind, Question, judge
from tap_solaredge.errors import ForbiddenError
from tap_solaredge.v1 import series, telemetry
from tap_solaredge.v1.reach import MONTH, WEEK, YEAR, Months, Week
from tap_solaredge.v1.shapes import ENERGY, POWER, inner, objects, part_of
from tap_solaredge.v1.standing import Standing, manifest, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Window
    from tap_solaredge.evidence import Evidence
    from tap_solaredge.spans import Call, Span
    from tap_solaredge.v1.client import V1Client

logger = logging.getLogger("tap_solaredge")

MOST_SITES = 100
STEPS = {"quarter_hour": dt.timedelta(minutes=15), "hour": dt.timedelta(hours=1), "day": DAY}
READING_SLACK = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SeriesKind:
    """A dated endpoint of a site.

    Attributes:
        kind: The stream and how its days are judged.
        path: Last part of the path.
        rows: Returns a window's rows of a body.
        reach: What one call may cover.
        params: Query parameters besides the period.
        by_date: The period is named by dates, not by times.
        bulk: There is a form for several sites.
        is_void: Whether a body says that there is no such device.
        optional: v1 may have withdrawn it before the rest.
    """

    kind: Kind
    path: str
    rows: Callable[[bytes, Window, str], list[Record]]
    reach: Months | Week
    params: Mapping[str, str]
    by_date: bool = False
    bulk: bool = False
    is_void: Callable[[bytes], bool] | None = None
    optional: bool = False


class Dated(Source):
    """A dated endpoint of a site, or of up to a hundred where there is a bulk form.

    Args:
        what: The endpoint.
        client: Sends the calls.
        evidence: What the run has seen of each site.
        grain: How its answers are divided.
        span: The longest period of one call, as it has turned out.
    """

    def __init__(
        self, what: SeriesKind, client: V1Client, evidence: Evidence, grain: Grain, span: Span
    ) -> None:
        self.name = what.kind.stream
        self.keeps_ledger = True
        self.endpoint = what.path
        self.streams = (what.kind.stream,)
        self.cut = what.reach
        self.is_totals = what.kind.stream == "energy_days"
        self.checked_by = "energy_days" if what.kind.stream == "site_energy" else ""
        self.group = MOST_SITES if what.bulk else 1
        self.version = f"v1/{grain.resolution}"
        self._what = what
        self._client = client
        self._evidence = evidence
        self._grain = grain
        self._span = span

    def cost(self, windows: Sequence[Window]) -> int:
        """Return the calls that windows of the same days take."""
        begin, end = _walls(windows[0])
        return sum(1 for _ in self._span.cut(begin, end))

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask for a window of one site, or the same days of several.

        Raises:
            NotServedError: The key may not read this of the site.
        """
        if len(windows) == 1 or not self._what.bulk:
            (window,) = windows
            return self._ask_one(window, f"/site/{window.site.id}/{self._what.path}")
        try:
            return self._ask(windows, f"/sites/{_ids(windows)}/{self._what.path}")
        except ForbiddenError:
            # One site that the key may not read spoils the call for all: ask one by one.
            return [body for window in windows for body in self._ask_allowed(window)]

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the rows of a window, with its days' entries in the day ledger."""
        what = self._what
        found = [row for body in bodies for row in what.rows(body, window, fetched_at)]
        void = what.is_void is not None and bool(bodies) and all(map(what.is_void, bodies))
        question = Question(what.kind, self._grain, window, fetched_at)
        dated = judge(question, found, self._evidence, void=void)
        return Harvest(
            {self.name: dated.rows, "sync_days": dated.entries}, dated.note, dated.final_until
        )

    def _ask_one(self, window: Window, path: str) -> list[bytes]:
        try:
            return self._ask([window], path)
        except ForbiddenError as error:
            message = f"site {window.site.id}: {error}"
        raise NotServedError(message)

    def _ask_allowed(self, window: Window) -> list[bytes]:
        # In the bulk form, which names the site that it speaks of.
        try:
            return self._ask([window], f"/sites/{window.site.id}/{self._what.path}")
        except ForbiddenError:
            return []

    def _ask(self, windows: Sequence[Window], path: str) -> list[bytes]:
        begin, end = _walls(windows[0], until=self._until(windows))
        sites = [window.site.id for window in windows]
        return self._span.ask(begin, end, self._call(path, sites))

    def _call(self, path: str, sites: Sequence[str]) -> Call:
        names = ("startDate", "endDate") if self._what.by_date else ("startTime", "endTime")
        form = "%Y-%m-%d" if self._what.by_date else "%Y-%m-%d %H:%M:%S"

        def call(begin: dt.datetime, end: dt.datetime) -> bytes:
            last = end - dt.timedelta(seconds=1)
            period = {names[0]: f"{begin:{form}}", names[1]: f"{last:{form}}"}
            return self._client.get(
                path,
                {**period, **self._what.params},
                endpoint=self.endpoint,
                sites=sites,
                optional=self._what.optional,
            )

        return call

    def _until(self, windows: Sequence[Window]) -> dt.date:
        """Return the end of what is asked: a day more, where the same call reaches it.

        Its rows are left to its own window, but they say that the days before are finished;
        of the totals the days up to now, which say so for all series of the site.
        """
        days = windows[0].days
        now = self._client.now()
        today = max(local_date(now, window.site.tz) for window in windows)
        further = today + DAY if self.is_totals else days.end + DAY
        return max(days.end, min(further, today + DAY, self._what.reach.reaches(days.first)))


class Inverters(Dated):
    """Every reading of every inverter of a site: one call for each and week.

    An answer does not say whose it is, so the first body names the inverters of the others.

    Args:
        client: Sends the calls.
        evidence: What the run has seen of each site.
        span: The longest period of one call, as it has turned out.
        standing: Knows which inverters stood at a site.
    """

    def __init__(
        self, client: V1Client, evidence: Evidence, span: Span, standing: Standing
    ) -> None:
        kind = Kind("inverter_telemetry", ("power", "inverter_mode"), sleeps=True, alone=True)
        what = SeriesKind(kind, "equipment/data", _no_rows, WEEK, {})
        super().__init__(what, client, evidence, Grain(telemetry.INSTANT, None, "v1"), span)
        self._standing = standing

    def cost(self, windows: Sequence[Window]) -> int:
        """Return the calls of a week: one for each inverter."""
        (window,) = windows
        return self._standing.likely_during(window.site.id, window.days) * super().cost(windows)

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask for each inverter of a site.

        Raises:
            NotServedError: The key may not read them.
        """
        (window,) = windows
        asked: list[str] = []
        bodies: list[bytes] = []
        refused: NotServedError | None = None
        for serial in self._standing.during(window.site.id, window.days):
            try:
                found = self._ask_one(window, f"/equipment/{window.site.id}/{serial}/data")
            except NotServedError as error:
                # One that is not readable, a foreign one perhaps, does not hide the others.
                logger.warning("inverter %s: %s; left out", serial, error)
                refused = error
                continue
            asked += [serial] * len(found)
            bodies += found
        if refused is not None and not asked:
            raise refused
        return [manifest(asked), *bodies]

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the rows of all inverters, with the days' entries in the day ledger."""
        site = window.site
        serials = read_manifest(bodies[0])
        rows: list[Record] = []
        for serial, body in zip(serials, bodies[1:], strict=True):
            rows += telemetry.inverter_rows(body, serial, site.id, site.tz, fetched_at)
        question = Question(self._what.kind, self._grain, window, fetched_at)
        retired = self._standing.gone(site.id, window.days)
        dated = judge(
            question, rows, self._evidence, void=not serials, expected=serials, retired=retired
        )
        return Harvest(
            {self.name: dated.rows, "sync_days": dated.entries}, dated.note, dated.final_until
        )


def series_kinds(resolution: str) -> tuple[tuple[SeriesKind, Grain], ...]:
    """Return the dated endpoints at a resolution, totals first."""
    unit = {"timeUnit": series.TIME_UNITS[resolution]}
    step = STEPS[resolution]
    fine = Grain(resolution, step, "v1")
    by_length = YEAR if resolution == "day" else MONTH
    readings = Grain(resolution, None, "v1", slack=step + READING_SLACK)
    instants = Grain(telemetry.INSTANT, None, "v1")

    def of_energy(body: bytes, w: Window, at: str) -> list[Record]:
        part = part_of(ENERGY, body, w.site.id)
        return series.site_series(part, w.site.id, w.site.tz, "energy", at)

    def of_power(body: bytes, w: Window, at: str) -> list[Record]:
        part = part_of(POWER, body, w.site.id)
        return series.site_series(part, w.site.id, w.site.tz, "power", at)

    def of_days(body: bytes, w: Window, at: str) -> list[Record]:
        return series.energy_days(part_of(ENERGY, body, w.site.id), w.site.id, w.site.tz, at)

    return (
        (
            SeriesKind(
                Kind("energy_days", ("energy",), sleeps=True),
                "energy", of_days, YEAR, {"timeUnit": "DAY"}, by_date=True, bulk=True,
            ),
            Grain("day", DAY, "v1"),
        ),
        (
            SeriesKind(
                Kind("meter_energy", ("energy",)),
                "energyDetails",
                lambda body, w, at: series.details(
                    body, "energyDetails", w.site.id, w.site.tz, "energy", at
                ),
                by_length, unit,
            ),
            fine,
        ),
        (
            SeriesKind(
                Kind("meter_power", ("power",)),
                "powerDetails",
                lambda body, w, at: series.details(
                    body, "powerDetails", w.site.id, w.site.tz, "power", at
                ),
                MONTH, {},
            ),
            Grain("quarter_hour", STEPS["quarter_hour"], "v1"),
        ),
        (
            SeriesKind(
                Kind("meter_readings", ("lifetime_energy",), alone=True),
                "meters",
                lambda body, w, at: series.meter_readings(body, w.site.id, w.site.tz, at),
                by_length, unit, is_void=_without("meterEnergyDetails", "meters"),
            ),
            readings,
        ),
        (
            SeriesKind(
                Kind("storage_telemetry", ("power", "state_of_energy"), alone=True),
                "storageData",
                lambda body, w, at: telemetry.storage_rows(body, w.site.id, w.site.tz, at),
                WEEK, {}, is_void=_without("storageData", "batteries"),
            ),
            instants,
        ),
        (
            SeriesKind(
                Kind("site_energy", ("energy",), sleeps=True),
                "energy", of_energy, by_length, unit, by_date=True, bulk=True,
            ),
            fine,
        ),
        (
            SeriesKind(
                Kind("site_power", ("power",), sleeps=True),
                "power", of_power, MONTH, {}, bulk=True,
            ),
            Grain("quarter_hour", STEPS["quarter_hour"], "v1"),
        ),
        (
            SeriesKind(
                Kind("sensor_telemetry", ("ambient_temperature", "module_temperature",
                                          "wind_speed", "others")),
                "sensors",
                lambda body, w, at: telemetry.sensor_rows(body, w.site.id, w.site.tz, at),
                WEEK, {}, by_date=True, is_void=_without("siteSensors", "data"), optional=True,
            ),
            instants,
        ),
    )  # fmt: skip


def _walls(window: Window, until: dt.date | None = None) -> tuple[dt.datetime, dt.datetime]:
    """Return a window's ends on the site's wall clock, which is all that v1 speaks."""
    midnight = dt.time()
    end = until or window.days.end
    return dt.datetime.combine(window.days.first, midnight), dt.datetime.combine(end, midnight)


def _ids(windows: Sequence[Window]) -> str:
    return ",".join(window.site.id for window in windows)


def _without(root: str, key: str) -> Callable[[bytes], bool]:
    return lambda body: not objects(inner(body, root).get(key), key)


def _no_rows(body: bytes, window: Window, fetched_at: str) -> list[Record]:
    del body, window, fetched_at
    return []
