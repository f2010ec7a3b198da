"""Settings are declared in the taps; Meltano, .env.example and the READMEs must agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from solar_target_duckdb.target import TargetDuckDB
from tap_sigen.tap import TapSigen
from tap_solaredge.tap import TapSolarEdge

if TYPE_CHECKING:
    from solar_tap_kit.tap import SolarTap

ROOT = Path(__file__).parent.parent
TAPS = (TapSigen, TapSolarEdge)
OF_THE_SDK = {"stream_maps", "stream_map_config", "faker_config", "flattening_enabled",
              "flattening_max_depth", "flattening_max_key_length",
              "flattening_separator"}  # fmt: skip
KINDS = {
    "string": {"string", "date_iso8601"},
    "integer": {"integer"},
    # `kind: decimal` crashes Meltano when the value comes from the environment.
    "number": {"integer"},
    "string or number": {"string"},
    # `kind: array` refuses ids with commas between them before the tap sees them.
    "array": {"string"},
    "boolean": {"boolean"},
    "object": {"object"},
}


def declared(tap: type[SolarTap]) -> dict[str, Any]:
    """Return the tap's own settings."""
    properties: dict[str, Any] = tap.config_jsonschema["properties"]
    return {name: rule for name, rule in properties.items() if name not in OF_THE_SDK}


def plugins() -> dict[str, dict[str, Any]]:
    """Return every plugin of the Meltano project by name."""
    found = {}
    for path in sorted((ROOT / "meltano").glob("*.meltano.yml")):
        groups = yaml.safe_load(path.read_text(encoding="utf-8"))["plugins"]
        for group in groups.values():
            found.update({plugin["name"]: plugin for plugin in group})
    return found


@pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)
def test_meltano_knows_every_setting(tap: type[SolarTap]) -> None:
    """Name, kind and secrecy of each setting are the same on both sides."""
    settings = {setting["name"]: setting for setting in plugins()[tap.name]["settings"]}
    own = declared(tap)
    assert set(settings) == set(own)
    for name, rule in own.items():
        kinds = [rule["type"]] if isinstance(rule["type"], str) else rule["type"]
        kind = " or ".join(kind for kind in kinds if kind != "null")
        assert settings[name]["kind"] in KINDS[kind], name
        assert bool(settings[name].get("sensitive")) == bool(rule.get("secret")), name


def test_every_plugin_needs_no_hub() -> None:
    """A plugin without namespace would be looked up on Meltano's hub."""
    assert all(
        plugin.get("namespace") or plugin.get("inherit_from") for plugin in plugins().values()
    )


@pytest.mark.parametrize("tap", [*TAPS, TargetDuckDB], ids=lambda tap: tap.name)
def test_every_setting_is_explained(tap: type[SolarTap]) -> None:
    """Title, description and, in the README, a row of its own."""
    readme = (ROOT / tap.name / "README.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)`", readme, flags=re.MULTILINE))
    for name, rule in declared(tap).items():
        assert rule.get("description"), name
        assert name in documented, f"{name} has no row in {tap.name}/README.md"


@pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)
def test_every_stream_is_explained(tap: type[SolarTap]) -> None:
    """Each stream has a row with its key in the README, and each column a description."""
    readme = (ROOT / tap.name / "README.md").read_text(encoding="utf-8")
    for stream in tap(validate_config=False).streams.values():
        row = re.search(rf"^\| `{stream.name}` \|([^|]*)\|", readme, flags=re.MULTILINE)
        assert row, f"{stream.name} has no row in {tap.name}/README.md"
        assert row[1].strip().strip("`") == ", ".join(stream.primary_keys or ())
        assert all(column["description"] for column in stream.schema["properties"].values())


def test_the_example_names_real_settings_only() -> None:
    """Every variable of .env.example belongs to a setting, and none carries a value by default."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    known = {
        f"{tap.name.upper().replace('-', '_')}_{name.upper()}"
        for tap in TAPS
        for name in declared(tap)
    } | {"TARGET_DUCKDB_FILEPATH"}
    for name, value in re.findall(r"^#? ?([A-Z_]+)=(.*)$", text, flags=re.MULTILINE):
        assert name in known or name.startswith(("PG_", "SOLAR_")), name
        assert not value or name == "PG_PORT", name
