"""What the taps themselves say: plan, check, quota. Each spends what the tap says it spends."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from solar_ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solar_ops.project import Project
    from solar_ops.settings import Settings
    from solar_ops.sources import Source

Question = Literal["plan", "check"]
LOGGED = {"MELTANO_CLI_LOG_FORMAT": "json", "NO_COLOR": "1"}
SEVERE = ("error", "critical")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a tap answered.

    Attributes:
        source: The vendor.
        answer: Its JSON; None if there was none.
        error: Its last line of complaint; empty if all went well.
    """

    source: str
    answer: dict[str, Any] | None
    error: str


def state_id(source: Source, settings: Settings, loader: str) -> str:
    """Return the name under which Meltano keeps a tap's state."""
    return f"{settings.meltano_environment}:{source.tap}-to-target-{loader}"


def ask_tap(
    project: Project,
    settings: Settings,
    source: Source,
    question: Question,
    *,
    loader: str,
    extra: Mapping[str, str] | None = None,
    with_state: bool = True,
) -> Asked:
    """Ask a tap for its plan or check, with the settings and the state of a real run.

    Args:
        project: Where.
        settings: The settings in force.
        source: Whose tap.
        question: plan or check.
        loader: The loader whose state counts.
        extra: Settings for this question.
        with_state: Whether what is stored counts.
    """
    environment = {**LOGGED, **(extra or {})}
    with tempfile.TemporaryDirectory(prefix="solar-plan-") as name:
        arguments = ["invoke", source.tap, f"--{question}", "json"]
        if question == "plan":
            path = Path(name) / "catalog.json"
            path.write_text(json.dumps(_catalog(project, source, environment)))
            arguments += ["--catalog", str(path)]
        if with_state and question == "plan":
            path = Path(name) / "state.json"
            path.write_text(json.dumps(_state(project, settings, source, loader)))
            arguments += ["--state", str(path)]
        done = project.answer(arguments, environment)
    answer = _json_of(done.stdout)
    if answer is None and not done.returncode:
        return Asked(source.name, None, f"{source.tap} gave no {question}")
    return Asked(source.name, answer, _complaint(done.stderr) if done.returncode else "")


def _state(project: Project, settings: Settings, source: Source, loader: str) -> Any:
    """Return the Singer state of a tap, empty before the first run."""
    done = project.answer(
        ["state", "get", state_id(source, settings, loader)],
        LOGGED,
    )
    found = _json_of(done.stdout) or {}
    return found.get("singer_state", {})


def _catalog(project: Project, source: Source, environment: Mapping[str, str]) -> Any:
    """Return the catalog of a run with these settings.

    Meltano would hand on that of the last run, whatever that selected.

    Raises:
        OpsError: There is none.
    """
    done = project.answer(["invoke", "--dump=catalog", source.tap], environment)
    start = done.stdout.find("{")
    if done.returncode or start < 0:
        raise OpsError(f"{source.name}: {_complaint(done.stderr)}")  # noqa: EM102, TRY003
    return json.loads(done.stdout[start:])


def _json_of(text: str) -> dict[str, Any] | None:
    """Return the JSON object in a program's output; other programs may have printed before."""
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            return found if isinstance(found, dict) else None
    return None


def _complaint(text: str) -> str:
    """Return the first error in Meltano's log: the tap's own line comes before Meltano's."""
    lines = [line for line in text.splitlines() if line.strip()]
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("level") in SEVERE:
            return str(entry.get("event", "")).strip().splitlines()[-1]
    return lines[-1] if lines else "it failed without a word"


def quota_left(project: Project, source: Source) -> list[dict[str, Any]]:
    """Return what a tap's own book of calls says is left; asks no vendor.

    Raises:
        OpsError: The tap's settings can't be used.
    """
    done = project.answer(
        ["config", "--unsafe", "print", source.tap, "--format", "json"],
        LOGGED,
    )
    start = done.stdout.find("{")
    if done.returncode or start < 0:
        message = f"{source.tap}: Meltano can not tell its settings"
        raise OpsError(message)
    config = json.loads(done.stdout[start:])
    return _left(source, {name: value for name, value in config.items() if value is not None})


def _left(source: Source, config: dict[str, Any]) -> list[dict[str, Any]]:
    from singer_sdk.exceptions import ConfigValidationError  # noqa: PLC0415 - slow to import

    from solar_tap_kit.errors import SolarError  # noqa: PLC0415
    from tap_sigen.tap import TapSigen  # noqa: PLC0415
    from tap_solaredge.tap import TapSolarEdge  # noqa: PLC0415

    kind = {"tap-sigen": TapSigen, "tap-solaredge": TapSolarEdge}[source.tap]
    try:
        tap = kind(config=config)
        with tap.opened() as (cloud, _):
            ledger = cloud.session.ledger
            left = ledger.left(tap.clock.now()) if ledger else []
    except (SolarError, ConfigValidationError) as error:
        raise OpsError(str(error)) from None
    return [
        {
            "source": source.name,
            "limit": one.limit.name,
            "amount": one.limit.amount,
            "used": one.used,
            "left": one.left,
            "resets_at": one.resets_at and f"{one.resets_at:%Y-%m-%dT%H:%M:%SZ}",
        }
        for one in left
    ]
