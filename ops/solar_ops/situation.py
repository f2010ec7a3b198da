"""What was wrong at the last notification, so that only a change is notified again.

A fleet always has a few systems in trouble. A message that comes every night is not read, so
`solar sync` notifies when something new fails or goes stale, and once when all is well again.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from solar_ops.freshness import grouped, named
from solar_ops.notify import Notice
from solar_ops.outcome import PARTLY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from solar_ops.freshness import Stale
    from solar_ops.outcome import Step, Summary
    from solar_ops.settings import Settings

WAREHOUSE = "warehouse"
"""The only step of a run that could not begin."""

OCCASIONS = {"ok": "success", "partial": "partial", "failed": "failure"}


@dataclass(slots=True)
class Situation:
    """What is wrong, by source or step.

    Attributes:
        steps: Why each step that did not go well failed, without what differs by night.
        failing: Ids of the systems that failed.
        stale: Ids of the systems whose newest data is too old.
        notified: Whether a notification of it was sent.
    """

    steps: dict[str, str] = field(default_factory=dict)
    failing: dict[str, list[str]] = field(default_factory=dict)
    stale: dict[str, list[str]] = field(default_factory=dict)
    notified: bool = False

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.steps or any(self.failing.values()) or any(self.stale.values()))


def situation_path(settings: Settings) -> Path:
    """Return the file that remembers what was notified, beside the journal."""
    return settings.root / "data" / f"{settings.meltano_environment}-notified.json"


def read_situation(path: Path) -> Situation:
    """Return what was remembered; nothing if the file is not there or can't be used."""
    try:
        return Situation(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Situation()


def write_situation(path: Path, situation: Situation) -> None:
    """Remember what was notified."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(situation)) + "\n", encoding="utf-8")
    fresh.replace(path)


def situation_after(
    before: Situation, summary: Summary, stale: Iterable[Stale], sources: Iterable[str]
) -> Situation:
    """Return what is wrong after a run; of what the run was not about, what was known stays.

    Args:
        before: What was wrong before.
        summary: The run.
        stale: The systems of the run's sources whose newest data is too old.
        sources: The sources that the run loaded.
    """
    now = Situation(
        dict(before.steps), dict(before.failing), dict(before.stale), notified=before.notified
    )
    now.steps.pop(WAREHOUSE, None)
    for step in summary.steps:
        now.steps.pop(step.name, None)
        if step.result != "ok":
            now.steps[step.name] = _cause(step)
        if step.result != "failed":
            # A vendor that failed as a whole says nothing about its systems.
            now.failing[step.name] = sorted(step.failed)
    if summary.result != "failed":
        found = list(stale)
        for source in sources:
            now.stale[source] = sorted(one.site for one in found if one.source == source)
    return now


def _cause(step: Step) -> str:
    """Return why a step failed, without dates, counts and systems, which change every night."""
    what, partly, _ = step.error.partition(PARTLY)
    return f"{step.result}: {re.sub(r'[0-9]+', '#', what if partly else step.error)}"


def notices_of(
    before: Situation, now: Situation, summary: Summary, text: str, stale: Sequence[Stale]
) -> list[Notice]:
    """Return what is worth a notification: new trouble, the end of all trouble, or a success.

    Args:
        before: What was wrong before the run.
        now: What is wrong after it.
        summary: The run.
        text: Its summary in words.
        stale: The systems whose newest data is too old.
    """
    if now.is_well and before.notified:
        return [Notice("recovered", "solar sync: all well again", text, summary.run_id)]
    found = []
    failing = _added(before.failing, now.failing)
    changed = [name for name, why in now.steps.items() if before.steps.get(name) != why]
    if summary.result == "ok" or failing or changed:
        lines = [f"new in {source}: {named(sites)}" for source, sites in failing.items()]
        found.append(
            Notice(
                OCCASIONS[summary.result], f"solar sync: {summary.result}",
                "\n".join([*lines, text]), summary.run_id,
            )
        )  # fmt: skip
    if added := _added(before.stale, now.stale):
        new = [one for one in stale if one.site in added.get(one.source, ())]
        lines = grouped(new)
        if (known := len(stale) - len(new)) > 0:
            lines.append(f"{known} more as before")
        found.append(Notice("stale", "solar sync: no new data", "\n".join(lines), summary.run_id))
    return found


def _added(before: dict[str, list[str]], now: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the systems that were not in the list before, by source."""
    added: dict[str, Any] = {
        source: sorted(set(sites) - set(before.get(source, ()))) for source, sites in now.items()
    }
    return {source: sites for source, sites in added.items() if sites}
