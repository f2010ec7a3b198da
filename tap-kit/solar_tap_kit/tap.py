"""The base class of the taps: settings, streams, a sync, a plan, a check."""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import json
import os
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from solar_tap_kit import settings
from solar_tap_kit.check import as_text, check
from solar_tap_kit.clock import SystemClock, utc_text_exact
from solar_tap_kit.commandline import CommandLine, Form
from solar_tap_kit.drift import Drift
from solar_tap_kit.errors import NotServedError, SettingsError
from solar_tap_kit.forecast import forecast
from solar_tap_kit.idlists import with_lists
from solar_tap_kit.redact import Redactor
from solar_tap_kit.replay import replay_folder
from solar_tap_kit.run import Run
from solar_tap_kit.runtime import Runtime
from solar_tap_kit.sitelist import startable, told_pending
from solar_tap_kit.upkeep import upkeep
from solar_tap_kit.writer import CountingWriter

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from solar_tap_kit.archive import Archive
    from solar_tap_kit.clock import Clock
    from solar_tap_kit.cloud import Cloud, Recording, ReplayedFile, SiteList
    from solar_tap_kit.fields import Record
    from solar_tap_kit.stream import SolarStream

STATE_SHARE = 12
"""STATE is written when at least this many times its size in records has gone out."""

PREVIEW_WINDOWS = 3
"""`--test` must not spend a day's quota on a site without data."""


class SolarTap(CommandLine):
    """A tap on the cloud of one vendor, driven by windows of days.

    A subclass declares its settings and streams, checks what a schema can't, and opens
    the cloud.
    """

    stream_types: ClassVar[Sequence[type[SolarStream]]]
    clock: Clock
    message_writer_class = CountingWriter
    message_writer: CountingWriter
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
        self.drift = Drift()
        self.start_day: dt.date | None = None
        self.end_day: dt.date | None = None
        self._state_at_bytes = self._state_bytes = 0
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
        try:
            self._config = with_lists(self._config, schema)
        except SettingsError as error:
            lines = [str(error)]
        else:
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
        with self.opened() as (cloud, archive):
            try:
                Run(self, cloud, archive).execute()
            finally:
                now = self.clock.now()
                if archive is not None:
                    archive.tidy(
                        now,
                        keep_days=self.config.get("archive_days"),
                        max_mb=self.config.get("archive_max_mb"),
                    )
                cloud.ledger.prune(now)

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[Cloud, Archive | None]]:
        """Open the cloud and its files, and close the files again.

        Raises:
            SettingsError: `state_dir` can't be used.
        """
        cloud = self.open_cloud()
        archive = self.runtime.open_archive(cloud.account)
        try:
            yield cloud, archive
        finally:
            if archive is not None:
                archive.close()
            cloud.ledger.close()

    @property
    def runtime(self) -> Runtime:
        """What a cloud is opened with."""
        return Runtime(self.config, self.clock, self.redactor)

    def write_state(self, *, force: bool = False) -> None:
        """Write STATE if enough records have gone out since the last one, or if forced."""
        written = getattr(self.message_writer, "bytes_written", 0)
        since = written - self._state_at_bytes
        # The size of the last STATE will do: to measure each one would cost what is saved.
        if not force and since < STATE_SHARE * self._state_bytes:
            return
        self.message_writer.write_state(self.state)
        after = getattr(self.message_writer, "bytes_written", 0)
        self._state_bytes, self._state_at_bytes = after - written, after

    def preview(self, stream: SolarStream) -> Iterator[Record]:
        """Yield records of one stream for `--test`, at the cost of a few calls."""
        cloud, listed = self._preview
        now = utc_text_exact(self.clock.now())
        if stream.name == cloud.site_stream:
            yield from listed.rows
        mine = (
            step
            for step in Run(self, cloud, None).plan(listed.sites)
            if stream.name in step.source.streams
            or (stream.name == cloud.ledger_stream and step.source.keeps_ledger)
        )
        most = PREVIEW_WINDOWS if stream.ABORT_AT_RECORD_COUNT else None
        for step in itertools.islice(mine, most):
            try:
                bodies = step.source.ask(step.windows)
            except NotServedError as error:
                self.logger.warning("%s: %s; left out", step.source.name, error)
                return
            for window in step.windows:
                yield from step.source.decode(window, bodies, now).rows.get(stream.name, ())

    @functools.cached_property
    def _preview(self) -> tuple[Cloud, SiteList]:
        """The cloud and its sites, for `--test`: one login and one list for all streams."""
        stack = contextlib.ExitStack()
        atexit.register(stack.close)
        cloud, _ = stack.enter_context(self.opened())
        listed = cloud.decode_sites(cloud.ask_sites(), utc_text_exact(self.clock.now()))
        return cloud, startable(listed, self.start_day)

    def show_plan(self, form: Form) -> None:
        """Print what a sync would ask for, with its cost and the date on which it is done.

        Raises:
            SolarError: The list of sites can't be had.
        """
        with self.opened() as (cloud, archive):
            run = Run(self, cloud, archive)
            listed, now = run.read_sites(), self.clock.now()
            sites = listed.sites
            steps, unit = run.plan(sites), cloud.cost_unit
            made = forecast(steps, cloud.ledger, now, unit, with_steps=form == "json")
            daily = upkeep(run.sources, sites, now, unit, cloud.ledger.limits)
        if form == "json":
            left_out = {"pending": list(listed.pending), "left_out": dict(listed.left_out)}
            click.echo(json.dumps({**made.as_json(), "upkeep": daily.as_json(), **left_out}))
        else:
            pending = [told_pending(listed.pending)] if listed.pending else []
            lines = [f"left out: {why}" for why in listed.left_out.values()]
            click.echo("\n".join([made.as_text(), daily.as_text(), *pending, *lines]))

    def show_check(self, form: Form) -> bool:
        """Print what the credential may use; return whether nothing failed.

        Raises:
            SolarError: The credential or the settings don't work at all.
        """
        with self.opened() as (cloud, _):
            findings = list(check(cloud, self.clock, self.start_day))
            session = cloud.session
        if form == "json":
            lines = [finding.as_json() for finding in findings]
            click.echo(json.dumps({"calls": session.calls, "findings": lines}))
        else:
            click.echo(as_text(findings, f"{session.calls} calls spent"))
        return all(finding.verdict != "failed" for finding in findings)

    def show_replay(self, folder: Path) -> None:
        """Print the Singer lines that a folder of recorded answers decodes to.

        Raises:
            SettingsError: There is no such folder, or no `*.json` file in it.
        """
        replay_folder(self, folder)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Finish the window in flight, keep its state, and stop; at the second signal, at once."""
        del frame
        if self.clock.stopping:
            os._exit(128 + signum)
        self.logger.warning("asked to stop (signal %d); finishing the call in flight", signum)
        self.clock.stop()
