"""Scenarios: small TOML files that name the sites, the day it is, and the switches."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from solar_simulator.fleet import fleet_rules, fleet_sites
from solar_simulator.site import (
    Alert,
    Battery,
    Charger,
    ChargerKind,
    Household,
    Inverter,
    Measurement,
    Replacement,
    Sensor,
    Site,
    Window,
)

T = TypeVar("T")

_TOP = {"title", "now", "seed", "sites", "fleet", "switches", "rules", "faults"}


class ScenarioError(ValueError):
    """A scenario that does not exist or cannot be read; says where and why."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world to begin with.

    Attributes:
        name: File name without ``.toml``.
        title: One line for people.
        now: Where the clock starts (aware).
        seed: Same seed, same numbers.
        sites: By id, in the file's order.
        switches: Values by switch name.
        rules: Switch values bound to a site or a period; see ``Switches.set``.
        faults: Faults armed from the start; see ``Faults.add``.
    """

    name: str
    title: str
    now: datetime
    seed: int
    sites: dict[str, Site]
    switches: dict[str, Any]
    rules: tuple[dict[str, Any], ...]
    faults: tuple[dict[str, Any], ...]


def names() -> list[str]:
    """The scenarios that come with the package."""
    folder = resources.files("solar_simulator") / "scenarios"
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load(name: str) -> Scenario:
    """Read a scenario by its name, or by the path of a TOML file.

    Raises:
        ScenarioError: If there is none, or it holds something unknown.
    """
    path = Path(name)
    if path.suffix == ".toml":
        text = path.read_text(encoding="utf-8") if path.is_file() else None
    elif name in names():
        text = (resources.files("solar_simulator") / "scenarios" / f"{name}.toml").read_text(
            encoding="utf-8"
        )
    else:
        text = None
    if text is None:
        message = f"no scenario {name!r}; there are {', '.join(names())}, or give a .toml file"
        raise ScenarioError(message)
    return parse(path.stem, text)


def parse(name: str, text: str) -> Scenario:
    """Read a scenario from TOML text.

    Raises:
        ScenarioError: If the text is not TOML or holds something unknown.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"scenario {name}: {error}"
        raise ScenarioError(message) from error
    _refuse_unknown(table, _TOP, name)
    for needed in ("now", "seed"):
        if needed not in table:
            message = f"scenario {name}: {needed} is missing"
            raise ScenarioError(message)
    sites = [_site(entry, f"{name}: site {n}") for n, entry in enumerate(table.get("sites", []), 1)]
    fleet = table.get("fleet", {})
    many = fleet_sites(table["seed"], **fleet)
    rules = fleet_rules(many, fleet.get("troubled", 0.0))
    sites += many
    return Scenario(
        name,
        table.get("title", name),
        _aware(table["now"], f"{name}: now"),
        table["seed"],
        {site.site_id: site for site in sites},
        table.get("switches", {}),
        (*rules, *table.get("rules", ())),
        tuple(table.get("faults", ())),
    )


def _site(table: Mapping[str, Any], where: str) -> Site:
    site = _build(
        Site,
        table,
        where,
        {
            "installed_at": lambda value: _aware(value, f"{where}: installed_at"),
            "inverters": lambda value: _each(Inverter, value, where),
            "battery": lambda value: _battery(value, where),
            "household": lambda value: _build(Household, value, f"{where}: household"),
            "alerts": lambda value: _each(Alert, value, where),
            "replacements": lambda value: _each(Replacement, value, where),
            "charger": lambda value: _build(Charger, value, f"{where}: charger"),
            "sensors": lambda value: _each(Sensor, value, where),
        },
    )
    try:
        ZoneInfo(site.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        message = f"{where}: unknown zone {site.zone!r}"
        raise ScenarioError(message) from error
    _check_equipment(site, where)
    return site


def _check_equipment(site: Site, where: str) -> None:
    """Refuse kinds that nobody knows, and replacements that end nowhere.

    Raises:
        ScenarioError: With one line.
    """
    known: list[tuple[str, tuple[str, ...]]] = [
        (sensor.measurement, get_args(Measurement)) for sensor in site.sensors
    ]
    if site.charger:
        known.append((site.charger.kind, get_args(ChargerKind)))
    for word, words in known:
        if word not in words:
            message = f"{where}: {word!r} is none of {', '.join(words)}"
            raise ScenarioError(message)
    for old in site.replacements:
        _aware(old.at, f"{where}: replacement of {old.serial}: at")
        if site.place_of(old.serial) not in site.places or old.serial in site.places:
            message = f"{where}: {old.serial} is replaced by {old.successor}, which no device is"
            raise ScenarioError(message)


def _battery(table: Mapping[str, Any], where: str) -> Battery:
    def window(value: Mapping[str, Any]) -> Window:
        return _build(Window, value, f"{where}: battery window")

    return _build(
        Battery, table, f"{where}: battery", {"grid_charge": window, "grid_export": window}
    )


def _each(kind: type[T], entries: list[Mapping[str, Any]], where: str) -> tuple[T, ...]:
    return tuple(_build(kind, entry, f"{where}: {kind.__name__.lower()}") for entry in entries)


def _build(
    kind: type[T],
    table: Mapping[str, Any],
    where: str,
    readers: Mapping[str, Callable[[Any], object]] | None = None,
) -> T:
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    _refuse_unknown(table, known, where)
    readers = readers or {}
    values = {key: readers[key](value) if key in readers else value for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        message = f"{where}: {error}"
        raise ScenarioError(message) from error


def _refuse_unknown(table: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(table) - known):
        message = f"{where}: unknown {', '.join(unknown)}"
        raise ScenarioError(message)


def _aware(value: datetime, where: str) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        message = f"{where} must be a date-time with offset"
        raise ScenarioError(message)
    return value
