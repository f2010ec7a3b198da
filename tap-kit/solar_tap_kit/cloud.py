"""What the engine asks of a vendor: sites, sources and harvests. No Singer in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import datetime as dt

    from solar_tap_kit.fields import Record
    from solar_tap_kit.session import Session
    from solar_tap_kit.windows import Site, Window

Rows = Mapping[str, Sequence["Record"]]
"""Stream name to that stream's records."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """What one fetch brought.

    Attributes:
        rows: Records by stream, in the order in which they are to be written: the day
            ledger last, so that it never vouches for rows that are not there.
        note: What is worth a word in the progress line ("276 of 276 points").
    """

    rows: Rows
    note: str = ""


@dataclass(frozen=True, slots=True)
class SiteList:
    """The sites of an account, and the rows that describe them."""

    sites: Sequence[Site]
    rows: Sequence[Record]


class Source(Protocol):
    """One thing that can be asked for windows of days: an endpoint with its limits."""

    @property
    def name(self) -> str:
        """Its name in log lines and in the plan."""

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that its answers fill, the day ledger excluded."""

    @property
    def days_per_window(self) -> int:
        """How many local days one fetch covers."""

    def fetch(self, window: Window, fetched_at: str) -> Harvest:
        """Ask for a window.

        Args:
            window: Whole local days of one site.
            fetched_at: The window's fetch time as text, one value for all of its rows.

        Raises:
            SolarError: The typed failure.
        """


class Snapshot(Protocol):
    """One thing that can be asked per site and has no history."""

    @property
    def stream(self) -> str:
        """The stream that its answers fill."""

    @property
    def refresh(self) -> dt.timedelta:
        """How old an answer may be before the next run asks again."""

    def fetch(self, site: Site, fetched_at: str) -> Sequence[Record]:
        """Ask for one site.

        Raises:
            SolarError: The typed failure.
        """


class Cloud(Protocol):
    """A vendor's cloud under one credential."""

    @property
    def session(self) -> Session:
        """The session through which all of its calls go."""

    @property
    def site_stream(self) -> str:
        """The stream that lists the sites."""

    @property
    def ledger_stream(self) -> str:
        """The stream that holds the day ledger."""

    @property
    def snapshots(self) -> Sequence[Snapshot]:
        """What is asked per site."""

    @property
    def sources(self) -> Sequence[Source]:
        """What is asked per window."""

    def list_sites(self, fetched_at: str) -> SiteList:
        """Return the sites that the settings ask for.

        Raises:
            SolarError: The list can't be had, or a configured site is not in it.
        """

    def pace(self, site: Site) -> dt.timedelta:
        """Return how long to leave a site alone after a call."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded answer.

    Attributes:
        name: File name, relative to the folder.
        body: The answer's bytes.
    """

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ReplayedFile:
    """What a recorded answer turned out to be.

    Attributes:
        name: File name.
        kind: The endpoint it was recognised as, or why it was not.
        rows: Records by stream.
        notes: Drift and defects, in words.
    """

    name: str
    kind: str
    rows: Rows = field(default_factory=dict)
    notes: tuple[str, ...] = ()
