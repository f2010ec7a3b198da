"""What a run of `solar sync` came to: its steps, its summary, and the words for them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Result = Literal["ok", "partial", "failed"]

NAMED_SYSTEMS = 8
"""A tap's last line names this many of its failed systems for a reason."""

PAUSED = "paused: "
ROWS = "rows: "
CALLS = "calls: "
FAILED_SITES = "failed sites: "
PARTLY = "failed, the others are complete"
"""How a tap says that it has brought what could be had."""


@dataclass(slots=True)
class Step:
    """A part of a run and what came of it.

    Attributes:
        name: The source, `models` or `files`.
        result: ok, partial or failed; empty before it has run.
        seconds: How long it took.
        rows: What the tap says it has written.
        calls: What the tap says it has spent.
        paused: Why the tap paused, and until when; empty if it did not.
        error: Its last error; empty if there was none.
        failed: Ids of the systems that failed.
    """

    name: str
    result: Result | Literal[""] = ""
    seconds: float = 0.0
    rows: str = ""
    calls: str = ""
    paused: str = ""
    error: str = ""
    failed: list[str] = field(default_factory=list)

    def note(self, event: str) -> bool:
        """Remember what a tap's line says of its run; return whether it says anything."""
        if event.startswith(PAUSED):
            self.paused = event.removeprefix(PAUSED)
        elif event.startswith(ROWS):
            self.rows = event.removeprefix(ROWS)
        elif event.startswith(CALLS):
            self.calls = event.removeprefix(CALLS)
        elif event.startswith(FAILED_SITES):
            self.failed = event.removeprefix(FAILED_SITES).split(", ")
        else:
            return False
        return True


@dataclass(slots=True)
class Summary:
    """What a run came to.

    Attributes:
        run_id: The run.
        target: Where it loaded to.
        started_at: When it began, UTC.
        ended_at: When it ended, UTC.
        result: ok, partial or failed.
        steps: Its steps.
        stale: Systems whose newest data is too old, a line each.
        stale_groups: The same in a few lines.
    """

    run_id: str
    target: str
    started_at: str
    ended_at: str = ""
    result: Result = "ok"
    steps: list[Step] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    stale_groups: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the summary for JSON."""
        return asdict(self)


def result_of(steps: Sequence[Step]) -> Result:
    """Return what a run came to: partial if some of it went well and some did not."""
    results = {step.result for step in steps}
    if results <= {"ok"}:
        return "ok"
    return "failed" if results == {"failed"} else "partial"


def told_lines(summary: Summary) -> Iterator[str]:
    """Yield the summary as lines for a person."""
    for step in summary.steps:
        pieces = [step.rows and f"{step.rows}", step.calls and f"calls: {step.calls}"]
        what = "; ".join(piece for piece in pieces if piece)
        yield f"{step.name}: {step.result} in {step.seconds:.0f} s{f'; {what}' if what else ''}"
        if step.paused:
            yield f"  paused: {step.paused}"
        if step.error:
            yield f"  {step.error}"
        if len(step.failed) > NAMED_SYSTEMS:
            yield f"  all {len(step.failed)} are named in the log and by --json, as `failed`"
    yield from (f"stale: {line}" for line in summary.stale_groups)
    yield f"result: {summary.result} (run {summary.run_id})"
