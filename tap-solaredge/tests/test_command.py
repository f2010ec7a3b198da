"""The command as a user meets it: help, errors in one line, exit codes, no secret anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests
from click.testing import CliRunner

from solar_tap_kit.errors import SettingsError
from tap_solaredge.tap import TapSolarEdge

if TYPE_CHECKING:
    from pathlib import Path

    from solar_tap_kit.testing import Bench

pytestmark = pytest.mark.slow

FIXED = {"start_date": "2026-03-09", "end_date": "2026-03-11"}
"""A process lives in the machine's time, so its days are named."""

SECRET = "FLEET/KEY+%with odd"  # noqa: S105 - invented


def command(
    *arguments: str,
    config: dict[str, Any] | None = None,
    tmp: Path | None = None,
    env: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run tap-solaredge as a process."""
    options = list(arguments)
    if config is not None and tmp is not None:
        path = tmp / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        options += ["--config", str(path)]
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "tap_solaredge.tap", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **(env or {})},
    )


def error_lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the texts of the ERROR lines."""
    lines = [line for line in done.stderr.splitlines() if "| ERROR" in line]
    return [line.split("|", 3)[-1].strip() for line in lines]


def test_discovery_works_without_settings() -> None:
    """It needs neither settings nor network."""
    done = command("--discover", env={"http_proxy": "http://127.0.0.1:1"})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--about", "--format", "json"], "api_version"), (["--help"], "--plan"),
        (["login", "--help"], "--redirect-uri"),
    ],
)  # fmt: skip
def test_what_explains_itself_needs_nothing(arguments: list[str], words: str) -> None:
    """About and help: no settings, no network."""
    done = CliRunner().invoke(TapSolarEdge.get_singer_command(), arguments)
    assert done.exit_code == 0, done.output
    assert words in done.output


def test_no_option_takes_a_secret() -> None:
    """What stands on the command line stands in the machine's list of processes."""
    command = TapSolarEdge.get_singer_command()
    secrets = {name for name, setting in TapSolarEdge.config_jsonschema["properties"].items()
               if setting.get("secret")}  # fmt: skip
    assert secrets == {"api_key", "client_secret", "refresh_token"}
    assert not secrets & {option.name for option in command.params}


WRONG_KEYS = [
    ({"api_key": SECRET}, ["refused api_key", "Fleet API key"]),
    ({"api_version": "v1", "api_key": SECRET}, ["refused api_key", "account's or a site's"]),
]
MISTAKES = [
    *WRONG_KEYS,
    ({"api_key": None}, ["api_key", "missing"]),
    ({"api_url": "http://127.0.0.1:9"}, ["can't be reached", "api_url"]),
    ({"span_hours": 48}, ["span_hours", "at most 25"]),
    ({"site_ids": ["77"]}, ["site_ids", "77", "2 site"]),
    ({"client_id": "x", "client_secret": SECRET}, ["api_key", "not both"]),
    ({"api_key": None, "client_id": "x"}, ["client_secret", "missing"]),
    (
        {"api_key": None, "client_id": "x", "client_secret": SECRET},
        ["refresh_token", "tap-solaredge login"],
    ),
    ({"resolution": "week"}, ["resolution", "quarter_hour, hour, day"]),
    ({"api_version": "v1", "span_hours": 12}, ["span_hours", "v2"]),
    ({"api_version": "v1"}, ["refused api_key", "set api_version to v2"]),
]


@pytest.mark.parametrize(("settings", "words"), WRONG_KEYS)
def test_a_mistake_is_one_line_at_the_end(
    bench: Bench, tmp_path: Path, settings: dict[str, Any], words: list[str]
) -> None:
    """The last line names the setting and the way out; exit 1, no traceback, no secret."""
    bench.cloud.switches.set("solaredge.v1_sunset", "alive")
    done = command(config=bench.config(**{**FIXED, **settings}), tmp=tmp_path)
    assert done.returncode == 1
    assert all(word in error_lines(done)[-1] for word in words), done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    MISTAKES,
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_each_mistake_names_the_setting_and_the_way_out(
    bench: Bench,
    tmp_path: Path,
    settings: dict[str, Any],
    words: list[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same command without a process of its own: its last line, exit 1, no secret."""
    monkeypatch.setattr("solar_tap_kit.clock.SystemClock.sleep", lambda _self, _seconds: None)
    path = tmp_path / "config.json"
    config = bench.config(**{**FIXED, **settings})
    path.write_text(json.dumps(config), encoding="utf-8")
    done = CliRunner().invoke(TapSolarEdge.get_singer_command(), ["--config", str(path)])
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    last = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"][-1]
    assert all(word in last for word in words), last
    assert "\n" not in last
    assert SECRET not in done.output + caplog.text


def test_an_address_that_is_not_the_api_names_the_setting(bench: Bench) -> None:
    """404 from the first call on means that api_url leads elsewhere."""
    tap, _ = bench.tap(**FIXED, api_url=bench.cloud.url)
    with pytest.raises(SettingsError, match=r"^api_url"):
        tap.sync_all()


JSON_LOGS = """
version: 1
disable_existing_loggers: false
formatters:
  json:
    (): singer_sdk.logging.StructuredFormatter
handlers:
  console:
    class: logging.StreamHandler
    formatter: json
    stream: ext://sys.stderr
root:
  level: DEBUG
  handlers: [console]
"""


@pytest.mark.parametrize(
    ("form", "api_version", "fault"),
    [
        ("text", "v2", None),
        ("json", "v2", {"status": 500, "times": 4}),
        ("text", "v1", {"status": 403, "times": 0}),
        ("json", "v1", None),
    ],
)
def test_no_secret_is_in_any_output(
    bench: Bench, tmp_path: Path, form: str, api_version: str, fault: dict[str, Any] | None
) -> None:
    """The key appears nowhere at DEBUG, as text or JSON: neither on success nor on failure.

    v1 has it in every address, which the HTTP library logs.
    """
    bench.cloud.switches.set("solaredge.v1_sunset", "alive")
    if fault:
        endpoint = "solaredge.v2.energy" if api_version == "v2" else "solaredge.v1.*Details"
        bench.cloud.world.faults.add(endpoint=endpoint, body="{}", **fault)
    changes: dict[str, Any] = {}
    if api_version == "v1":
        key = bench.cloud.credentials.solaredge_v1_account_key
        changes = {"api_version": "v1", "api_key": key, "credits_per_month": None,
                   "calls_per_minute": None}  # fmt: skip
    config = bench.config(**FIXED, **changes, site_ids=["4100001"])
    env = {"LOGLEVEL": "DEBUG", "TAP_SOLAREDGE_LOGLEVEL": "DEBUG"}
    if form == "json":
        (tmp_path / "log.yml").write_text(JSON_LOGS, encoding="utf-8")
        env["SINGER_SDK_LOG_CONFIG"] = str(tmp_path / "log.yml")
    done = command(config=config, tmp=tmp_path, env=env)
    # What a key may not read is left out; what fails, fails the run.
    assert done.returncode == (1 if fault and api_version == "v2" else 0), done.stderr
    assert "debug" in done.stderr.lower()
    if form == "json":
        assert all(json.loads(line) for line in done.stderr.splitlines())
    if api_version == "v1":
        assert "api_key=[secret]" in done.stderr
    assert config["api_key"] not in done.stdout + done.stderr


def test_replay_sends_recordings_through_the_decoders(bench: Bench, tmp_path: Path) -> None:
    """Answers kept as files, of both APIs, give the rows of the runs that they came from."""
    bench.cloud.switches.set("solaredge.v1_sunset", "alive")
    v2, v1 = f"{bench.cloud.url}/solaredge/v2/sites", f"{bench.cloud.url}/solaredge"
    fleet = {"X-API-Key": bench.config()["api_key"]}
    half = {
        "from": "2026-03-09T00:00:00",
        "to": "2026-03-09T12:00:00",
        "resolution": "QUARTER_HOUR",
    }
    days = {"from": "2026-03-01T00:00:00", "to": "2026-03-08T00:00:00", "resolution": "DAY"}
    key = {"api_key": bench.cloud.credentials.solaredge_v1_account_key}
    dates = {"startDate": "2026-03-09", "endDate": "2026-03-09", **key}
    times = {"startTime": "2026-03-09 00:00:00", "endTime": "2026-03-09 23:59:59", **key}
    quarters = {"timeUnit": "QUARTER_OF_AN_HOUR"}
    recorded: dict[str, tuple[str, dict[str, str]]] = {
        "sites": (v2, {}),
        "devices": (f"{v2}/4100001/devices", {}),
        "energy": (f"{v2}/4100001/energy", half),
        "days": (f"{v2}/4100001/energy", days),
        "power": (f"{v2}/4100001/power", half),
        "meters": (f"{v2}/4100001/meters/telemetry", half),
        "inverters": (f"{v2}/4100001/inverters/telemetry", half),
        "storage": (f"{v2}/4100001/storage/telemetry", half),
        "overview": (f"{v2}/4100001/overview", {}),
        "problem": (f"{v2}/4100001/storage", {}),
        "v1-sites": (f"{v1}/sites/list", key),
        "v1-inventory": (f"{v1}/site/4100001/inventory", key),
        "v1-days": (f"{v1}/sites/4100001,4100002/energy", dates),
        "v1-power": (f"{v1}/sites/4100001,4100002/power", times),
        "v1-details": (f"{v1}/site/4100001/energyDetails", {**times, **quarters}),
        "v1-storage": (f"{v1}/site/4100001/storageData", times),
        "v1-overview": (f"{v1}/sites/4100001,4100002/overview", key),
        "v1-flow": (f"{v1}/site/4100001/currentPowerFlow", key),
    }
    for name, (address, params) in recorded.items():
        answer = requests.get(address, params=params, headers=fleet, timeout=30)
        (tmp_path / f"{name}.json").write_bytes(answer.content)
    (tmp_path / "cut.json").write_text("{", encoding="utf-8")
    done = command("--replay", str(tmp_path))
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            counts[message["stream"]] = counts.get(message["stream"], 0) + 1
    assert counts["sites"] == 2 + 2
    assert counts["inverter_telemetry"] == counts["site_energy"] == 48
    assert counts["site_power"] == 48 + 2 * 96
    assert counts["meter_energy"] == 4 * 48 + 4 * 96
    assert counts["storage_telemetry"] == 48 + 288
    assert counts["energy_days"] == 7 + 2
    assert counts["overview"] == 1 + 2
    assert counts["power_flow"] == 1
    assert "problem.json: refusal, HTTP 404" in done.stderr
    assert "cut.json: not decoded" in done.stderr
    assert "fields that no column takes" not in done.stderr
