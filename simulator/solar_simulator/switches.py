"""Switches: every oddity of the clouds, off, on or at a rate, by site and period."""

import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solar_simulator.catalogue import CATALOGUE, Switch, SwitchError
from solar_simulator.noise import Ints, key_of, uniform, uniform_at
from solar_simulator.zones import to_minute


@dataclass(frozen=True, slots=True)
class Rule:
    """One setting of one switch.

    Attributes:
        value: What the switch is set to.
        site: Only for this site id; None for all.
        start: Only for data from this instant on (aware); None for all.
        end: Only for data before this instant (aware); None for all.
    """

    value: Any
    site: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def covers(self, site: str | None, minute: int | None) -> bool:
        """Whether the rule speaks of a site and an instant."""
        if self.site is not None and self.site != site:
            return False
        if minute is None:
            return self.start is None and self.end is None
        after = self.start is None or minute >= to_minute(self.start)
        return after and (self.end is None or minute < to_minute(self.end))


class Switches:
    """The switches of a running simulator; the last rule that fits wins.

    Args:
        seed: Decides which rows a rate hits.
        initial: Values by name to begin with, and to return to.
        rules: Further settings to begin with, as keyword arguments of :meth:`set`.
    """

    def __init__(
        self,
        seed: int,
        initial: dict[str, Any] | None = None,
        rules: tuple[dict[str, Any], ...] = (),
    ) -> None:
        self._seed = seed
        self._initial = initial or {}
        self._initial_rules = rules
        self._lock = threading.Lock()
        self._rules: dict[str, tuple[Rule, ...]] = {}
        self.reset()

    def reset(self) -> None:
        """Back to what the scenario set."""
        with self._lock:
            self._rules = {}
        for name, value in self._initial.items():
            self.set(name, value)
        for rule in self._initial_rules:
            self.set(**rule)

    def set(
        self,
        name: str,
        value: Any,
        *,
        site: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> None:
        """Set a switch, for all sites and times or for some.

        Args:
            name: One of the catalogue.
            value: True or False, a rate from 0 to 1, a number, or one of the choices.
            site: Only for this site id.
            start: Only for data from this instant on (aware).
            end: Only for data before this instant (aware).

        Raises:
            SwitchError: If there is no such switch or it does not take the value.
        """
        _declared(name).check(value)
        rule = Rule(value, site, start, end)
        with self._lock:
            plain = site is None and start is None and end is None
            kept = () if plain else self._rules.get(name, ())
            self._rules[name] = (*kept, rule)

    def clear(self, name: str) -> None:
        """Back to the default of one switch.

        Raises:
            SwitchError: If there is no such switch.
        """
        _declared(name)
        with self._lock:
            self._rules.pop(name, None)

    def get(self, name: str, site: str | None = None, minute: int | None = None) -> Any:
        """The value for a site and a UTC minute of data."""
        for rule in reversed(self._rules.get(name, ())):
            if rule.covers(site, minute):
                return rule.value
        return CATALOGUE[name].default

    def hits(self, name: str, site: str, minutes: Ints) -> NDArray[np.bool_]:
        """Which of some UTC minutes a rate hits: the same ones at every look."""
        if name not in self._rules and not CATALOGUE[name].default:
            return np.zeros(len(minutes), dtype=np.bool_)
        rates = np.array([float(self.get(name, site, int(minute))) for minute in minutes])
        return uniform(key_of(self._seed, name, site), minutes) < rates

    def strikes(self, name: str, site: str | None, now_minute: int, number: int) -> bool:
        """Whether a rate hits the ``number``-th call, made in a UTC minute."""
        chance = float(self.get(name, site, now_minute))
        return chance > 0 and uniform_at(key_of(self._seed, name), number) < chance

    def hit(self, name: str, site: str, minute: int) -> bool:
        """Whether a rate hits one UTC minute."""
        return bool(self.hits(name, site, np.array([minute], dtype=np.int64))[0])

    def rules(self) -> dict[str, tuple[Rule, ...]]:
        """All that is set, by switch."""
        with self._lock:
            return {name: found for name, found in sorted(self._rules.items()) if found}

    def as_dict(self) -> dict[str, Any]:
        """Every switch with its default, choices, meaning and present rules, for JSON."""
        return {
            name: {
                "default": switch.default,
                "kind": switch.kind,
                "choices": list(switch.choices),
                "about": switch.about,
                "rules": [_plain(rule) for rule in self._rules.get(name, ())],
            }
            for name, switch in CATALOGUE.items()
        }


def _declared(name: str) -> Switch:
    if name not in CATALOGUE:
        message = f"no switch {name!r}; GET /_sim/switches lists them"
        raise SwitchError(message)
    return CATALOGUE[name]


def _plain(rule: Rule) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in asdict(rule).items()
    }
