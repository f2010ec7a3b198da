"""`solar status` and `solar gaps`: what is there, what is missing, what runs."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from solar_ops.commands.common import (
    check_order,
    console,
    examples,
    here,
    json_option,
    one_line_errors,
    print_json,
    selection_options,
    table,
)
from solar_ops.coverage import find_gaps, start_dates, stream_statuses
from solar_ops.errors import FAILED, OpsError
from solar_ops.exporting import Selection
from solar_ops.fleet import (
    SMALL_FLEET,
    count_gaps,
    counts_of,
    listed_systems,
    system_statuses,
    told_counts,
    worst_gaps,
    worst_systems,
)
from solar_ops.freshness import grouped, stale_systems
from solar_ops.journal import Journal
from solar_ops.lock import holder_of, is_held
from solar_ops.meltano_runs import latest_runs, schedules
from solar_ops.sources import SOURCE_NAMES, SOURCES
from solar_ops.summary import short_name
from solar_ops.sync import journal_path, lock_path
from solar_ops.taps import quota_left
from solar_ops.warehouse import open_warehouse, warehouse_label

if TYPE_CHECKING:
    import datetime as dt

    from solar_ops.coverage import Gap, StreamStatus
    from solar_ops.fleet import SystemStatus
    from solar_ops.project import Project
    from solar_ops.settings import Settings

RECENT_RUNS = 5


@click.command(
    epilog=examples(
        "solar status",
        "solar status --all",
        "solar status --json",
        "solar status --check --no-quota",
    )
)
@click.option("--all", "show_all", is_flag=True,
              help="A line for each stream, also of a fleet.")  # fmt: skip
@click.option("--check", is_flag=True,
              help="Exit with 1 if a source is stale or the last run did not go well.")  # fmt: skip
@click.option("--quota/--no-quota", default=True,
              help="Whether to look up what is left of the quotas; asks no vendor.")  # fmt: skip
@json_option
@one_line_errors
def status(*, show_all: bool, check: bool, quota: bool, as_json: bool) -> None:
    """Show what each system has, the last runs, what is missing and what comes next.

    Of more than 20 systems, the counts by state and the 20 systems that lack most.
    """
    project, settings = here()
    told, systems, lines = _collect(settings)
    told["quota"] = _quotas(project, settings) if quota else []
    told["schedules"] = [asdict(one) for one in schedules(project.root)]
    if as_json:
        print_json(told)
    else:
        _show_warehouse(told)
        if systems:
            console().print(told_counts(told["counts"]), soft_wrap=True)
        if show_all or len(systems) <= SMALL_FLEET:
            _show_streams(told)
        else:
            _show_worst(worst_systems(systems))
        _show_doubts(told, lines)
        _show_runs(told)
        _show_next(told)
    if check and (told["stale"] or told["warehouse_problem"] or not _last_went_well(told)):
        sys.exit(FAILED)


def _collect(settings: Settings) -> tuple[dict[str, Any], list[SystemStatus], list[str]]:
    """Return what JSON shows, the systems, and the stale ones in a few lines."""
    lock = lock_path(settings)
    running = holder_of(lock) if is_held(lock) else {}
    streams: list[StreamStatus] = []
    systems: list[SystemStatus] = []
    problem = ""
    try:
        with open_warehouse(settings) as warehouse:
            streams = stream_statuses(warehouse, start_dates(settings))
            systems = system_statuses(streams, listed_systems(warehouse))
    except OpsError as error:
        problem = str(error)
    runs = Journal(journal_path(settings)).runs()[-RECENT_RUNS:]
    stale = stale_systems(settings, SOURCE_NAMES) if not problem else []
    told = {
        "environment": settings.meltano_environment,
        "warehouse": warehouse_label(settings),
        "warehouse_problem": problem,
        "running": running,
        "counts": counts_of(systems, streams),
        "systems": [asdict(system) for system in systems],
        "streams": [asdict(stream) for stream in streams],
        "stale": [str(one) for one in stale],
        "runs": [asdict(run) for run in reversed(runs)],
        "meltano_runs": [asdict(run) for run in latest_runs(settings).values()],
    }
    return told, systems, grouped(stale)


def _quotas(project: Project, settings: Settings) -> list[dict[str, Any]]:
    found = []
    for source in SOURCES:
        if source.has_credentials(settings):
            try:
                found += quota_left(project, source)
            except OpsError as error:
                found.append({"source": source.name, "limit": str(error), "left": None})
    return found


def _last_went_well(told: dict[str, Any]) -> bool:
    ended = [run for run in told["runs"] if run["ended_at"]]
    return not ended or ended[0]["result"] == "ok"


def _show_warehouse(told: dict[str, Any]) -> None:
    out = console()
    out.print(f"Warehouse: {told['warehouse']} (environment {told['environment']})", soft_wrap=True)
    if told["running"]:
        run = told["running"]
        out.print(f"A run is under way: {run.get('run_id')}, since {run.get('started_at')}")
    if told["warehouse_problem"]:
        out.print(told["warehouse_problem"], soft_wrap=True)


def _show_streams(told: dict[str, Any]) -> None:
    out = console()
    if told["streams"]:
        shown = table("System", "Stream", "Newest data", "Complete through", ">Missing days",
                      ">Not yet fetched", "Last fetched, UTC")  # fmt: skip
        for stream in told["streams"]:
            shown.add_row(
                short_name(stream["system_name"]), stream["stream"], _day(stream["last_day"]),
                _day(stream["settled_until"]), str(stream["hole_days"]),
                str(stream["days_to_come"]), _minute(stream["fetched_at_utc"]),
            )  # fmt: skip
        out.print(shown)


def _show_worst(worst: list[SystemStatus]) -> None:
    if not worst:
        return
    out = console()
    shown = table("System", "Name", "State", "Newest data", ">Days behind", ">Missing days",
                  ">Not yet fetched", ">Set aside")  # fmt: skip
    for one in worst[:SMALL_FLEET]:
        shown.add_row(
            one.system_key, short_name(one.system_name), one.state, _day(one.last_day),
            str(one.days_behind), str(one.missing_days), str(one.days_to_come),
            str(one.set_aside_days),
        )  # fmt: skip
    out.print(shown)
    if (more := len(worst) - SMALL_FLEET) > 0:
        out.print(f"{more:,} more systems that lack something; --all shows every stream")


def _show_doubts(told: dict[str, Any], stale: list[str]) -> None:
    out = console()
    if days := sum(stream["set_aside_days"] for stream in told["streams"]):
        out.print(f"Set aside, days: {days}; `solar gaps` says why")
    for line in stale:
        out.print(f"Stale: {line}", soft_wrap=True)


def _show_runs(told: dict[str, Any]) -> None:
    out = console()
    if told["runs"]:
        shown = table("Run of solar sync", "Began, UTC", "Result", "What")
        for run in told["runs"]:
            steps = ", ".join(f"{step['name']} {step['result']}" for step in run["steps"])
            shown.add_row(run["run_id"], run["started_at"], run["result"] or "did not end", steps)
        out.print(shown)
    if told["meltano_runs"]:
        shown = table("Meltano job", "Run id", "State", "Began, UTC")
        for run in told["meltano_runs"]:
            shown.add_row(run["job"], run["run_id"], run["state"], run["started_at"])
        out.print(shown)


def _show_next(told: dict[str, Any]) -> None:
    out = console()
    for one in told["quota"]:
        if one["left"] is None:
            out.print(f"Quota of {one['source']}: unknown, {one['limit']}")
            continue
        until = f", more at {one['resets_at']}" if one["resets_at"] else ""
        out.print(
            f"Quota of {one['source']}, {one['limit']}: {one['left']:,} of {one['amount']:,} "
            f"left{until}"
        )
    for one in told["schedules"]:
        out.print(
            f"Next by schedule {one['name']} ({one['interval']}), if a scheduler runs it: "
            f"{one['next_at']}"
        )


@click.command(
    epilog=examples("solar gaps", "solar gaps --site 4100001 --start 2026-01-01 --check")
)
@selection_options
@click.option("--to-come", is_flag=True, help="Also days that were never asked for.")
@click.option("--all", "show_all", is_flag=True, help="A line for each gap, however many.")
@click.option("--check", is_flag=True, help="Exit with 1 if there is a gap.")
@json_option
@one_line_errors
def gaps(
    sites: tuple[str, ...],
    start: dt.date | None,
    end: dt.date | None,
    *,
    to_come: bool,
    show_all: bool,
    check: bool,
    as_json: bool,
) -> None:
    """List the days that lack data, and why. `solar backfill` requests them again.

    Of more than 20 gaps, the counts by reason and the 20 systems that lack most.
    """
    check_order(start, end)
    _, settings = here()
    with open_warehouse(settings) as warehouse:
        found = find_gaps(
            warehouse, Selection(sites, start, end), start_dates(settings), to_come=to_come
        )
    if as_json:
        print_json([{**asdict(gap), "days": gap.days} for gap in found])
    elif not found:
        click.echo("No gaps.")
    elif show_all or len(found) <= SMALL_FLEET:
        _show_gaps(found)
    else:
        _show_gap_counts(found)
    if check and found:
        sys.exit(FAILED)


def _show_gaps(found: list[Gap]) -> None:
    shown = table("System", "Stream", "First day", "Last day", ">Days", ">Intervals", "Why")
    for gap in found:
        shown.add_row(
            f"{gap.vendor}:{gap.system_id}", gap.stream, _day(gap.first), _day(gap.last),
            str(gap.days), str(gap.missing_points or "-"), gap.reason,
        )  # fmt: skip
    console().print(shown)


def _show_gap_counts(found: list[Gap]) -> None:
    out = console()
    reasons = table("Vendor", ">Systems", ">Gaps", ">Days", "Why")
    for one in count_gaps(found):
        reasons.add_row(
            one.vendor, f"{one.systems:,}", f"{one.gaps:,}", f"{one.days:,}", one.reason
        )
    out.print(reasons)
    worst = worst_gaps(found)
    shown = table("System", ">Gaps", ">Days", "First day", "Last day", "Why, mostly")
    for line in worst[:SMALL_FLEET]:
        shown.add_row(
            line["system_key"], str(line["gaps"]), str(line["days"]), _day(line["first"]),
            _day(line["last"]), line["reason"],
        )  # fmt: skip
    out.print(shown)
    more = max(0, len(worst) - SMALL_FLEET)
    out.print(
        f"{len(found):,} gaps of {len(worst):,} systems"
        f"{f', {more:,} of them not shown' if more else ''}; --all shows each gap"
    )


def _day(value: dt.date | None) -> str:
    return "-" if value is None else value.isoformat()


def _minute(value: dt.datetime | None) -> str:
    return "-" if value is None else f"{value:%Y-%m-%d %H:%M}"
