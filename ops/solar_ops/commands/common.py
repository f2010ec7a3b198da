"""What all commands share: the project they work in, JSON, errors in one line."""

from __future__ import annotations

import datetime as dt
import functools
import json
import os
import sys
from typing import TYPE_CHECKING, Any, ParamSpec

import click
from rich import box
from rich.console import Console
from rich.table import Table

from solar_ops.errors import FAILED, OpsError
from solar_ops.logs import redactor_for
from solar_ops.project import Project
from solar_ops.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

P = ParamSpec("P")
WIDTH_WITHOUT_TERMINAL = 120
REDACT: list[Callable[[str], str]] = []
"""Masks secrets in error lines, once the settings are known."""


def one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Report what a user can mend without a traceback, and exit with the error's code."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        REDACT.clear()
        try:
            command(*args, **kwargs)
        except OpsError as error:
            text = str(error)
            for redact in REDACT:
                text = redact(text)
            click.echo(text, err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # The reader has seen enough; Python would complain again on its way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except OSError as error:
            # A full disk, a folder that belongs to another user: the system's own words say it.
            where = f"{error.filename}: " if error.filename else ""
            click.echo(f"{where}{error.strerror or error}", err=True)
            sys.exit(FAILED)

    return guarded


def here() -> tuple[Project, Settings]:
    """Return the project that the user stands in, and its settings."""
    project = Project.find()
    settings = Settings(project.root)
    REDACT.append(redactor_for(settings).text)
    return project, settings


def console() -> Console:
    """Return where tables go; without a terminal their width does not depend on one.

    What is printed comes from vendors: brackets in a name are a name, not markup.
    """
    width = None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL
    return Console(width=width, highlight=False, markup=False, emoji=False)


def say(line: str) -> None:
    """Tell a person at the terminal; standard output stays for answers."""
    click.echo(line, err=True)


def print_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value)


def table(*names: str) -> Table:
    """Return an empty table; a name that begins with > is a column of numbers."""
    made = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in names:
        justify: Any = "right" if name.startswith(">") else "left"
        made.add_column(name.removeprefix(">"), justify=justify, overflow="fold")
    return made


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def examples(*lines: str) -> str:
    """Return a help epilog that shows how a command is used."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


class Day(click.ParamType[dt.date]):
    """A date, YYYY-MM-DD."""

    name = "date"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        """Return the date."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date; write YYYY-MM-DD", param, ctx)


def selection_options(command: Callable[P, None]) -> Callable[P, None]:
    """Add --site, --start and --end to a command."""
    options: Sequence[Callable[[Any], Any]] = (
        click.option("--site", "sites", multiple=True, help="Id of a system; may be repeated."),
        click.option("--start", type=Day(), help="First local day."),
        click.option("--end", type=Day(), help="Last local day, the whole of it included."),
    )
    decorated: Any = command
    for option in reversed(options):
        decorated = option(decorated)
    wrapped: Callable[P, None] = decorated
    return wrapped


def check_order(start: dt.date | None, end: dt.date | None) -> None:
    """Refuse an end before the start.

    Raises:
        OpsError: It is.
    """
    if start and end and end < start:
        message = f"--end {end} is before --start {start}"
        raise OpsError(message)
