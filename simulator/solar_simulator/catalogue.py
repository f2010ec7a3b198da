"""The list of switches: name, kind, default, meaning. Data, no behaviour."""

from dataclasses import dataclass
from typing import Any, Literal


class SwitchError(ValueError):
    """An unknown switch or a value it does not take."""


Kind = Literal["choice", "flag", "rate", "number"]


@dataclass(frozen=True, slots=True)
class Switch:
    """One oddity that can be switched.

    Attributes:
        name: ``vendor.oddity``.
        kind: ``flag`` (true or false), ``rate`` (0 to 1), ``number`` or ``choice``.
        default: What holds when nothing is set.
        about: What it does, in a line.
        choices: The values of a choice.
    """

    name: str
    kind: Kind
    default: Any
    about: str
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> None:
        """Refuse a value of another kind.

        Raises:
            SwitchError: With one line that says what the switch takes.
        """
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = {
            "flag": isinstance(value, bool),
            "rate": number and 0 <= value <= 1,
            "number": number,
            "choice": value in self.choices,
        }[self.kind]
        if not fits:
            takes = " or ".join(self.choices) if self.choices else f"a {self.kind}"
            message = f"switch {self.name} takes {takes}, not {value!r}"
            raise SwitchError(message)


def _choice(name: str, about: str, *choices: str) -> Switch:
    return Switch(name, "choice", choices[0], about, choices)


def _flag(name: str, about: str, *, default: bool = False) -> Switch:
    return Switch(name, "flag", default, about)


def _rate(name: str, about: str) -> Switch:
    return Switch(name, "rate", 0.0, about)


def _number(name: str, default: float, about: str) -> Switch:
    return Switch(name, "number", default, about)


_SIGEN = (
    _choice(
        "sigen.data_form",
        "How `data` travels: a JSON string, or plain JSON (devices: strings inside an array).",
        "string",
        "object",
    ),
    _flag("sigen.timestamp", "Whether the envelope has `timestamp`.", default=True),
    _choice(
        "sigen.totals",
        "Names of the period's totals in history: with Kwh, without, or both.",
        "both",
        "kwh",
        "plain",
        "plain_zero",
    ),
    _choice(
        "sigen.connect_time",
        "Grid connection: `gridConnectedTime` in ms or `gridConnectTime` in s.",
        "connected_ms",
        "connect_s",
        "absent",
    ),
    _choice("sigen.data_time", "Labels `yyyyMMdd HH:mm` or `yyyy-MM-dd HH:mm`.", "compact", "iso"),
    _choice(
        "sigen.autumn_rows",
        "The hour that comes twice: all rows (300), or only one pass (288).",
        "all",
        "first_pass",
        "second_pass",
    ),
    _choice(
        "sigen.spring_rows",
        "The hour that is skipped: no rows (276), or labels that never were (288).",
        "real",
        "filled",
    ),
    _number("sigen.row_lag_seconds", 60, "How long after its stamp a history row appears."),
    _choice(
        "sigen.outside_dates",
        "History before the installation or in the future: empty list, 1201 or 13001.",
        "empty",
        "1201",
        "13001",
    ),
    _flag("sigen.edge", "The edge's HTML 403 for odd User-Agents and GET bodies.", default=True),
)

_SOLAREDGE = (
    _choice(
        "solaredge.span_limits",
        "Longest window by resolution: documented (12 h, 24 h, a month), a day for quarter"
        " hours, or none.",
        "documented",
        "whole_day",
        "none",
    ),
    _choice(
        "solaredge.virtual_meter",
        "Where the consumption series stands: under the grid meter's serial, under `null`, or"
        " nowhere.",
        "grid_meter",
        "null",
        "absent",
    ),
    _choice("solaredge.future_rows", "Buckets after now: left out, or null.", "absent", "null"),
    _choice("solaredge.tier", "Tier of the account; power flow needs a paid one.", "free", "pro"),
)

CATALOGUE: dict[str, Switch] = {switch.name: switch for switch in (*_SIGEN, *_SOLAREDGE)}
