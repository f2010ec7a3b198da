"""What the engine asks of a vendor: sites, sources and harvests. No Singer in here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from solar_tap_kit.windows import Cut

if TYPE_CHECKING:
    import datetime as dt

    from solar_tap_kit.errors import SiteState
    from solar_tap_kit.fields import Record
    from solar_tap_kit.ledger import Ledger
    from solar_tap_kit.session import Session
    from solar_tap_kit.windows import Site, Window

Rows = Mapping[str, Sequence["Record"]]
"""Stream name to that stream's records."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """What one answer brought.

    Attributes:
        rows: Records by stream, in the order in which they are to be written: the day
            ledger last, so that it never vouches for rows that are not there.
        note: What is worth a word in the progress line ("276 of 276 points").
        state: That the site is offline or not in service yet, if the answer says so.
        final_until: The first day from which on the vendor may still deliver more (rows are
            missing at the end, or there are none), or None if all days look finished. The
            bookmark waits before it, and the answer is not archived.
    """

    rows: Rows
    note: str = ""
    final_until: dt.date | None = None
    state: SiteState | None = None


@dataclass(frozen=True, slots=True)
class SiteList:
    """The sites of an account, and the rows that describe them.

    Attributes:
        sites: The sites that can be read.
        rows: A row for each site that has an id.
        states: The sites that are offline or not in service yet, as the list says.
        left_out: Sites that can't be read, with the reason: something is wrong with them.
        pending: Sites of which the cloud has no date yet: not in service, nothing is wrong.
    """

    sites: Sequence[Site]
    rows: Sequence[Record]
    states: Mapping[str, SiteState] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    pending: Sequence[str] = ()


class Source(ABC):
    """One thing that can be asked per site: an endpoint with its limits.

    Asking and decoding are apart: `ask` may run in any thread and only fetches; `decode` is
    a pure function that serves fresh, archived and recorded answers alike.

    Attributes:
        name: Its name in log lines and in the plan.
        endpoint: The endpoint that its calls count under.
        streams: The streams that its answers fill, the day ledger excluded.
        cut: How days are cut into windows.
        is_totals: Coarse figures that come before what they are the totals of.
        stale_days: For calendar cuts: see `windows.missing`.
        item: For calendar cuts: the period of one figure in an answer.
        refresh: None for dated windows; for a list or reading of now, how old the last
            answer may be before the next run asks again.
        group: How many sites one ask may cover.
        version: What would change the meaning of an archived answer: API version, resolution.
        keeps_ledger: Whether its answers write the day ledger.
        is_optional: Not every cloud or proxy serves its endpoint: until that has answered once,
            a failure means "not served" and is no failure of a site.
        after_history: Whether its own history comes after that of all other sources.
        checked_by: Name of a source before this one whose answer tells whether this one
            may be used: the same endpoint, asked for something else.
    """

    name: str
    endpoint: str
    streams: tuple[str, ...]
    cut: Cut = Cut()
    is_totals: bool = False
    stale_days: int = 0
    item: Cut | None = None
    refresh: dt.timedelta | None = None
    group: int = 1
    version: str = "1"
    keeps_ledger: bool = False
    is_optional: bool = False
    after_history: bool = False
    checked_by: str = ""

    def cost(self, windows: Sequence[Window]) -> int:
        """Return the calls, or credits, that asking for these windows spends."""
        del windows
        return 1

    @abstractmethod
    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask for the same days of one site, or of up to `group` sites, and return the bodies.

        Raises:
            SolarError: The typed failure.
        """

    @abstractmethod
    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return what the bodies of an ask say about one of its windows.

        Args:
            window: The window; of a snapshot only its site counts.
            bodies: What `ask` returned, now or years ago.
            fetched_at: When that was, as text; one value for all rows.

        Raises:
            DecodeError: The bodies have a form that is not known.
        """

    def fits(self, window: Window, bodies: Sequence[bytes]) -> bool:
        """Return whether archived bodies are about the hours of the window.

        They are not where they were asked by instants, and the site's zone was another one then.
        """
        del window, bodies
        return True

    def refused(self, window: Window, fetched_at: str) -> Harvest:
        """Return the day ledger's entries for days that the vendor refuses for good."""
        del window, fetched_at
        return Harvest({})


class Cloud(ABC):
    """A vendor's cloud under one credential.

    Attributes:
        account: What the credential is, for ledger and archive; stored only as a hash.
        session: The session through which all of its calls go.
        site_stream: The stream that lists the sites.
        ledger_stream: The stream that holds the day ledger.
        sources: What can be asked.
        cost_unit: What a call costs: `calls` or `credits`.
        patience_days: How long the bookmark waits before days that lack their end.
        refuses_dates: A refusal may concern the date that was asked for, not the site.
    """

    account: str
    session: Session
    site_stream: str
    ledger_stream: str
    sources: Sequence[Source]
    cost_unit: str = "calls"
    patience_days: int = 3
    refuses_dates: bool = False

    @property
    def ledger(self) -> Ledger:
        """The ledger that its session keeps."""
        if self.session.ledger is None:
            message = "a cloud's session has to keep a ledger"
            raise TypeError(message)
        return self.session.ledger

    @abstractmethod
    def ask_sites(self) -> list[bytes]:
        """Ask for the list of sites and return the bodies.

        Raises:
            SolarError: The list can't be had.
        """

    def ping(self) -> object:
        """Send one cheap request that concerns no site, to see whether the cloud answers.

        Raises:
            SolarError: What it answers, or that it does not.
        """
        return self.ask_sites()

    @abstractmethod
    def decode_sites(self, bodies: Sequence[bytes], fetched_at: str) -> SiteList:
        """Return the sites that the settings ask for.

        Raises:
            SettingsError: A configured site is not in the list.
            DecodeError: The bodies have a form that is not known.
        """

    def configured_sites(self) -> SiteList | None:
        """Return the sites as far as the settings alone describe them, or None."""
        return None

    def learned(self) -> Sequence[tuple[str, str]]:
        """Return what requests have shown about the account beside access: a name, and words."""
        return ()

    def lane(self, source: Source, site: Site) -> str:
        """Return the queue of a site's calls to a source; one call at a time is in flight in it."""
        return source.name if source.group > 1 else f"{site.id}/{source.name}"


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
