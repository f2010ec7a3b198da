"""Every row of the table of codes, every HTTP status, and ten thousand bodies made of noise."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import requests

from solar_tap_kit.clock import utc_text_exact
from solar_tap_kit.errors import (
    AuthError,
    PartialFailure,
    SettingsError,
    SolarError,
    UnreachableError,
)
from solar_tap_kit.runtime import Runtime
from solar_tap_kit.windows import Days, Site, Window
from tap_sigen.client import BROWSER
from tap_sigen.cloud import SigenCloud
from tap_sigen.codes import CODES, Action

if TYPE_CHECKING:
    from pathlib import Path

    from solar_tap_kit.cloud import Source
    from solar_tap_kit.testing import Bench

BERLIN = "LINDE1709625600"
ONE_DAY = {"system_ids": [BERLIN], "start_date": "2026-04-01", "end_date": "2026-04-02"}
ENDS = {
    Action.RETRY: PartialFailure,
    # Of one endpoint: the list of systems and the devices were answered with the same login.
    Action.LOGIN: PartialFailure,
    Action.FATAL: PartialFailure,
    # The newest window is waited for, but not for ever.
    Action.QUOTA: PartialFailure,
    Action.SKIP: PartialFailure,
    Action.DATE: PartialFailure,
    # States that the vendor knows of: nothing has failed.
    Action.OFFLINE: None,
    Action.PENDING: None,
}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_does_what_the_table_says(
    bench: Bench, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The cloud answers every history call with the code: the run ends as the table has it."""
    caplog.set_level("INFO")
    bench.cloud.world.faults.add(endpoint="sigen.history", nth=1, times=999, code=code)
    known = CODES[code]
    tap, out = bench.tap(**ONE_DAY)
    error = ENDS[known.action]
    with pytest.raises(error) if error else contextlib.nullcontext() as caught:
        tap.sync_all()
    if caught is None:
        state = "offline" if known.action is Action.OFFLINE else "pending"
        assert f"sites: 0 complete, 1 {state} ({BERLIN})" in caplog.text
    else:
        assert known.text[:30] in str(caught.value)
        assert "\n" not in str(caught.value)
    # Whatever happened, what was read before it stands, and STATE was the last word.
    assert out.counts["devices"] == 3
    assert out.messages[-1]["type"] == "STATE"
    assert not out.records("history_days")


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ({"status": 401, "body": "{}"}, AuthError, "also with a new token"),
        ({"status": 424, "body": "{}"}, AuthError, "also with a new token"),
        ({"status": 403, "body": "html", "content_type": "text/html"}, AuthError, "HTTP 403"),
        ({"status": 404, "body": "{}"}, SettingsError, "HTTP 404"),
        ({"status": 302, "body": "{}"}, SettingsError, "HTTP 302"),
        ({"status": 418, "body": "{}"}, PartialFailure, "HTTP 418"),
        ({"status": 500, "body": ""}, UnreachableError, "gave up after 4 tries"),
        ({"status": 502, "body": "bad gateway"}, UnreachableError, "gave up after 4 tries"),
        ({"status": 503}, UnreachableError, "gave up after 4 tries"),
        ({"status": 504}, UnreachableError, "gave up after 4 tries"),
        ({"status": 200, "body": ""}, UnreachableError, "an empty answer"),
        ({"status": 200, "body": "[1, 2"}, UnreachableError, "instead of JSON"),
        ({"status": 200, "body": "5"}, PartialFailure, "has no code"),
        ({"status": 200, "body": '{"code": "x"}'}, PartialFailure, "not a number"),
        ({"status": 200, "body": '{"code": 0, "data": 5}'}, PartialFailure, "expected an object"),
        ({"cut": "before"}, UnreachableError, "gave up after 4 tries"),
    ],
    ids=str,
)
def test_every_status_ends_in_one_line(
    bench: Bench, fault: dict[str, Any], error: type[SolarError], words: str
) -> None:
    """A fault that stays is a typed error with one line that says what to do or what was seen.

    Of one endpoint it is that endpoint's. Of all of them, once the list is there, it is the
    cloud's, the address's or the credential's, and ends the run.
    """
    bench.cloud.world.faults.add(endpoint="sigen.history", nth=1, times=999, **fault)
    tap, _ = bench.tap(**ONE_DAY)
    with pytest.raises(PartialFailure, match=words) as caught:
        tap.sync_all()
    assert "\n" not in str(caught.value)
    bench.cloud.world.reset()
    bench.cloud.world.faults.add(endpoint="sigen.systems", nth=2, times=999, **fault)
    for endpoint in ("devices", "summary", "energy_flow", "history"):
        bench.cloud.world.faults.add(endpoint=f"sigen.{endpoint}", nth=1, times=999, **fault)
    tap, _ = bench.tap(**ONE_DAY)
    with pytest.raises(PartialFailure if error is UnreachableError else error) as caught:
        tap.sync_all()
    assert "\n" not in str(caught.value)
    # Once the system has been given up twice, nothing more of it is requested.
    assert len(bench.cloud.calls) <= 18


def test_a_long_retry_after_pauses_the_run(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody waits an hour in a retry: the run says when to come back."""
    bench.cloud.world.faults.add(
        endpoint="sigen.history", nth=1, times=9, status=429, headers={"Retry-After": "7200"}
    )
    bench.run(**ONE_DAY)
    assert "paused" in caplog.text
    assert "2026-04-02 11:00" in caplog.text


def answers(bench: Bench, tmp_path: Path) -> list[tuple[Source, Window, bytes]]:
    """Return one small real answer for each source."""
    time = bench.cloud.clock
    tap, _ = bench.tap(state_dir=str(tmp_path))
    cloud = SigenCloud(Runtime(tap.config, tap.clock, tap.redactor))
    day = dt.date(2026, 3, 30)
    site = Site(BERLIN, ZoneInfo("Europe/Berlin"))
    found = []
    for source in cloud.sources:
        window = Window(source.name, site, Days(day, day + dt.timedelta(days=1)), "backfill")
        for body in source.ask([window])[:1]:
            answer = json.loads(body)
            data = answer["data"]
            inner = json.loads(data) if isinstance(data, str) else data
            if isinstance(inner, dict) and inner.get("itemList"):
                inner["itemList"] = inner["itemList"][:3]
            answer["data"] = json.dumps(inner) if isinstance(data, str) else inner
            found.append((source, window, json.dumps(answer).encode()))
    assert time is bench.cloud.clock
    return found


NOISE = (
    b"null", b"true", b"-1", b"1e400", b'""', b'"x"', b"[]", b"{}", b"[{}]", b'"{}"', b'"[1]"',
    b"4294967295", b'"2026-13-45"', b"\xff", b"\x00", b'{"code":0}', b"99999999999999999999",
)  # fmt: skip


def spoil(body: bytes, chance: random.Random) -> bytes:
    """Return a body with something wrong in it."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(body) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            body = body[:at] + chance.choice(NOISE) + body[at + chance.randrange(12) :]
        elif kind == 1:
            body = body[:at] + body[at + chance.randrange(30) :]
        elif kind == 2:
            body = body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
        else:
            # A value that is another: what follows a colon, up to the next comma.
            colon = body.find(b":", at)
            comma = body.find(b",", colon)
            if colon >= 0 and comma > colon:
                body = body[: colon + 1] + chance.choice(NOISE) + body[comma:]
    return body


@pytest.mark.slow
def test_ten_thousand_spoilt_bodies_end_in_rows_or_a_typed_error(
    bench: Bench, tmp_path: Path
) -> None:
    """The cloud is untrusted input: whatever it sends, no traceback, and keys are never null."""
    chance = random.Random(4)  # noqa: S311 - noise that is the same each time
    real = answers(bench, tmp_path)
    assert len(real) >= 8
    now = utc_text_exact(bench.cloud.clock.now())
    decoded = refused = 0
    lines: set[int] = set()
    for _ in range(10_000):
        source, window, body = chance.choice(real)
        try:
            harvest = source.decode(window, [spoil(body, chance)], now)
        except SolarError as error:
            refused += 1
            lines.add(str(error).count("\n"))
            continue
        decoded += 1
        for rows in harvest.rows.values():
            assert all(row["system_id"] for row in rows)
            assert all(row["fetched_at"] == now for row in rows)
    assert lines == {0}
    assert decoded > 500
    assert refused > 1000


@pytest.mark.slow
def test_no_secret_lies_in_the_state_folder(bench: Bench, tmp_path: Path) -> None:
    """Ledger and archive hold neither credential nor token, and only the owner can read them."""
    bench.run(state_dir=str(tmp_path), end_date="2026-03-30")
    login = requests.post(
        f"{bench.cloud.sigen_url}/openapi/auth/login/password",
        json={name: bench.settings[name] for name in ("username", "password")},
        timeout=30,
    )
    token = json.loads(login.json()["data"])["accessToken"]
    files = list(tmp_path.rglob("*"))
    assert {path.name for path in files} >= {"ledger.sqlite", "archive.sqlite"}
    for path in files:
        content = path.read_bytes()
        for secret in (bench.settings["password"], bench.settings["username"], token, "Bearer"):
            assert secret.encode() not in content, path.name
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_user_agent_that_the_edge_refuses_is_named(bench: Bench) -> None:
    """The one of aiohttp serves by default; where not, a browser's is suggested and serves."""
    agent = "Python/3.13 aiohttp/3.12"
    assert bench.run(user_agent=agent).records("systems")
    bench.cloud.switches.set("sigen.refuse_aiohttp", value=True)
    tap, _ = bench.tap(user_agent=agent)
    with pytest.raises(AuthError, match="user_agent") as failure:
        tap.sync_all()
    assert BROWSER in str(failure.value)
    assert bench.run(user_agent=BROWSER).records("systems")
