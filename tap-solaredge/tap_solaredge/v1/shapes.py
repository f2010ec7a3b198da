"""The forms of v1 answers: for one site, for several as clients see them, and as printed.

Single: `{"energy": {...}}`. Several: `{"sitesEnergy": {..., "siteEnergyList": [{"siteId",
"energyValues": {...}}]}}`. Printed in the vendor's document: `{"energy": {..., "list":
[{"id", ...}]}}`. All three are read wherever one of them may come.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import msgspec

from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten

HEAD = ("timeUnit", "unit", "measuredBy")
"""What stands beside the list and holds for every site in it."""

PARSED = 2
"""A bulk answer is decoded once for each of its sites; so many are kept parsed."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Where an endpoint's answers hold what.

    Attributes:
        root: Key of an answer for one site, and of the printed form for several.
        bulk_root: Key of an answer for several sites.
        bulk_list: Key of the list in it.
        bulk_item: Key of a site's part in the list.
    """

    root: str
    bulk_root: str
    bulk_list: str
    bulk_item: str

    def parts(self, answer: Any) -> dict[str | None, dict[str, Any]]:
        """Return the part of each site; of an answer for one site under None.

        Raises:
            DecodeError: The answer has none of the forms.
        """
        body = _object(answer, self.root)
        if self.bulk_root in body:
            outer = _object(body[self.bulk_root], self.bulk_root)
            items = _objects(outer.get(self.bulk_list), self.bulk_list)
            return {
                _id(item): {**_head(outer), **_object(item.get(self.bulk_item), self.bulk_item)}
                for item in items
            }
        inner = _object(body.get(self.root), self.root)
        if "list" in inner and "values" not in inner:
            return {_id(item): {**_head(inner), **item} for item in _objects(inner["list"], "list")}
        return {None: inner}


ENERGY = Shape("energy", "sitesEnergy", "siteEnergyList", "energyValues")
POWER = Shape("power", "powerDateValuesList", "siteEnergyList", "powerDataValueSeries")
OVERVIEW = Shape("overview", "sitesOverviews", "siteEnergyList", "siteOverview")
DATA_PERIOD = Shape("dataPeriod", "datePeriodList", "siteEnergyList", "dataPeriod")


@functools.lru_cache(maxsize=PARSED)
def _parts_of(shape: Shape, body: bytes) -> dict[str | None, dict[str, Any]]:
    return shape.parts(parse(body))


def part_of(shape: Shape, body: bytes, site_id: str) -> dict[str, Any]:
    """Return one site's part of an answer; empty if the answer leaves the site out.

    Raises:
        DecodeError: The answer has none of the forms.
    """
    parts = _parts_of(shape, body)
    return parts.get(site_id) or parts.get(None) or {}


def parse(body: bytes) -> Any:
    """Return a parsed body.

    Raises:
        DecodeError: It is not JSON.
    """
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        message = f"not JSON: {error}"
    raise DecodeError(message)


def whole(body: bytes) -> dict[str, Any]:
    """Return an answer as an object.

    Raises:
        DecodeError: It is none.
    """
    return _object(parse(body), "answer")


def inner(body: bytes, root: str) -> dict[str, Any]:
    """Return the object under an answer's root.

    Raises:
        DecodeError: There is none.
    """
    return _object(whole(body).get(root), root)


def objects(value: Any, what: str) -> list[dict[str, Any]]:
    """Return a list of objects; nothing and a lone object count as lists too.

    Raises:
        DecodeError: It is something else.
    """
    if value is None:
        return []
    return _objects([value] if isinstance(value, dict) else value, what)


def _head(outer: dict[str, Any]) -> dict[str, Any]:
    return {name: outer[name] for name in HEAD if name in outer}


def _id(item: dict[str, Any]) -> str:
    site_id = item.get("siteId", item.get("id"))
    if site_id is None:
        message = f"a site has no id: {shorten(item)}"
        raise DecodeError(message)
    return str(site_id)


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        message = f"{what}: expected an object, got {shorten(value)}"
        raise DecodeError(message)
    return value


def _objects(value: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        message = f"{what}: expected a list of objects, got {shorten(value)}"
        raise DecodeError(message)
    return value
