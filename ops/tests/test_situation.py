"""Notifications of `solar sync`: once when something changes, not every night."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from notice_servers import Webhook, serving
from ops_support import solar

from solar_ops.freshness import Stale
from solar_ops.journal import Journal
from solar_ops.logs import redactor_for, run_log
from solar_ops.outcome import PARTLY, Step, Summary, told_lines
from solar_ops.project import Project
from solar_ops.settings import Settings
from solar_ops.situation import situation_path
from solar_ops.sync import Sync, journal_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = dt.date(2026, 3, 30)


class Nights:
    """Runs of `solar sync` whose loads come to what a test says."""

    def __init__(self, hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
        self._hook = hook
        self._monkeypatch = monkeypatch
        self._told = 0

    def night(self, *steps: Step, stale: tuple[str, ...] = (), only: str = "") -> list[Any]:
        """Run once; return the occasions of the notifications of this run."""
        found = [Stale("sigen", site, DAY, 40.0) for site in stale]
        self._monkeypatch.setattr(Sync, "run", lambda *_, **__: list(steps))
        self._monkeypatch.setattr(
            "solar_ops.commands.sync.stale_systems",
            lambda _, names: [one for one in found if one.source in names],
        )
        solar("sync", *(("--source", only) if only else ()))
        new = self._hook.posted[self._told :]
        self._told = len(self._hook.posted)
        return [one["occasion"] for one in new]

    @property
    def last(self) -> str:
        """The text of the last notification."""
        text: str = self._hook.posted[-1]["text"]
        return text


@pytest.fixture
def nights(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nights]:
    """Return runs in a project with credentials for both sources and a webhook."""
    with serving(Webhook()) as hook:
        (project / ".env").write_text(
            "TAP_SIGEN_USERNAME=me\nTAP_SIGEN_PASSWORD=invented-password\n"
            f"TAP_SOLAREDGE_API_KEY=invented-key\nSOLAR_WEBHOOK_URL={hook.url}\n"
        )
        yield Nights(hook, monkeypatch)


def ok(name: str = "sigen") -> Step:
    """Return a step that went well."""
    return Step(name, "ok")


def partial(*systems: str, name: str = "sigen", night: int = 1) -> Step:
    """Return a load in which systems failed."""
    error = f"{len(systems)} site(s) {PARTLY}; at 2026-04-{night:02} 03:15"
    return Step(name, "partial", error=error, failed=list(systems))


def test_the_same_systems_fail_quietly_every_night(nights: Nights) -> None:
    """Told once; again when another one fails; once when all is well; then never again."""
    models = ok("models")
    assert nights.night(partial("A", "B"), models) == ["partial"]
    assert nights.night(partial("B", "A", night=2), models) == []
    assert nights.night(partial("A", "B", "C", night=3), models) == ["partial"]
    assert nights.last.startswith("new in sigen: C\n")
    assert nights.night(partial("A", night=4), models) == [], "some of them are well again"
    assert nights.night(partial("A", "B", night=5), models) == ["partial"]
    assert nights.night(ok(), models) == ["recovered"]
    assert nights.night(ok(), models) == []


def test_a_source_that_did_not_run_stays_as_it_was(nights: Nights) -> None:
    """A run of one vendor neither repeats nor clears what is known of the other."""
    assert nights.night(partial("A"), ok("solaredge"), ok("models")) == ["partial"]
    assert nights.night(ok("solaredge"), ok("models"), only="solaredge") == []
    assert nights.night(partial("A"), ok("solaredge"), ok("models")) == []
    failed = Step("sigen", "failed", error="password: refused at 03:15")
    assert nights.night(failed, ok("solaredge"), ok("models")) == ["partial"]
    failed = Step("sigen", "failed", error="password: refused at 03:16")
    assert nights.night(failed, ok("solaredge"), ok("models")) == []
    other = Step("sigen", "failed", error="the disk is full")
    assert nights.night(other, ok("solaredge"), ok("models")) == ["partial"]
    assert nights.night(partial("A"), ok("solaredge"), ok("models")) == ["partial"]
    assert nights.night(ok(), ok("solaredge"), ok("models")) == ["recovered"]


def test_a_warehouse_that_can_not_be_loaded_is_told_once(nights: Nights) -> None:
    """And its end too, once a run has loaded everything."""
    refused = Step("warehouse", "failed", error="no permission")
    assert nights.night(refused) == ["failure"]
    assert nights.night(refused) == []
    assert nights.night(ok(), ok("models")) == ["recovered"]


def test_stale_systems_are_told_when_they_become_it(nights: Nights) -> None:
    """The new ones by name, those that are known by number."""
    many = tuple(f"S{number}" for number in range(10))
    assert nights.night(ok(), ok("models"), stale=many) == ["stale"]
    assert nights.last == "10 sigen systems, newest data is of 2026-03-30: S0, S1, S2 and 7 more"
    assert nights.night(ok(), ok("models"), stale=many) == []
    assert nights.night(ok(), ok("models"), stale=(*many, "NEW")) == ["stale"]
    assert nights.last == (
        "sigen NEW: newest data is of 2026-03-30, 40 hours ago\n10 more as before"
    )
    assert nights.night(ok(), ok("models"), stale=("S1",)) == []
    assert nights.night(ok(), ok("models")) == ["recovered"]


def test_what_could_not_be_sent_is_sent_by_the_next_run(
    nights: Nights, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what somebody could read counts as told."""
    monkeypatch.setenv("SOLAR_WEBHOOK_URL", "http://127.0.0.1:9/")
    assert nights.night(partial("A"), ok("models")) == []
    monkeypatch.delenv("SOLAR_WEBHOOK_URL")
    assert nights.night(partial("A"), ok("models")) == ["partial"]
    situation_path(Settings(project)).write_text("cut o", encoding="utf-8")
    assert nights.night(partial("A"), ok("models")) == ["partial"], "a broken file is no memory"


def test_no_end_is_told_of_what_was_never_told(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where partial runs are not wanted, nor is their end; a success is told where it is."""
    monkeypatch.setenv("SOLAR_NOTIFY_ON", "failure,recovered")
    assert nights.night(partial("A"), ok("models")) == []
    assert nights.night(ok(), ok("models")) == []
    monkeypatch.setenv("SOLAR_NOTIFY_ON", "success")
    assert nights.night(ok(), ok("models")) == ["success"]
    assert nights.night(ok(), ok("models")) == ["success"]


def test_all_failed_systems_are_in_json_and_the_summary_says_so(project: Path) -> None:
    """A person reads a few names and where the others are."""
    settings = Settings(project)
    names = [f"S{number}" for number in range(45)]
    step = Step("sigen", "partial", error="45 site(s) failed: S0, S1 and 43 more: gone")
    line = {"event": f"failed sites: {', '.join(names)}", "level": "info", "name": "tap-sigen"}
    with run_log(settings, "run", redactor_for(settings)) as log:
        runner = Sync(Project(project), settings, log, lambda _: None)
        runner._line(step, json.dumps(line))  # noqa: SLF001 - Meltano's lines come in there
    assert step.failed == names
    summary = Summary("run", "duckdb", "2026-04-01T03:15:00Z", result="partial", steps=[step])
    text = "\n".join(told_lines(summary))
    assert "all 45 are named in the log and by --json, as `failed`" in text
    assert "S44" not in text
    assert summary.as_dict()["steps"][0]["failed"] == names
    step.failed = names[:3]
    assert "are named" not in "\n".join(told_lines(summary))


def test_the_journal_keeps_the_failed_systems(nights: Nights, project: Path) -> None:
    """For whoever comes in the morning."""
    nights.night(partial("A", "B"), ok("models"))
    (run,) = Journal(journal_path(Settings(project))).runs()
    assert run.steps[0]["failed"] == ["A", "B"]
