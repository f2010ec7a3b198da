"""The forms of v1 answers: for one site, for several as clients see them, and as printed.

Single: `{"energy": {...}}`. Several: `{"sitesEnergy": {..., "siteEnergyList": [{"siteId",
"energyValues": {...}}]}}`. Printed in the vendor's document: `{"energy": {..., "list":
[{"id", ...}]}}`. All three are read wherever one of them may come.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten
from solar_tap_kit.http import parse_json

T = TypeVar("T")
RawObject = dict[str, msgspec.Raw]

HEAD = ("timeUnit", "unit", "measuredBy")
"""What stands beside the list and holds for every site in it."""

KEPT = 2
"""A bulk answer is read once for each of its sites; of so many it is kept where which stands."""


@dataclass(frozen=True, slots=True)
class Part:
    """One site's part of an answer, not decoded yet.

    A month of quarter-hours of a hundred sites is 300,000 objects; of one site it is 3,000.

    Attributes:
        head: What stands beside the list and holds for every site in it.
        raw: The rest, or None if it is missing.
    """

    head: dict[str, Any]
    raw: msgspec.Raw | None

    def read(self) -> dict[str, Any]:
        """Return the part decoded.

        Raises:
            DecodeError: It is no object.
        """
        if self.raw is None:
            message = "a site has no part in the answer"
            raise DecodeError(message)
        return {**self.head, **_plain(self.raw, dict[str, Any], "part of a site")}


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

    def parts(self, body: bytes) -> dict[str | None, Part]:
        """Return the part of each site; of an answer for one site under None.

        Raises:
            DecodeError: The answer has none of the forms.
        """
        answer = _raw_object(body, self.root)
        if self.bulk_root in answer:
            outer = _raw_object(answer[self.bulk_root], self.bulk_root)
            listed = _raw_objects(outer.get(self.bulk_list), self.bulk_list)
            return {_id(item): Part(_head(outer), item.get(self.bulk_item)) for item in listed}
        if self.root not in answer:
            message = f"there is neither {self.root} nor {self.bulk_root}"
            raise DecodeError(message)
        inner = _raw_object(answer[self.root], self.root)
        if "list" in inner and "values" not in inner:
            items = _plain(inner["list"], list[msgspec.Raw], "list")
            return {_id(_raw_object(item, "list")): Part(_head(inner), item) for item in items}
        return {None: Part({}, answer[self.root])}


ENERGY = Shape("energy", "sitesEnergy", "siteEnergyList", "energyValues")
POWER = Shape("power", "powerDateValuesList", "siteEnergyList", "powerDataValueSeries")
OVERVIEW = Shape("overview", "sitesOverviews", "siteEnergyList", "siteOverview")
DATA_PERIOD = Shape("dataPeriod", "datePeriodList", "siteEnergyList", "dataPeriod")


@functools.lru_cache(maxsize=KEPT)
def _parts_of(shape: Shape, body: bytes) -> dict[str | None, Part]:
    return shape.parts(body)


def part_of(shape: Shape, body: bytes, site_id: str) -> dict[str, Any]:
    """Return one site's part of an answer; empty if the answer leaves the site out.

    Raises:
        DecodeError: The answer has none of the forms.
    """
    parts = _parts_of(shape, body)
    found = parts.get(site_id) or parts.get(None)
    return found.read() if found else {}


def whole(body: bytes) -> dict[str, Any]:
    """Return an answer as an object.

    Raises:
        DecodeError: It is none.
    """
    return _object(parse_json(body), "answer")


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


def _plain(raw: bytes | msgspec.Raw, form: type[T], what: str) -> T:
    try:
        return msgspec.json.decode(raw, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"{what}: {error}"
    raise DecodeError(message)


def _raw_object(raw: bytes | msgspec.Raw, what: str) -> RawObject:
    return _plain(raw, dict[str, msgspec.Raw], what)


def _raw_objects(raw: msgspec.Raw | None, what: str) -> list[RawObject]:
    if raw is None:
        message = f"{what}: missing"
        raise DecodeError(message)
    return _plain(raw, list[dict[str, msgspec.Raw]], what)


def _head(outer: RawObject) -> dict[str, Any]:
    return {name: parse_json(bytes(outer[name])) for name in HEAD if name in outer}


def _id(item: RawObject) -> str:
    raw = item.get("siteId", item.get("id"))
    site_id = None if raw is None else parse_json(bytes(raw))
    if site_id is None:
        message = "a site in the list has no id"
        raise DecodeError(message)
    return str(site_id)


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        message = f"{what}: expected an object, got {shorten(value)}"
        raise DecodeError(message)
    return value


def _objects(value: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not set(map(type, value)) <= {dict}:
        message = f"{what}: expected a list of objects, got {shorten(value)}"
        raise DecodeError(message)
    return value
