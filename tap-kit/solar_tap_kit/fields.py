"""Columns declared as data: one line a field, from which schema and decoding both follow.

A field names the vendor's spellings (clouds change them), its kind, unit and meaning. The
raw contract's columns, the same in every dated stream, are declared here once.
"""

from __future__ import annotations

import functools
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from solar_tap_kit.notices import notice

if TYPE_CHECKING:
    from collections.abc import Iterable

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

BIGGEST = 2**63 - 1
"""Warehouses keep whole numbers in 64 bits."""

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


class UnreadableError(ValueError):
    """A value is not of the kind that its column holds."""


def number(value: object, field: str) -> float | int | None:
    """Return a vendor's number, or None for null, blanks, NaN, "not available" and no number.

    Args:
        value: What the vendor sent.
        field: What it stands for, to report a value that is no number.
    """
    try:
        return _number(value)
    except UnreadableError as error:
        report_unreadable(field, error)
    return None


def report_unreadable(field: str, error: UnreadableError) -> None:
    """Report that a field's value could not be read and is null."""
    notice(f"unreadable {field}", f"{field} is {error}; stored as null")


def _number(value: object) -> float | int | None:
    found = value
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        # Python would take 1_000.
        found = _float(text) if "_" not in text else text
    elif isinstance(value, int) and not -BIGGEST <= value <= BIGGEST:
        found = _float(value)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        message = f"{shorten(value)}, which is no number"
        raise UnreadableError(message)
    return found if math.isfinite(found) and found not in NOT_AVAILABLE else None


def _float(value: str | int) -> float | str:
    """Return a number as float, infinite beyond its range; a text that is none as it is."""
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except ValueError:
        return str(value)


def shorten(value: object) -> str:
    """Return the beginning of a value, for an error text."""
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def convert(kind: Kind, value: object) -> object:
    """Return a value as its column holds it.

    Raises:
        UnreadableError: It can't be.
    """
    if value is None:
        return None
    if kind == "number":
        return _number(value)
    if kind == "integer":
        return _integer(value)
    if kind == "boolean":
        return _boolean(value)
    if kind == "object":
        # An object by contract; what comes as something else is kept in one.
        return value if isinstance(value, dict) else {"value": value} if value != "" else None
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _integer(value: object) -> int | None:
    plain = _number(value)
    whole = None if plain is None else int(plain)
    if whole is not None and not -BIGGEST <= whole <= BIGGEST:
        message = f"{shorten(value)}, more than a whole number can be here"
        raise UnreadableError(message)
    return whole


def _boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    known = {"true": True, "false": False, "1": True, "0": False, "": None}
    if text not in known:
        message = f"{shorten(value)}, which is neither true nor false"
        raise UnreadableError(message)
    return known[text]


UNKNOWN_FIELDS = Field(
    "unknown_fields", "object", "What the vendor sent that no column takes, as it came."
)

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
    Field("n_points", "integer", "Points of the day that this fetch has a row for."),
    Field("expected_points", "integer", "Rows that a complete day has, by the site's zone."),
    Field(
        "status",
        "string",
        "complete, partial (rows are missing), empty (answered without a value), "
        "refused (the vendor would not answer) or pending (too recent to be final).",
    ),
    Field(
        "reason",
        "string",
        "What was odd about the answer, as a code such as rows_of_another_day; null where nothing.",
    ),
    Field("timezone", "string", "IANA zone by which the day was cut."),
    Field("payload_sha256", "string", "Hash of the vendor's answer, to see whether it changed."),
)
"""The day ledger's own columns."""


@functools.cache
def contract_names() -> frozenset[str]:
    """Return the names of the raw contract's columns."""
    return frozenset(field.name for field in CLOCK_FIELDS)
