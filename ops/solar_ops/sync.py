"""A run: load each source, build the models, write files, and say what came of it.

Each source is a Meltano run of its own, so that one vendor's bad night does not keep the
other's data away. All of them carry the run's id, which `meltano` and `solar status` show.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import signal
import time
import uuid
from typing import TYPE_CHECKING, Any

from solar_ops.dbt_results import first_error, why_it_failed
from solar_ops.errors import OpsError
from solar_ops.meltano_runs import latest_runs
from solar_ops.models import model_names
from solar_ops.outcome import PARTLY, Step
from solar_ops.own_folders import dbt_target, one_makes_the_database, own_folders
from solar_ops.progress import METRIC, Report, metric_of
from solar_ops.project import STOP_SECONDS
from solar_ops.raw_files import write_raw_files
from solar_ops.settings import FILE_TARGETS
from solar_ops.warehouse import loader_variables, open_warehouse, problems_of_loading

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from solar_ops.journal import Journal
    from solar_ops.logs import RunLog
    from solar_ops.progress import Watch
    from solar_ops.project import Project
    from solar_ops.raw_files import FileFormat
    from solar_ops.settings import Settings
    from solar_ops.sources import Source

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
SIGNALLED = 128
"""Added to a signal's number it is the exit code of a program that the signal ended."""

MODELS = "models"

BLOCK_DONE = "Block run completed"
QUIET = ("Meltano ", "Environment '", "Using systemdb", "Reading state", "Run completed")
"""Lines of Meltano that tell nothing about this run."""


class StoppedError(OpsError):
    """The run was told to stop.

    Args:
        signum: The signal that said so.
    """

    def __init__(self, signum: int) -> None:
        super().__init__("stopped by a signal; what was loaded is kept, run again to go on")
        self.exit_code = SIGNALLED + signum


class Sync:
    """One run of the pipeline.

    Args:
        project: Where.
        settings: The settings in force.
        log: Where all programs' lines go.
        watch: Shows each step while it goes on.
    """

    def __init__(self, project: Project, settings: Settings, log: RunLog, watch: Watch) -> None:
        self._project = project
        self._settings = settings
        self._log = log
        self._watch = watch
        self._child: subprocess.Popen[str] | None = None
        self._stopped_by = 0
        self._step = ""

    @property
    def loader(self) -> str:
        """The warehouse that is loaded: the files are written from DuckDB's raw tables."""
        target = self._settings["TARGET"]
        return "duckdb" if target in FILE_TARGETS else target

    def run(
        self,
        run_id: str,
        sources: Sequence[Source],
        *,
        build: bool = True,
        extra: Mapping[str, str] | None = None,
        flags: Sequence[str] = (),
        inherited: Sequence[int] = (),
    ) -> list[Step]:
        """Load, build and write files.

        Args:
            run_id: The run's id.
            sources: What to load.
            build: Whether to build the models afterwards.
            extra: Settings of the taps for this run.
            flags: Options of `meltano run` for the loads.
            inherited: File descriptors that Meltano keeps open.

        Returns:
            The steps, each with what came of it.

        Raises:
            StoppedError: The run was asked to stop; what was loaded is kept.
        """
        options = ["--run-id", run_id]
        steps = []
        schemas = [source.schema for source in sources]
        if problems := problems_of_loading(
            self._settings, schemas, model_names(self._project.root)
        ):
            # Nothing is asked of a vendor whose answers could not be stored.
            return [Step("warehouse", "failed", error="; ".join(problems))]
        extra = {**self._variables(), **(extra or {})}
        with _signals(self._on_signal), one_makes_the_database(self._settings):
            for source in sources:
                arguments = ["run", *options, *flags, source.tap, f"target-{self.loader}"]
                steps.append(self._meltano(source.name, arguments, extra, inherited))
            if build and any(step.result != "failed" for step in steps):
                arguments = ["run", *options, f"dbt-{self.loader}:build"]
                began = time.time()
                models = self._meltano(MODELS, arguments, self._variables(), inherited)
                if models.result == "failed":
                    results = dbt_target(self._settings, self.loader)
                    models.error = why_it_failed(results, began) or models.error
                steps.append(models)
            if self._settings["TARGET"] in FILE_TARGETS:
                steps.append(self._files(self._settings["TARGET"]))  # type: ignore[arg-type]
        return steps

    def _variables(self) -> dict[str, str]:
        """Return what Meltano is told beside the settings."""
        told = own_folders(self._settings, self.loader)
        return {**told, **loader_variables(self._settings)} if self.loader == "postgres" else told

    def _meltano(
        self,
        name: str,
        arguments: Sequence[str],
        extra: Mapping[str, str],
        inherited: Sequence[int],
    ) -> Step:
        self._end_if_stopped()
        step = Step(name)
        self._step = name
        self._watch.begin(name)
        started = dt.datetime.now(dt.UTC)
        code = self._project.stream(
            arguments,
            {**extra, "MELTANO_CLI_LOG_FORMAT": "json", "NO_COLOR": "1"},
            lambda line: self._line(step, line),
            started=self._started,
            inherited=inherited,
        )
        self._end_if_stopped()
        self._child = None
        step.seconds = round((dt.datetime.now(dt.UTC) - started).total_seconds(), 1)
        step.result = ("partial" if PARTLY in step.error else "failed") if code else "ok"
        if code and not step.error:
            step.error = f"meltano ended with {code}"
        if not code:
            step.error = ""
        self._watch.end(step.result)
        return step

    def _end_if_stopped(self) -> None:
        """End the run where a signal said so.

        A step that a signal cut short has not failed, so there is nothing to report of it.

        Raises:
            StoppedError: It did.
        """
        if not self._stopped_by:
            return
        if self._child is not None:
            # Loaders store what they hold and end by themselves.
            self._project.end_group(self._child.pid, spare_seconds=STOP_SECONDS)
        raise StoppedError(self._stopped_by)

    def _files(self, form: FileFormat) -> Step:
        step = Step("files")
        self._watch.begin(f"{form} files")
        started = dt.datetime.now(dt.UTC)
        folder = self._settings.path("FILES_DIR") / form
        try:
            with open_warehouse(self._settings) as warehouse:
                written = write_raw_files(warehouse, folder, form)
        except (OpsError, OSError) as error:
            step.result, step.error = "failed", str(error)
        else:
            step.result = "ok"
            step.rows = f"{sum(one.changed for one in written)} files written"
        step.seconds = round((dt.datetime.now(dt.UTC) - started).total_seconds(), 1)
        self._watch.end(step.result)
        return step

    def _started(self, process: subprocess.Popen[str]) -> None:
        self._child = process
        if self._stopped_by:
            self._terminate(process)

    def _terminate(self, process: subprocess.Popen[str]) -> None:
        if self._step == MODELS:
            # dbt would go on without Meltano, and keep the warehouse locked.
            self._project.signal_group(process, signal.SIGTERM)
        else:
            process.terminate()

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        del frame
        self._stopped_by = signum
        if self._child is not None:
            self._terminate(self._child)

    def _line(self, step: Step, line: str) -> None:
        """Keep a line of Meltano, and remember what it says about the step."""
        try:
            entry = json.loads(line)
            level, event = LEVELS[entry["level"]], str(entry["event"])
        except (ValueError, KeyError, TypeError):
            level, event, entry = logging.INFO, line, {}
        program = str(entry.get("name") or "meltano")
        if (metric := metric_of(entry, event)) is not None:
            self._measured(program, metric)
            return
        if program == "meltano" and event.startswith(QUIET):
            level = logging.DEBUG
        self._log.write(level, program, event)
        if step.note(event):
            return
        if program.startswith("dbt-"):
            step.error = first_error(step.error, event)
        elif level >= logging.ERROR:
            # The tap's own line says more than Meltano's about it.
            told = str(entry.get("err") or event).strip().splitlines()
            if told and event != BLOCK_DONE and (program != "meltano" or not step.error):
                step.error = told[-1]

    def _measured(self, program: str, metric: Mapping[str, Any]) -> None:
        """Show where a tap is; one line in a few seconds is too much for a night's log."""
        self._log.write(logging.DEBUG, program, f"{METRIC}{json.dumps(metric)}")
        if report := Report.of(metric):
            self._watch.report(report)


class _signals:  # noqa: N801 - used as a function
    """Handle SIGTERM and SIGINT by one function for a while."""

    def __init__(self, handler: Callable[[int, FrameType | None], None]) -> None:
        self._handler = handler
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                self._before[number] = signal.signal(number, self._handler)
            except ValueError:
                # Only the main thread may; elsewhere signals are the caller's business.
                return

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)


def new_run_id() -> str:
    """Return an id for a run, in the form that Meltano takes."""
    return str(uuid.uuid4())


def died(settings: Settings, journal: Journal, run_id: str) -> bool:
    """Return whether Meltano takes a dead run of ours for one under way, as it does for minutes.

    The lock that this run holds, and that Meltano inherits, says that every earlier run of
    `solar sync` is over. A run that somebody started by hand is another matter.
    """
    before = [run for run in journal.runs() if run.run_id != run_id]
    if before and before[-1].ended_at is None:
        return True
    ours = {run.run_id for run in before}
    return any(
        run.state == "running" and run.run_id in ours for run in latest_runs(settings).values()
    )


def lock_path(settings: Settings) -> Path:
    """Return the lock of the warehouse that the settings name."""
    target = "postgres" if settings["TARGET"] == "postgres" else "duckdb"
    return settings.root / "data" / "locks" / f"{settings.meltano_environment}-{target}.lock"


def journal_path(settings: Settings) -> Path:
    """Return the file of runs."""
    return settings.root / "data" / f"{settings.meltano_environment}-runs.jsonl"
