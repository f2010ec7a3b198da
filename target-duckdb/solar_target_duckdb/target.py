"""The command ``target-duckdb``."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import typing as t
from collections import Counter

import duckdb
from singer_sdk import Target
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.singerlib.encoding.base import GenericSingerReader

from solar_target_duckdb.errors import OutputError, TargetError, first_line
from solar_target_duckdb.feed import StreamFeed
from solar_target_duckdb.loader import Loader
from solar_target_duckdb.messages import Record
from solar_target_duckdb.settings import CONFIG_SCHEMA, Settings, check_names

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    import click

    from solar_target_duckdb.feed import Feed

_SIGNAL_EXIT = 128


class BlockReader(GenericSingerReader[str]):
    """Hands the input over as it is, instead of one decoded line after the other.

    Args:
        consume: Takes the input and returns how many messages of each type it held.
    """

    default_input = sys.stdin

    def __init__(self, consume: Callable[[t.IO[str]], t.Counter[str]]) -> None:
        super().__init__()
        self._consume = consume

    def process_lines(
        self,
        file_input: t.IO[str] | None,
        callbacks: dict[str, Callable[[dict[str, t.Any]], None]],  # noqa: ARG002
    ) -> t.Counter[str]:
        """Read the input to its end.

        Args:
            file_input: The input; standard input if absent.
            callbacks: The SDK's handlers of decoded messages, not needed here.

        Returns:
            How many messages of each type came.
        """
        return self._consume(file_input or sys.stdin)

    def deserialize_json(self, line: str) -> dict[str, t.Any]:
        """Decode one line.

        Args:
            line: The line.

        Raises:
            NotImplementedError: Always; blocks of lines are decoded elsewhere.
        """
        raise NotImplementedError


class TargetDuckDB(Target):
    """Loads Singer streams into one DuckDB file, durably and without doubles."""

    name = "target-duckdb"
    package_name = "solar-target-duckdb"
    config_jsonschema = CONFIG_SCHEMA
    capabilities: t.ClassVar[list[t.Any]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STRUCTURED_LOGGING,
        PluginCapabilities.ACTIVATE_VERSION,
        TargetCapabilities.HARD_DELETE,
        TargetCapabilities.TARGET_SCHEMA,
        TargetCapabilities.VALIDATE_RECORDS,
    ]

    def __init__(
        self,
        *,
        config: dict[str, t.Any] | None = None,
        parse_env_config: bool = False,
        validate_config: bool = True,
    ) -> None:
        """Check the settings; the file is opened when there is something to read.

        Args:
            config: The configuration.
            parse_env_config: Whether to read settings from the environment too.
            validate_config: Whether to refuse invalid settings.
        """
        check_names(config or {})
        self._loader: Loader | None = None
        self._feed: Feed | None = None
        self._signal = 0
        super().__init__(
            config=config,
            parse_env_config=parse_env_config,
            validate_config=validate_config,
            setup_mapper=False,
            message_reader=BlockReader(self._consume),
        )
        self.settings = Settings.of(self.config)

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, t.Any]) -> None:
        """Add none of the SDK's settings; the schema lists all that are honoured.

        Args:
            config_jsonschema: The schema of the settings.
        """

    def _consume(self, source: t.IO[str]) -> t.Counter[str]:
        """Load everything from an input."""
        self._loader = loader = Loader(self.settings, _write_state)
        self._feed = feed = StreamFeed(source)
        if self._signal:
            loader.stop()
        try:
            loader.consume(feed)
        except BaseException:
            loader.abandon()
            raise
        return Counter({str(kind.__struct_config__.tag): n for kind, n in loader.counts.items()})

    def process_endofpipe(self) -> None:
        """Store the rest; leave with the signal's exit code if one cut the input short."""
        if self._loader is None:
            return
        try:
            self._loader.finish()
        finally:
            self._loader.abandon()
        self.logger.info(
            "stored %d rows of %d streams in %s",
            self._loader.counts[Record],
            self._loader.stream_count,
            self.settings.path,
        )
        if not self._loader.complete:
            self.logger.warning(
                "stopped by signal %d before the end of the input; all rows that had come are "
                "stored and their state is acknowledged",
                self._signal,
            )
            sys.exit(_SIGNAL_EXIT + self._signal)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Ask the loader to stop after what it is doing; a transaction is never cut."""
        self._signal = signum
        if self._loader is not None:
            self._loader.stop()
        if self._feed is not None:
            self._feed.wake()

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> t.Any:
        """Read the configuration files.

        Args:
            ctx: The command's context.
            param: The option.
            value: The paths given.

        Returns:
            The merged configuration.
        """
        try:
            return super().cb_config(ctx, param, value)
        except (OSError, ValueError, TypeError) as error:
            cls._fail(f"--config: cannot be read as a JSON object: {first_line(error)}")

    @classmethod
    def invoke(
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: t.Any = None,
        file_input: t.IO[str] | None = None,
        **_: t.Any,
    ) -> None:
        """Run the target.

        Args:
            about: Print what the target is and end.
            about_format: The style of that.
            config: The configuration files' content.
            file_input: The input; standard input if absent.
            **_: Options that later SDK versions may add.
        """
        if about:
            cls.print_about(about_format)
            return
        try:
            with _quiet(cls.logger):
                target = cls(
                    config=config.config if config else None,
                    parse_env_config=bool(config and config.parse_env),
                )
            target.process_lines(file_input)
            target.process_endofpipe()
        except ConfigValidationError as error:
            cls._fail(f"settings: {'; '.join(error.errors)}; see {cls.name} --about")
        except TargetError as error:
            cls._fail(str(error))
        except (duckdb.Error, OSError) as error:
            cls._fail(f"{type(error).__name__}: {first_line(error)}")

    @classmethod
    def _fail(cls, message: str) -> t.NoReturn:
        """End with one line and without a traceback."""
        cls.logger.error("%s", message)
        sys.exit(1)


def _write_state(state: bytes) -> None:
    """Pass an acknowledged state on."""
    try:
        # The tap's own bytes, whatever encoding the terminal has.
        sys.stdout.buffer.write(state + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Python would try to flush again at exit, and complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        msg = "the program that reads the states is gone; all rows up to here are stored"
        raise OutputError(msg) from None


@contextlib.contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Silence the SDK's remarks on how it found the settings, unless debugging."""
    level = logger.level
    if logger.getEffectiveLevel() == logging.INFO:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
