"""`--check`: what this credential may use, site by site, in words, with the calls counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import DAY, local_date, utc_text_exact
from solar_tap_kit.errors import (
    AuthError,
    NotServedError,
    PathRefusedError,
    Paused,
    QuotaError,
    SettingsError,
    SiteStateError,
    SolarError,
)
from solar_tap_kit.notices import listening
from solar_tap_kit.sitelist import startable, told_pending
from solar_tap_kit.windows import Days, Window

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.cloud import Cloud, Harvest, SiteList, Source
    from solar_tap_kit.windows import Site

MOST_SITES = 10
"""Of so many sites each is asked; what a key may use hardly differs among a fleet's."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one endpoint said.

    Attributes:
        site: The site, or an empty text for the account.
        source: What was asked.
        verdict: `ok`, `not served`, `later` (a quota), `offline` or `pending` (a state of the
            site), or `failed`.
        words: What that means.
    """

    site: str
    source: str
    verdict: str
    words: str

    def as_json(self) -> dict[str, Any]:
        """Return the finding for machines."""
        return {
            "site": self.site,
            "source": self.source,
            "verdict": self.verdict,
            "words": self.words,
        }


def check(cloud: Cloud, clock: Clock, start: dt.date | None) -> Iterator[Finding]:
    """Ask for the list of sites and for the newest window of each source of each site.

    What answers for several sites is asked for them together, what another source's answer
    tells is not asked, and of a fleet the first sites stand for all: a check must not spend
    the calls that keep the data up to date.

    Args:
        cloud: The vendor's cloud.
        clock: Time source.
        start: The setting `start_date`.

    Raises:
        SolarError: The credential or the settings don't work at all.
    """
    now = utc_text_exact(clock.now())
    try:
        listed = startable(cloud.decode_sites(cloud.ask_sites(), now), start)
    except PathRefusedError as error:
        raise error.blame from None
    sites = listed.sites
    asked = sites[:MOST_SITES]
    more = f"; the first {MOST_SITES} are asked, others if the settings name them"
    words = f"{len(sites)} site(s)" + (more if len(sites) > MOST_SITES else "")
    yield Finding("", cloud.site_stream, "ok", words)
    yield from _not_read(cloud.site_stream, listed)
    unserved: set[str] = set()
    found: dict[tuple[str, str], Finding] = {}
    for site in asked:
        for source in cloud.sources:
            key = (site.id, source.name)
            told = found.get((site.id, source.checked_by))
            if told is not None:
                yield Finding(*key, told.verdict, f"as {source.checked_by}")
            elif source.name not in unserved:
                if key not in found:
                    together = asked if source.group > 1 else [site]
                    findings, everywhere = _ask(source, together, clock)
                    found |= {(one.site, one.source): one for one in findings}
                    if everywhere:
                        unserved.add(source.name)
                yield found[key]
    for name, words in cloud.learned():
        yield Finding("", name, "ok", words)


def _not_read(stream: str, listed: SiteList) -> Iterator[Finding]:
    for site_id, why in listed.left_out.items():
        yield Finding(site_id, stream, "failed", f"{why}; left out")
    if listed.pending:
        yield Finding("", stream, "pending", told_pending(listed.pending))


def _ask(source: Source, sites: Sequence[Site], clock: Clock) -> tuple[list[Finding], bool]:
    """Ask a source; return a finding for each site, and whether no other site has to be asked."""
    windows = [_window(source, site, clock) for site in sites]
    verdict, everywhere = "failed", False
    try:
        bodies = source.ask(windows)
        at = utc_text_exact(clock.now())
        with listening() as notices:
            harvests = [source.decode(window, bodies, at) for window in windows]
    except NotServedError as error:
        verdict, words, everywhere = "not served", str(error), error.everywhere
    except (AuthError, SettingsError):
        raise
    except QuotaError as error:
        if error.of_run:
            raise
        verdict, words = "later", str(error)
    except Paused:
        raise
    except SiteStateError as error:
        verdict, words = error.state, str(error)
    except SolarError as error:
        words = str(error)
        if source.is_optional:
            verdict, everywhere = "not served", True
    else:
        return [
            Finding(site.id, source.name, "ok", "; ".join([_rows(harvest), *notices.values()]))
            for site, harvest in zip(sites, harvests, strict=True)
        ], False
    return [Finding(site.id, source.name, verdict, words) for site in sites], everywhere


def _window(source: Source, site: Site, clock: Clock) -> Window:
    today = local_date(clock.now(), site.tz)
    if source.refresh is None:
        return Window(source.name, site, Days(today - DAY, today), "probe")
    return Window(source.name, site, Days(today, today + DAY), "snapshot")


def _rows(harvest: Harvest) -> str:
    if not harvest.rows and harvest.note:
        return harvest.note
    counts = [f"{len(found)} {name}" for name, found in harvest.rows.items() if found]
    return ", ".join(counts) or "answered, without a row"


def as_text(findings: list[Finding], spent: str) -> str:
    """Return findings as a table for people.

    Args:
        findings: What was found.
        spent: What it cost, in words.
    """
    rows = [("site", "source", "verdict", ""), *((f.site, f.source, f.verdict, f.words)
            for f in findings)]  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, "", spent])
