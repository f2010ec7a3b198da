"""`solar export` and `solar publish`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import sqlalchemy as sa

from solar_ops.commands.common import (
    check_order,
    examples,
    here,
    json_option,
    one_line_errors,
    print_json,
    say,
    selection_options,
)
from solar_ops.errors import OpsError
from solar_ops.exporting import FORMATS, KINDS, Selection, write_rows
from solar_ops.exporting.kinds import selection_sql
from solar_ops.exporting.monthly_files import write_monthly_files
from solar_ops.exporting.writers import STDOUT, TEXT_FORMATS
from solar_ops.models import published_models
from solar_ops.publish import open_destination
from solar_ops.publish import publish as publish_models
from solar_ops.raw_files import OPTIONS, write_raw_files
from solar_ops.warehouse import open_warehouse

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from solar_ops.exporting.writers import Format


@click.group(
    epilog=examples(
        "solar export daily",
        "solar export 30-minute --site LINDE1709625600 --start 2026-06-01 --end 2026-06-30",
        "solar export monthly --format xlsx --output months.xlsx",
        "solar export telemetry --serial 7E1A0001-01 --format parquet --output t.parquet",
        "solar export monthly-files --to files",
        "solar export raw --format parquet --to output/parquet",
    )
)
def export() -> None:
    """Get rows out of the warehouse as CSV, JSON, Excel or Parquet."""


def _export(
    models: tuple[str, ...], selection: Selection, form: Format | None, output: str
) -> None:
    check_order(selection.start, selection.end)
    form = form or _format_of(output)
    if output == STDOUT and form not in TEXT_FORMATS:
        message = f"{form} is no text: name a file with --output"
        raise OpsError(message)
    _, settings = here()
    with open_warehouse(settings) as warehouse:
        query, columns = selection_sql(warehouse, models, selection)
        count = write_rows(warehouse, query, columns, form, output)
    if not count:
        message = (
            f"no rows: {' and '.join(models)} hold none for this selection; no file was written"
        )
        raise OpsError(message)
    if output != STDOUT:
        say(f"{count:,} rows written to {output}")


def _format_of(output: str) -> Format:
    """Return the format that a file's ending names; csv where it has none.

    Raises:
        OpsError: There is no such format.
    """
    ending = Path(output).suffix.removeprefix(".").lower()
    for form in FORMATS:
        if ending in (form, ""):
            return "csv" if not ending else form
    message = f"--output {output}: .{ending} is not written; use {', '.join(FORMATS)} or --format"
    raise OpsError(message)


def _output_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--output", default=STDOUT, help="File to write; left out: standard output."),
        click.option(
            "--format",
            "form",
            type=click.Choice(FORMATS),
            help="Left out: by the ending of --output, else csv.",
        ),
    ):
        command = option(command)
    return command


def _add_kind(name: str, models: tuple[str, ...], text: str) -> None:
    @export.command(
        name,
        help=f"A row: {text}.",
        epilog=examples(f"solar export {name}", f"solar export {name} --output {name}.xlsx"),
    )
    @selection_options
    @click.option("--serial", "serials", multiple=True, help="Serial number; may be repeated.")
    @_output_options
    @one_line_errors
    def write(
        sites: tuple[str, ...],
        start: dt.date | None,
        end: dt.date | None,
        serials: tuple[str, ...],
        form: Format | None,
        output: str,
    ) -> None:
        _export(models, Selection(sites, start, end, serials), form, output)


for _kind in KINDS:
    _add_kind(_kind.name, _kind.models, _kind.text)


@export.command(
    "model",
    epilog=examples("solar export model v_daily_energy", "solar export model fct_day_coverage"),
)
@click.argument("name")
@selection_options
@click.option("--serial", "serials", multiple=True, help="Serial number; may be repeated.")
@_output_options
@one_line_errors
def model(
    name: str,
    sites: tuple[str, ...],
    start: dt.date | None,
    end: dt.date | None,
    serials: tuple[str, ...],
    form: Format | None,
    output: str,
) -> None:
    """Write any model or view of the schema analytics."""
    _export((name,), Selection(sites, start, end, serials), form, output)


@export.command("monthly-files", epilog=examples("solar export monthly-files --to sigen_data"))
@selection_options
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), required=True,
              help="Folder for the files.")  # fmt: skip
@json_option
@one_line_errors
def monthly_files(
    sites: tuple[str, ...],
    start: dt.date | None,
    end: dt.date | None,
    folder: Path,
    *,
    as_json: bool,
) -> None:
    """Write ID_raw_YEAR_MONTH.json and ID_30min_YEAR_MONTH.json for each Sigen system.

    Fields have the cloud's own names; half hours have average, minimum, maximum and sum of
    each, and the true kWh. Whole months are written.
    """
    check_order(start, end)
    _, settings = here()
    with open_warehouse(settings) as warehouse:
        written = write_monthly_files(warehouse, folder, Selection(sites, start, end))
    if not written:
        message = "no rows: no month of a Sigen system fits; no file was written"
        raise OpsError(message)
    if as_json:
        print_json([{"file": str(one.path), "rows": one.rows} for one in written])
        return
    for one in written:
        click.echo(f"{one.path}: {one.rows:,} rows")


@export.command(
    "raw", epilog=examples("solar export raw", "solar export raw --format csv --to /lake/solar")
)
@click.option("--format", "form", type=click.Choice(tuple(OPTIONS)), default="parquet",
              show_default=True, help="What is written.")  # fmt: skip
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path),
              help="Folder; left out: that of the format in SOLAR_FILES_DIR.")  # fmt: skip
@json_option
@one_line_errors
def raw(form: Any, folder: Path | None, *, as_json: bool) -> None:
    """Write the raw tables as files for lakes and engines, a folder a month.

    Only months that have changed since the last time are written again.
    """
    _, settings = here()
    folder = folder or settings.path("FILES_DIR") / form
    try:
        with open_warehouse(settings) as warehouse:
            written = write_raw_files(warehouse, folder, form)
    except OSError as error:
        message = f"{folder} can not be written to: {error.strerror}"
        raise OpsError(message) from None
    if not written:
        message = "no rows: the warehouse has no raw tables yet; run `solar sync`"
        raise OpsError(message)
    if as_json:
        print_json([
            {"table": f"{one.source}.{one.stream}", "rows": one.rows, "files": one.files,
             "changed": one.changed}
            for one in written
        ])  # fmt: skip
        return
    for one in written:
        click.echo(
            f"{one.source}.{one.stream}: {one.rows:,} rows in {one.files} files, "
            f"{one.changed} written"
        )


def _has_password(url: str) -> bool:
    try:
        return bool(sa.make_url(url).password)
    except sa.exc.ArgumentError:
        return False


@click.command(
    epilog=examples(
        "solar publish --to sqlite:///solar.db",
        "SOLAR_PUBLISH_URL=mariadb://solar:PASSWORD@host/solar solar publish",
        "solar publish --model fct_energy_daily --model dim_systems",
    )
)
@click.option(
    "--to",
    "url",
    help="Address of the database; left out: SOLAR_PUBLISH_URL. One with a password belongs "
    "into .env, not on a command line that others see.",
)
@click.option("--model", "names", multiple=True, help="Publish this model only; may be repeated.")
@json_option
@one_line_errors
def publish(url: str | None, names: tuple[str, ...], *, as_json: bool) -> None:
    """Bring the finished tables and views into SQLite or MariaDB.

    Views arrive as tables of the same name. Only what has changed is sent, all of it in one
    transaction.
    """
    project, settings = here()
    if url and _has_password(url):
        message = "--to: others can see a password on the command line; set SOLAR_PUBLISH_URL"
        raise OpsError(message)
    url = url or settings["PUBLISH_URL"]
    if not url:
        message = "where to? Set SOLAR_PUBLISH_URL in .env, or give --to sqlite:///solar.db"
        raise OpsError(message)
    models = published_models(project.root)
    if unknown := set(names) - {one.relation for one in models}:
        message = f"--model {min(unknown)}: no such model below transform/models/marts"
        raise OpsError(message)
    wanted = [one for one in models if not names or one.relation in names]
    engine = open_destination(url)
    try:
        with open_warehouse(settings) as warehouse:
            done = publish_models(warehouse, wanted, engine)
    finally:
        engine.dispose()
    if not done:
        message = "the warehouse has no models yet: run `solar sync`"
        raise OpsError(message)
    if as_json:
        print_json([
            {"table": one.table, "rows": one.rows, "parts": one.parts, "sent": one.sent,
             "removed": one.removed}
            for one in done
        ])  # fmt: skip
        return
    for one in done:
        click.echo(f"{one.table}: {one.rows:,} rows, {one.sent} of {one.parts} parts sent")
