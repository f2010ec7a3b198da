"""Answers that are not to the question: each switch does what it says, the truth stands."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SigenClient
from solar_simulator.testing.sites import BERLIN

DAY = date(2026, 6, 20)
NOON = datetime(2026, 6, 20, 10, tzinfo=UTC)
ONE = datetime(2026, 6, 20, 11, tzinfo=UTC)


def test_a_day_answer_for_another_day(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """The answer is that of the other day, labels, totals and all."""
    other = sigen.history(BERLIN, date(2026, 6, 21))
    simulator.switches.set("sigen.days_off", 1)
    assert sigen.history(BERLIN, DAY) == other


def test_a_row_comes_in_place_of_others(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """The day has as many rows as ever, an hour of them the same."""
    simulator.switches.set("sigen.repeated_rows", 1.0, site=BERLIN, start=NOON, end=ONE)
    rows = sigen.history(BERLIN, DAY)["itemList"]
    assert len(rows) == 288
    assert [row for row in rows if row["dataTime"].endswith("11:55")] == [rows[143]] * 13


def test_a_dash_for_the_state_of_charge(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """Only the state of charge, only in the rows that are hit."""
    simulator.switches.set("sigen.dashes", 1.0, site=BERLIN, start=NOON, end=ONE)
    rows = sigen.history(BERLIN, DAY)["itemList"]
    assert sum(row["batSoc"] == "--" for row in rows) == 12


@pytest.mark.parametrize(
    ("form", "first"), [("utc", "2026-06-19T22:00:00Z"), ("offset", "2026-06-20T00:00:00+02:00")]
)
def test_labels_with_a_zone(
    simulator: SimulatorServer, sigen: SigenClient, form: str, first: str
) -> None:
    """Rows carry instants; days of a month keep their names."""
    simulator.switches.set("sigen.data_time", form)
    assert sigen.history(BERLIN, DAY)["itemList"][0]["dataTime"] == first
    month = sigen.history(BERLIN, DAY, level="Month")
    assert month["itemList"][0]["dataTime"] == "2026-06-01 00:00"


@pytest.mark.parametrize(
    ("switch", "value", "key", "shown"),
    [
        ("sigen.zone_words", "offset", "timeZone", "GMT+1"),
        ("sigen.zone_words", "windows", "timeZone", "W. Europe Standard Time"),
        ("sigen.zone_words", "null", "timeZone", None),
        ("sigen.null_id", True, "systemId", None),
        ("sigen.connect_time", "epoch", "gridConnectedTime", 1000),
    ],
)
def test_odd_words_in_the_system_list(
    simulator: SimulatorServer, sigen: SigenClient, switch: str, value: Any, key: str, shown: Any
) -> None:
    """Of the one system that the rule names."""
    simulator.switches.set(switch, value, site=BERLIN)
    assert [system[key] == shown for system in sigen.data("/system")].count(True) == 1
