"""Which inverters stand at a site, and stood there: v1 asks for each by its serial number.

A replaced inverter vanishes from the inventory, while its history stays readable under its
old serial number; the change log tells which, and since when the successor stands there.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import TYPE_CHECKING

import msgspec

from tap_solaredge.v1.lists import devices, inverter_serials
from tap_solaredge.v1.shapes import inner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Days
    from tap_solaredge.v1.client import V1Client

KEPT = dt.timedelta(days=7)
"""How long the inverters of a site are taken from the last inventory."""


class Standing:
    """The inverters of each site, remembered from run to run.

    Args:
        client: Asks for an inventory where none is known, and keeps the notes.
    """

    def __init__(self, client: V1Client) -> None:
        self._client = client

    def present(self, site_id: str) -> list[str]:
        """Return the inverters of today, from the last inventory or a new one.

        Raises:
            SolarError: There is none, and asking for one failed.
        """
        since = self._client.now() - KEPT
        known = self._client.ledger.note(_present(site_id), since=since)
        if known is not None:
            return [str(serial) for serial in json.loads(known)]
        body = self._client.get(f"/site/{site_id}/inventory", endpoint="inventory", sites=[site_id])
        serials = inverter_serials(devices(body, site_id, ""))
        self.remember(site_id, serials)
        return serials

    def likely(self, site_id: str) -> int:
        """Return how many inverters a site has as far as is known; one where nothing is."""
        known = self._client.ledger.note(_present(site_id))
        return len(json.loads(known)) if known is not None else 1

    def during(self, site_id: str, days: Days) -> list[str]:
        """Return the inverters that stood at a site on one of these days.

        Raises:
            SolarError: No inventory is known, and asking for one failed.
        """
        return self._narrowed(site_id, self.present(site_id), days)

    def likely_during(self, site_id: str, days: Days) -> int:
        """Return how many `during` will name, without a call."""
        known = self._client.ledger.note(_present(site_id))
        if known is None:
            return 1
        return len(self._narrowed(site_id, json.loads(known), days))

    def gone(self, site_id: str, days: Days) -> frozenset[str]:
        """Return the inverters that were taken away before these days were over."""
        end = days.end.isoformat()
        terms = self._terms(site_id)
        return frozenset(serial for serial, (_, until) in terms.items() if until and until < end)

    def remember(self, site_id: str, serials: Sequence[str]) -> None:
        """Note the inverters of today."""
        text = json.dumps(list(serials))
        self._client.ledger.put_note(_present(site_id), text, self._client.now())

    def remember_changes(self, site_id: str, rows: Sequence[Record]) -> None:
        """Note who stood in a place before: of each device, its first day and the day after."""
        ordered = sorted(rows, key=lambda row: str(row["changed_on"]))
        terms = self._terms(site_id)
        for row, following in itertools.zip_longest(ordered, ordered[1:]):
            until = following["changed_on"] if following else None
            terms[row["serial_number"]] = [row["changed_on"], until]
        self._client.ledger.put_note(_terms(site_id), json.dumps(terms), self._client.now())

    def _terms(self, site_id: str) -> dict[str, list[str | None]]:
        found: dict[str, list[str | None]] = json.loads(
            self._client.ledger.note(_terms(site_id)) or "{}"
        )
        return found

    def _narrowed(self, site_id: str, present: Sequence[str], days: Days) -> list[str]:
        terms = self._terms(site_id)
        first, last = days.first.isoformat(), (days.end - dt.timedelta(days=1)).isoformat()
        stood = []
        for serial in sorted({*present, *terms}):
            since, until = terms.get(serial, (None, None))
            # The first entry of a place has been there from the beginning, whatever it says.
            begun = since is None or since <= last or not self._replaced(terms, since)
            if begun and (until is None or until >= first):
                stood.append(serial)
        return stood

    @staticmethod
    def _replaced(terms: dict[str, list[str | None]], since: str) -> bool:
        """Return whether a device that came on a day came in the place of another."""
        return any(until == since for _, until in terms.values())


def _present(site_id: str) -> str:
    return f"inverters of {site_id}"


def _terms(site_id: str) -> str:
    return f"terms of inverters of {site_id}"


def manifest(serials: Sequence[str]) -> bytes:
    """Return a body that names whose the bodies behind it are."""
    return msgspec.json.encode({"asked": {"inverters": list(serials)}})


def read_manifest(body: bytes) -> list[str]:
    """Return the serial numbers that a manifest names.

    Raises:
        DecodeError: The body is none.
    """
    return [str(serial) for serial in inner(body, "asked").get("inverters", [])]
