"""The `solar` command."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

import click
import duckdb
from rich.console import Console

from solar_ops.demo import DemoFiles, run_demo
from solar_ops.errors import OpsError
from solar_ops.project import Project
from solar_ops.summary import open_warehouse, print_summary

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEMO_DAYS = 366
NEXT_STEPS = """Try next:

  .venv/bin/solar sql "select * from analytics.fct_energy_monthly"
  .venv/bin/solar sql "select * from analytics.v_daily_energy order by reading_date desc limit 10"
  cp .env.example .env    # add your credentials, then: . .venv/bin/activate && meltano run daily
"""
P = ParamSpec("P")


def one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Report what a user can mend without a traceback, and exit with 1."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except OpsError as error:
            click.echo(str(error), err=True)
            sys.exit(1)

    return guarded


@click.group()
def main() -> None:
    """Run the solar pipeline and look at what it has brought."""


@main.command()
@click.option(
    "--days",
    type=click.IntRange(1, MAX_DEMO_DAYS),
    default=31,
    show_default=True,
    help="How many days of history to load.",
)
@one_line_errors
def demo(days: int) -> None:
    """Load four simulated systems into DuckDB and show what came out. Needs no account."""
    project = Project.find()
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    warehouse = run_demo(project, console, days)
    print_summary(warehouse, console)
    shown = warehouse.relative_to(project.root)
    console.print(f"\nThe warehouse is {shown}, schema analytics. {NEXT_STEPS}", soft_wrap=True)


@main.command()
@click.argument("query")
@click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="DuckDB file. Left out: data/prod.duckdb, or the demo's while there is no other.",
)
@one_line_errors
def sql(query: str, path: Path | None) -> None:
    """Ask the DuckDB warehouse a question and print the answer.

    Example: solar sql "select * from analytics.dim_systems"
    """
    if path is None:
        project = Project.find()
        own = project.root / "data" / "prod.duckdb"
        path = own if own.is_file() else DemoFiles.of(project).warehouse
    with open_warehouse(path) as connection:
        try:
            answer = connection.sql(query)
            if answer is not None:
                answer.show(max_width=200, max_rows=100)
        except duckdb.Error as error:
            message = str(error).splitlines()[0]
        else:
            return
    raise OpsError(message)


if __name__ == "__main__":
    main()
