"""Answers of the form that nearly all have, read from JSON text straight into rows.

No dictionary a row, no look at the type of each value: msgspec checks them while it parses.
What is not of that form (a field that no column takes, text where a number belongs, a value
that says "not available") is left to `projection.Projection`, which takes longer and explains.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec.structs import astuple

from solar_tap_kit.fields import NOT_AVAILABLE
from solar_tap_kit.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from solar_tap_kit.fields import Field, Kind

FAR = int(min(NOT_AVAILABLE))
"""Numbers from here on may say "not available"; plain is only what is smaller."""

_Integer = Annotated[int, msgspec.Meta(gt=-FAR, lt=FAR)]
_Number = _Integer | Annotated[float, msgspec.Meta(gt=-FAR, lt=FAR)]

_TYPES: dict[Kind, Any] = {
    "number": _Number | None,
    "integer": _Integer | None,
    "string": str | None,
    "boolean": bool | None,
    "object": dict[str, Any] | None,
    "date": str | None,
    "timestamp": str | None,
}


@dataclass(frozen=True, slots=True)
class PlainRows:
    """What a plain answer holds.

    Attributes:
        beside: What stands beside the rows, by the vendor's names.
        columns: The columns that the rows fill.
        rows: The rows.
    """

    beside: dict[str, Any]
    columns: tuple[str, ...]
    rows: Sequence[msgspec.Struct]

    def column(self, name: str) -> list[Any]:
        """Return one column's values."""
        place = f"column_{self.columns.index(name)}"
        return [getattr(row, place) for row in self.rows]

    def values(self, place: int, *, without: str) -> list[Any]:
        """Return one row's values, one column left out."""
        values = list(astuple(self.rows[place]))
        del values[self.columns.index(without)]
        return values

    def only(self, places: Sequence[int]) -> PlainRows:
        """Return the rows at some places."""
        return PlainRows(self.beside, self.columns, [self.rows[place] for place in places])

    def table(self, same: Mapping[str, Any], cells: Mapping[str, Sequence[Any]]) -> Table:
        """Return the rows with further columns.

        Args:
            same: Columns that have one value for all rows.
            cells: Columns with a value for each row.
        """
        fixed = tuple(same.values())
        more = zip(*cells.values(), strict=True) if cells else repeat(())
        return Table(
            (*self.columns, *same, *cells),
            ((*astuple(row), *fixed, *last) for row, last in zip(self.rows, more, strict=False)),
        )


class PlainReader:
    """Reads a JSON object that holds a list of objects.

    Args:
        fields: The columns; those without a vendor's name are not read, and of several
            spellings only the first is plain.
        rows: The name under which the list stands.
        beside: Names that may stand beside it.
    """

    def __init__(self, fields: Iterable[Field], rows: str, beside: Iterable[str]) -> None:
        read = [field for field in fields if field.sources]
        self._columns = tuple(field.name for field in read)
        row = _declared(
            "Row",
            [(_TYPES[field.kind], None) for field in read],
            [field.sources[0] for field in read],
        )
        self._beside = tuple(beside)
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
            _declared(
                "Answer",
                [(list[row] | None, None), *((Any, msgspec.UNSET) for _ in self._beside)],  # type: ignore[valid-type]
                [rows, *self._beside],
            )
        )

    def read(self, text: str | bytes) -> PlainRows | None:
        """Return what the text holds, or None if it is not of the plain form."""
        try:
            rows, *others = astuple(self._decoder.decode(text))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        pairs = zip(self._beside, others, strict=True)
        beside = {name: value for name, value in pairs if value is not msgspec.UNSET}
        return PlainRows(beside, self._columns, rows or ())


def _declared(
    title: str, kinds: Sequence[tuple[Any, Any]], names: Sequence[str]
) -> type[msgspec.Struct]:
    """Return a structure of fields with type and default, under the names that JSON gives them."""
    places = [f"column_{place}" for place in range(len(kinds))]
    return msgspec.defstruct(
        title,
        [(place, kind, default) for place, (kind, default) in zip(places, kinds, strict=True)],
        rename=dict(zip(places, names, strict=True)),
        forbid_unknown_fields=True,
        gc=False,
    )
