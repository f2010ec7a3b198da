"""`solar report`: the pictures."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from solar_ops.commands.common import examples, here, json_option, one_line_errors, print_json
from solar_ops.report import build_report

DEFAULT_OUTPUT = "data/report.html"


@click.command(
    epilog=examples(
        "solar report --open",
        "solar report --site LINDE1709625600 --output /var/www/solar.html",
    )
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path),
              help=f"The file; left out: {DEFAULT_OUTPUT} of the project.")  # fmt: skip
@click.option("--site", "sites", multiple=True, help="Id of a system; may be repeated.")
@click.option("--limit", type=click.IntRange(0), default=12, show_default=True,
              help="How many systems get a page of their own.")  # fmt: skip
@click.option("--open", "show", is_flag=True, help="Show it in the browser.")
@json_option
@one_line_errors
def report(
    output: Path | None, sites: tuple[str, ...], limit: int, *, show: bool, as_json: bool
) -> None:
    """Draw the systems into one HTML file that needs nothing else.

    A page for all systems (yield, coverage, what does not balance) and one for each (its
    month in figures, the half hours of a day, energy by day and month). Of more systems than
    --limit, those with the most missing days, suspect days and the lowest yield are shown.
    """
    project, settings = here()
    written = build_report(settings, output or project.root / DEFAULT_OUTPUT, sites, limit)
    if as_json:
        print_json(
            {"file": str(written.path), "pages": written.pages, "left_out": written.left_out}
        )
    else:
        click.echo(f"{written.path}: {', '.join(written.pages)}")
        if written.left_out:
            click.echo(f"{written.left_out} more systems: name them with --site, or raise --limit")
    if show:
        webbrowser.open(written.path.resolve().as_uri())
