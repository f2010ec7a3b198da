"""The base class of the taps: settings, command line, errors in one line, exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click
import simplejson  # type: ignore[import-untyped] # with it the SDK reads its files
from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from solar_tap_kit import settings
from solar_tap_kit.clock import SystemClock, utc_text_exact
from solar_tap_kit.errors import SettingsError, SolarError
from solar_tap_kit.redact import Redactor
from solar_tap_kit.replay import replay_folder
from solar_tap_kit.run import STATE_SHARE, Run
from solar_tap_kit.writer import CountingWriter

if TYPE_CHECKING:
    import datetime as dt
    import logging
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import FrameType

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.cloud import Cloud, Recording, ReplayedFile
    from solar_tap_kit.fields import Record
    from solar_tap_kit.stream import SolarStream

PREVIEW_WINDOWS = 3
"""`--test` must not spend a day's quota on a site without data."""


class SolarTap(Tap):
    """A tap on the cloud of one vendor, driven by windows of days.

    A subclass declares its settings and streams, checks what a schema can't, and opens
    the cloud.
    """

    stream_types: ClassVar[Sequence[type[SolarStream]]]
    clock: Clock
    message_writer_class = CountingWriter
    capabilities: ClassVar[list[Any]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, *, clock: Clock | None = None, **kwargs: Any) -> None:
        self.clock = clock or SystemClock()
        self.redactor = Redactor()
        self.start_day: dt.date | None = None
        self.end_day: dt.date | None = None
        self._state_at_bytes = 0
        super().__init__(**kwargs)

    @abstractmethod
    def open_cloud(self) -> Cloud:
        """Return the cloud that the settings name. Makes no call."""

    @abstractmethod
    def check(self, config: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the settings beyond their schema, one line each."""

    @abstractmethod
    def replay(self, recordings: Iterable[Recording], fetched_at: str) -> Iterator[ReplayedFile]:
        """Decode recorded answers with the tap's own decoders. Makes no call."""

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        self._config = settings.without_blanks(self._config)
        for name, declared in schema["properties"].items():
            if declared.get("secret"):
                self.redactor.add(self._config.get(name))
        self.redactor.install()
        lines = settings.problems(self._config, schema)
        if not lines:
            super()._validate_config(raise_errors=False)
            lines = self.check(self._config) if raise_errors else []
        if lines and raise_errors:
            message = "the settings can't be used"
            raise ConfigValidationError(message, errors=lines, schema=schema)
        if not lines:
            self.start_day = settings.as_day(self._config.get("start_date"), "start_date")
            self.end_day = settings.as_day(self._config.get("end_date"), "end_date")
        return lines

    def discover_streams(self) -> Sequence[SolarStream]:
        """Return the declared streams; touches no network."""
        return [stream_type(self) for stream_type in self.stream_types]

    @property
    def solar_streams(self) -> dict[str, SolarStream]:
        """The streams by name, in the order in which their class was declared."""
        return {kind.name: self.streams[kind.name] for kind in self.stream_types}  # type: ignore[misc]

    def sync_all(self) -> None:  # type: ignore[misc]
        """Sync window by window through all streams instead of stream by stream.

        The SDK marks this method final because its loop is what most taps want; ours is
        why this class exists (`docs/decisions/0002-own-engine.md`).
        """
        Run(self, self.open_cloud()).execute()

    def write_state(self, *, force: bool = False) -> None:
        """Write STATE if enough records have gone out since the last one, or if forced."""
        written = getattr(self.message_writer, "bytes_written", 0)
        since = written - self._state_at_bytes
        if not force and since < STATE_SHARE * len(json.dumps(self.state)):
            return
        self.state_writer.write_state(self.state)
        self._state_at_bytes = written

    def preview(self, stream: SolarStream) -> Iterator[Record]:
        """Yield records of one stream for `--test`, at the cost of a few calls."""
        cloud = self.open_cloud()
        now = utc_text_exact(self.clock.now())
        listed = cloud.list_sites(now)
        if stream.name == cloud.site_stream:
            yield from listed.rows
        for snapshot in cloud.snapshots:
            if snapshot.stream == stream.name:
                for site in listed.sites:
                    yield from snapshot.fetch(site, now)
        plan = Run(self, cloud).plan(listed.sites)
        for source in cloud.sources:
            if stream.name in (*source.streams, cloud.ledger_stream):
                mine = [window for window in plan if window.source == source.name]
                for window in mine[: PREVIEW_WINDOWS if stream.ABORT_AT_RECORD_COUNT else None]:
                    yield from source.fetch(window, now).rows.get(stream.name, ())

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Finish the window in flight, keep its state, and stop; at the second signal, at once."""
        del frame
        if self.clock.stopping:
            os._exit(128 + signum)
        self.logger.warning("asked to stop (signal %d); finishing the call in flight", signum)
        self.clock.stop()

    @classmethod
    def invoke(cls, *, replay: str | None = None, **kwargs: Any) -> None:
        """Run the command line: a sync, or a replay of recorded answers."""
        with one_line_errors(cls.logger):
            if replay is None:
                super().invoke(**kwargs)
                return
            config = kwargs["config"].config if kwargs.get("config") else {}
            replay_folder(cls(config=config, validate_config=False), Path(replay))

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
        command.params.append(
            click.Option(
                ["--replay"],
                type=click.Path(file_okay=False),
                help="Send a folder of recorded answers (*.json) through the decoders and "
                "print Singer lines. Needs no account.",
            )
        )
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
    except simplejson.JSONDecodeError as error:
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


__all__ = ["SettingsError", "SolarTap", "one_line_errors"]
