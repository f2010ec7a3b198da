"""Small clients of both clouds: thin, so that the answers stay in sight."""

import json
from datetime import date
from typing import Any

import requests

from solar_simulator.server import SimulatorServer


class SigenClient:
    """Logged in by password; decodes ``data``.

    Args:
        server: Whose Sigen cloud to ask.
        session: Carries the calls.
    """

    def __init__(self, server: SimulatorServer, session: requests.Session) -> None:
        self.url = f"{server.sigen_url}/openapi"
        self.session = session
        known = server.credentials
        body = {"username": known.sigen_username, "password": known.sigen_password}
        answer = session.post(f"{self.url}/auth/login/password", json=body, timeout=30).json()
        self.token = json.loads(answer["data"])["accessToken"]

    def get(self, path: str, **query: Any) -> requests.Response:
        """The raw answer."""
        header = {"Authorization": f"Bearer {self.token}"}
        return self.session.get(f"{self.url}{path}", params=query, headers=header, timeout=30)

    def data(self, path: str, **query: Any) -> Any:
        """The decoded ``data``.

        Raises:
            ValueError: If the code is not 0.
        """
        answer = self.get(path, **query).json()
        if answer["code"] != 0:
            message = f"{path}: {answer}"
            raise ValueError(message)
        return json.loads(answer["data"]) if isinstance(answer["data"], str) else answer["data"]

    def history(self, site: str, day: date | str, level: str = "Day") -> Any:
        """One history answer."""
        return self.data(f"/systems/{site}/history", level=level, date=str(day))


class SolarEdgeClient:
    """Has the fleet key.

    Args:
        server: Whose SolarEdge cloud to ask.
        session: Carries the calls.
    """

    def __init__(self, server: SimulatorServer, session: requests.Session) -> None:
        self.url = server.solaredge_url
        self.session = session
        self.key = server.credentials.solaredge_fleet_key

    def get(self, path: str, **query: Any) -> requests.Response:
        """The raw answer; a trailing ``_`` of a word is dropped, as in ``from_``."""
        header = {"X-API-Key": self.key}
        words = {key.removesuffix("_"): value for key, value in query.items()}
        return self.session.get(f"{self.url}{path}", params=words, headers=header, timeout=30)

    def data(self, path: str, **query: Any) -> Any:
        """The decoded answer.

        Raises:
            requests.HTTPError: If it is a refusal.
        """
        answer = self.get(path, **query)
        answer.raise_for_status()
        return answer.json()


class SolarEdgeV1Client(SolarEdgeClient):
    """Has the account key of v1.

    Args:
        server: Whose SolarEdge cloud to ask.
        session: Carries the calls.
    """

    def __init__(self, server: SimulatorServer, session: requests.Session) -> None:
        super().__init__(server, session)
        self.url = server.solaredge_v1_url
        self.key = server.credentials.solaredge_v1_account_key

    def get(self, path: str, **query: Any) -> requests.Response:
        """The raw answer."""
        words = {**query, "api_key": self.key}
        return self.session.get(f"{self.url}{path}", params=words, timeout=30)
