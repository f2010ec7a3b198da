"""The tap's entry point."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from solar_tap_kit.commandline import one_line_errors
from solar_tap_kit.tap import SolarTap
from tap_solaredge.login import login_command
from tap_solaredge.replay import replay
from tap_solaredge.settings import SETTINGS, V1_LOOKBACK_DAYS, problems
from tap_solaredge.streams import STREAMS
from tap_solaredge.v1.cloud import SolarEdgeV1
from tap_solaredge.v2.cloud import SolarEdgeV2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from solar_tap_kit.cloud import Cloud, Recording, ReplayedFile
    from solar_tap_kit.runtime import Runtime


LOGIN = "login"


class TapSolarEdge(SolarTap):
    """Singer tap for the SolarEdge Monitoring API, v2 and v1: all history since installation.

    `tap-solaredge login` lets the owner of a site grant access in a browser.
    """

    name = "tap-solaredge"
    stream_types = STREAMS
    config_jsonschema = SETTINGS

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        if self._config.get("api_version") == "v1" and not self._config.get("lookback_days"):
            # The schema's default is v2's, where days before the bookmark cost credits.
            given = self._config.get("lookback_days")
            days = V1_LOOKBACK_DAYS if given in (None, "") else given
            self._config = {**self._config, "lookback_days": days}
        return super()._validate_config(raise_errors=raise_errors)

    def open_cloud(self) -> Cloud:
        """Return the cloud that the settings name."""
        if self.config["api_version"] == "v1":
            return SolarEdgeV1(self.runtime)
        return SolarEdgeV2(self.runtime)

    def check(self, config: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the settings beyond their schema."""
        return problems(config)

    def replay(self, recordings: Iterable[Recording], fetched_at: str) -> Iterator[ReplayedFile]:
        """Decode recorded answers."""
        return replay(recordings, fetched_at)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the SDK's command, with `login` beside it."""
        command = super().get_singer_command()
        config = next(option for option in command.params if option.name == "config")
        return _WithLogin(command, login_command(config, cls._open_runtime, cls._guarded))

    @classmethod
    def _open_runtime(cls, config: Any) -> Runtime:
        return cls._from_options(config=config).runtime

    @classmethod
    def _guarded(cls) -> Any:
        return one_line_errors(cls.logger)


class _WithLogin(click.Command):
    """The tap's command, which hands `login` on: Singer's own has no subcommands.

    Args:
        command: The tap's command.
        login: What `login` runs.
    """

    def __init__(self, command: click.Command, login: click.Command) -> None:
        super().__init__(
            command.name, params=command.params, callback=command.callback, help=command.help
        )
        self._command = command
        self._login = login

    def main(  # type: ignore[override] # click's overloads are about a flag that is passed on
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> Any:
        """Run the command line."""
        words = list(sys.argv[1:] if args is None else args)
        if LOGIN in words:
            # Not always in front: `meltano invoke` puts --config and more before it.
            words.remove(LOGIN)
            return self._login.main(words, f"tap-solaredge {LOGIN}", **extra)
        return self._command.main(words, prog_name, **extra)


if __name__ == "__main__":
    TapSolarEdge.cli()
