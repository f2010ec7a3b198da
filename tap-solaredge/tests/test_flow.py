"""The live power flow, in v2's form and in v1's: the same row."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from solar_tap_kit.cloud import Recording
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.windows import Site
from tap_solaredge.replay import replay
from tap_solaredge.snapshots import power_flow

if TYPE_CHECKING:
    from collections.abc import Callable

    from solar_tap_kit.testing import Bench, Collector

METERED = "4100001"
HERE = Site("1", ZoneInfo("Europe/Berlin"))
AT = "2026-05-25T19:00:00.000000Z"
FLOW = {
    "updatedAt": "2026-05-25T20:51:59+02:00",
    "unit": "W",
    "pv": {"active": True, "power": 20},
    "load": {"active": True, "power": 310},
    "grid": {"active": True, "power": 20, "status": "IMPORT"},
    "storage": {"active": True, "power": 270, "status": "DISCHARGE", "chargeLevel": 96},
}


def test_the_live_flow_of_v2_says_its_direction_by_status() -> None:
    """Watts, the instant that the answer names, and a direction in words."""
    (row,) = power_flow(FLOW, HERE, AT)
    assert row["recorded_at"] == "2026-05-25T18:51:59Z"
    assert row["local_time"] == "2026-05-25 20:51:59"
    powers = {name: row[f"{name}_power"] for name in ("pv", "load", "grid", "storage")}
    assert powers == {"pv": 20, "load": 310, "grid": 20, "storage": 270}
    assert (row["grid_direction"], row["storage_direction"]) == ("import", "discharge")
    assert (row["pv_status"], row["grid_status"]) == ("Active", "IMPORT")
    assert row["storage_charge_level"] == 96


@pytest.mark.parametrize(
    ("part", "value", "column", "expected"),
    [
        ("unit", "KW", "grid_power", 20_000),
        ("unit", None, "grid_power", 20),
        ("grid", {"power": 5, "status": "Export"}, "grid_direction", "export"),
        ("grid", {"power": -5, "status": "EXPORT"}, "grid_power", 5),
        ("grid", {"power": 0, "status": "IMPORT"}, "grid_direction", None),
        ("grid", {"power": 5, "status": "SIDEWAYS"}, "grid_direction", None),
        ("grid", {"power": None}, "grid_power", None),
        ("storage", {"power": 5, "status": "CHARGING"}, "storage_direction", "charge"),
        ("storage", None, "storage_power", None),
        ("pv", {"active": False, "power": 0}, "pv_status", "Idle"),
        ("updatedAt", None, "recorded_at", "2026-05-25T19:00:00Z"),
    ],
)
def test_parts_of_the_live_flow(part: str, value: Any, column: str, expected: Any) -> None:
    """Other units and words, parts that are not there: nothing is guessed."""
    (row,) = power_flow({**FLOW, part: value}, HERE, AT)
    assert row[column] == expected


@pytest.mark.parametrize(
    "answer",
    [{}, {"siteCurrentPowerFlow": {}}, {"unit": "W", "updatedAt": None}, {"pv": None, "unit": "W"}],
)
def test_a_flow_without_parts_is_no_row(answer: dict[str, Any]) -> None:
    """A site that does not measure it."""
    assert power_flow(answer, HERE, AT) == []


@pytest.mark.parametrize(
    "answer", [{"flows": [1, 2]}, {"pv": {"watts": 5}}, {"unit": "W", "pv": 20}, []]
)
def test_a_flow_of_another_form_is_told(answer: Any) -> None:
    """Not silently nothing: the line shows what came."""
    with pytest.raises(DecodeError, match="power flow"):
        power_flow(answer, HERE, AT)


@pytest.mark.parametrize("answer", [FLOW, {"siteCurrentPowerFlow": {"GRID": {"currentPower": 1}}}])
def test_a_recorded_flow_is_known(answer: dict[str, Any]) -> None:
    """`--replay` recognises both forms."""
    (found,) = replay([Recording("flow.json", json.dumps(answer).encode())], AT)
    assert found.kind == "power flow"
    assert len(found.rows["power_flow"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("form", ["status", "connections"])
def test_both_forms_of_the_live_flow_are_true(
    bench: Bench, only: Callable[..., Collector], form: str
) -> None:
    """The row is the truth of the last minute in either form."""
    bench.cloud.switches.set("solaredge.tier", "pro")
    bench.cloud.switches.set("solaredge.power_flow", form)
    now = bench.cloud.clock.now()
    (row,) = only(bench, {"power_flow"}, site_ids=[METERED]).records("power_flow")
    truth = bench.cloud.truth.energy(METERED, now - dt.timedelta(minutes=1), now)
    for name, kwh in (
        ("pv", truth.pv_kwh),
        ("load", truth.load_kwh),
        ("grid", truth.import_kwh + truth.export_kwh),
        ("storage", truth.charge_kwh + truth.discharge_kwh),
    ):
        assert row[f"{name}_power"] == pytest.approx(kwh * 60_000, abs=5.1), name
    way = "import" if truth.import_kwh else "export" if truth.export_kwh else None
    assert row["grid_direction"] == way
    way = "charge" if truth.charge_kwh else "discharge" if truth.discharge_kwh else None
    assert row["storage_direction"] == way
