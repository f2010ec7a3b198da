"""The base class of every stream: declarations in, schema out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel

from solar_tap_kit.fields import Projection, object_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk.helpers.types import Context

    from solar_tap_kit.fields import Field, Record
    from solar_tap_kit.tap import SolarTap


class SolarStream(Stream):
    """A stream made of declarations.

    The engine (`solar_tap_kit.run`) decides what is fetched and writes the records; a
    stream says what they look like. A subclass sets `name`, `fields`, `primary_keys` and,
    for dated rows, `replication_key`.
    """

    fields: ClassVar[tuple[Field, ...]]
    projection: ClassVar[Projection]
    # Records are projected onto the declared fields already; a second pass costs a third
    # of the time and would hide a missing declaration.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    _tap: SolarTap

    def __init__(self, tap: SolarTap) -> None:
        super().__init__(tap, schema=object_schema(self.fields))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Compile the declarations once per class."""
        super().__init_subclass__(**kwargs)
        cls.projection = Projection(cls.fields)

    def write_schema(self) -> None:
        """Write this stream's SCHEMA message."""
        self._write_schema_message()

    def write_records(self, records: Iterable[Record]) -> int:
        """Write RECORD messages, with selection and stream maps applied; return how many."""
        count = 0
        for record in records:
            self._write_record_message(record)
            count += 1
        return count

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Yield this stream's records for the SDK's own entry points, such as `--test`.

        A full sync does not come here: it goes window by window through all streams.
        """
        del context
        return self._tap.preview(self)
