"""Records that share their columns, kept as plain tuples until somebody looks at one.

A day of five-minute rows would be 288 dictionaries with the same thirty keys; making them
takes longer than parsing the answer, and written out they are never looked at.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, overload

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solar_tap_kit.fields import Record


class Table(Sequence["Record"]):
    """A read-only sequence of records: each look at one makes it anew.

    Args:
        columns: The names of the columns.
        rows: The values of each record, in the order of the columns.
    """

    __slots__ = ("columns", "rows")

    def __init__(self, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        self.columns = columns
        self.rows = rows

    @classmethod
    def of(cls, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Self:
        """Return rows as a table; of two columns with one name the later is kept."""
        last = {name: place for place, name in enumerate(columns)}
        if len(last) == len(columns):
            return cls(columns, rows)
        keep = operator.itemgetter(*last.values())
        return cls(tuple(last), [keep(row) for row in rows])

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Table: ...
    def __getitem__(self, index: int | slice) -> Record | Table:
        """Return a record, or some of them."""
        if isinstance(index, slice):
            return Table(self.columns, self.rows[index])
        return dict(zip(self.columns, self.rows[index], strict=True))

    def __iter__(self) -> Iterator[Record]:
        """Yield the records."""
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))

    def encodable(self) -> list[msgspec.Struct]:
        """Return what msgspec writes as the same JSON objects as the records."""
        kind = _struct(self.columns)
        return [kind(*row) for row in self.rows]


@functools.lru_cache(maxsize=256)
def _struct(columns: tuple[str, ...]) -> type[msgspec.Struct]:
    # Named by place: a column's name need not be one that Python takes.
    names = [f"column_{place}" for place in range(len(columns))]
    return msgspec.defstruct(
        "Row",
        [(name, Any) for name in names],
        rename=dict(zip(names, columns, strict=True)),
        gc=False,
    )
