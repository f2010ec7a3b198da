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
from tap_solaredge.tap import TapSolarEdge

CATALOG = Path(__file__).parent / "catalog"
# The suite builds its streams when it is collected, so the port has to be known by then.
SERVER = SimulatorServer("home")
SETTINGS = {
    "api_url": f"{SERVER.url}/solaredge",
    "api_key": SERVER.credentials.solaredge_fleet_key,
    "start_date": "2026-06-28",
    "end_date": "2026-06-30",
    "state_dir": tempfile.mkdtemp(),
    "calls_per_minute": 100_000,
    "credits_per_month": 1_000_000,
}


atexit.register(SERVER.stop)


@pytest.fixture(scope="module", autouse=True)
def running() -> None:
    """Serve from the first test of this module on."""
    SERVER.start()


ONLY_V1 = [
    "meter_readings", "data_periods", "sensors", "sensor_telemetry", "equipment_changes",
]  # fmt: skip
ONLY_WHERE_PAID = ["power_flow"]
ONLY_WHEN_SOMETHING_HAPPENS = ["alerts"]


def everything() -> dict[str, Any]:
    """Return a catalog with every stream selected, those that are off by default too."""
    catalog = TapSolarEdge(validate_config=False).catalog_dict
    for entry in catalog["streams"]:
        (root,) = (m for m in entry["metadata"] if not m["breadcrumb"])
        root["metadata"]["selected"] = True
    return catalog


TestTapSolarEdge = get_tap_test_class(
    TapSolarEdge,
    config=SETTINGS,
    catalog=everything(),
    suite_config=SuiteConfig(
        max_records_limit=50,
        ignore_no_records_for_streams=[*ONLY_V1, *ONLY_WHERE_PAID, *ONLY_WHEN_SOMETHING_HAPPENS],
    ),
)


@pytest.mark.parametrize("stream", [kind.name for kind in TapSolarEdge.stream_types])
def test_the_catalog_is_as_reviewed(stream: str) -> None:
    """Every change of a schema, key or replication key shows up as a change of a file.

    After a deliberate change, write the file anew from `tap-solaredge --discover`.
    """
    streams = json.loads(TapSolarEdge(validate_config=False).catalog_json_text)["streams"]
    (found,) = (entry for entry in streams if entry["tap_stream_id"] == stream)
    del found["metadata"]
    reviewed = json.loads((CATALOG / f"{stream}.json").read_text(encoding="utf-8"))
    assert found == reviewed
