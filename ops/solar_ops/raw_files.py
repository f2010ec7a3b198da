"""Raw tables as files for lakes and engines: a folder a stream, a partition a month.

`<folder>/<source>/<stream>/month=2026-03/part-0.parquet`; streams without a date have no
partitions. Only partitions whose rows have changed are written, each under a name of its
own first, so that a reader never meets half a file. `_manifest.json` holds the columns with
their types and a fingerprint of each partition.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from solar_ops.warehouse.base import RAW_SCHEMAS, Column, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

    from solar_ops.warehouse import Warehouse

FileFormat = Literal["parquet", "csv", "jsonl"]
MANIFEST = "_manifest.json"
MONTH_COLUMNS = ("local_date", "recorded_at")
WHOLE = ""
"""Partition of a stream that has no date."""

OPTIONS: dict[FileFormat, str] = {
    "parquet": "format parquet, compression zstd",
    "csv": "format csv, header, nullstr ''",
    "jsonl": "format json",
}


@dataclass(frozen=True, slots=True)
class Written:
    """What was done for one stream.

    Attributes:
        source: Schema of the raw table.
        stream: Its name.
        rows: Rows that the stream has in all.
        files: Files that it consists of.
        changed: Files that were written or removed.
    """

    source: str
    stream: str
    rows: int
    files: int
    changed: int


def write_raw_files(warehouse: Warehouse, folder: Path, form: FileFormat) -> list[Written]:
    """Bring the files of every raw table up to date with the warehouse.

    Args:
        warehouse: Where the raw tables are.
        folder: Where the files go; created where absent.
        form: What they are written as.

    Returns:
        What was done, stream by stream.
    """
    return [
        _Stream(warehouse, source, stream, folder / source / stream, form).write()
        for source in RAW_SCHEMAS
        for stream in warehouse.tables(source)
    ]


@dataclass(slots=True)
class _Stream:
    warehouse: Warehouse
    source: str
    stream: str
    folder: Path
    form: FileFormat

    def write(self) -> Written:
        columns = self.warehouse.columns(self.source, self.stream)
        self.folder.mkdir(parents=True, exist_ok=True)
        before = self._manifest()
        schema = {column.name: column.type for column in columns}
        if before.get("columns") != schema or before.get("format") != self.form:
            before = {}
        known: dict[str, str] = before.get("partitions", {})
        partitions: dict[str, str] = {}
        rows = changed = 0
        for month, count, fingerprint in self._partitions(columns):
            rows += count
            partitions[month] = f"{count}-{fingerprint}"
            if known.get(month) != partitions[month] or not self._path(month).is_file():
                self._copy(month, columns)
                changed += 1
        for path in self._strangers(partitions):
            path.unlink()
            changed += 1
        manifest = {"format": self.form, "columns": schema, "partitions": partitions}
        self._replace(self.folder / MANIFEST, json.dumps(manifest, indent=1) + "\n")
        return Written(self.source, self.stream, rows, len(partitions), changed)

    def _manifest(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _month(self, columns: list[Column]) -> str | None:
        names = {column.name for column in columns}
        column = next((name for name in MONTH_COLUMNS if name in names), None)
        return column and f"substr(cast({quoted(column)} as varchar(32)), 1, 7)"

    def _table(self) -> str:
        return f"{quoted(self.source)}.{quoted(self.stream)}"

    def _partitions(self, columns: list[Column]) -> Iterator[tuple[Any, ...]]:
        listed = ", ".join(quoted(column.name) for column in columns)
        month = self._month(columns)
        listed += f", {month} as solar_month" if month else ""
        mine = f"select {listed} from {self._table()}"  # noqa: S608
        group = "coalesce(solar_month, '')" if month else f"'{WHOLE}'"
        found = self.warehouse.query(
            f"select {group}, count(*), {self.warehouse.fingerprint_sql('t')} "  # noqa: S608
            f"from ({mine}) as t group by 1 order by 1"
        )
        # An empty table leaves an empty file: an engine can read its columns.
        yield from list(found) or [(WHOLE, 0, "empty")]

    def _copy(self, month: str, columns: list[Column]) -> None:
        listed = ", ".join(quoted(column.name) for column in columns)
        sql = f"select {listed} from {self._table()}"  # noqa: S608
        if by := self._month(columns):
            sql += f" where coalesce({by}, '') = '{month}'"
        connection = self.warehouse.in_duckdb("solar_rows", sql, columns)
        path = self._path(month)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        self._write(connection, fresh, columns)
        fresh.replace(path)

    def _write(
        self, connection: duckdb.DuckDBPyConnection, path: Path, columns: list[Column]
    ) -> None:
        text = self.form != "parquet"
        listed = ", ".join(
            f"strftime({quoted(column.name)}, '%Y-%m-%dT%H:%M:%S.%fZ') as {quoted(column.name)}"
            if text and column.type == "TIMESTAMP"
            else quoted(column.name)
            for column in columns
        )
        options = OPTIONS[self.form]
        if self.form == "csv":
            # An empty text is quoted, a missing value is not.
            texts = [quoted(c.name) for c in columns if c.type in {"VARCHAR", "JSON"}]
            options += f", force_quote ({', '.join(texts)})" if texts else ""
        place = str(path).replace("'", "''")
        connection.execute(
            f"copy (select {listed} from solar_rows order by all) to '{place}' ({options})"  # noqa: S608
        )

    def _path(self, month: str) -> Path:
        name = f"part-0.{self.form}"
        return self.folder / f"month={month}" / name if month else self.folder / name

    def _strangers(self, partitions: dict[str, str]) -> list[Path]:
        """Return files of ours that no partition stands for any more, and unfinished ones."""
        mine = {self._path(month) for month in partitions}
        found = [*self.folder.glob("part-0.*"), *self.folder.glob("month=*/part-0.*")]
        unfinished = [
            *self.folder.glob(".part-0.*.new"),
            *self.folder.glob("month=*/.part-0.*.new"),
        ]
        return [path for path in found if path not in mine] + unfinished

    @staticmethod
    def _replace(path: Path, text: str) -> None:
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)  # noqa: PTH105 - as above, whole or not at all
