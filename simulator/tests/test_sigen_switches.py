"""Words, labels, windows and revisions of the Sigen cloud that switches decide."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.sigen.oddities import ENERGIES, POWERS
from solar_simulator.testing.clients import SigenClient
from solar_simulator.testing.sites import BERLIN

DAY = "2026-06-29"
HISTORY = f"/systems/{BERLIN}/history"
INVERTER, BATTERY = "110A900L0001", "110B900L0001"


@pytest.mark.parametrize(
    ("level", "instant", "short"),
    [
        ("Week", "20260629 00:00", "20260629"),
        ("Month", "20260601 00:00", "20260601"),
        ("Year", "20260101 00:00", "202601"),
        ("Lifetime", "20250101 00:00", "2025"),
    ],
)
def test_labels_of_coarse_levels(
    simulator: SimulatorServer, sigen: SigenClient, level: str, instant: str, short: str
) -> None:
    """The first instant of the part, or just its name."""
    assert sigen.history(BERLIN, DAY, level)["itemList"][0]["dataTime"] == instant
    simulator.switches.set("sigen.coarse_labels", "short")
    assert sigen.history(BERLIN, DAY, level)["itemList"][0]["dataTime"] == short


def test_labels_with_seconds(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """Rows and days have the same form."""
    simulator.switches.set("sigen.data_time", "iso_seconds")
    assert sigen.history(BERLIN, DAY)["itemList"][-1]["dataTime"] == f"{DAY} 23:55:00"
    month = sigen.history(BERLIN, DAY, "Month")["itemList"]
    assert month[28]["dataTime"] == f"{DAY} 00:00:00"


def test_words_of_the_lists(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """Status in small letters, inverters as AIO, and a connection time that says nothing."""
    for name, value in {"sigen.status_words": "lower", "sigen.inverter_type": "AIO"}.items():
        simulator.switches.set(name, value)
    for kind, shown in (("null", None), ("zero", 0)):
        simulator.switches.set("sigen.connect_time", kind)
        system = sigen.data("/system")[0]
        assert (system["status"], system["gridConnectedTime"]) == ("normal", shown)
    devices = [json.loads(text) for text in sigen.get(f"/system/{BERLIN}/devices").json()["data"]]
    assert [device["deviceType"] for device in devices] == ["AIO", "Battery", "Gateway"]
    assert {device["status"] for device in devices} == {"normal"}
    answer = sigen.data(f"/systems/{BERLIN}/devices/{INVERTER}/realtimeInfo")
    assert answer["deviceType"] == "AIO"
    assert "pV1Voltage" in answer["realTimeInfo"]


def test_bare_devices_and_an_object_at_login(
    simulator: SimulatorServer, sigen: SigenClient
) -> None:
    """Devices without attributes, as strings and as objects; the token not in a string."""
    simulator.switches.set("sigen.no_attributes", value=True)
    path = f"/system/{BERLIN}/devices"
    texts = [json.loads(text) for text in sigen.get(path).json()["data"]]
    simulator.switches.set("sigen.data_form", "object")
    assert sigen.get(path).json()["data"] == texts
    assert len(texts) == 3
    assert not any("attrMap" in device for device in texts)
    simulator.switches.set("sigen.login_form", "object")
    known = simulator.credentials
    body = {"username": known.sigen_username, "password": known.sigen_password}
    answer = sigen.session.post(f"{sigen.url}/auth/login/password", json=body, timeout=30)
    assert answer.json()["data"]["tokenType"] == "Bearer"


def test_success_without_data(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """Code 0, and no key `data` at all."""
    simulator.switches.set("sigen.missing_data", 1.0)
    assert set(sigen.get(f"/systems/{BERLIN}/summary").json()) == {"code", "msg", "timestamp"}


def test_sentinels_are_of_four_kinds(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """Powers not available read one of four numbers; the energies are right."""
    clean = sigen.history(BERLIN, DAY)["itemList"]
    simulator.switches.set("sigen.sentinels", 0.5)
    rows = sigen.history(BERLIN, DAY)["itemList"]
    seen = {row["loadPower"] for row in rows} - {row["loadPower"] for row in clean}
    assert seen == {4294967295.0, 429496729.5, 42949672.95, 4294967.295}
    assert all(len({row[name] for name in POWERS}) == 1 for row in rows if row["loadPower"] > 1e6)
    for row, good in zip(rows, clean, strict=True):
        assert all(row[name] == good[name] for name in ENERGIES)


@pytest.mark.parametrize("code", ["1402", "1603", "1604"])
def test_an_account_without_access(
    simulator: SimulatorServer, session: requests.Session, code: str
) -> None:
    """The right password gets the code, a wrong one 11003 as ever."""
    simulator.switches.set("sigen.login_refusal", code)
    known = simulator.credentials
    answers = [
        session.post(
            f"{simulator.sigen_url}/openapi/auth/login/password",
            json={"username": known.sigen_username, "password": password},
            timeout=30,
        ).json()["code"]
        for password in (known.sigen_password, "wrong")
    ]
    assert answers == [int(code), 11003]


@pytest.mark.parametrize(
    ("scope", "codes"),
    [("endpoint", [0, 1201, 0]), ("level", [0, 0, 0]), ("station", [0, 1201, 1201])],
)
def test_what_shares_a_window(
    simulator: SimulatorServer, sigen: SigenClient, scope: str, codes: list[int]
) -> None:
    """After a day's history: the month's, and the summary."""
    simulator.switches.set("limits", "documented")
    simulator.switches.set("sigen.window_scope", scope)
    calls: list[tuple[str, dict[str, str]]] = [
        (HISTORY, {"level": "Day", "date": DAY}),
        (HISTORY, {"level": "Month", "date": DAY}),
        (f"/systems/{BERLIN}/summary", {}),
    ]
    assert [sigen.get(path, **query).json()["code"] for path, query in calls] == codes
    again = sigen.get(HISTORY, level="day", date=DAY).json()["code"]
    assert again == 1201


def test_a_late_revision_reaches_all_history(
    simulator: SimulatorServer, sigen: SigenClient
) -> None:
    """Rows, days, devices and flows are low together; powers of the moment and SoC are not."""

    def seen() -> tuple[list[dict[str, Any]], dict[str, Any], list[Any], list[Any], list[Any]]:
        words = {"level": "Day", "date": DAY}
        devices = f"/systems/{BERLIN}/devices"
        return (
            sigen.history(BERLIN, DAY)["itemList"],
            sigen.history(BERLIN, DAY, "Month")["itemList"][28],
            sigen.data(f"{devices}/{INVERTER}/history", **words)["itemList"],
            sigen.data(f"{devices}/{BATTERY}/history", **words)["itemList"],
            sigen.data(f"/systems/{BERLIN}/v1/history", **words)["sankeyData"]["nodes"],
        )

    final, live = seen(), sigen.data(f"/systems/{BERLIN}/energyFlow")
    simulator.switches.set("revision_days", 5)
    simulator.switches.set("revision_share", 0.1)
    early = seen()
    for before, after in zip(final[0], early[0], strict=True):
        for name in ENERGIES:
            assert after[name] == pytest.approx(before[name] * 0.9, abs=0.021)
        for name in POWERS:
            assert after[name] == pytest.approx(before[name] * 0.9, abs=0.0021)
        assert after["batSoc"] == before["batSoc"]
    assert early[1]["powerUse"] == pytest.approx(final[1]["powerUse"] * 0.9, abs=0.011)
    for before, after in zip(final[2], early[2], strict=True):
        assert after["pVPower"] == pytest.approx(before["pVPower"] * 0.9, abs=0.0021)
    assert early[3][-1]["chargeEnergy"] == pytest.approx(
        final[3][-1]["chargeEnergy"] * 0.9, abs=0.011
    )
    for before, after in zip(final[4], early[4], strict=True):
        assert after["value"] == pytest.approx(before["value"] * 0.9, abs=0.011)
    assert sigen.data(f"/systems/{BERLIN}/energyFlow") == live
    simulator.clock.advance(timedelta(days=6))
    sigen.token = SigenClient(simulator, sigen.session).token
    assert seen() == final


def test_the_energy_flow_has_the_bias(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """A biased reading of the load is what the balance of the flow is off by."""
    simulator.clock.set(datetime(2026, 6, 20, 10, 3, tzinfo=UTC))
    plain = sigen.data(f"/systems/{BERLIN}/energyFlow")
    simulator.switches.set("load_bias_w", 250)
    biased = sigen.data(f"/systems/{BERLIN}/energyFlow")
    assert biased["loadPower"] == pytest.approx(plain["loadPower"] + 0.25, abs=1e-9)
    parts = ("gridPower", "batteryPower", "loadPower", "evPower", "heatPumpPower")
    assert sum(biased[part] for part in parts) - biased["pvPower"] == pytest.approx(0.25, abs=1e-9)
