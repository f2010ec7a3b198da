"""How far a run is: a live line a step on a terminal, a few plain lines elsewhere.

Taps report it as data, in METRIC lines (`solar_tap_kit.progress`); what they say in sentences
is for people and not read here.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.console import RenderableType

METRIC = "METRIC: "
PROGRESS = "solar_progress"

LINES_A_STEP = 10
LINE_EVERY_S = 30.0
"""Without a terminal a step gets a line for each tenth of it, but none sooner than this."""

LONG_WAIT_S = 60.0
"""Without a terminal the first wait of a step is worth a line from this length on."""

FRAMES_A_SECOND = 4
BAR_WIDTH = 12
WAITS_FOR = {"quota": "for the quota", "retry": "for the next try", "cloud": "for the cloud"}


def metric_of(entry: Mapping[str, Any], event: str) -> Mapping[str, Any] | None:
    """Return the measurement in a line of Meltano's log, or None if it is no METRIC line.

    Args:
        entry: The line as an object; the SDK's structured logs carry measurements as such.
        event: Its text, which holds the measurement where a tap logs as text.
    """
    found = entry.get("metric_info")
    if found is None and event.startswith(METRIC):
        try:
            found = json.loads(event.removeprefix(METRIC))
        except ValueError:
            return None
    return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True)
class Report:
    """Where a tap is.

    Attributes:
        done: Fetch steps that are finished.
        total: Fetch steps that were planned.
        rows: Rows written so far.
        spent: What the requests cost so far.
        unit: `calls` or `credits`.
        done_at: When the rest is done at the pace so far; None while that is unknown.
        waits_until: When a wait under way ends; None if the tap does not wait.
        waits_for: quota, retry or cloud.
    """

    done: int
    total: int
    rows: int = 0
    spent: int = 0
    unit: str = "calls"
    done_at: dt.datetime | None = None
    waits_until: dt.datetime | None = None
    waits_for: str = ""

    @classmethod
    def of(cls, metric: Mapping[str, Any]) -> Self | None:
        """Return the report in a measurement, or None if it measures something else."""
        if metric.get("metric") != PROGRESS:
            return None
        try:
            tags = metric["tags"]
            return cls(
                int(metric["value"]),
                int(tags["total"]),
                int(tags["rows"]),
                int(tags["spent"]),
                str(tags["unit"]),
                _instant(tags["done_at"]),
                _instant(tags["waits_until"]),
                str(tags["waits_for"] or ""),
            )
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def parts_done(self) -> int:
        """How many tenths of the plan are finished."""
        return self.done * LINES_A_STEP // self.total if self.total else LINES_A_STEP

    def words(self, now: dt.datetime) -> str:
        """Return count, time left, what the tap waits for, rows and cost."""
        parts = [f"{self.done:,} of {self.total:,}"]
        if self.done_at is not None and self.done_at > now:
            parts.append(f"{duration((self.done_at - now).total_seconds())} left")
        if self.waits_until is not None and self.waits_until > now:
            seconds = (self.waits_until - now).total_seconds()
            parts.append(f"waits {duration(seconds)} {WAITS_FOR.get(self.waits_for, '')}".rstrip())
        # What a narrow terminal cuts off comes last.
        parts += [f"{self.rows:,} rows", f"{self.spent:,} {self.unit}"]
        return ", ".join(parts)


class Watch(Protocol):
    """What a run tells of its steps while it goes on."""

    def begin(self, name: str) -> None:
        """A step begins."""

    def report(self, report: Report) -> None:
        """The step reports where it is."""

    def end(self, result: str) -> None:
        """The step is over."""


class Silent:
    """Shows nothing, for `--quiet` and `--json`."""

    def begin(self, name: str) -> None:
        """Show nothing."""

    def report(self, report: Report) -> None:
        """Show nothing."""

    def end(self, result: str) -> None:
        """Show nothing."""


class PlainLines:
    """Tells in a few lines, for files, pipes and the mail of cron.

    Args:
        say: Gets each line.
        clock: Returns the present, aware UTC.
    """

    def __init__(
        self, say: Callable[[str], None], clock: Callable[[], dt.datetime] | None = None
    ) -> None:
        self._say = say
        self._clock = clock or _utc_now
        self._name = ""
        self._told_at = self._clock()
        self._told_parts = 0
        self._has_waited = False

    def begin(self, name: str) -> None:
        """Name the step."""
        self._say(f"{name} ...")
        self._name, self._told_parts, self._has_waited = name, 0, False
        self._told_at = self._clock()

    def report(self, report: Report) -> None:
        """Tell where the step is, if that is news."""
        now = self._clock()
        is_news = self._told_parts < report.parts_done < LINES_A_STEP
        until = report.waits_until
        waits = until is not None and (until - now).total_seconds() >= LONG_WAIT_S
        is_first_wait = waits and not self._has_waited
        self._has_waited |= waits
        is_due = (now - self._told_at).total_seconds() >= LINE_EVERY_S
        if is_first_wait or (is_news and is_due):
            self._told_at, self._told_parts = now, report.parts_done
            self._say(f"{self._name}: {report.words(now)}")

    def end(self, result: str) -> None:
        """Tell nothing: the summary does."""


@dataclass(slots=True)
class _Line:
    """A step on the terminal."""

    name: str
    began: float = field(default_factory=time.monotonic)
    seconds: float | None = None
    result: str = ""
    report: Report | None = None


class LiveLines:
    """Keeps a line for each step on a terminal up to date.

    Args:
        console: The terminal.
    """

    def __init__(self, console: Console) -> None:
        self._lines: list[_Line] = []
        self._spinner = Spinner("dots")
        self.live = Live(
            console=console,
            get_renderable=self._drawn,
            refresh_per_second=FRAMES_A_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def begin(self, name: str) -> None:
        """Add a line."""
        self._lines.append(_Line(name))

    def report(self, report: Report) -> None:
        """Bring the last line up to date."""
        if self._lines:
            self._lines[-1].report = report

    def end(self, result: str) -> None:
        """Let the last line stand as it is."""
        line = self._lines[-1]
        line.seconds, line.result = time.monotonic() - line.began, result
        if line.report is not None:
            line.report = replace(line.report, done_at=None, waits_until=None)

    def _drawn(self) -> RenderableType:
        return Group(*(self._row(line) for line in self._lines))

    def _row(self, line: _Line) -> RenderableType:
        row = Table.grid(padding=(0, 1))
        row.add_column(width=1)
        row.add_column(min_width=9, no_wrap=True)
        row.add_column(width=BAR_WIDTH)
        row.add_column(no_wrap=True, overflow="ellipsis")
        is_over = line.seconds is not None
        seconds = time.monotonic() - line.began if line.seconds is None else line.seconds
        bar: RenderableType = ""
        # Text, as names and units come from outside: brackets in them are no markup.
        words = Text(f"{line.result} in " if line.result else "").append(duration(seconds))
        if line.report is not None:
            report = line.report
            bar = ProgressBar(total=max(1, report.total), completed=report.done, width=BAR_WIDTH)
            words.append(f", {report.words(_utc_now())}")
        row.add_row("" if is_over else self._spinner, Text(line.name), bar, words)
        return row


@contextmanager
def watching(say: Callable[[str], None], *, silent: bool) -> Iterator[Watch]:
    """Show a run's steps on standard error while it goes on.

    Args:
        say: Prints a line there.
        silent: Whether to show nothing.

    Yields:
        What the run tells.
    """
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if silent:
        yield Silent()
    elif not console.is_terminal or console.is_dumb_terminal:
        yield PlainLines(say)
    else:
        lines = LiveLines(console)
        with lines.live:
            yield lines


def duration(seconds: float) -> str:
    """Return a duration as people read it: 42 s, 3:07 min, 2:05 h."""
    whole = int(seconds)
    if whole < 60:  # noqa: PLR2004 - a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes}:{rest:02} min"
    return f"{minutes // 60}:{minutes % 60:02} h"


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
