"""Columns declared as data: one line a field, from which schema and decoding both follow.

A field names the vendor's spellings (clouds change them), its kind, unit and meaning. The
raw contract's columns, the same in every dated stream, are declared here once.
"""

from __future__ import annotations

import functools
import json
import math
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from solar_tap_kit.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Kind = Literal["number", "integer", "string", "boolean", "object", "date", "timestamp"]
Record = dict[str, Any]

_TYPES: dict[Kind, dict[str, Any]] = {
    "number": {"type": ["number", "null"]},
    "integer": {"type": ["integer", "null"]},
    "string": {"type": ["string", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "object": {"type": ["object", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
    "timestamp": {"type": ["string", "null"], "format": "date-time"},
}

SHOWN = 40
"""Characters of a value that an error text may show."""

NOT_AVAILABLE = frozenset({4294967295.0, 429496729.5, 42949672.95, 4294967.295})
"""All bits set, divided by the field's scale: how devices say "no value"."""


def snake_case(name: str) -> str:
    """Return a vendor's camelCase name as snake_case (`pvTotalPower` -> `pv_total_power`)."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return spaced.lower()


@dataclass(frozen=True, slots=True)
class Field:
    """One column.

    Attributes:
        name: Column name, snake_case.
        kind: What it holds; decides schema type and conversion.
        text: What it means, with its unit, for the schema's description.
        sources: The vendor's spellings, the most trusted first.
        required: Part of a key, never null.
    """

    name: str
    kind: Kind
    text: str
    sources: tuple[str, ...] = ()
    required: bool = False

    @classmethod
    def vendor(cls, source: str, kind: Kind, text: str, *aliases: str) -> Field:
        """Declare a field that keeps the vendor's name in snake_case."""
        return cls(snake_case(source), kind, text, (source, *aliases))

    @property
    def schema(self) -> dict[str, Any]:
        """The field's JSON schema."""
        kind = dict(_TYPES[self.kind])
        if self.required:
            kind["type"] = [name for name in kind["type"] if name != "null"]
        return {**kind, "description": self.text}


def object_schema(fields: Iterable[Field]) -> dict[str, Any]:
    """Return the JSON schema of a record made of `fields`."""
    declared = list(fields)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {field.name: field.schema for field in declared},
    }
    if required := [field.name for field in declared if field.required]:
        schema["required"] = required
    return schema


def number(value: object) -> float | int | None:
    """Return a vendor's number, or None for null, empty text, NaN and "not available".

    Raises:
        DecodeError: The value is not a number.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError as error:
            message = f"{shorten(value)} is not a number"
            raise DecodeError(message) from error
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{shorten(value)} is not a number"
        raise DecodeError(message)
    return value if math.isfinite(value) and value not in NOT_AVAILABLE else None


def shorten(value: object) -> str:
    """Return the beginning of a value, for an error text."""
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _convert(kind: Kind, value: object) -> object:
    if value is None:
        return None
    if kind in ("number", "integer"):
        plain = number(value)
        return int(plain) if kind == "integer" and plain is not None else plain
    if kind == "boolean":
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False, "1": True, "0": False}.get(str(value).lower())
    if kind == "object":
        # An object by contract; what comes as something else is kept in one.
        return value if isinstance(value, dict) else {"value": value} if value != "" else None
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


UNKNOWN_FIELDS = Field(
    "unknown_fields", "object", "What the vendor sent that no column takes, as it came."
)


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
        self._good: set[tuple[type, ...]] = set()

    def takes(self, values: tuple[Any, ...]) -> bool:
        """Return whether the values are the columns' values as they come."""
        form = tuple(map(type, values))
        if form not in self._good:
            fits = zip(form, self._kinds, strict=True)
            if not all(kind in _PLAIN[want] or kind is type(None) for kind, want in fits):
                return False
            self._good.add(form)
        return _NOT_A_VALUE.isdisjoint(values)


class Projection:
    """Turns a vendor's object into a record of the declared columns.

    Nearly all objects of an answer have the same keys, with values of the same types. Such
    a form is checked once; objects of it are then read by a compiled getter, and only
    looked through for "not available".

    Args:
        fields: The columns; those without `sources` are filled in by the caller.
        besides: The vendor's names that are read in another way.
    """

    def __init__(self, fields: Sequence[Field], besides: Iterable[str] = ()) -> None:
        self._plan = [(f.name, f.kind, f.sources) for f in fields if f.sources]
        self._known = {source for field in fields for source in field.sources} | set(besides)
        self._layouts: dict[tuple[str, ...], _Layout] = {}

    def __call__(self, item: Mapping[str, Any]) -> Record:
        """Return the record; an absent or unavailable value is None.

        Fields that no column takes stand under `unknown_fields`, if there are any.

        Raises:
            DecodeError: A value does not fit its column; the text names the field.
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
            value: object = None
            for source in sources:
                value = item.get(source)
                if value is not None:
                    break
            try:
                record[name] = _convert(kind, value)
            except DecodeError as error:
                message = f"field {sources[0]}: {error}"
                raise DecodeError(message) from error
        return record

    def unknown(self, item: Mapping[str, Any]) -> set[str]:
        """Return the vendor's names that no column takes."""
        return set(item) - self._known


RECORDED_AT = Field(
    "recorded_at",
    "timestamp",
    "Start of the interval, or the instant of a reading, UTC.",
    required=True,
)
LOCAL_TIME = Field(
    "local_time",
    "string",
    "The vendor's wall clock at the site, YYYY-MM-DD HH:MM:SS, as text.",
)
UTC_OFFSET = Field(
    "utc_offset_minutes",
    "integer",
    "Local minus UTC, minutes, resolved in order of appearance.",
)
LOCAL_DATE = Field("local_date", "date", "The site's calendar day.", required=True)
FETCHED_AT = Field(
    "fetched_at",
    "timestamp",
    "When this window was fetched, UTC; one value for all its rows.",
    required=True,
)
CLOCK_FIELDS = (RECORDED_AT, LOCAL_TIME, UTC_OFFSET, LOCAL_DATE, FETCHED_AT)
"""What every dated row carries: the raw contract."""

DAY_FIELDS = (
    Field("n_points", "integer", "Rows emitted for this fetch whose wall clock exists."),
    Field("expected_points", "integer", "Rows that a complete day has, by the site's zone."),
    Field(
        "status",
        "string",
        "complete, partial (rows are missing), empty (answered without a value), "
        "refused (the vendor would not answer) or pending (too recent to be final).",
    ),
    Field("timezone", "string", "IANA zone by which the day was cut."),
    Field("payload_sha256", "string", "Hash of the vendor's answer, to see whether it changed."),
)
"""The day ledger's own columns."""


@functools.cache
def contract_names() -> frozenset[str]:
    """Return the names of the raw contract's columns."""
    return frozenset(field.name for field in CLOCK_FIELDS)
