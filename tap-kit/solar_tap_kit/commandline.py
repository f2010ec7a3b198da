"""The taps' command line: the SDK's, with a plan, a check and a replay; errors in one line."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
from abc import abstractmethod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, Self

import click
import simplejson  # type: ignore[import-untyped] # with it the SDK reads its files
from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError

from solar_tap_kit.errors import SettingsError, SolarError

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

Form = Literal["table", "json"]

GARBAGE_THRESHOLD = 50_000
"""Python looks for cycles after so many new objects; its own default is 700."""


class CommandLine(Tap):
    """A tap that can be asked for more than a sync."""

    @abstractmethod
    def show_plan(self, form: Form) -> None:
        """Print what a sync would ask for, with its cost and the date on which it is done."""

    @abstractmethod
    def show_check(self, form: Form) -> bool:
        """Print what the credential may use; return whether nothing failed."""

    @abstractmethod
    def show_replay(self, folder: Path) -> None:
        """Print the Singer lines that a folder of recorded answers decodes to."""

    @classmethod
    def invoke(
        cls,
        *,
        replay: str | None = None,
        plan: Form | None = None,
        check: Form | None = None,
        **kwargs: Any,
    ) -> None:
        """Run the command line: a sync, a plan, a check, or a replay of recorded answers."""
        with one_line_errors(cls.logger):
            if replay is not None:
                config = kwargs["config"].config if kwargs.get("config") else {}
                cls(config=config, validate_config=False).show_replay(Path(replay))
            elif plan is not None:
                cls._from_options(**kwargs).show_plan(plan)
            elif check is not None:
                if not cls._from_options(**kwargs).show_check(check):
                    sys.exit(1)
            else:
                # Records are made and dropped by the thousand; none is ever in a cycle.
                gc.freeze()
                gc.set_threshold(GARBAGE_THRESHOLD)
                super().invoke(**kwargs)

    @classmethod
    def _from_options(
        cls,
        *,
        config: Any = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
        **others: Any,
    ) -> Self:
        """Return the tap that the SDK's own command line would run."""
        del others
        return cls(
            config=config.config if config else {},
            parse_env_config=bool(config and config.parse_env),
            state=json.load(state) if state else None,
            catalog=json.load(catalog) if catalog else None,
            validate_config=True,
        )

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Run `--test` with errors in one line."""
        with one_line_errors(cls.logger):
            super().cb_test(ctx, param, value)

    @classmethod
    def cb_discover(cls, ctx: click.Context, param: click.Option, value: bool) -> None:  # noqa: FBT001
        """Run `--discover` with errors in one line."""
        with one_line_errors(cls.logger):
            super().cb_discover(ctx, param, value)

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the configuration files with errors in one line."""
        with one_line_errors(cls.logger):
            try:
                return super().cb_config(ctx, param, value)
            except TypeError:
                message = "--config: a configuration file has to hold a JSON object"
            raise SettingsError(message)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the SDK's command with our options."""
        command = super().get_singer_command()
        command.help = cls.__doc__
        form = click.Choice(["table", "json"])
        command.params += [
            click.Option(
                ["--plan"],
                type=form,
                is_flag=False,
                flag_value="table",
                help="Print what a sync would ask for, what it costs and when it is done "
                "(--plan json for machines). Reads the list of sites, nothing else.",
            ),
            click.Option(
                ["--check"],
                type=form,
                is_flag=False,
                flag_value="table",
                help="Ask each endpoint once for each site and say what this credential may "
                "use. Counts the calls it spends.",
            ),
            click.Option(
                ["--replay"],
                type=click.Path(file_okay=False),
                help="Send a folder of recorded answers (*.json) through the decoders and "
                "print Singer lines. Needs no account.",
            ),
        ]
        return command


@contextlib.contextmanager
def one_line_errors(logger: logging.Logger) -> Iterator[None]:
    """Turn everything a user can cause into one line on the log, and exit code 1."""
    try:
        yield
    except ConfigValidationError as error:
        lines = error.errors
    except SolarError as error:
        lines = [str(error)]
    except (simplejson.JSONDecodeError, json.JSONDecodeError) as error:
        lines = [f"a configuration, state or catalog file is not JSON: {error}"]
    except BrokenPipeError:
        # Python would complain again when it flushes standard output on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        lines = ["the program that reads this tap's output has gone away"]
    except OSError as error:
        lines = [f"{error.filename}: {error.strerror}" if error.filename else str(error)]
    else:
        return
    for line in lines:
        logger.error("%s", line)
    sys.exit(1)
