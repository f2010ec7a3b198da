"""OAuth "Site Access": one site for each grant, refresh tokens that serve once.

(docs/vendors/solaredge.md, v2 authentication.)
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from solar_simulator.noise import key_of
from solar_simulator.web import json_response, note
from solar_simulator.world import World

ACCESS_SECONDS = 7200
_REFRESH_LIFE = timedelta(days=30)
_CODE_LIFE = timedelta(minutes=10)
_SCOPES = "SITE_DATA DEVICE_DATA"


@dataclass(frozen=True, slots=True)
class Grant:
    """What an owner allowed.

    Attributes:
        site: The site.
        scopes: ``SITE_DATA`` and ``DEVICE_DATA``, or one of them.
        until: When the word that stands for it ends.
    """

    site: str
    scopes: frozenset[str]
    until: datetime


class Refusal(StrEnum):
    """The words of RFC 6749 for what is wrong."""

    REQUEST = "invalid_request"
    CLIENT = "invalid_client"
    GRANT = "invalid_grant"
    KIND = "unsupported_grant_type"


_DESCRIPTIONS = {
    Refusal.REQUEST: "the body must be a JSON object",
    Refusal.CLIENT: "unknown client or wrong secret",
    Refusal.GRANT: "the code or token is unknown, used or expired",
    Refusal.KIND: "grant_type is authorization_code or refresh_token",
}


class OAuthError(Exception):
    """A refusal by RFC 6749.

    Args:
        refusal: What is wrong.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class OAuth:
    """Codes, access tokens and refresh tokens.

    The refresh token ``demo-refresh-ID`` of each site stands ready, as if its owner had
    been through the browser before; it serves once, like every other.

    Args:
        world: Credentials, sites and clock.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._issued = 0
        self._codes: dict[str, Grant] = {}
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self.reset()

    def reset(self) -> None:
        """Back to one unused refresh token for each site."""
        until = self._world.clock.now() + _REFRESH_LIFE
        scopes = frozenset(_SCOPES.split())
        with self._lock:
            self._issued = 0
            self._codes, self._access = {}, {}
            self._refresh = {
                self._world.credentials.solaredge_refresh_token(site.site_id): Grant(
                    site.site_id, scopes, until
                )
                for site in self._world.scenario.sites.values()
                if site.vendor == "solaredge"
            }

    def grant_of(self, token: str) -> Grant | None:
        """What an access token allows now; None if nothing."""
        with self._lock:
            grant = self._access.get(token)
        return grant if grant and self._world.clock.now() < grant.until else None

    def authorize(self) -> BaseResponse:
        """The owner's consent page, always in the affirmative.

        The site comes as ``site_id``; without it, it is the first site.
        """
        words = request.args
        sites = [site.site_id for site in self._world.sites("solaredge")]
        site = words.get("site_id") or sites[0]
        known = words.get("client_id") == self._world.credentials.solaredge_client_id
        if not known or site not in sites or "redirect_uri" not in words:
            return json_response({"error": "invalid_request"}, 400)
        grant = Grant(
            site,
            frozenset(words.get("scope", _SCOPES).split()),
            self._world.clock.now() + _CODE_LIFE,
        )
        with self._lock:
            code = self._new("code")
            self._codes[code] = grant
        back = {"code": code, "site_id": site}
        back |= {key: words[key] for key in ("state", "external_id") if key in words}
        return redirect(f"{words['redirect_uri']}?{urlencode(back)}")

    def token(self) -> Response:
        """Exchange a code or a refresh token; the old one is void from then on."""
        try:
            body = self._body()
            grant = self._granted(body)
        except OAuthError as error:
            note().outcome = error.refusal
            description = _DESCRIPTIONS[error.refusal]
            return json_response({"error": error.refusal, "error_description": description}, 400)
        answer = self._issue(grant)
        if body["grant_type"] == "refresh_token" and self._keeps_refresh_token:
            del answer["refresh_token"]
        return json_response(answer)

    def revoke(self) -> Response:
        """Make an access or refresh token void; silent about unknown ones."""
        body = request.get_json(silent=True)
        token = str(body.get("token")) if isinstance(body, dict) else ""
        with self._lock:
            self._access.pop(token, None)
            self._refresh.pop(token, None)
        return json_response({})

    @property
    def _keeps_refresh_token(self) -> bool:
        return bool(self._world.switches.get("solaredge.keeps_refresh_token"))

    def _body(self) -> dict[str, str]:
        body = request.get_json(silent=True)
        if body is None and self._world.switches.get("solaredge.form_tokens"):
            body = request.form.to_dict() or None
        if not isinstance(body, dict):
            raise OAuthError(Refusal.REQUEST)
        known = self._world.credentials
        pair = (body.get("client_id"), body.get("client_secret"))
        if pair != (known.solaredge_client_id, known.solaredge_client_secret):
            raise OAuthError(Refusal.CLIENT)
        return {key: str(value) for key, value in body.items()}

    def _granted(self, body: dict[str, str]) -> Grant:
        kinds = {
            "authorization_code": (self._codes, "code"),
            "refresh_token": (self._refresh, "refresh_token"),
        }
        if body.get("grant_type") not in kinds:
            raise OAuthError(Refusal.KIND)
        store, name = kinds[body["grant_type"]]
        with self._lock:
            grant = store.get(body.get(name, ""))
            if name == "code" or not self._keeps_refresh_token:
                store.pop(body.get(name, ""), None)
        if grant is None or self._world.clock.now() >= grant.until:
            raise OAuthError(Refusal.GRANT)
        return grant

    def _issue(self, grant: Grant) -> dict[str, object]:
        now = self._world.clock.now()
        with self._lock:
            access, refresh = self._new("access"), self._new("refresh")
            self._access[access] = Grant(
                grant.site, grant.scopes, now + timedelta(seconds=ACCESS_SECONDS)
            )
            self._refresh[refresh] = Grant(grant.site, grant.scopes, now + _REFRESH_LIFE)
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "refresh_token": refresh,
            "scope": " ".join(sorted(grant.scopes, reverse=True)),
        }

    def _new(self, kind: str) -> str:
        self._issued += 1
        return f"demo-{kind}-{key_of(self._world.scenario.seed, kind, self._issued):016x}"
