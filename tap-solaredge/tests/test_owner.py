"""The owner of one site: login, tokens that rotate, end and are taken back, scopes."""

from __future__ import annotations

import json
import re
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from click.testing import CliRunner

from solar_tap_kit.errors import AuthError, SettingsError
from solar_tap_kit.testing import Bench, SharedTime
from tap_solaredge.login import log_in, read_consent
from tap_solaredge.tap import TapSolarEdge

pytestmark = pytest.mark.slow

SITE = "4100001"
SPAN = {"start_date": "2026-03-09", "end_date": "2026-03-11"}


@pytest.fixture
def owner(bench: Bench) -> Bench:
    """Return the cloud as the owner of one site sees it, with a token that was never used."""
    known = bench.cloud.credentials
    del bench.settings["api_key"]
    bench.settings.update(
        client_id=known.solaredge_client_id,
        client_secret=known.solaredge_client_secret,
        refresh_token=known.solaredge_refresh_token(SITE),
        site_ids=[SITE],
        state_dir=str(bench.folder / "owner"),
        **SPAN,
    )
    return bench


def test_an_owner_reads_one_site_as_a_fleet_would(
    owner: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The same rows, and the site's own alerts."""
    mine = owner.run()
    assert {row["site_id"] for row in mine.records("sites")} == {SITE}
    assert mine.records("sites")[0]["last_update_time"] is not None
    assert len(mine.records("site_energy")) == 2 * 96
    assert not any(r.getMessage().startswith("alerts") for r in caplog.records)
    alerts = owner.cloud.calls.matching(endpoint="solaredge.v2.site_alerts")
    assert [call.site for call in alerts] == [SITE]
    refused = [call for call in owner.cloud.calls if call.status >= 400]
    assert refused == []


def test_alerts_that_an_owner_may_not_see_are_one_line(
    owner: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """403 at the alerts alone: said once, not requested again that week, no failure."""
    owner.cloud.switches.set("solaredge.owner_alerts", value=False)
    state = owner.run().states[-1]
    owner.cloud.clock.advance(86_400)
    owner.run(state)
    lines = [r.getMessage() for r in caplog.records if r.getMessage().startswith("alerts")]
    assert len(lines) == 2
    assert all("does not show alerts" in line for line in lines)
    assert len(owner.cloud.calls.matching(endpoint="solaredge.v2.site_alerts")) == 1


def test_each_run_goes_on_from_the_token_of_the_last(owner: Bench) -> None:
    """Three runs with one configured token: each exchange serves once, none is refused."""
    state = owner.run().states[-1]
    state = owner.run(state, refresh_lists=True).states[-1]
    owner.run(state, refresh_lists=True, refresh_token=None)
    tokens = owner.cloud.calls.matching(endpoint="solaredge.v2.token")
    assert [call.outcome for call in tokens] == ["ok"] * 3


def test_a_token_that_ends_in_the_middle_is_renewed(owner: Bench) -> None:
    """A call a minute, more than two hours of them: nobody is locked out, nothing missing."""
    time = SharedTime(owner.cloud.clock)
    out = owner.run(time=time, calls_per_minute=1, start_date="2026-02-25")
    assert time.waited > 7200
    tokens = owner.cloud.calls.matching(endpoint="solaredge.v2.token")
    assert [call.outcome for call in tokens] == ["ok"] * 2
    assert {call.status for call in owner.cloud.calls} == {200}
    assert len(out.records("site_energy")) == 13 * 96 + 92


def test_a_token_that_was_voided_early_is_drawn_anew(owner: Bench) -> None:
    """401 before its time: one new token, and the run goes on."""
    fault = {"nth": 6, "times": 1, "status": 401, "body": "{}"}
    owner.cloud.world.faults.add(endpoint="solaredge.v2.*telemetry", **fault)
    out = owner.run()
    assert len(out.records("site_energy")) == 2 * 96
    assert len(owner.cloud.calls.matching(endpoint="solaredge.v2.token")) == 2


def test_a_grant_taken_back_is_one_line(owner: Bench) -> None:
    """The owner revokes: the next run says what happened and what to run; no retry."""
    address = f"{owner.cloud.solaredge_url}/oauth2/revoke-token"
    requests.post(address, json={"token": owner.settings["refresh_token"]}, timeout=30)
    tap, _ = owner.tap()
    with pytest.raises(AuthError, match=r"invalid_grant.*tap-solaredge login"):
        tap.sync_all()
    assert len(owner.cloud.calls.matching(endpoint="solaredge.v2.token")) == 1


def test_a_wrong_client_is_named(owner: Bench) -> None:
    """Not the grant, the pair: the line names the settings."""
    tap, _ = owner.tap(client_secret="wrong")  # noqa: S106 - wrong on purpose
    with pytest.raises(AuthError, match="client_id, client_secret"):
        tap.sync_all()


def test_a_grant_of_another_site_is_named(owner: Bench) -> None:
    """The token is for one site; asked for another, the line says 403 and the run fails."""
    tap, _ = owner.tap(site_ids=["4100002"])
    with pytest.raises(Exception, match="403"):
        tap.sync_all()


def test_without_a_site_the_setting_is_named(owner: Bench) -> None:
    """A bare refresh token does not say whose it is."""
    tap, _ = owner.tap(site_ids=None)
    with pytest.raises(SettingsError, match="site_ids"):
        tap.sync_all()


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def consent(shown: str, **changes: str) -> str:
    """Play the browser: open the address that was shown, and return where it was sent to."""
    found = re.search(r"http\S+/authorize\?\S+", shown)
    assert found
    parts = urlsplit(found[0])
    words = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    answer = requests.get(found[0].split("?")[0], params=words, allow_redirects=False, timeout=30)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def test_login_by_callback_stores_the_grant(owner: Bench, tmp_path: Path) -> None:
    """The browser comes back to this machine; from then on runs need no refresh_token."""
    tap, _ = owner.tap(refresh_token=None, site_ids=None, state_dir=str(tmp_path / "new"))
    said: list[str] = []
    found: list[str | None] = []
    redirect = f"http://127.0.0.1:{free_port()}/callback"
    ready = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("Waiting"):
            ready.set()

    def wait() -> None:
        found.append(log_in(tap.runtime, redirect, say, str))

    login = threading.Thread(target=wait)
    login.start()
    assert ready.wait(30)
    back = consent(said[0], site_id=SITE)
    for _ in range(50):
        try:
            assert (
                requests.get(redirect.replace("callback", "favicon"), timeout=30).status_code == 404
            )
            break
        except requests.ConnectionError:
            continue
    assert requests.get(back, timeout=30).status_code == 200
    login.join(30)
    assert found == [SITE]
    words = parse_qs(urlsplit(said[0].split()[-1]).query)
    assert words["scope"] == ["SITE_DATA DEVICE_DATA"]
    assert words["access_duration"] == ["24"]
    out = owner.run(refresh_token=None, site_ids=None, state_dir=str(tmp_path / "new"))
    assert len(out.records("site_energy")) == 2 * 96


def test_login_by_pasting_and_without_a_scope(
    owner: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A redirect elsewhere: the address is pasted. What the grant lacks is said, not failed."""
    elsewhere = {"refresh_token": None, "state_dir": str(tmp_path / "new")}
    tap, _ = owner.tap(**elsewhere)
    said: list[str] = []

    def paste(_question: str) -> str:
        return consent(said[0], scope="SITE_DATA")

    assert log_in(tap.runtime, "https://solar.example.com/back", said.append, paste) == SITE
    out = owner.run(**elsewhere)
    assert len(out.records("site_energy")) == 2 * 96
    assert out.records("inverter_telemetry") == []
    lines = [record.getMessage() for record in caplog.records]
    lacking = [line for line in lines if "Missing scope DEVICE_DATA" in line]
    assert len(lacking) == 4
    assert all("tap-solaredge login" in line for line in lacking)


@pytest.mark.parametrize(
    ("site_ids", "words"),
    [(None, "name it in site_ids"), ([SITE], f"The grant for site {SITE} is stored")],
)
def test_a_bare_code_by_a_pipe_is_for_the_configured_site(
    owner: Bench,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    site_ids: list[str] | None,
    words: str,
) -> None:
    """The code alone names no site: the settings do, or the command says what to set."""
    caplog.set_level("DEBUG")
    path = tmp_path / "config.json"
    state_dir = str(tmp_path / "new")
    config = owner.config(refresh_token=None, site_ids=site_ids, state_dir=state_dir)
    path.write_text(json.dumps(config), encoding="utf-8")
    back = "https://solar.example.com/back"
    asked = {"response_type": "code", "client_id": config["client_id"], "redirect_uri": back,
             "scope": "SITE_DATA DEVICE_DATA", "site_id": SITE}  # fmt: skip
    where = consent(f"{config['api_url']}/authorize?{urlencode(asked)}")
    code = parse_qs(urlsplit(where).query)["code"][0]
    # As Meltano puts it: its own options first.
    arguments = ["--config", str(path), "--catalog", "x.json", "login", "--redirect-uri", back]
    done = CliRunner().invoke(TapSolarEdge.get_singer_command(), arguments, input=code)
    assert done.exit_code == 0, done.output
    assert words in done.output
    (store,) = Path(state_dir).glob("*.token.json")
    for secret in (code, json.loads(store.read_text())["refresh_token"], config["client_secret"]):
        assert secret not in done.output + caplog.text
    out = owner.run(refresh_token=None, state_dir=state_dir)
    assert len(out.records("site_energy")) == 2 * 96
    # Nothing pasted ends in one line, not in a traceback.
    again = CliRunner().invoke(TapSolarEdge.get_singer_command(), arguments, input="")
    assert again.exit_code == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("https://x.example/back?error=access_denied&state=s", "did not grant"),
        ("https://x.example/back?code=1&state=another", "another login"),
        ("https://x.example/back?site_id=1", "no code"),
        ("", "no code"),
    ],
)
def test_a_consent_that_is_none_is_one_line(answer: str, words: str) -> None:
    """Refused, foreign, empty: each says what it is."""
    with pytest.raises(AuthError, match=words):
        read_consent(answer, "s")


@pytest.mark.parametrize(
    ("answer", "code", "site"),
    [
        ("https://x.example/back?code=abc&site_id=7&state=s", "abc", "7"),
        ("code=abc&site_id=7", "abc", "7"), (" abc ", "abc", None),
    ],
)  # fmt: skip
def test_an_address_a_query_or_a_code_will_do(answer: str, code: str, site: str | None) -> None:
    """People paste what they see; whether `state` comes back is not known."""
    found = read_consent(answer, "s")
    assert (found.code, found.site_id) == (code, site)


def test_nobody_coming_back_is_one_line(owner: Bench) -> None:
    """The owner closes the browser: the command ends by itself."""
    tap, _ = owner.tap(refresh_token=None)
    redirect = f"http://127.0.0.1:{free_port()}/callback"
    with pytest.raises(AuthError, match="nobody came back") as failure:
        log_in(tap.runtime, redirect, lambda _line: None, str, wait_s=0.05)
    for words in (f"{redirect} has to be the default redirect URL", "several sites", "Fleet API"):
        assert words in str(failure.value)


def test_a_code_that_is_refused_names_the_redirect(owner: Bench) -> None:
    """Connect takes back a code only with the application's default redirect URL."""
    tap, _ = owner.tap(refresh_token=None)
    back = "https://solar.example.com/back"
    with pytest.raises(AuthError, match=f"{back} has to be the default redirect URL") as failure:
        log_in(tap.runtime, back, lambda _line: None, lambda _question: "never-issued")
    assert "serves once" in str(failure.value)
    tap, _ = owner.tap(refresh_token=None, client_secret="wrong")  # noqa: S106 - on purpose
    with pytest.raises(AuthError, match="invalid_client") as failure:
        log_in(tap.runtime, back, lambda _line: None, lambda _question: "never-issued")
    assert "redirect" not in str(failure.value)


def test_token_requests_serve_where_forms_do_too(owner: Bench) -> None:
    """JSON is what is documented; a cloud that reads forms as well changes nothing."""
    owner.cloud.switches.set("solaredge.form_tokens", value=True)
    assert len(owner.run().records("site_energy")) == 2 * 96


def test_a_port_in_use_names_the_option(owner: Bench) -> None:
    """Something else listens there: the line names the option to change."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        redirect = f"http://127.0.0.1:{taken.getsockname()[1]}/callback"
        tap, _ = owner.tap(refresh_token=None)
        with pytest.raises(SettingsError, match="--redirect-uri"):
            log_in(tap.runtime, redirect, lambda _line: None, str)


def secrets_of(owner: Bench) -> list[Any]:
    """Return what must not be seen anywhere."""
    return [owner.settings["client_secret"], owner.settings["refresh_token"], "demo-access-",
            "demo-refresh-"]  # fmt: skip


def test_tokens_are_in_no_line_of_the_log(
    owner: Bench, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in success nor in failure, at any level; only the store knows the token."""
    caplog.set_level("DEBUG")
    out = owner.run()
    owner.cloud.world.faults.add(endpoint="solaredge.v2.token", times=0, status=500, body="{}")
    tap, _ = owner.tap(out.states[-1], refresh_lists=True)
    with pytest.raises(Exception, match="oauth2/token"):
        tap.sync_all()
    printed = capsys.readouterr()
    text = printed.out + printed.err + str(out.messages)
    kept = {path.name: path.read_bytes() for path in (owner.folder / "owner").iterdir()}
    for secret in secrets_of(owner):
        assert secret not in text
        for name, content in kept.items():
            assert name.endswith(".token.json") or secret.encode() not in content, name
