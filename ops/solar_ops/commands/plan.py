"""`solar plan`, `solar check` and `solar backfill`: what would be asked, what may be asked."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from solar_ops import notify
from solar_ops.backfill import FLAGS, refetches, variables
from solar_ops.commands.common import (
    check_order,
    console,
    examples,
    here,
    json_option,
    one_line_errors,
    print_json,
    say,
    selection_options,
    table,
)
from solar_ops.commands.sync import EXIT_CODES, run_once
from solar_ops.coverage import find_gaps, start_dates
from solar_ops.errors import FAILED, OpsError
from solar_ops.exporting import Selection
from solar_ops.freshness import named
from solar_ops.models import model_names
from solar_ops.outcome import told_lines
from solar_ops.settings import FILE_TARGETS
from solar_ops.sources import SOURCE_NAMES, SOURCES, chosen_sources
from solar_ops.taps import Asked, ask_tap
from solar_ops.warehouse import open_warehouse, problems_of_loading, warehouse_label

if TYPE_CHECKING:
    import datetime as dt

    from solar_ops.backfill import Refetch
    from solar_ops.project import Project
    from solar_ops.settings import Settings

FREE_MB = 500
MEGABYTE = 1024 * 1024
source_option = click.option(
    "--source",
    "names",
    multiple=True,
    type=click.Choice(SOURCE_NAMES),
    help="This source only; left out: all that have credentials.",
)


def loader_of(settings: Settings) -> str:
    """Return the loader that the settings name."""
    return "duckdb" if settings["TARGET"] in FILE_TARGETS else settings["TARGET"]


@click.command(epilog=examples("solar plan", "solar plan --source solaredge --json"))
@source_option
@json_option
@one_line_errors
def plan(names: tuple[str, ...], *, as_json: bool) -> None:
    """Show what the next syncs will ask for, what that costs and when all is there.

    Spends no more than the list of sites of each source.
    """
    project, settings = here()
    asked = [
        ask_tap(project, settings, source, "plan", loader=loader_of(settings))
        for source in chosen_sources(settings, names)
    ]
    if as_json:
        print_json({one.source: one.answer or {"error": one.error} for one in asked})
    else:
        show_plans(asked)
    if any(one.error for one in asked):
        sys.exit(FAILED)


def show_plans(asked: list[Asked]) -> None:
    """Print plans as tables, with what is left of each limit."""
    out = console()
    for one in asked:
        if one.answer is None or one.error:
            out.print(f"{one.source}: {one.error}", soft_wrap=True)
            continue
        answer = one.answer
        unit = answer["cost_unit"]
        if not answer["sources"]:
            out.print(f"{one.source}: nothing to fetch, everything that is wanted is stored")
        else:
            shown = table(
                one.source, "Why", ">Systems", ">Asks", f">{unit.capitalize()}",
                "First day", "Last day", "Done by, UTC",
            )  # fmt: skip
            for line in answer["sources"]:
                shown.add_row(
                    line["source"], line["reason"], str(line["sites"]), f"{line['windows']:,}",
                    f"{line['cost']:,}", line["first_day"], line["last_day"],
                    (line["done_at"] or "-").replace("T", " ").removesuffix("Z"),
                )  # fmt: skip
            out.print(shown)
            out.print(
                f"{one.source}: {answer['cost']:,} {unit}, done by {answer['done_at']} at the "
                f"limits that the vendor documents ({answer['days_to_done']:.1f} days)"
            )
        for limit in answer["limits"]:
            until = f" until {limit['resets_at']}" if limit["resets_at"] else ""
            out.print(f"  {limit['name']}: {limit['left']} of {limit['amount']} left{until}")


@click.command(epilog=examples("solar check", "solar check --offline", "solar check --json"))
@source_option
@click.option("--offline", is_flag=True, help="Ask no vendor: only what is on this machine.")
@json_option
@one_line_errors
def check(names: tuple[str, ...], *, offline: bool, as_json: bool) -> None:
    """Check settings, warehouse, disk and what the credentials may use, in words.

    Each endpoint is asked once for each site, in a fleet for the first ten; the calls that
    takes are told. Exit code 1 if something does not work.
    """
    project, settings = here()
    findings = _own_findings(settings)
    if not offline:
        for source in chosen_sources(settings, names):
            if not as_json:
                say(f"{source.name}: asking; a limit of calls a minute may make it wait ...")
            findings += _tap_findings(project, settings, source)
    if as_json:
        print_json(findings)
    else:
        shown = table("What", "Site", "Verdict", "")
        for one in findings:
            shown.add_row(one["what"], one["site"], one["verdict"], one["words"])
        console().print(shown)
    if any(one["verdict"] == "failed" for one in findings):
        sys.exit(FAILED)


def _finding(what: str, verdict: str, words: str, site: str = "") -> dict[str, str]:
    return {"what": what, "site": site, "verdict": verdict, "words": words}


def _own_findings(settings: Settings) -> list[dict[str, str]]:
    found = [_finding("settings", "ok", f"environment {settings.meltano_environment}")]
    label = warehouse_label(settings)
    try:
        with open_warehouse(settings) as warehouse:
            count = len(warehouse.tables(warehouse.analytics))
        found.append(_finding("warehouse", "ok", f"{label}: {count} models and views"))
    except OpsError as error:
        absent = "does not exist yet" in str(error)
        found.append(_finding("warehouse", "not yet" if absent else "failed", str(error)))
    schemas = [source.schema for source in SOURCES if source.has_credentials(settings)]
    problems = problems_of_loading(settings, schemas, model_names(settings.root))
    found += [_finding("loading", "failed", problem) for problem in problems] or [
        _finding("loading", "ok", "a run may make and fill what it needs")
    ]
    free = shutil.disk_usage(settings.root).free // MEGABYTE
    verdict = "ok" if free >= FREE_MB else "failed"
    found.append(_finding("disk", verdict, f"{free:,} MB free in the project's folder"))
    problems = notify.check(settings)
    ways = [name for name in ("WEBHOOK_URL", "SMTP_HOST") if settings[name]]
    words = "; ".join(problems) or (f"by {' and '.join(ways)}" if ways else "not set up")
    found.append(_finding("notices", "failed" if problems else "ok", words))
    for source in SOURCES:
        ready = source.has_credentials(settings)
        words = "set" if ready else f"not set: {' and '.join(source.credentials[0])}"
        found.append(_finding(f"{source.name} credentials", "ok" if ready else "not set", words))
    return found


def _tap_findings(project: Project, settings: Settings, source: Any) -> list[dict[str, str]]:
    asked = ask_tap(project, settings, source, "check", loader=loader_of(settings))
    if asked.answer is None:
        return [_finding(source.name, "failed", asked.error)]
    found = [
        _finding(f"{source.name} {one['source']}", one["verdict"], one["words"], one["site"])
        for one in asked.answer["findings"]
    ]
    return [*found, _finding(source.name, "ok", f"{asked.answer['calls']} calls spent on this")]


@click.command(
    epilog=examples(
        "solar backfill --dry-run",
        "solar backfill --site 4100001 --start 2026-01-01 --end 2026-01-31",
    )
)
@selection_options
@click.option("--to-come", is_flag=True, help="Also days that were never asked for.")
@click.option("--dry-run", is_flag=True, help="Only show what would be asked, and its cost.")
@json_option
@one_line_errors
def backfill(
    sites: tuple[str, ...],
    start: dt.date | None,
    end: dt.date | None,
    *,
    to_come: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Ask again for the days that `solar gaps` lists, and for no others.

    The plan is shown first. Days that the cloud has answered for without all data are asked
    anew; of other days, what the archive of the taps holds costs nothing. Bookmarks stay where
    they are.
    """
    check_order(start, end)
    project, settings = here()
    with open_warehouse(settings) as warehouse:
        found = find_gaps(
            warehouse, Selection(sites, start, end), start_dates(settings), to_come=to_come
        )
    runs = refetches(found)
    if not runs:
        if as_json:
            print_json({"runs": [], "result": "ok"})
        else:
            click.echo("No gaps: nothing to ask for.")
        return
    with tempfile.TemporaryDirectory(prefix="solar-backfill-") as name:
        folder = Path(name)
        planned = [_planned(project, settings, run, folder) for run in runs]
        if not as_json:
            _show_runs(planned)
        # The models are built once, behind the last load.
        results = [
            _fetch(project, settings, run, folder, build=run is runs[-1])
            for run in ([] if dry_run else runs)
        ]
    worst = max((EXIT_CODES[result] for result in results), default=0)
    if any(one["error"] for one in planned):
        worst = max(worst, FAILED)
    if as_json:
        print_json({"runs": planned, "results": results})
    sys.exit(worst)


def _planned(project: Project, settings: Settings, run: Refetch, folder: Path) -> dict[str, Any]:
    source = next(one for one in SOURCES if one.name == run.source)
    asked = ask_tap(
        project, settings, source, "plan",
        loader=loader_of(settings), extra=variables(run, source, folder), with_state=False,
    )  # fmt: skip
    answer = asked.answer or {}
    return {
        "source": run.source,
        "sites": run.sites,
        "streams": run.streams,
        "first": run.first.isoformat(),
        "last": run.last.isoformat(),
        "days": run.days,
        "cost": answer.get("cost"),
        "cost_unit": answer.get("cost_unit"),
        "done_at": answer.get("done_at"),
        "error": asked.error,
    }


def _show_runs(planned: list[dict[str, Any]]) -> None:
    shown = table(
        "Source", "Systems", "Streams", "First day", "Last day", ">Days", ">Cost", "Done by, UTC"
    )
    for one in planned:
        shown.add_row(
            one["source"], named(one["sites"]), ", ".join(one["streams"]), one["first"],
            one["last"], f"{one['days']:,}", one["error"] or _cost(one), one["done_at"] or "-",
        )  # fmt: skip
    out = console()
    out.print(shown)
    days, systems = sum(one["days"] for one in planned), sum(len(one["sites"]) for one in planned)
    costs = " and ".join(_cost(one) for one in planned if not one["error"]) or "unknown"
    out.print(f"Total: {days:,} days of {systems:,} systems, {costs}", soft_wrap=True)


def _cost(one: dict[str, Any]) -> str:
    return f"{one['cost']:,} {one['cost_unit']}"


def _fetch(project: Project, settings: Settings, run: Refetch, folder: Path, *, build: bool) -> str:
    source = next(one for one in SOURCES if one.name == run.source)
    say(f"{run.source}: {run.first} to {run.last}")
    summary = run_once(
        project, settings, [source], build=build, quiet=True,
        extra=variables(run, source, folder), flags=FLAGS,
    )  # fmt: skip
    for line in told_lines(summary):
        say(f"  {line}")
    return summary.result
