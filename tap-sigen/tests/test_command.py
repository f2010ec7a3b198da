"""The command as a user meets it: help, errors in one line, exit codes, no secret anywhere."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests

from solar_tap_kit.clock import parse_utc

if TYPE_CHECKING:
    from pathlib import Path

    from solar_tap_kit.testing import Bench


pytestmark = pytest.mark.slow

FIXED = {"start_date": "2026-03-28", "end_date": "2026-04-02"}
"""A process lives in the machine's time, so its days are named."""

JSON_LOGS = """
version: 1
disable_existing_loggers: false
formatters: {{json: {{"()": singer_sdk.logging.StructuredFormatter}}}}
handlers: {{err: {{class: logging.StreamHandler, formatter: json, stream: ext://sys.stderr}}}}
root: {{level: {level}, handlers: [err]}}
"""
SECRET = "s3cret-pass/word+%"  # noqa: S105 - invented


def command(*arguments: str, config: dict[str, Any] | None = None, tmp: Path | None = None,
            env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """Run tap-sigen as a process."""
    options = list(arguments)
    if config is not None and tmp is not None:
        path = tmp / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        options += ["--config", str(path)]
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "tap_sigen.tap", *options],
        capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, **(env or {})},
    )  # fmt: skip


def error_lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the texts of the ERROR lines."""
    return [
        line.split("|", 3)[-1].strip() for line in done.stderr.splitlines() if "| ERROR" in line
    ]


@pytest.mark.parametrize(
    "option", [["--about", "--format", "json"], ["--discover"], ["--help"], ["--version"]]
)
def test_what_needs_no_settings_works_without(option: list[str]) -> None:
    """About, discovery, help and version need neither settings nor network."""
    done = command(*option, env={"http_proxy": "http://127.0.0.1:1"})
    assert done.returncode == 0, done.stderr
    if "--help" not in option and "--version" not in option:
        assert json.loads(done.stdout)


def test_a_wrong_password_is_one_line(bench: Bench, tmp_path: Path) -> None:
    """The line names region and settings, and the run asks only once: five tries lock."""
    done = command(config=bench.config(**FIXED, password=SECRET), tmp=tmp_path)
    assert done.returncode == 1
    (line,) = error_lines(done)
    assert "refused the login" in line
    assert "username and password" in line
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr + done.stdout
    assert len(bench.cloud.calls.matching(endpoint="sigen.login")) == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"region": "mars"}, ["region", "eu, aus, apac"]),
        ({"username": None}, ["username", "go together"]),
        ({"app_key": "k", "app_secret": "s"}, ["app_key", "either"]),
        ({"api_url": None}, ["region", "missing"]),
        ({"api_url": "nonsense"}, ["api_url", "not a usable address"]),
        ({"start_date": "yesterday"}, ["start_date", "YYYY-MM-DD"]),
        ({"sytem_ids": []}, ["sytem_ids", "did you mean system_ids"]),
        ({"system_ids": ["NOSUCH0000000001"]}, ["system_ids", "NOSUCH0000000001", "2 system"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_each_useless_setting_is_one_line(
    bench: Bench, tmp_path: Path, settings: dict[str, Any], words: list[str]
) -> None:
    """One line, which names the setting and the way out; exit 1, no traceback."""
    done = command(config=bench.config(**{**FIXED, **settings}), tmp=tmp_path)
    assert done.returncode == 1
    (line,) = error_lines(done)
    assert all(word in line for word in words), line
    assert "Traceback" not in done.stderr


def test_an_unreachable_host_is_one_line(tmp_path: Path, bench: Bench) -> None:
    """Nothing listens there: after the tries the line names what to check."""
    done = command(config=bench.config(**FIXED, api_url="http://127.0.0.1:9"), tmp=tmp_path)
    assert done.returncode == 1
    (line,) = error_lines(done)
    assert "check the network, region and api_url" in line
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", ["{not json", "", "[1]"])
def test_a_broken_config_file_is_one_line(tmp_path: Path, content: str) -> None:
    """A file that is no settings object is named, without a traceback."""
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    done = command("--config", str(path))
    assert done.returncode == 1
    assert len(error_lines(done)) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("level", "form", "fault"),
    [
        ("INFO", "text", None),
        ("DEBUG", "text", None),
        ("DEBUG", "json", None),
        ("DEBUG", "text", {"status": 500, "times": 0}),
        ("DEBUG", "json", {"code": 11003, "times": 0}),
    ],
)
def test_no_secret_is_in_any_output(
    bench: Bench, tmp_path: Path, level: str, form: str, fault: dict[str, Any] | None
) -> None:
    """Password and token appear nowhere: on success or failure, at DEBUG, as text or JSON."""
    if fault:
        bench.cloud.world.faults.add(endpoint="sigen.history", **fault)
    config = bench.config(start_date="2026-04-01", end_date="2026-04-02")
    env = {"TAP_SIGEN_LOGLEVEL": level}
    if form == "json":
        (tmp_path / "log.yml").write_text(JSON_LOGS.format(level=level), encoding="utf-8")
        env["SINGER_SDK_LOG_CONFIG"] = str(tmp_path / "log.yml")
    done = command(config=config, tmp=tmp_path, env=env)
    assert done.returncode == (1 if fault else 0), done.stderr
    if form == "json":
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        assert any("site(s) to read" in line["message"] for line in lines)
    seen = done.stdout + done.stderr
    assert config["password"] not in seen
    assert "Bearer" not in seen
    assert "accessToken" not in seen


def test_the_plan_is_printed_and_spends_one_call(bench: Bench, tmp_path: Path) -> None:
    """A table for people, every window for machines, and only the list of systems is asked."""
    config = bench.config(**FIXED)
    table = command("--plan", config=config, tmp=tmp_path)
    assert table.returncode == 0, table.stderr
    assert "history_intervals" in table.stdout
    assert "at the limits that the vendor documents" in table.stdout
    machine = json.loads(command("--plan", "json", config=config, tmp=tmp_path).stdout)
    assert machine["cost_unit"] == "calls"
    assert machine["cost"] == len(machine["steps"])
    days = [step for step in machine["steps"] if step["source"] == "history_intervals"]
    assert len(days) == 10
    assert {call.endpoint for call in bench.cloud.calls} == {"sigen.login", "sigen.systems"}
    assert "RECORD" not in table.stdout


def test_check_says_what_the_account_may_use(bench: Bench, tmp_path: Path) -> None:
    """Each endpoint once a system, in words; a refusal is exit 1, a state of a system is not."""
    config = bench.config(**FIXED)
    done = command("--check", config=config, tmp=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 site(s)" in done.stdout
    assert "1 history_days" in done.stdout
    assert f"{len(list(bench.cloud.calls))} calls spent" in done.stdout
    for code, verdict, exit_code in ((1106, "failed", 1), (1104, "offline", 0)):
        bench.cloud.world.faults.add(endpoint="sigen.summary", nth=1, code=code)
        done = command("--check", "json", config=config, tmp=tmp_path)
        assert done.returncode == exit_code
        findings = json.loads(done.stdout)["findings"]
        (bad,) = [finding for finding in findings if finding["verdict"] != "ok"]
        assert (bad["source"], bad["verdict"]) == ("summary", verdict)
        assert str(code) in bad["words"]


def test_settings_come_from_the_environment_too(bench: Bench) -> None:
    """`--config=ENV` reads TAP_SIGEN_*, lists included."""
    config = bench.config(start_date="2026-04-01", end_date="2026-04-02")
    env = {f"TAP_SIGEN_{name.upper()}": str(value) for name, value in config.items()}
    env["TAP_SIGEN_SYSTEM_IDS"] = '["LINDE1709625600"]'
    done = command("--config", "ENV", env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"type":"RECORD","stream":"history_days"') == 1


def test_a_stop_signal_finishes_the_window_and_keeps_its_state(
    bench: Bench, tmp_path: Path
) -> None:
    """SIGTERM while a call is under way: that window is written, STATE is last, exit 0."""
    # Two systems with four calls for totals each come before the first day.
    bench.cloud.world.faults.add(endpoint="sigen.history", nth=11, delay_seconds=2)
    path, written = tmp_path / "config.json", tmp_path / "out.jsonl"
    path.write_text(json.dumps(bench.config(**FIXED)), encoding="utf-8")
    with (
        written.open("w") as stdout,
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "tap_sigen.tap", "--config", str(path)],
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr is not None
        days_seen = 0
        for line in process.stderr:
            days_seen += " history_intervals of " in line
            if days_seen == 2:
                process.send_signal(signal.SIGTERM)
                break
        rest = process.stderr.read()
        process.wait(timeout=60)
    out = written.read_text(encoding="utf-8")
    assert process.returncode == 0, rest
    assert "paused: asked to stop" in rest
    last = json.loads(out.splitlines()[-1])
    assert last["type"] == "STATE"
    days = out.count('"type":"RECORD","stream":"history_days"')
    assert days in (2, 3), "the signal may come before or after the third call goes out"
    spans = last["value"]["bookmarks"]["history_intervals"]["sites"].values()
    covered = [parse_utc(until) - parse_utc(since) for since, until, _ in spans]
    assert round(sum(covered, dt.timedelta()) / dt.timedelta(days=1)) == days


def test_a_reader_that_goes_away_is_one_line(bench: Bench, tmp_path: Path) -> None:
    """A broken pipe is the target's failure; the tap says so and does not dump a traceback."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(bench.config(**FIXED)), encoding="utf-8")
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tap_sigen.tap", "--config", str(path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        rest = process.stderr.read()
        process.wait(timeout=60)
    assert process.returncode == 1
    assert "has gone away" in rest
    assert "Traceback" not in rest


def test_replay_sends_recordings_through_the_decoders(bench: Bench, tmp_path: Path) -> None:
    """Answers kept as files give the rows of the run that they came from."""
    url, account = f"{bench.cloud.sigen_url}/openapi", bench.config()
    login = requests.post(
        f"{url}/auth/login/password",
        json={name: account[name] for name in ("username", "password")},
        timeout=30,
    )
    token = json.loads(login.json()["data"])["accessToken"]
    for name, path in (
        ("list", "system"),
        ("a", "systems/LINDE1709625600/history?level=Day&date=2026-03-28"),
        ("b", "systems/LINDE1709625600/history?level=Day&date=2026-03-30"),
    ):
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(f"{url}/{path}", headers=headers, timeout=30)
        (tmp_path / f"{name}.json").write_bytes(answer.content)
    (tmp_path / "odd.json").write_text("{", encoding="utf-8")
    (tmp_path / "no.json").write_text('{"code": 1201, "msg": "x", "data": null}', encoding="utf-8")
    done = command("--replay", str(tmp_path))
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    rows = [m["record"] for m in records if m["type"] == "RECORD"]
    assert sum(1 for row in rows if "seq" in row) == 288 * 2
    assert "not JSON" in done.stderr
    assert "code 1201" in done.stderr
    assert command("--replay", str(tmp_path / "none")).returncode == 1
