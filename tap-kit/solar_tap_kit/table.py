"""Records that share their columns, kept as plain rows until somebody looks at one.

A day of five-minute rows would be 288 dictionaries with the same thirty keys; making them
takes longer than parsing the answer, and written out they are never looked at.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, overload

import msgspec
from msgspec.structs import astuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from solar_tap_kit.fields import Record


class Table(Sequence["Record"]):
    """A read-only sequence of records: each look at one makes it anew.

    Args:
        columns: The names of the columns.
        rows: The values of each record, in the order of the columns.
    """

    __slots__ = ("columns", "encodable")

    def __init__(self, columns: tuple[str, ...], rows: Iterable[Iterable[Any]]) -> None:
        self.columns = columns
        kind = _struct(columns)
        # What msgspec writes as the same JSON objects as the records.
        self.encodable = [kind(*row) for row in rows]

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self.encodable)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Record | Self:
        """Return a record, or some of them."""
        if isinstance(index, slice):
            return type(self)(self.columns, map(astuple, self.encodable[index]))
        return dict(zip(self.columns, astuple(self.encodable[index]), strict=True))

    def __iter__(self) -> Iterator[Record]:
        """Yield the records."""
        for row in self.encodable:
            yield dict(zip(self.columns, astuple(row), strict=True))


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
