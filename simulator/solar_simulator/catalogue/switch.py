"""What a switch is."""

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


def choice(name: str, about: str, *choices: str) -> Switch:
    """A switch between some words; the first is the default."""
    return Switch(name, "choice", choices[0], about, choices)


def flag(name: str, about: str, *, default: bool = False) -> Switch:
    """A switch that is on or off."""
    return Switch(name, "flag", default, about)


def rate(name: str, about: str) -> Switch:
    """A switch that hits a share of calls or rows; none by default."""
    return Switch(name, "rate", 0.0, about)


def number(name: str, default: float, about: str) -> Switch:
    """A switch that holds a number."""
    return Switch(name, "number", default, about)
