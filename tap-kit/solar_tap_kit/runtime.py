"""What a cloud is opened with: settings, time, secrets, and the files in `state_dir`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solar_tap_kit.archive import Archive
from solar_tap_kit.ledger import Ledger
from solar_tap_kit.session import Session, SessionOptions
from solar_tap_kit.settings import reserve_of
from solar_tap_kit.storage import default_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.http import Reply
    from solar_tap_kit.limits import Limit
    from solar_tap_kit.redact import Redactor


@dataclass(frozen=True, slots=True)
class Runtime:
    """The surroundings of one run.

    Attributes:
        config: The tap's settings.
        clock: Time source.
        redactor: Masks what must not be logged; clouds add the tokens they are given.
    """

    config: Mapping[str, Any]
    clock: Clock
    redactor: Redactor

    @property
    def state_dir(self) -> Path:
        """Where ledger, archive and tokens lie."""
        folder = self.config.get("state_dir")
        return Path(folder).expanduser() if folder else default_folder()

    def open_ledger(self, account: str, limits: Sequence[Limit]) -> Ledger:
        """Return the ledger of an account.

        Raises:
            SettingsError: `state_dir` can't be used.
        """
        return Ledger(self.state_dir, account, limits)

    def open_archive(self, account: str) -> Archive | None:
        """Return the archive of an account, or None if the settings want none.

        Raises:
            SettingsError: `state_dir` can't be used.
        """
        return Archive(self.state_dir, account) if self.config["archive"] else None

    def open_session(
        self,
        base_url: str,
        judge: Callable[[Reply], None],
        *,
        authorize: Callable[[], Mapping[str, str]] = dict,
        ledger: Ledger | None = None,
    ) -> Session:
        """Return a session; one without a ledger, for logins, knows no budget of calls either.

        Args:
            base_url: Scheme, host and path in front of every request path.
            judge: Raises the typed error that a reply stands for, or returns.
            authorize: Returns the headers of the credential.
            ledger: Where calls are reserved.
        """
        options = SessionOptions(
            base_url=base_url,
            user_agent=self.config["user_agent"],
            timeout_s=self.config["request_timeout"],
            max_requests=None if ledger is None else self.config.get("max_requests_per_run"),
        )
        return Session(
            options, self.clock, self.redactor, judge=judge, authorize=authorize, ledger=ledger
        )

    def reserve_of(self, amount: int) -> int:
        """Return how much of a limit `quota_reserve` leaves to other tools."""
        return reserve_of(self.config.get("quota_reserve"), amount)
