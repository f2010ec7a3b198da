"""Whatever a tap sends, the table equals what a few lines of Python make of it."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import tempfile
import typing as t
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solar_target_duckdb.loader import Loader
from solar_target_duckdb.settings import Settings

pytestmark = pytest.mark.slow

INTEGERS = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
INSTANTS = st.datetimes(
    dt.datetime(1900, 1, 2),  # noqa: DTZ001
    dt.datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([dt.timezone(dt.timedelta(minutes=m)) for m in (-570, 0, 60, 765)]),
)
ANYTHING = st.recursive(
    st.booleans() | st.integers(-1000, 1000) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)

# Per column: its schema, its values, and how Python sees what DuckDB returns.
COLUMNS: dict[str, tuple[dict[str, t.Any], st.SearchStrategy[t.Any]]] = {
    "whole": ({"type": ["null", "integer"]}, INTEGERS),
    "number": ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False)),
    "flag": ({"type": "boolean"}, st.booleans()),
    "text": ({"type": ["string", "null"]}, TEXTS),
    "day": ({"type": "string", "format": "date"}, st.dates()),
    "instant": ({"type": "string", "format": "date-time"}, INSTANTS),
    "any": ({}, ANYTHING),
}
KEYS = {"k": {"type": "integer"}, "l": {"type": "string"}}

rows = st.fixed_dictionaries(
    {"k": st.integers(0, 3), "l": st.sampled_from(["", "a", "é"])},
    optional={name: st.none() | values for name, (_, values) in COLUMNS.items()},
)
steps = st.one_of(
    st.tuples(st.just("row"), st.sampled_from(["keyed", "free"]), rows),
    st.tuples(st.just("state"), st.integers(0, 9)),
    st.tuples(st.just("narrow"), st.sets(st.sampled_from(sorted(COLUMNS)))),
    st.tuples(st.just("flush")),
)


def as_json(value: object) -> object:
    """Write a value as a tap does."""
    return value.isoformat() if isinstance(value, dt.date) else value


def as_stored(name: str, value: t.Any) -> t.Any:
    """Say what a value must come back as."""
    if value is None or name not in {"instant", "any"}:
        return value
    if name == "any":
        return json.loads(json.dumps(value))
    return value.astimezone(dt.UTC).replace(tzinfo=None, fold=0)


class Model:
    """The expected tables."""

    def __init__(self) -> None:
        self.names = sorted(COLUMNS)
        self.keyed: dict[tuple[int, str], dict[str, t.Any]] = {}
        self.free: list[dict[str, t.Any]] = []

    def take(self, stream: str, row: dict[str, t.Any]) -> None:
        """Store a row as the rules say."""
        full = {name: as_stored(name, row.get(name)) for name in [*KEYS, *self.names]}
        if stream == "free":
            self.free.append(full)
        else:
            old = self.keyed.get((row["k"], row["l"]), {})
            self.keyed[row["k"], row["l"]] = old | full

    def tables(self) -> tuple[list[str], list[str]]:
        """Return both tables, each row as text, sorted."""
        everything = [*KEYS, *sorted(COLUMNS)]

        def texts(table: t.Iterable[dict[str, t.Any]]) -> list[str]:
            return sorted(repr([row.get(name) for name in everything]) for row in table)

        return texts(self.keyed.values()), texts(self.free)


def schema_lines(names: t.Iterable[str]) -> list[bytes]:
    """Write the SCHEMA messages of both streams."""
    properties = KEYS | {name: COLUMNS[name][0] for name in names}
    return [
        json.dumps(
            {
                "type": "SCHEMA",
                "stream": stream,
                "schema": {"properties": properties},
                "key_properties": list(KEYS) if stream == "keyed" else [],
            }
        ).encode()
        for stream in ("keyed", "free")
    ]


def stored(path: Path) -> tuple[list[str], list[str]]:
    """Return both tables of the file in the model's form."""
    listed = ", ".join(f'"{name}"' for name in [*KEYS, *sorted(COLUMNS)])
    place = 2 + sorted(COLUMNS).index("any")
    tables = []
    with duckdb.connect(str(path), read_only=True) as connection:
        for stream in ("keyed", "free"):
            found = connection.execute(f"SELECT {listed} FROM {stream}").fetchall()  # noqa: S608
            for number, row in enumerate(found):
                value = None if row[place] is None else json.loads(row[place])
                found[number] = [*row[:place], value, *row[place + 1 :]]
            tables.append(sorted(repr(list(row)) for row in found))
    return tables[0], tables[1]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=25), st.integers(1, 6), st.booleans())
def test_table_equals_the_model(
    script: list[tuple[t.Any, ...]],
    batch_rows: int,
    metadata: bool,  # noqa: FBT001
) -> None:
    """Rows, states, shrinking and growing schemas in any order give the model's tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.duckdb"
        model = Model()
        states: list[int] = []
        sent = []
        loader = Loader(
            Settings(path, batch_rows=batch_rows, metadata=metadata),
            lambda state: states.append(json.loads(state)),
        )
        lines = schema_lines(sorted(COLUMNS))
        for step in script:
            if step[0] == "row":
                _, stream, row = step
                model.take(stream, row)
                record = {name: as_json(value) for name, value in row.items()}
                message = {"type": "RECORD", "stream": stream, "record": record}
                lines.append(json.dumps(message).encode())
            elif step[0] == "state":
                sent.append(step[1])
                lines.append(json.dumps({"type": "STATE", "value": step[1]}).encode())
            elif step[0] == "narrow":
                model.names = sorted(set(COLUMNS) - step[1])
                lines += schema_lines(model.names)
            else:
                loader._take(b"\n".join(lines) + b"\n")  # noqa: SLF001
                lines = []
                loader.flush()
        loader._take(b"\n".join(lines) + b"\n")  # noqa: SLF001
        loader.finish()
        assert stored(path) == model.tables()
        assert states[-1:] == sent[-1:]
        assert all(earlier != later for earlier, later in itertools.pairwise(states))
