"""The ``_sdc_`` columns that describe a row's way from the source."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from solar_target_duckdb.columns import BIGINT, TIMESTAMP, Column

if t.TYPE_CHECKING:
    from solar_target_duckdb.settings import Settings

VERSION = "_sdc_table_version"
DELETED_AT = "_sdc_deleted_at"


@dataclass(frozen=True)
class Metadata:
    """One ``_sdc_`` column.

    Attributes:
        column: Its name and type.
        sql: Its value, from the members of a line in the spool: ``extracted`` (text),
            ``version`` and ``received`` (milliseconds), and ``record``. ``{batched}`` and
            ``{started}`` stand for the milliseconds of the transaction and of the run.
    """

    column: Column
    sql: str


def _instant(name: str, sql: str) -> Metadata:
    return Metadata(Column(name, TIMESTAMP), sql)


def _number(name: str, sql: str) -> Metadata:
    return Metadata(Column(name, BIGINT), sql)


_ALL = (
    _instant("_sdc_extracted_at", "CAST(CAST(extracted AS TIMESTAMPTZ) AS TIMESTAMP)"),
    _instant("_sdc_received_at", "make_timestamp_ms(received)"),
    _instant("_sdc_batched_at", "make_timestamp_ms({batched})"),
    _instant(DELETED_AT, f"CAST(record.{DELETED_AT} AS TIMESTAMP)"),
    _number("_sdc_sequence", "received"),
    _number(VERSION, "version"),
    _number("_sdc_sync_started_at", "{started}"),
)
NAMES = frozenset(item.column.name for item in _ALL)


def metadata_for(settings: Settings, *, versioned: bool) -> list[Metadata]:
    """Choose the ``_sdc_`` columns of a stream.

    Args:
        settings: The target's settings.
        versioned: Whether the stream's rows carry a version to be honoured.

    Returns:
        All of them by setting; else those that ACTIVATE_VERSION needs, if it does.
    """
    if settings.metadata:
        return list(_ALL)
    if not versioned:
        return []
    needed = {VERSION} if settings.hard_delete else {VERSION, DELETED_AT}
    return [item for item in _ALL if item.column.name in needed]
