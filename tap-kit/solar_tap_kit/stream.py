"""The base class of every stream: declarations in, schema out."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform

from solar_tap_kit.clock import utc_text_exact
from solar_tap_kit.fields import UNKNOWN_FIELDS, object_schema
from solar_tap_kit.projection import Projection
from solar_tap_kit.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from singer_sdk.helpers.types import Context

    from solar_tap_kit.fields import Field, Record
    from solar_tap_kit.tap import SolarTap


class SolarStream(Stream):
    """A stream made of declarations.

    The engine (`solar_tap_kit.run`) decides what is fetched and writes the records; a
    stream says what they look like. A subclass sets `name`, `fields`, `primary_keys` and,
    for dated rows, `replication_key`; `besides` names what the vendor's objects hold for
    other streams.
    """

    fields: ClassVar[tuple[Field, ...]]
    besides: ClassVar[tuple[str, ...]] = ()
    projection: ClassVar[Projection]
    # Records are projected onto the declared fields already; a second pass costs a third
    # of the time and would hide a missing declaration.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    _tap: SolarTap

    def __init__(self, tap: SolarTap) -> None:
        self._keeps_unknown = bool(tap.config.get("keep_unknown_fields"))
        columns = (*self.fields, UNKNOWN_FIELDS) if self._keeps_unknown else self.fields
        super().__init__(tap, schema=object_schema(columns))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Compile the declarations once per class."""
        super().__init_subclass__(**kwargs)
        cls.projection = Projection(cls.fields, cls.besides, getattr(cls, "name", cls.__name__))

    def write_schema(self) -> None:
        """Write this stream's SCHEMA message."""
        self._write_schema_message()

    def write_records(self, records: Iterable[Record]) -> int:
        """Write RECORD messages, with selection and stream maps applied; return how many."""
        if isinstance(records, Table) and not (self._is_mapped or self._deselected):
            return self._write_out(records)
        rows = list(records)
        for record in rows:
            if UNKNOWN_FIELDS.name in record:
                self._tap.drift.report(self.name, record[UNKNOWN_FIELDS.name])
                if not self._keeps_unknown:
                    del record[UNKNOWN_FIELDS.name]
        if self._is_mapped:
            for record in rows:
                self._write_record_message(record)
            return len(rows)
        # The SDK's own way costs more than everything else together: it looks through the
        # schema for each record. What it would do is decided once per run here.
        for record in rows if self._deselected else ():
            for name in self._deselected:
                record.pop(name, None)
        return self._write_out(rows)

    def _write_out(self, rows: Sequence[Record]) -> int:
        if rows:
            extracted_at = utc_text_exact(dt.datetime.now(dt.UTC))
            self._tap.message_writer.write_records(self.name, rows, extracted_at)
        return len(rows)

    @functools.cached_property
    def _is_mapped(self) -> bool:
        """Whether stream maps or flattening change this stream's records."""
        (only, *more) = self.stream_maps
        return bool(more) or not isinstance(only, SameRecordTransform)

    @functools.cached_property
    def _deselected(self) -> frozenset[str]:
        """The columns that the catalog leaves out."""
        return frozenset(
            name for name in self.schema["properties"] if not self.mask["properties", name]
        )

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Yield this stream's records for the SDK's own entry points, such as `--test`.

        A full sync does not come here: it goes window by window through all streams.
        """
        del context
        return self._tap.preview(self)
