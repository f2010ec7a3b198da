"""CSV, JSON, Excel and Parquet, written row by row."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

import duckdb
import xlsxwriter  # type: ignore[import-untyped]

from solar_ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from solar_ops.warehouse import Column, Rows, Warehouse

Format = Literal["csv", "json", "xlsx", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
TEXT_FORMATS = ("csv", "json")
STDOUT = "-"
SHEET_ROWS = 1_048_576
"""So many rows an Excel sheet can hold, the heading included."""

UTC_COLUMN = "_utc"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_rows(
    warehouse: Warehouse, sql: str, columns: list[Column], form: Format, output: str
) -> int:
    """Write the answer to a query to a file or to standard output.

    Args:
        warehouse: What is asked.
        sql: The query, without parameters.
        columns: The columns that it gives.
        form: What is written.
        output: Path of the file, or `-`.

    Returns:
        How many rows were written; without one, no file is made.

    Raises:
        OpsError: The file can't be written, or can't hold so many rows.
    """
    if form not in TEXT_FORMATS:
        if output == STDOUT:
            message = f"{form} is no text: name a file with --output"
            raise OpsError(message)
        write = _write_parquet if form == "parquet" else _write_xlsx
        with _into_place(Path(output)) as path:
            return write(warehouse, sql, columns, path)
    write_text = _write_csv if form == "csv" else _write_json
    rows = warehouse.query(sql)
    if output == STDOUT:
        return write_text(rows, sys.stdout)
    with _into_place(Path(output)) as path, path.open("w", encoding="utf-8", newline="") as file:
        return write_text(rows, file)


def cell(name: str, value: Any) -> Any:
    """Return a value as CSV and JSON show it: instants in UTC end in Z, the clock's do not."""
    if isinstance(value, dt.datetime):
        return value.isoformat() + ("Z" if name.endswith(UTC_COLUMN) else "")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


@contextmanager
def _into_place(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it takes its place once it is whole and has rows."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield fresh
        if fresh.exists() and fresh.stat().st_size:
            fresh.replace(path)
    except OSError as error:
        message = f"{path} can not be written: {error.strerror}"
        raise OpsError(message) from None
    finally:
        fresh.unlink(missing_ok=True)


def _write_csv(rows: Rows, file: IO[str]) -> int:
    writer = csv.writer(file, lineterminator="\n")
    count = 0
    for row in rows:
        if not count:
            writer.writerow(rows.names)
        count += 1
        writer.writerow(
            _csv_cell(cell(name, value)) for name, value in zip(rows.names, row, strict=True)
        )
    return count


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        # Spreadsheets run such a cell as a formula, whoever named the site.
        return f"'{value}"
    return json.dumps(value) if isinstance(value, dict | list) else value


def _write_json(rows: Rows, file: IO[str]) -> int:
    count = 0
    for row in rows:
        shown = {name: cell(name, value) for name, value in zip(rows.names, row, strict=True)}
        file.write("[\n " if not count else ",\n ")
        json.dump(shown, file, ensure_ascii=False)
        count += 1
    if count:
        file.write("\n]\n")
    return count


def _write_parquet(warehouse: Warehouse, sql: str, columns: list[Column], path: Path) -> int:
    connection = warehouse.in_duckdb("solar_export", sql, columns)
    place = str(path).replace("'", "''")
    try:
        found = connection.execute(
            f"copy solar_export to '{place}' (format parquet, compression zstd)"
        ).fetchone()
    except duckdb.IOException:
        message = f"{path.parent} can not be written to"
    else:
        count = int(found[0]) if found else 0
        if not count:
            path.unlink(missing_ok=True)
        return count
    raise OpsError(message)


def _write_xlsx(warehouse: Warehouse, sql: str, columns: list[Column], path: Path) -> int:
    rows = warehouse.query(sql)
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
    count = 0
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("solar")
        heading = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(columns):
            sheet.write_string(0, number, column.name, heading)
        put = _cell_writer(sheet, day)
        for row in rows:
            count += 1
            if count >= SHEET_ROWS:
                message = f"an Excel sheet holds {SHEET_ROWS - 1:,} rows: narrow --start and --end"
                raise OpsError(message)
            for number, value in enumerate(row):
                put(count, number, value)
    if not count:
        path.unlink()
    return count


def _cell_writer(sheet: Any, day: Any) -> Callable[[int, int, Any], None]:
    def put(row: int, number: int, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, number, value)
        elif isinstance(value, int | float):
            sheet.write_number(row, number, value)
        elif isinstance(value, dt.datetime):
            sheet.write_datetime(row, number, value)
        elif isinstance(value, dt.date):
            sheet.write_datetime(row, number, value, day)
        else:
            # Never as a formula, whatever a site is called.
            sheet.write_string(row, number, value if isinstance(value, str) else json.dumps(value))

    return put
