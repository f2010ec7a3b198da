"""`solar sync`: a run, locked, logged, summed up and told to whom it concerns."""

from __future__ import annotations

import datetime as dt
import logging
import os
from typing import TYPE_CHECKING

import click

from solar_ops import notify
from solar_ops.commands.common import examples, here, json_option, one_line_errors, print_json, say
from solar_ops.errors import FAILED, PARTLY_DONE, OpsError
from solar_ops.freshness import grouped, stale_systems
from solar_ops.journal import Journal, stamp
from solar_ops.lock import exclusive
from solar_ops.logs import redactor_for, run_log
from solar_ops.meltano_runs import forget_old_states
from solar_ops.outcome import Summary, result_of, told_lines
from solar_ops.progress import watching
from solar_ops.situation import (
    notices_of,
    read_situation,
    situation_after,
    situation_path,
    write_situation,
)
from solar_ops.sources import SOURCE_NAMES, Source, chosen_sources
from solar_ops.sync import (
    Sync,
    died,
    journal_path,
    lock_path,
    new_run_id,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from solar_ops.freshness import Stale
    from solar_ops.logs import RunLog
    from solar_ops.project import Project
    from solar_ops.settings import Settings

EXIT_CODES = {"ok": 0, "partial": PARTLY_DONE, "failed": FAILED}


@click.command(
    epilog=examples(
        "solar sync",
        "solar sync --source sigen",
        "SOLAR_TARGET=postgres solar sync",
        "15 3 * * *  cd /path/to/solar-elt && .venv/bin/solar sync --quiet   # in cron",
    )
)
@click.option("--source", "names", multiple=True, type=click.Choice(SOURCE_NAMES),
              help="Load this source only; left out: all that have credentials.")  # fmt: skip
@click.option("--build/--no-build", default=True, help="Whether to build the models afterwards.")
@click.option("--quiet", is_flag=True, help="Print nothing while all goes well.")
@json_option
@one_line_errors
def sync(names: tuple[str, ...], *, build: bool, quiet: bool, as_json: bool) -> None:
    """Load what is new, build the models, and say what came of it.

    Exit code 0: all went well, or paused until there is quota. 3: a part failed, the rest is
    loaded. 1: nothing went well. 75: another run is under way.
    """
    project, settings = here()
    for line in notify.check(settings):
        raise OpsError(line)
    summary = run_once(
        project, settings, chosen_sources(settings, names), build=build, quiet=quiet or as_json
    )
    if as_json:
        print_json(summary.as_dict())
    elif not quiet or summary.result != "ok":
        for line in told_lines(summary):
            click.echo(line)
    raise SystemExit(EXIT_CODES[summary.result])


def run_once(
    project: Project,
    settings: Settings,
    sources: list[Source],
    *,
    build: bool,
    quiet: bool,
    extra: Mapping[str, str] | None = None,
    flags: Sequence[str] = (),
) -> Summary:
    """Run the pipeline once, under the lock, with log, journal and notices.

    Args:
        project: Where.
        settings: The settings in force.
        sources: What to load.
        build: Whether to build the models afterwards.
        quiet: Whether to say nothing on the way.
        extra: Settings of the taps for this run.
        flags: Options of `meltano run` for the loads.

    Raises:
        OpsError: Another run is under way, or this one was asked to stop.
    """
    run_id = new_run_id()
    now = dt.datetime.now(dt.UTC)
    told = {"run_id": run_id, "started_at": stamp(now), "pid": os.getpid()}
    redactor = redactor_for(settings)
    journal = Journal(journal_path(settings))
    with exclusive(lock_path(settings), told) as lock, run_log(settings, run_id, redactor) as log:
        summary = Summary(run_id, settings["TARGET"], stamp(now))
        journal.started(run_id, now)
        if died(settings, journal, run_id) and os.name != "nt":
            flags = [*flags, "--force"]
        try:
            with watching(say, silent=quiet) as watch:
                summary.steps = Sync(project, settings, log, watch).run(
                    run_id, sources, build=build, extra=extra, flags=flags, inherited=[lock]
                )
        except OpsError as error:
            log.write(logging.ERROR, "solar", str(error))
            journal.ended(run_id, dt.datetime.now(dt.UTC), "stopped", [])
            raise
        forget_old_states(settings, dt.datetime.now(dt.UTC))
        for step in summary.steps:
            step.error = redactor.text(step.error)
        summary.result = result_of(summary.steps)
        stale = stale_systems(settings, [source.name for source in sources])
        summary.stale, summary.stale_groups = [str(one) for one in stale], grouped(stale)
        summary.ended_at = stamp(dt.datetime.now(dt.UTC))
        steps = summary.as_dict()["steps"]
        journal.ended(run_id, dt.datetime.now(dt.UTC), summary.result, steps)
        text = "\n".join(told_lines(summary))
        level = logging.INFO if summary.result == "ok" else logging.ERROR
        log.write(level, "solar", text.replace("\n", "; "), summary=summary.as_dict())
        if extra is None:
            # Whoever requests days again is there to read the summary.
            _notify(summary, text, stale, sources, settings, log)
    return summary


def _notify(
    summary: Summary, text: str, stale: list[Stale], sources: list[Source], settings: Settings,
    log: RunLog,
) -> None:  # fmt: skip
    """Send what has changed since the last notification, and remember it where that worked."""
    ways = sum(1 for name in ("WEBHOOK_URL", "SMTP_HOST") if settings[name])
    if not ways:
        return
    path = situation_path(settings)
    before = read_situation(path)
    now = situation_after(before, summary, stale, [source.name for source in sources])
    was_sent = True
    for notice in notices_of(before, now, summary, text, stale):
        problems = notify.send(notice, settings)
        for problem in problems:
            log.write(logging.ERROR, "solar", f"a notification could not be sent: {problem}")
            say(f"a notification could not be sent: {problem}")
        was_sent = was_sent and len(problems) < ways
        if notice.occasion != "success" and notice.occasion in settings.words("NOTIFY_ON"):
            now.notified = True
    if was_sent:
        now.notified = now.notified and not now.is_well
        write_situation(path, now)
