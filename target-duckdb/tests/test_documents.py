"""What is written about the target is what it does."""

from __future__ import annotations

import json
import re
import subprocess
import typing as t
from pathlib import Path

from solar_target_duckdb.metadata import NAMES
from solar_target_duckdb.settings import CONFIG_SCHEMA
from solar_target_duckdb.target import TargetDuckDB
from solar_target_duckdb.widening import widening

if t.TYPE_CHECKING:
    from conftest import Command

README = (Path(__file__).parents[1] / "README.md").read_text()
TYPES = ["BIGINT", "BOOLEAN", "DATE", "DOUBLE", "JSON", "TIME", "TIMESTAMP", "VARCHAR"]


def table(heading: str) -> list[list[str]]:
    """Return the cells of the table whose header begins with a word."""
    lines = README[README.index(f"| {heading} |") :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_settings_table() -> None:
    """The README lists every setting with its default, and no other."""
    listed = {name.strip("`"): default for name, default, _ in table("setting")}
    properties = CONFIG_SCHEMA["properties"]
    defaults = {name: json.dumps(p["default"]) for name, p in properties.items() if "default" in p}
    expected = {name: defaults.get(name, "none") for name in properties} | {"filepath": "required"}
    assert listed == expected


def test_widening_table() -> None:
    """The README lists exactly the changes of type that are made."""
    listed = {
        (old, new)
        for olds, news in table("from")
        for old in re.findall(r"[A-Z]{4,}", olds)
        for new in re.findall(r"\b[A-Z]{4,}\b", news)
    }
    made = {(old, new) for old in TYPES for new in TYPES if old != new and widening(old, new, "x")}
    assert listed == made


def test_metadata_columns_are_listed() -> None:
    """The README names every metadata column."""
    assert set(re.findall(r"`(_sdc_\w+)`", README)) == set(NAMES)


def test_about() -> None:
    """The SDK's description of the target shows its own settings and what it can do."""
    info = TargetDuckDB._get_about_info()  # noqa: SLF001
    assert list(info.settings["properties"]) == list(CONFIG_SCHEMA["properties"])
    assert all(p["title"] and p["description"] for p in info.settings["properties"].values())
    assert [capability.value for capability in info.capabilities] == [
        "about",
        "structured-logging",
        "activate-version",
        "hard-delete",
        "target-schema",
        "validate-records",
    ]


def test_about_needs_no_settings(command: Command) -> None:
    """The command describes itself without a configuration."""
    arguments = [*command.arguments({})[:3], "--about", "--format", "json"]
    done = subprocess.run(  # noqa: S603
        arguments, capture_output=True, text=True, check=True, env=command.environment
    )
    assert json.loads(done.stdout)["name"] == "target-duckdb"
    assert done.stderr == ""


def test_settings_from_the_environment(command: Command) -> None:
    """Every setting may come from the environment."""
    command.environment |= {
        "TARGET_DUCKDB_FILEPATH": "from-env.duckdb",
        "TARGET_DUCKDB_BATCH_SIZE_ROWS": "7",
    }
    arguments = [*command.arguments({})[:3], "--config", "ENV"]
    done = subprocess.run(  # noqa: S603
        arguments,
        input="",
        capture_output=True,
        text=True,
        check=False,
        cwd=command.folder,
        env=command.environment,
    )
    assert done.returncode == 0
    assert (command.folder / "from-env.duckdb").exists()
