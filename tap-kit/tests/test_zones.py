"""Zones of sites: IANA names, what clouds write instead, and what is no zone of a site."""

from __future__ import annotations

from typing import Any

import pytest

from solar_tap_kit.errors import SettingsError
from solar_tap_kit.notices import listening
from solar_tap_kit.settings import problems
from solar_tap_kit.zones import Zones


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" Pacific/Auckland ", "Pacific/Auckland"),
        ("CET", "CET"),
    ],
)
def test_an_iana_name_is_taken_without_a_word(word: str, name: str) -> None:
    """Blanks around it are no trouble."""
    with listening() as notices:
        assert str(Zones().of("A", word)) == name
    assert notices == {}


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("GMT+1", "Etc/GMT-1"),
        ("UTC+01:00", "Etc/GMT-1"),
        ("utc-5", "Etc/GMT+5"),
        ("+0200", "Etc/GMT-2"),
        ("GMT+00:00", "UTC"),
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
    ],
)
def test_a_foreign_name_is_translated_and_reported(word: str, name: str) -> None:
    """Which zone it is taken for is said, and that a setting can name another."""
    with listening() as notices:
        assert str(Zones().of("A", word)) == name
    (text,) = notices.values()
    assert name in text
    assert "time_zones" in text


@pytest.mark.parametrize(
    "word",
    [None, "", "  ", "localtime", "posixrules", "Factory", "right/UTC", "Moon/Base", "America",
     "GMT+25", "UTC+05:30", "../etc/passwd", 7, "--"],
    ids=str,
)  # fmt: skip
def test_what_is_no_zone_of_a_site_is_refused_by_name(word: Any) -> None:
    """The message names the site and the remedy."""
    with pytest.raises(SettingsError, match=r"site HOUSE: .*time_zones"):
        Zones().of("HOUSE", word)


def test_the_setting_comes_before_the_cloud() -> None:
    """A zone that the cloud names wrongly, or not at all, is the user's to say."""
    zones = Zones({"A": "Europe/Oslo"})
    assert str(zones.of("A", "Asia/Tokyo")) == str(zones.of("A", None)) == "Europe/Oslo"
    assert str(zones.of("B", "Asia/Tokyo")) == "Asia/Tokyo"


def test_the_setting_takes_iana_names_only() -> None:
    """A wrong one is refused with the settings, before a call is made."""
    schema = {"properties": {"time_zones": {"type": ["object", "null"]}}}
    assert problems({"time_zones": {"A": "Europe/Oslo"}}, schema) == []
    (line,) = problems({"time_zones": {"A": "Europe/Oslo", "B": "GMT+1"}}, schema)
    assert line.startswith("time_zones: 'GMT+1' of B")
