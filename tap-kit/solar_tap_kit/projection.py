"""A vendor's objects to records of declared columns, one layout of keys at a time."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

from solar_tap_kit.fields import (
    BIGGEST,
    NOT_AVAILABLE,
    UNKNOWN_FIELDS,
    UnreadableError,
    convert,
    report_unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from solar_tap_kit.fields import Field, Kind, Record

_NOT_A_VALUE = NOT_AVAILABLE | {math.inf, -math.inf, ""}
_PLAIN: dict[Kind, frozenset[type]] = {
    "number": frozenset({float, int}),
    "integer": frozenset({int}),
    "string": frozenset({str}),
    "boolean": frozenset({bool}),
    "object": frozenset(),
    "date": frozenset({str}),
    "timestamp": frozenset({str}),
}
"""Types that a column takes as they are; whatever else comes is converted field by field."""

MOST_LAYOUTS = 1000
"""An answer whose every object has other keys must not fill the memory."""


class _Layout:
    """How objects with one set of keys are read: compiled once, used for all of them."""

    def __init__(
        self, plan: Sequence[tuple[str, Kind, tuple[str, ...]]], keys: set[str], known: set[str]
    ) -> None:
        found = [
            (name, kind, [source for source in sources if source in keys])
            for name, kind, sources in plan
        ]
        # Where two spellings came at once, which of them counts depends on the values.
        self.is_simple = all(len(sources) <= 1 for _, _, sources in found)
        present = [(name, kind, sources[0]) for name, kind, sources in found if sources]
        self.is_simple = self.is_simple and len(present) > 1
        self.absent = {name: None for name, _, sources in found if not sources}
        self.unknown = keys - known
        if self.is_simple:
            self.names = [name for name, _, _ in present]
            self.get = operator.itemgetter(*(source for _, _, source in present))
            self._kinds = [kind for _, kind, _ in present]
        self._wholes: dict[tuple[type, ...], tuple[int, ...]] = {}

    def takes(self, values: tuple[Any, ...]) -> bool:
        """Return whether the values are the columns' values as they come."""
        form = tuple(map(type, values))
        wholes = self._wholes.get(form)
        if wholes is None:
            fits = zip(form, self._kinds, strict=True)
            if not all(kind in _PLAIN[want] or kind is type(None) for kind, want in fits):
                return False
            wholes = tuple(place for place, kind in enumerate(form) if kind is int)
            self._wholes[form] = wholes
        if wholes and not all(-BIGGEST <= values[place] <= BIGGEST for place in wholes):
            return False
        return _NOT_A_VALUE.isdisjoint(values)


class Projection:
    """Turns a vendor's object into a record of the declared columns.

    Nearly all objects of an answer have the same keys, with values of the same types. Such
    a form is checked once; objects of it are then read by a compiled getter, and only
    looked through for "not available".

    Args:
        fields: The columns; those without `sources` are filled in by the caller.
        besides: The vendor's names that are read in another way.
        name: The stream, for reports of values that can't be read.
    """

    def __init__(
        self, fields: Sequence[Field], besides: Iterable[str] = (), name: str = "record"
    ) -> None:
        self._name = name
        self._plan = [(f.name, f.kind, f.sources) for f in fields if f.sources]
        self._known = {source for field in fields for source in field.sources} | set(besides)
        self._layouts: dict[tuple[str, ...], _Layout] = {}

    def __call__(self, item: Mapping[str, Any]) -> Record:
        """Return the record; an absent, unavailable or unreadable value is None.

        Fields that no column takes are kept under `unknown_fields`, if there are any.
        """
        keys = tuple(item)
        layout = self._layouts.get(keys)
        if layout is None:
            layout = _Layout(self._plan, set(keys), self._known)
            if len(self._layouts) < MOST_LAYOUTS:
                self._layouts[keys] = layout
        if layout.is_simple and layout.takes(values := layout.get(item)):
            record: Record = dict(zip(layout.names, values, strict=True))
            if layout.absent:
                record.update(layout.absent)
        else:
            record = self._one_by_one(item)
        if layout.unknown:
            record[UNKNOWN_FIELDS.name] = {name: item[name] for name in layout.unknown}
        return record

    def _one_by_one(self, item: Mapping[str, Any]) -> Record:
        record: Record = {}
        for name, kind, sources in self._plan:
            record[name] = None
            for source in sources:
                value = item.get(source)
                if value is None:
                    continue
                try:
                    record[name] = convert(kind, value)
                except UnreadableError as error:
                    report_unreadable(f"{source} of {self._name}", error)
                else:
                    break
        return record

    def unknown(self, item: Mapping[str, Any]) -> set[str]:
        """Return the vendor's names that no column takes."""
        return set(item) - self._known
