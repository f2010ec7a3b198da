"""Monthly files of Sigen systems, by the names and with the fields that their users know.

`{system_id}_raw_{year}_{month}.json` holds the five-minute points as the cloud gave them,
`{system_id}_30min_{year}_{month}.json` their half hours. Beside the known fields stand
those that the known ones lack: the offset from UTC, which tells the two halves of the
autumn night apart, and the true energies, since the sum of a power is no energy.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from solar_ops.errors import OpsError
from solar_ops.warehouse.base import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from solar_ops.exporting.kinds import Selection
    from solar_ops.warehouse import Column, Warehouse

RAW_TABLE = "history_intervals"
RAW_SCHEMA = "tap_sigen"
BLOCKS_TABLE = "sigen_30min"
HALF_HOUR = dt.timedelta(minutes=30)
NOT_OF_THE_VENDOR = frozenset({
    *("system_id", "seq", "recorded_at", "local_time", "utc_offset_minutes", "local_date"),
    *("fetched_at", "data_time", "is_valid_local_time", "extra"),
})  # fmt: skip
STATISTICS = ("avg", "min", "max", "sum")
ENERGIES = ("pv", "load", "import", "export", "charge", "discharge")


@dataclass(frozen=True, slots=True)
class MonthlyFile:
    """A file that was written.

    Attributes:
        path: Where it is.
        rows: How many points or half hours it holds.
    """

    path: Path
    rows: int


def write_monthly_files(
    warehouse: Warehouse, folder: Path, selection: Selection
) -> list[MonthlyFile]:
    """Write two files for each selected Sigen system and month.

    Whole months are written, whatever day `--start` and `--end` name.

    Raises:
        OpsError: There is no Sigen history, or a file can't be written.
    """
    if RAW_TABLE not in warehouse.tables(RAW_SCHEMA):
        message = f"{warehouse.label} holds no Sigen history: run `solar sync` first"
        raise OpsError(message)
    raw = warehouse.columns(RAW_SCHEMA, RAW_TABLE)
    blocks = warehouse.columns(warehouse.analytics, BLOCKS_TABLE)
    if not blocks:
        message = f"{warehouse.label} has no {BLOCKS_TABLE} yet: run `solar sync`"
        raise OpsError(message)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for system, month in _months(warehouse, selection):
            name = f"{system}_{{}}_{month.year}_{month.month:02d}.json"
            written += [
                _write(folder / name.format("raw"), _points(warehouse, raw, system, month)),
                _write(folder / name.format("30min"), _blocks(warehouse, blocks, system, month)),
            ]
    except OSError as error:
        message = f"{folder} can not be written to: {error.strerror}"
        raise OpsError(message) from None
    return written


def camel_case(name: str) -> str:
    """Return a field's name as the cloud spells it."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _months(warehouse: Warehouse, selection: Selection) -> list[tuple[str, dt.date]]:
    found = warehouse.query(
        f"select distinct system_id, cast(date_trunc('month', local_date) as date) "  # noqa: S608
        f"from {RAW_SCHEMA}.{RAW_TABLE} order by 1, 2"
    )
    wanted = {site.removeprefix("sigen:") for site in selection.sites}
    first = selection.start and selection.start.replace(day=1)
    return [
        (system, month)
        for system, month in found
        if (not wanted or system in wanted)
        and (first is None or month >= first)
        and (selection.end is None or month <= selection.end)
    ]


def _points(
    warehouse: Warehouse, columns: list[Column], system: str, month: dt.date
) -> Iterator[dict[str, Any]]:
    metrics = [column.name for column in columns if column.name not in NOT_OF_THE_VENDOR]
    rows = warehouse.query(
        f"select data_time, utc_offset_minutes, {', '.join(map(quoted, metrics))} "  # noqa: S608
        f"from {RAW_SCHEMA}.{RAW_TABLE} where system_id = :system "
        "and cast(date_trunc('month', local_date) as date) = :month order by local_date, seq",
        system=system,
        month=month,
    )
    names = ["dataTime", "utcOffsetMinutes", *(camel_case(name) for name in metrics)]
    for row in rows:
        yield dict(zip(names, row, strict=True))


def _blocks(
    warehouse: Warehouse, columns: list[Column], system: str, month: dt.date
) -> Iterator[dict[str, Any]]:
    present = {column.name for column in columns}
    metrics = [
        name.removesuffix("_avg")
        for name in (column.name for column in columns)
        if name.endswith("_avg") and f"{name.removesuffix('_avg')}_sum" in present
    ]
    energies = [f"{name}_kwh" for name in ENERGIES if f"{name}_kwh" in present]
    rows = warehouse.query(
        f"select * from {quoted(warehouse.analytics)}.{BLOCKS_TABLE} "  # noqa: S608
        "where system_id = :system "
        "and cast(date_trunc('month', local_date) as date) = :month order by block_start_utc",
        system=system,
        month=month,
    )
    for row in rows.records():
        start: dt.datetime = row["block_start_local"]
        yield {
            "timestamp": start.isoformat(),
            "block_start": start.isoformat(),
            "block_end": (start + HALF_HOUR).isoformat(),
            "data_points_count": row["data_points_count"],
            "utc_offset_minutes": row["utc_offset_minutes"],
            **{
                f"{camel_case(metric)}_{statistic}": row[f"{metric}_{statistic}"]
                for metric in metrics
                if row[f"{metric}_avg"] is not None
                for statistic in STATISTICS
            },
            **{name: row[name] for name in energies},
        }


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> MonthlyFile:
    fresh = path.with_name(f".{path.name}.new")
    count = 0
    try:
        with fresh.open("w", encoding="utf-8") as file:
            count = _dump(rows, file)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return MonthlyFile(path, count)


def _dump(rows: Iterable[dict[str, Any]], file: IO[str]) -> int:
    count = 0
    for row in rows:
        file.write(",\n  " if count else "[\n  ")
        file.write(json.dumps(row, indent=2, ensure_ascii=False).replace("\n", "\n  "))
        count += 1
    file.write("\n]\n" if count else "[]\n")
    return count
