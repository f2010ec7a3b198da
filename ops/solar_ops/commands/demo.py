"""`solar demo` and `solar sql`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from solar_ops.commands.common import (
    console,
    examples,
    here,
    json_option,
    one_line_errors,
    print_json,
)
from solar_ops.demo import run_demo
from solar_ops.project import Project
from solar_ops.report import build_report, is_installed
from solar_ops.settings import Settings
from solar_ops.summary import print_summary
from solar_ops.warehouse import open_warehouse
from solar_ops.warehouse.duckdb_file import DuckDBFile

MAX_DEMO_DAYS = 366
PICTURES = 1
"""Systems with a page of their own; each takes seconds to draw."""
MAX_SHOWN_ROWS = 100
MAX_SHOWN_WIDTH = 200


@click.command(
    epilog=examples("solar demo", "solar demo --days 90", "solar demo --days 7 --no-report")
)
@click.option(
    "--days",
    type=click.IntRange(1, MAX_DEMO_DAYS),
    default=31,
    show_default=True,
    help="How many days of history to load.",
)
@click.option("--report/--no-report", default=True, help="Whether to draw the pictures.")
@one_line_errors
def demo(days: int, *, report: bool) -> None:
    """Load four simulated systems into DuckDB and show what came out. Needs no account."""
    project = Project.find()
    out = console()
    warehouse = run_demo(project, out, days)
    with DuckDBFile(warehouse, "analytics") as opened:
        print_summary(opened, out)
    shown = warehouse.relative_to(project.root)
    lines = ["", f"The warehouse is {shown}, schema analytics."]
    if report:
        lines.append(_pictures(project, warehouse))
    lines += [
        "Try next:",
        "",
        '  .venv/bin/solar sql "select * from analytics.fct_energy_monthly"',
        "  .venv/bin/solar export daily --format xlsx --output daily.xlsx",
        "  .venv/bin/solar status",
        "  cp .env.example .env    # add your credentials, then: .venv/bin/solar sync",
        "",
    ]
    for line in lines:
        out.print(line, soft_wrap=True)


def _pictures(project: Project, warehouse: Path) -> str:
    """Draw the demo's systems; return the line that says where they are."""
    if not is_installed():
        return "Pictures: pip install 'solar-ops[report]', then `solar report --open`"
    demo_only = {"WAREHOUSE_DUCKDB_PATH": str(warehouse)}
    settings = Settings(project.root, {**os.environ, **demo_only, "SOLAR_TARGET": "duckdb"})
    written = build_report(settings, warehouse.with_name("demo.html"), limit=PICTURES)
    shown = written.path.relative_to(project.root)
    return f"The pictures are {shown}: open it in a browser. More of them: solar report"


@click.command(
    epilog=examples(
        'solar sql "select * from analytics.dim_systems"',
        'solar sql --json "select * from analytics.fct_energy_total"',
    )
)
@click.argument("query")
@click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="DuckDB file. Left out: the warehouse that the settings name, or the demo's while "
    "there is no other.",
)
@json_option
@one_line_errors
def sql(query: str, path: Path | None, *, as_json: bool) -> None:
    """Ask the warehouse a question and print the answer. The warehouse is only read."""
    if path is not None:
        warehouse = DuckDBFile(path, "analytics")
    else:
        _, settings = here()
        warehouse = open_warehouse(settings)  # type: ignore[assignment] # either kind answers
    with warehouse:
        rows = warehouse.query(query)
        if as_json:
            print_json(list(rows.records()))
            return
        names, shown = rows.names, []
        for row in rows:
            shown.append(row)
            if len(shown) > MAX_SHOWN_ROWS:
                break
    if names:
        click.echo(_table(list(names), shown))


def _table(names: list[str], rows: list[tuple[object, ...]]) -> str:
    more = len(rows) > MAX_SHOWN_ROWS
    texts = [[_text(value) for value in row] for row in rows[:MAX_SHOWN_ROWS]]
    widths = [
        max([len(name), *(len(row[number]) for row in texts)]) for number, name in enumerate(names)
    ]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in [names, ["-" * width for width in widths], *texts]
    ]
    count = f"(the first {MAX_SHOWN_ROWS} rows)" if more else f"({len(rows)} rows)"
    return "\n".join([*(line[:MAX_SHOWN_WIDTH] for line in lines), count])


def _text(value: object) -> str:
    if value is None:
        return "-"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
