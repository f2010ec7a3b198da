"""The command as a user meets it: help, errors in one line, exit codes, no secret anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests

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


@pytest.mark.parametrize("option", [["--about", "--format", "json"], ["--discover"], ["--help"]])
def test_what_needs_no_settings_works_without(option: list[str]) -> None:
    """About, discovery and help need neither settings nor network."""
    done = command(*option, env={"http_proxy": "http://127.0.0.1:1"})
    assert done.returncode == 0, done.stderr
    if "--help" not in option:
        assert json.loads(done.stdout)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"api_key": SECRET}, ["refused api_key", "Fleet API key"]),
        ({"api_key": None}, ["api_key", "missing"]),
        ({"api_url": "http://127.0.0.1:9"}, ["can't be reached", "api_url"]),
        ({"span_hours": 48}, ["span_hours", "at most 25"]),
        ({"site_ids": ["77"]}, ["site_ids", "77", "2 site"]),
        ({"span_hours": 24, "site_ids": ["4100001"]}, ["span_hours lower"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_each_mistake_is_one_line_at_the_end(
    bench: Bench, tmp_path: Path, settings: dict[str, Any], words: list[str]
) -> None:
    """The last line names the setting and the way out; exit 1, no traceback, no secret."""
    done = command(config=bench.config(**{**FIXED, **settings}), tmp=tmp_path)
    assert done.returncode == 1
    assert all(word in error_lines(done)[-1] for word in words), done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_an_address_that_is_not_the_api_names_the_setting(bench: Bench, tmp_path: Path) -> None:
    """404 from the first call on means that api_url leads elsewhere."""
    done = command(config=bench.config(**FIXED, api_url=bench.cloud.url), tmp=tmp_path)
    assert done.returncode == 1
    (line,) = error_lines(done)
    assert line.startswith("api_url")


@pytest.mark.parametrize("fault", [None, {"status": 500, "times": 0}, {"status": 403, "times": 0}])
def test_no_secret_is_in_any_output(
    bench: Bench, tmp_path: Path, fault: dict[str, Any] | None
) -> None:
    """The key appears nowhere at DEBUG: neither on success nor on failure."""
    if fault:
        bench.cloud.world.faults.add(endpoint="solaredge.v2.energy", body="{}", **fault)
    config = bench.config(**FIXED)
    done = command(config=config, tmp=tmp_path, env={"LOGLEVEL": "DEBUG"})
    assert done.returncode == (1 if fault else 0), done.stderr
    assert config["api_key"] not in done.stdout + done.stderr


def test_replay_sends_recordings_through_the_decoders(bench: Bench, tmp_path: Path) -> None:
    """Answers kept as files give the rows of the run that they came from."""
    base = f"{bench.cloud.url}/solaredge/v2/sites"
    span = {
        "from": "2026-03-09T00:00:00",
        "to": "2026-03-09T12:00:00",
        "resolution": "QUARTER_HOUR",
    }
    for name, path in (
        ("sites", ""),
        ("devices", "/4100001/devices"),
        ("energy", "/4100001/energy"),
        ("meters", "/4100001/meters/telemetry"),
        ("inverters", "/4100001/inverters/telemetry"),
        ("storage", "/4100001/storage/telemetry"),
        ("overview", "/4100001/overview"),
    ):
        answer = requests.get(
            f"{base}{path}",
            params=span if "t" in path[9:] or "energy" in path else None,
            headers={"X-API-Key": bench.config()["api_key"]},
            timeout=30,
        )
        (tmp_path / f"{name}.json").write_bytes(answer.content)
    done = command("--replay", str(tmp_path))
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            counts[message["stream"]] = counts.get(message["stream"], 0) + 1
    assert counts["sites"] == 2
    assert counts["site_energy"] == counts["inverter_telemetry"] == 48
    assert counts["meter_energy"] == 4 * 48
    assert counts["storage_telemetry"] == 48
    assert "overview.json: object of consumption" in done.stderr
