"""`--check`: what this credential may use, site by site, in words, with the calls counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import DAY, local_date, utc_text_exact
from solar_tap_kit.errors import (
    AuthError,
    NotServedError,
    Paused,
    QuotaError,
    SettingsError,
    SolarError,
)
from solar_tap_kit.windows import Days, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.cloud import Cloud, Source
    from solar_tap_kit.windows import Site


@dataclass(frozen=True, slots=True)
class Finding:
    """What one endpoint said.

    Attributes:
        site: The site, or an empty text for the account.
        source: What was asked.
        verdict: `ok`, `not served`, `later` (a quota), or `failed`.
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


def check(cloud: Cloud, clock: Clock) -> Iterator[Finding]:
    """Ask for the list of sites and for the newest window of each source of each site.

    Raises:
        SolarError: The credential or the settings don't work at all.
    """
    now = utc_text_exact(clock.now())
    sites = cloud.decode_sites(cloud.ask_sites(), now).sites
    yield Finding("", cloud.site_stream, "ok", f"{len(sites)} site(s)")
    unserved: set[str] = set()
    for site in sites:
        for source in cloud.sources:
            if source.name not in unserved:
                finding = _ask(source, site, clock)
                if finding.verdict == "not served":
                    unserved.add(source.name)
                yield finding


def _ask(source: Source, site: Site, clock: Clock) -> Finding:
    today = local_date(clock.now(), site.tz)
    if source.refresh is None:
        window = Window(source.name, site, Days(today - DAY, today), "probe")
    else:
        window = Window(source.name, site, Days(today, today + DAY), "snapshot")
    try:
        harvest = source.decode(window, source.ask([window]), utc_text_exact(clock.now()))
    except NotServedError as error:
        return Finding(site.id, source.name, "not served", str(error))
    except (AuthError, SettingsError):
        raise
    except QuotaError as error:
        if error.of_run:
            raise
        return Finding(site.id, source.name, "later", str(error))
    except Paused:
        raise
    except SolarError as error:
        return Finding(site.id, source.name, "failed", str(error))
    rows = ", ".join(f"{len(found)} {name}" for name, found in harvest.rows.items() if found)
    return Finding(site.id, source.name, "ok", rows or "answered, without a row")


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
