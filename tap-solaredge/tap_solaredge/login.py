"""`tap-solaredge login`: the owner of a site lets the tap in, once, in a browser."""

from __future__ import annotations

import secrets
import sys
import urllib.parse
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import click

from solar_tap_kit.errors import AuthError, SettingsError
from tap_solaredge.errors import GrantRefusedError
from tap_solaredge.v2.client import open_tokens

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from solar_tap_kit.runtime import Runtime

AUTHORIZE = "https://connect.solaredge.com/authorize"
SCOPES = "SITE_DATA DEVICE_DATA"
MOST_MONTHS = 24
"""Longest grant that SolarEdge gives."""

REDIRECT = "http://127.0.0.1:8765/callback"
LOCAL_HOSTS = ("127.0.0.1", "localhost")
WAIT_S = 300.0
"""How long the owner may take in the browser."""

NAMELESS = (
    "The grant is stored. A code alone does not say which site it is for: name it in site_ids."
)

DONE = b"<!doctype html><title>tap-solaredge</title><p>Access granted. You can close this page."


@dataclass(frozen=True, slots=True)
class Consent:
    """What the browser brought back.

    Attributes:
        code: Serves once, for some minutes.
        site_id: The site that its owner has chosen.
    """

    code: str
    site_id: str | None


def log_in(
    runtime: Runtime,
    redirect_uri: str,
    say: Callable[[str], None],
    ask: Callable[[str], str],
    *,
    wait_s: float = WAIT_S,
) -> str | None:
    """Walk an owner through the consent and store the grant.

    Args:
        runtime: Settings, time, secrets and the state folder.
        redirect_uri: Where the browser is sent back to; one on this machine is listened at.
        say: Shows a line.
        ask: Asks for a line, without showing it.
        wait_s: How long to listen.

    Returns:
        The site that the grant is for, if the cloud has said so.

    Raises:
        AuthError: The owner or the cloud refused, or nobody came back in time.
        SettingsError: The settings have no client, or the port is taken.
    """
    config = runtime.config
    if not config.get("client_id") or not config.get("client_secret"):
        message = "client_id, client_secret: missing; login needs both, of a SolarEdge application"
        raise SettingsError(message)
    state = secrets.token_urlsafe(16)
    words = {
        "response_type": "code",
        "client_id": config["client_id"],
        "redirect_uri": redirect_uri,
        "scope": SCOPES,
        "access_duration": MOST_MONTHS,
        "state": state,
        **({"site_id": config["site_ids"][0]} if config.get("site_ids") else {}),
    }
    base = f"{config['api_url'].rstrip('/')}/authorize" if config.get("api_url") else AUTHORIZE
    say(f"Open this address, log in as the owner of the site, and allow access:\n\n"
        f"{base}?{urllib.parse.urlencode(words)}\n")  # fmt: skip
    where = urllib.parse.urlsplit(redirect_uri)
    if where.scheme == "http" and where.hostname in LOCAL_HOSTS:
        answer = _listen(where, wait_s, lambda: say(f"Waiting at {redirect_uri} ..."))
        if answer is None:
            message = f"nobody came back within {wait_s:g} s; {_what_connect_wants(redirect_uri)}"
            raise AuthError(message)
    else:
        answer = ask("Paste the address that the browser shows then, or the code in it")
    consent = read_consent(answer, state)
    runtime.redactor.add(consent.code)
    tokens = open_tokens(runtime)
    # A bare code does not say whose it is; the site that was asked for is the best guess.
    chosen = consent.site_id or (config["site_ids"][0] if config.get("site_ids") else None)
    try:
        tokens.begin(consent.code, redirect_uri, chosen)
    except GrantRefusedError as error:
        message = (
            f"{error}. A code serves once, for some minutes; {_what_connect_wants(redirect_uri)}"
        )
        raise AuthError(message) from None
    return tokens.site_id()


def _what_connect_wants(redirect_uri: str) -> str:
    return (
        f"{redirect_uri} has to be the default redirect URL of the application (--redirect-uri "
        "names another), and SolarEdge Connect refuses users who have several sites: those "
        "are read with a Fleet API key"
    )


def read_consent(answer: str, state: str) -> Consent:
    """Return what an address, a query, or a bare code holds.

    Raises:
        AuthError: The owner refused, or the answer belongs to another login.
    """
    text = answer.strip()
    query = urllib.parse.urlsplit(text).query or (text if "=" in text else "")
    if not query and text and "/" not in text:
        return Consent(text, None)
    found = {name: values[0] for name, values in urllib.parse.parse_qs(query).items()}
    if "error" in found:
        message = f"SolarEdge did not grant access: {found['error'][:60]}"
        raise AuthError(message)
    if found.get("state", state) != state:
        message = "the answer belongs to another login; start anew"
        raise AuthError(message)
    if "code" not in found:
        message = "there is no code in the answer; start anew"
        raise AuthError(message)
    return Consent(found["code"], found.get("site_id"))


class _Callback(HTTPServer):
    """Takes one visit of the browser."""

    answer: str | None = None
    path = "/"


class _Handler(BaseHTTPRequestHandler):
    server: _Callback

    def do_GET(self) -> None:
        """Keep the query of the one path that counts."""
        visited = urllib.parse.urlsplit(self.path)
        if visited.path != self.server.path:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.server.answer = visited.query
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(DONE)))
        self.end_headers()
        self.wfile.write(DONE)

    def log_message(self, *args: Any) -> None:
        """Say nothing: the address holds the code."""


def _listen(
    where: urllib.parse.SplitResult, wait_s: float, listening: Callable[[], None]
) -> str | None:
    """Return the query that the browser came back with, or None if it did not come."""
    try:
        server = _Callback((str(where.hostname), where.port or 80), _Handler)
    except OSError as error:
        message = (
            f"--redirect-uri: {where.netloc} can't be listened at ({error.strerror}); give "
            "another port, as in the application's default redirect URL"
        )
        raise SettingsError(message) from None
    server.path = where.path or "/"
    server.timeout = wait_s
    with server:
        listening()
        # A browser asks for an icon too; the loop ends with the visit or in silence.
        for _ in range(10):
            server.handle_request()
            if server.answer is not None:
                return server.answer
    return None


def _ask(question: str) -> str:
    """Ask for a line: unseen where somebody types it, from a pipe as it comes."""
    if sys.stdin.isatty():
        return str(click.prompt(question, hide_input=True))
    click.echo(question)
    line = sys.stdin.readline().strip()
    if not line:
        message = "nothing was pasted; run the command in a terminal, or pipe the address into it"
        raise AuthError(message)
    return line


def login_command(
    config_option: click.Parameter,
    open_runtime: Callable[[Any], Runtime],
    guarded: Callable[[], AbstractContextManager[None]],
) -> click.Command:
    """Return the command.

    Args:
        config_option: The tap's own `--config`.
        open_runtime: Makes a runtime of what that option yields.
        guarded: Turns errors into one line each.
    """

    def run(config: Any, redirect_uri: str) -> None:
        with guarded():
            site = log_in(open_runtime(config), redirect_uri, click.echo, _ask)
            click.echo(f"The grant for site {site} is stored." if site else NAMELESS)

    return click.Command(
        "login",
        callback=run,
        # `meltano invoke` adds --catalog and --state, as for a sync.
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        params=[
            config_option,
            click.Option(
                ["--redirect-uri"],
                default=REDIRECT,
                show_default=True,
                help="The application's default redirect URL. One on this machine is listened at; "
                "for any other you are asked for the address that the browser ends at.",
            ),
        ],
        help="Let the owner of a site allow access in a browser, and store the grant.",
    )
