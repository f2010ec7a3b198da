"""The SDK's own test suite, and what it can't see: the catalog as it was reviewed."""

from __future__ import annotations

import atexit
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from solar_simulator.server import SimulatorServer
from tap_sigen.tap import TapSigen

CATALOG = Path(__file__).parent / "catalog"
# The suite builds its streams when it is collected, so the port has to be known by then.
SERVER = SimulatorServer("home")
SETTINGS = {
    "api_url": SERVER.sigen_url,
    "app_key": SERVER.credentials.sigen_app_key,
    "app_secret": SERVER.credentials.sigen_app_secret,
    "start_date": "2026-06-28",
    "end_date": "2026-06-30",
    "state_dir": tempfile.mkdtemp(),
}


atexit.register(SERVER.stop)


@pytest.fixture(scope="module", autouse=True)
def running() -> None:
    """Serve from the first test of this module on."""
    SERVER.start()


def everything() -> dict[str, Any]:
    """Return a catalog with every stream selected, those that are off by default too."""
    catalog = TapSigen(validate_config=False).catalog_dict
    for entry in catalog["streams"]:
        (root,) = (m for m in entry["metadata"] if not m["breadcrumb"])
        root["metadata"]["selected"] = True
    return catalog


TestTapSigen = get_tap_test_class(
    TapSigen,
    config=SETTINGS,
    suite_config=SuiteConfig(max_records_limit=50),
    catalog=everything(),
)


@pytest.mark.parametrize("stream", [kind.name for kind in TapSigen.stream_types])
def test_the_catalog_is_as_reviewed(stream: str) -> None:
    """Every change of a schema, key or replication key shows up as a change of a file.

    After a deliberate change, write the file anew from `tap-sigen --discover`.
    """
    streams = json.loads(TapSigen(validate_config=False).catalog_json_text)["streams"]
    (found,) = (entry for entry in streams if entry["tap_stream_id"] == stream)
    del found["metadata"]
    reviewed = json.loads((CATALOG / f"{stream}.json").read_text(encoding="utf-8"))
    assert found == reviewed
