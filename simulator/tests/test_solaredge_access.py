"""Keys, tokens, quotas and pages of SolarEdge v2."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SolarEdgeClient
from solar_simulator.testing.sites import MAPLE, SAGUARO

DAY = {"from_": "2026-06-20T00:00:00", "to": "2026-06-20T12:00:00"}


@pytest.fixture
def limited(simulator: SimulatorServer) -> SimulatorServer:
    """Documented limits, ten seconds into a minute."""
    simulator.clock.advance(10)
    simulator.switches.set("limits", "documented")
    return simulator


def test_headers_without_limits(solaredge: SolarEdgeClient) -> None:
    """The headers are always there; without limits they never run down."""
    for _ in range(15):
        answer = solaredge.get("/sites")
    assert answer.headers["x-ratelimit-limit-minute"] == "10"
    assert answer.headers["x-ratelimit-remaining-minute"] == "9"


def test_ten_calls_in_a_minute_of_the_clock(
    limited: SimulatorServer, solaredge: SolarEdgeClient
) -> None:
    """The eleventh is 429 with retry-after; errors count; the next minute is fresh."""
    left = [
        solaredge.get("/sites" if n % 2 else "/nothing").headers["x-ratelimit-remaining-minute"]
        for n in range(10)
    ]
    assert left == [str(n) for n in range(9, -1, -1)]
    answer = solaredge.get("/sites")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "50"
    assert answer.headers["x-ratelimit-remaining-minute"] == "0"
    limited.clock.advance(50)
    assert solaredge.get("/sites").status_code == 200


def test_credits_of_a_month(limited: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """Without credits: 429 with calls left in the minute and no retry-after, until the 1st."""
    limited.switches.set("solaredge.credits_per_month", 3)
    paths = ("/sites", "/nothing", "/sites", "/sites")
    assert [solaredge.get(path).status_code for path in paths] == [200, 404, 200, 200]
    answer = solaredge.get("/sites")
    assert answer.status_code == 429
    assert "retry-after" not in answer.headers
    assert int(answer.headers["x-ratelimit-remaining-minute"]) > 0
    limited.clock.advance(timedelta(days=20))
    assert solaredge.get("/sites").status_code == 429
    limited.clock.set(datetime(2026, 8, 1, tzinfo=UTC))
    assert solaredge.get("/sites").status_code == 200
    assert [call.outcome for call in limited.calls][4] == "429 month"


class Owner:
    """A homeowner's application."""

    def __init__(self, server: SimulatorServer, session: requests.Session) -> None:
        self.server = server
        self.session = session
        known = server.credentials
        self.client = {
            "client_id": known.solaredge_client_id,
            "client_secret": known.solaredge_client_secret,
        }

    def token(self, **words: str) -> requests.Response:
        """Ask the token endpoint."""
        url = f"{self.server.solaredge_url}/oauth2/token"
        return self.session.post(url, json={**self.client, **words}, timeout=30)

    def refresh(self, token: str) -> requests.Response:
        """Spend a refresh token."""
        return self.token(grant_type="refresh_token", refresh_token=token)

    def get(self, token: str, path: str, **query: Any) -> requests.Response:
        """Call with an access token."""
        header = {"Authorization": f"Bearer {token}"}
        words = {key.removesuffix("_"): value for key, value in query.items()}
        url = f"{self.server.solaredge_url}{path}"
        return self.session.get(url, params=words, headers=header, timeout=30)


@pytest.fixture
def owner(simulator: SimulatorServer, session: requests.Session) -> Owner:
    """An application of the owner of Maple Street."""
    return Owner(simulator, session)


def test_refresh_tokens_rotate(simulator: SimulatorServer, owner: Owner) -> None:
    """A refresh token serves once; its successor serves on."""
    first = simulator.credentials.solaredge_refresh_token(MAPLE)
    granted = owner.refresh(first).json()
    assert granted["token_type"] == "Bearer"  # noqa: S105
    assert granted["expires_in"] == 7200
    assert owner.get(granted["access_token"], f"/sites/{MAPLE}/energy", **DAY).status_code == 200
    again = owner.refresh(first)
    assert again.status_code == 400
    assert again.json()["error"] == "invalid_grant"
    assert owner.refresh(granted["refresh_token"]).status_code == 200


def test_tokens_end(simulator: SimulatorServer, owner: Owner) -> None:
    """Access ends after 7200 s, an unused refresh token after 30 days."""
    granted = owner.refresh(simulator.credentials.solaredge_refresh_token(MAPLE)).json()
    simulator.clock.advance(7199)
    assert owner.get(granted["access_token"], f"/sites/{MAPLE}").status_code == 200
    simulator.clock.advance(1)
    assert owner.get(granted["access_token"], f"/sites/{MAPLE}").status_code == 401
    simulator.clock.advance(timedelta(days=30))
    assert owner.refresh(granted["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_token_sees_its_site_only(simulator: SimulatorServer, owner: Owner) -> None:
    """Another site, the list and all alerts are 403 for a token."""
    token = owner.refresh(simulator.credentials.solaredge_refresh_token(MAPLE)).json()[
        "access_token"
    ]
    assert owner.get(token, f"/sites/{SAGUARO}/energy", **DAY).status_code == 403
    assert owner.get(token, "/sites").status_code == 403
    assert owner.get(token, "/alerts").status_code == 403
    assert owner.get(token, f"/sites/{MAPLE}/alerts").status_code == 200
    assert owner.get("forged", f"/sites/{MAPLE}").status_code == 401


def test_the_way_through_the_browser(simulator: SimulatorServer, owner: Owner) -> None:
    """Consent gives a code, the code a token with the scopes asked for, once."""
    answer = owner.session.get(
        f"{simulator.solaredge_v1_url}/authorize",
        params={
            "client_id": owner.client["client_id"],
            "redirect_uri": "http://localhost/back",
            "scope": "SITE_DATA",
            "site_id": SAGUARO,
            "state": "s1",
        },
        allow_redirects=False,
        timeout=30,
    )
    assert answer.status_code == 302
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["site_id"] == [SAGUARO]
    assert back["state"] == ["s1"]
    granted = owner.token(grant_type="authorization_code", code=back["code"][0]).json()
    assert granted["scope"] == "SITE_DATA"
    token = granted["access_token"]
    assert owner.get(token, f"/sites/{SAGUARO}/energy", **DAY).status_code == 200
    assert owner.get(token, f"/sites/{SAGUARO}/inverters/telemetry", **DAY).status_code == 403
    assert owner.token(grant_type="authorization_code", code=back["code"][0]).status_code == 400


def test_revoked_and_malformed(simulator: SimulatorServer, owner: Owner) -> None:
    """A revoked token is worthless; wrong clients and kinds are told so by RFC 6749."""
    granted = owner.refresh(simulator.credentials.solaredge_refresh_token(MAPLE)).json()
    url = f"{simulator.solaredge_url}/oauth2/revoke-token"
    assert owner.session.post(url, json={"token": granted["access_token"]}, timeout=30).ok
    assert owner.get(granted["access_token"], f"/sites/{MAPLE}").status_code == 401
    assert owner.token(grant_type="password").json()["error"] == "unsupported_grant_type"
    assert owner.token(client_secret="no").json()["error"] == "invalid_client"  # noqa: S106
    form = owner.session.post(
        f"{simulator.solaredge_url}/oauth2/token", data=owner.client, timeout=30
    )
    assert form.json()["error"] == "invalid_request"


def test_overview_parts_add_up(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """Totals of the window are true, and their parts add up to them exactly."""
    words = {"from_": "2026-06-20T00:00:00", "to": "2026-06-21T00:00:00"}
    found = solaredge.data(f"/sites/{MAPLE}/overview", **words)
    made, used = found["production"], found["consumption"]
    truth = simulator.truth.day(MAPLE, datetime(2026, 6, 20, tzinfo=UTC).date())
    assert made["total"] == pytest.approx(truth.pv_kwh * 1000, abs=0.51)
    assert used["total"] == pytest.approx(truth.load_kwh * 1000, abs=0.51)
    assert made["toSelfConsumption"] + made["toStorage"] + made["toGrid"] == made["total"]
    assert used["fromPv"] + used["fromStorage"] + used["fromGrid"] == used["total"]
    assert used["fromGrid"] == pytest.approx(truth.import_kwh * 1000, abs=0.51)
    bare = solaredge.data(f"/sites/{SAGUARO}/overview", **words)
    assert bare["consumption"]["total"] is None
    assert bare["production"]["toGrid"] is None
    quarters = {"from_": "2026-06-20T00:00:00", "to": "2026-06-20T12:00:00"}
    energy = solaredge.data(f"/sites/{SAGUARO}/energy", **quarters)["values"]
    part = solaredge.data(f"/sites/{SAGUARO}/overview", **quarters)["production"]["total"]
    assert sum(point["value"] or 0 for point in energy) == part


def test_benefits_performance_and_flow(
    simulator: SimulatorServer, solaredge: SolarEdgeClient
) -> None:
    """Benefits follow the lifetime; the live flow is for paid tiers and metered sites."""
    metric = solaredge.data(f"/sites/{MAPLE}/environmental-benefits")
    imperial = solaredge.data(f"/sites/{MAPLE}/environmental-benefits", unit="IMPERIAL")
    assert imperial["co2Emissions"] == pytest.approx(metric["co2Emissions"] * 2.2046, rel=1e-6)
    assert solaredge.get(f"/sites/{MAPLE}/environmental-benefits", unit="x").status_code == 400
    found = solaredge.data(f"/sites/{MAPLE}/overview/performance")
    assert found["performanceRatio"] is None
    assert solaredge.get(f"/sites/{MAPLE}/power-flow").status_code == 403
    simulator.switches.set("solaredge.tier", "pro")
    assert solaredge.data(f"/sites/{MAPLE}/power-flow")["unit"] == "W"
    assert solaredge.data(f"/sites/{SAGUARO}/power-flow") == {}


def test_metrics_of_one_device(solaredge: SolarEdgeClient) -> None:
    """A metric by itself has the values it has in the telemetry."""
    words = {"from_": "2026-06-20T10:00:00", "to": "2026-06-20T12:00:00"}
    whole = solaredge.data(f"/sites/{MAPLE}/inverters/telemetry", **words)["inverters"]
    for name in ("voltage", "energy"):
        one = solaredge.data(f"/sites/{MAPLE}/inverters/7EDE0001-41/{name}", **words)
        assert one["values"] == whole["7EDE0001-41"][name]["values"]
        assert one["unit"] == whole["7EDE0001-41"][name]["unit"]
    storage = solaredge.data(f"/sites/{MAPLE}/storage/48DEM0-000041/state-of-energy", **words)
    assert len(storage["values"]) == 8
    chosen = solaredge.data(f"/sites/{MAPLE}/storage/48DEM0-000041,x/telemetry", **words)
    assert set(chosen["storage"]) == {"48DEM0-000041"}
    assert solaredge.data(f"/sites/{MAPLE}/storage/x/telemetry", **words)["storage"] == {}
    assert solaredge.get(f"/sites/{MAPLE}/inverters/7EDE0001-41/mood").status_code == 404
    assert solaredge.get(f"/sites/{MAPLE}/inverters/x/voltage").status_code == 403
    assert solaredge.get(f"/sites/{MAPLE}/moods/x/voltage").status_code == 404


def test_late_data(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """With a delay the young buckets are null, and fill later with what they always were."""
    simulator.clock.set(datetime(2026, 6, 20, 20, 1, tzinfo=UTC))
    path = f"/sites/{SAGUARO}/energy"
    whole = {point["timestamp"]: point["value"] for point in solaredge.data(path)["values"]}
    simulator.switches.set("solaredge.data_delay_minutes", 60)
    late = {point["timestamp"]: point["value"] for point in solaredge.data(path)["values"]}
    missing = [text[11:16] for text in late if late[text] is None and whole[text] is not None]
    assert missing == ["12:00", "12:15", "12:30", "12:45"]
    simulator.clock.advance(timedelta(hours=2))
    again = {point["timestamp"]: point["value"] for point in solaredge.data(path)["values"]}
    assert all(again[text] == value for text, value in whole.items() if value is not None)


def test_a_biased_load_shows_in_consumption_only(
    simulator: SimulatorServer, solaredge: SolarEdgeClient
) -> None:
    """The overview's consumption is off by the bias, production and truth are not."""
    words = {"from_": "2026-06-20T00:00:00", "to": "2026-06-21T00:00:00"}
    before = solaredge.data(f"/sites/{MAPLE}/overview", **words)
    simulator.switches.set("load_bias_w", 100)
    after = solaredge.data(f"/sites/{MAPLE}/overview", **words)
    assert after["consumption"]["total"] - before["consumption"]["total"] == 2400
    assert after["production"] == before["production"]


def test_presentation_switches(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """Meter types in capitals, shuffled devices, the virtual meter elsewhere, future rows."""
    path = f"/sites/{MAPLE}/meters/telemetry"
    assert len(solaredge.data(path)["meters"]) == 2
    simulator.switches.set("solaredge.virtual_meter", "null")
    assert "null" in solaredge.data(path)["meters"]
    simulator.switches.set("solaredge.virtual_meter", "absent")
    names = {name for meter in solaredge.data(path)["meters"].values() for name in meter}
    assert not any(name.startswith("consumption") for name in names)
    simulator.switches.set("solaredge.meter_type", "upper")
    meters = solaredge.data(f"/sites/{MAPLE}/devices", types="METER")
    assert {meter["meterType"] for meter in meters} == {
        "PRODUCTION",
        "FEEDIN",
        "PURCHASED",
        "CONSUMPTION",
    }
    simulator.switches.set("solaredge.shuffled", value=True)
    orders = set()
    for _ in range(12):
        simulator.clock.advance(60)
        shown = solaredge.data(f"/sites/{MAPLE}/devices", types="METER")
        orders.add(tuple(meter["meterType"] for meter in shown))
    assert len(orders) > 2
    simulator.switches.set("solaredge.future_rows", "null")
    words = {"from_": "2026-07-02T00:00:00", "to": "2026-07-02T06:00:00"}
    rows = solaredge.data(f"/sites/{MAPLE}/energy", **words)["values"]
    assert len(rows) == 24
    assert not any(row["value"] for row in rows)


@pytest.mark.parametrize(
    ("switch", "status"), [("fail_429", 429), ("fail_500", 500), ("fail_503", 503)]
)
def test_failures_by_rate(
    simulator: SimulatorServer, solaredge: SolarEdgeClient, switch: str, status: int
) -> None:
    """At a rate of a half about half of forty calls fail."""
    simulator.switches.set(f"solaredge.{switch}", 0.5)
    found = [solaredge.get("/sites").status_code for _ in range(40)]
    assert set(found) == {200, status}
    assert 5 <= found.count(status) <= 35
