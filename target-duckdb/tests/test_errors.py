"""Everything a user can cause ends in one clear line."""

from __future__ import annotations

import io
import json
import subprocess
import typing as t
from types import SimpleNamespace

import duckdb
import pytest

from solar_target_duckdb.errors import (
    InputError,
    MissingKeyError,
    NoSchemaError,
    SchemaError,
    WarehouseError,
    shown,
)
from solar_target_duckdb.target import TargetDuckDB

if t.TYPE_CHECKING:
    from pathlib import Path

    from conftest import Command, Singer, Warehouse


pytestmark = pytest.mark.slow

PROPERTIES = {
    "id": {"type": "integer"},
    "n": {"type": "number"},
    "b": {"type": "boolean"},
    "t": {"type": "string"},
    "day": {"type": "string", "format": "date"},
    "instant": {"type": "string", "format": "date-time"},
    "clock": {"type": "string", "format": "time"},
}


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("id", 1.5, "expected a whole number of at most 64 bits, got the number 1.5"),
        ("id", "1", "expected a whole number of at most 64 bits, got the text '1'"),
        ("id", True, "expected a whole number of at most 64 bits, got true"),
        ("id", 2**63, "expected a whole number of at most 64 bits, got the number 9223372036854"),
        ("n", "1.5", "expected a value of type number, got the text '1.5'"),
        ("n", False, "expected a value of type number, got false"),
        ("n", {"x": 1}, "expected a value of type number, got an object"),
        ("b", 1, "expected a value of type boolean, got the number 1"),
        ("b", "yes", "expected a value of type boolean, got the text 'yes'"),
        ("t", 12, "expected a value of type string, got the number 12"),
        ("t", ["x"], "expected a value of type string, got an array"),
        ("t", "ok", None),
        ("day", "2026-03-29T00:00:00Z", "expected a date such as 2026-03-29, got the text"),
        ("day", "2026-02-30", "expected a date such as 2026-03-29, got the text '2026-02-30'"),
        ("day", 20260329, "expected a date such as 2026-03-29, got the number 20260329"),
        ("instant", "", "expected a date-time such as 2026-03-29T01:30:00Z, got the text ''"),
        ("instant", "infinity", "expected a date-time such as 2026-03-29T01:30:00Z, got"),
        ("instant", "2026-02-30T00:00:00Z", "expected a date-time such as 2026-03-29T01:30:00Z"),
        ("instant", "2026-03-29T25:00:00Z", "expected a date-time such as 2026-03-29T01:30:00Z"),
        ("instant", 1774742400, "expected a date-time such as 2026-03-29T01:30:00Z, got the num"),
        ("clock", "25:99", "expected a time such as 01:30:00, got the text '25:99'"),
        ("clock", "noon", "expected a time such as 01:30:00, got the text 'noon'"),
    ],
)
@pytest.mark.parametrize("metadata", [False, True])
def test_wrong_value(
    warehouse: Warehouse,
    singer: Singer,
    column: str,
    value: t.Any,
    words: str | None,
    metadata: bool,  # noqa: FBT001
) -> None:
    """A value that is not what its column declares is refused, never rounded or guessed at."""
    good = {"id": 1, "n": 1, "b": True, "t": "", "day": "2026-03-29", "clock": "10:00:00"}
    lines = [
        singer.schema("s", PROPERTIES, ["id"]),
        singer.record("s", good),
        singer.record("s", {**good, "id": 2, column: value}),
    ]
    if words is None:
        warehouse.load(*lines, add_record_metadata=metadata)
        return
    with pytest.raises(InputError) as caught:
        warehouse.load(*lines, add_record_metadata=metadata)
    text = str(caught.value)
    assert text.startswith(f"stream 's', column '{column}': {words}")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 3 of the input is not a Singer message: "),
        ('{"type": "RECORD", "stream": "s", "rec', "line 3 of the input is not a Singer"),
        ('{"type": "RECORD", "stream": "s", "record": {"t": NaN}}', "line 3 of the input is not"),
        ('{"type": "RECORD", "stream": "s", "record": {"t": "\\ud800"}}', "line 3 of the input"),
        ("[1]", "line 3 of the input is not a Singer message: Expected `object`, got `array`"),
        ('{"x": 1}', "line 3 of the input is not a Singer message: Object missing required field"),
        ('{"type": "NONSENSE"}', "line 3 of the input is not a Singer message: Invalid value"),
        ('{"type": "RECORD", "stream": "s"}', "line 3 of the input is not a Singer message"),
        ('{"type": "RECORD", "stream": "s", "record": [1]}', "stream 's': a record is an array"),
        ('{"type": "RECORD", "stream": "s", "record": null}', "stream 's': a record is null"),
        (
            '{"type": "RECORD", "stream": "s", "record": {"id": 2, "t": "a", "t": "b"}}',
            "stream 's': a record has the member \"t\" twice",
        ),
        (
            '{"type": "BATCH", "stream": "s", "encoding": {}, "manifest": []}',
            "stream 's': BATCH messages are not supported; remove 'batch_config'",
        ),
        ('{"type": "RECORD", "stream": "s", "record": {"t": "x"}}', "stream 's': key column 'id' "),
        ('{"type": "ACTIVATE_VERSION", "stream": "x", "version": 1}', "stream 'x': a message came"),
    ],
)
def test_bad_line(warehouse: Warehouse, singer: Singer, line: str, words: str) -> None:
    """A line that is no usable message is named, and the rows before it are kept."""
    warehouse.load(singer.schema("s", PROPERTIES, ["id"]), singer.record("s", {"id": 7}))
    with pytest.raises(InputError) as caught:
        warehouse.load(singer.schema("s", PROPERTIES, ["id"]), "", line)
    text = str(caught.value)
    assert words in text
    assert "\n" not in text
    assert warehouse.query("SELECT id FROM s") == [(7,)]


def test_bad_bytes(command: Command, singer: Singer) -> None:
    """Bytes that are not UTF-8 are refused even where nobody looks at the value."""
    process = command.start({"filepath": "w.duckdb"})
    process.stdin.buffer.write(singer.schema("s", {"id": "integer"}).encode() + b"\n")
    process.stdin.buffer.write(b'{"type":"RECORD","stream":"s","record":{"x":"\xff"}}\n')
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "line 2 of the input is not a Singer message: 'utf-8' codec" in errors


@pytest.mark.parametrize("record", [{"t": "x"}, {"id": None}])
def test_missing_key(warehouse: Warehouse, singer: Singer, record: dict[str, t.Any]) -> None:
    """A row without its key names the stream and the column."""
    with pytest.raises(MissingKeyError, match=r"stream 's': key column 'id' is (null|missing)"):
        warehouse.load(singer.schema("s", PROPERTIES, ["id"]), singer.record("s", record))


def test_record_before_schema(warehouse: Warehouse, singer: Singer) -> None:
    """A row without a SCHEMA is refused."""
    with pytest.raises(NoSchemaError, match=r"stream 's': a message came before .*\(line 1 "):
        warehouse.load(singer.record("s", {"id": 1}))


@pytest.mark.parametrize(
    ("schema", "keys", "words"),
    [
        ({}, [], "declares no properties"),
        ({"properties": {}}, [], "declares no properties"),
        ({"properties": [1]}, [], "declares no properties"),
        ([], [], "declares no properties"),
        ({"properties": {"id": {}}}, ["no"], "key column 'no' is not among its properties"),
    ],
)
def test_unusable_schema(warehouse: Warehouse, schema: t.Any, keys: list[str], words: str) -> None:
    """A SCHEMA that no table fits is refused."""
    message = {"type": "SCHEMA", "stream": "s", "schema": schema, "key_properties": keys}
    with pytest.raises(SchemaError, match=words):
        warehouse.load(json.dumps(message))


def test_validation_by_setting(warehouse: Warehouse, singer: Singer) -> None:
    """The whole JSON Schema counts when the setting says so, and only then."""
    lines = (
        singer.schema("s", {"id": {"type": "integer", "minimum": 5}}, ["id"]),
        singer.record("s", {"id": 1}),
    )
    warehouse.load(*lines)
    with pytest.raises(InputError, match=r"stream 's': a record breaks its JSON Schema: 1 is less"):
        warehouse.load(*lines, validate_records=True)
    with pytest.raises(SchemaError, match=r"stream 's': its SCHEMA is no JSON Schema"):
        warehouse.load(singer.schema("s", {"id": {"type": "nonsense"}}), validate_records=True)


def test_shown_values_are_short() -> None:
    """A line never repeats much of a value, which may be personal."""
    assert shown("x" * 1000) == "the text 'xxxxxxxxxxxxxxxxxxxxxxxx...'"
    assert shown("two\nlines") == r"the text 'two\nlines'"
    assert shown(10**100) == "the number 100000000000000000000000..."
    assert [shown(v) for v in (None, [], {}, True)] == ["null", "an array", "an object", "true"]


CONFIG_ERRORS = [
    ({}, "settings: 'filepath' is a required property; see target-duckdb --about"),
    ({"filepath": ""}, "setting 'filepath' is empty; give the path of the DuckDB file"),
    ({"filepath": None}, "settings: None is not of type 'string' in config['filepath']"),
    ({"filepath": "."}, "is a folder; add the name of a file"),
    ({"filepath": "note.txt"}, "note.txt is not a DuckDB file; give another path or move it"),
    ({"filepath": "note.txt/w.duckdb"}, "note.txt/w.duckdb: File exists; put that right, or ch"),
    ({"filepath": ":memory:"}, "setting 'filepath' must be the path of a file on this machine"),
    ({"filepath": "s3://b/w.duckdb"}, "must be the path of a file on this machine, not 's3://b"),
    ({"filepath": "w?.duckdb"}, "DuckDB cannot work with the '?' in"),
    ({"filepath": "~nobody-at-all/w.duckdb"}, "the home folder in '~nobody-at-all/w.duckdb' is"),
    ({"filepath": "w.duckdb", "file": 1}, "unknown setting 'file'; the settings are filepath, "),
    ({"filepath": "w.duckdb", "batch_size_rows": 0}, "settings: 0 is less than the minimum of 1"),
    ({"filepath": "w.duckdb", "batch_size_rows": "x"}, "settings: 'x' is not of type 'integer'"),
    ({"filepath": "w.duckdb", "flush_interval_seconds": -1}, "settings: -1 is less than the min"),
]


@pytest.mark.parametrize(("config", "words"), CONFIG_ERRORS)
def test_setting_errors(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    config: dict[str, t.Any],
    words: str,
) -> None:
    """A setting that cannot be met ends in one line that names it, and in exit code 1."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text("I am no database.\n" * 2000)
    with pytest.raises(SystemExit) as ended:
        TargetDuckDB.invoke(
            config=SimpleNamespace(config=config, parse_env=False), file_input=io.StringIO()
        )
    assert ended.value.code == 1
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert words in line
    assert "\n" not in line


def test_setting_error_on_the_command_line(command: Command) -> None:
    """On the terminal nothing but that line is to be seen."""
    done = command.run({"filepath": "."})
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "is a folder; add the name of a file" in done.stderr


@pytest.mark.parametrize("text", [None, "{", '"x"'])
def test_unreadable_config_file(command: Command, text: str | None) -> None:
    """A missing or malformed configuration file is said in one line."""
    arguments = command.arguments({})
    path = command.folder / "config.json"
    path.unlink()
    if text is not None:
        path.write_text(text)
    done = subprocess.run(  # noqa: S603
        arguments, input="", capture_output=True, text=True, check=False, env=command.environment
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "--config: cannot be read as a JSON object" in done.stderr


def test_one_line_for_bad_input(command: Command, singer: Singer) -> None:
    """Bad input ends the command with one line and without a traceback."""
    done = command.run(
        {"filepath": "w.duckdb"},
        singer.schema("s", {"id": "integer"}),
        singer.record("s", {"id": "x"}),
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "stream 's', column 'id': expected a whole number" in done.stderr
    assert "(line 2 of the input)" in done.stderr


def test_file_in_use(command: Command, singer: Singer) -> None:
    """A second load into the same file says who holds it."""
    path = command.folder / "w.duckdb"
    with duckdb.connect(str(path)):
        done = command.run({"filepath": str(path)}, singer.schema("s", {"id": "integer"}))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "w.duckdb is in use by another process (PID " in done.stderr
    assert "wait until it ends or close it there" in done.stderr


def test_file_in_use_by_this_process(warehouse: Warehouse, singer: Singer) -> None:
    """The same is said when the other user is in this process."""
    warehouse.load(singer.schema("s", {"id": "integer"}))
    with (
        duckdb.connect(str(warehouse.path)),
        pytest.raises(WarehouseError, match=r"is in use by another program"),
    ):
        warehouse.load(singer.schema("s", {"id": "integer"}))


def test_damaged_file(warehouse: Warehouse, singer: Singer) -> None:
    """A DuckDB file that DuckDB itself refuses is named, with DuckDB's reason."""
    warehouse.load(singer.schema("s", {"id": "integer"}))
    data = bytearray(warehouse.path.read_bytes())
    data[12:20] = bytes(range(8))
    warehouse.path.write_bytes(data)
    with pytest.raises(WarehouseError, match=r"setting 'filepath': .* cannot be opened: ") as error:
        warehouse.load(singer.schema("s", {"id": "integer"}))
    assert "\n" not in str(error.value)
