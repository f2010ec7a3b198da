"""What a run says of the systems that failed."""

from __future__ import annotations

import logging
import zoneinfo

import pytest

from solar_tap_kit.errors import PartialFailure, RefusedError
from solar_tap_kit.outcome import Outcome
from solar_tap_kit.windows import Site

SITES = [Site(f"S{number}", zoneinfo.ZoneInfo("UTC")) for number in range(45)]


def test_every_failed_site_is_in_one_line_and_the_message_names_a_few(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The whole list is for programs, the message for people."""
    outcome = Outcome()
    for site in SITES:
        outcome.failed(site, f"history of {site.id}", RefusedError("gone"))
    with caplog.at_level(logging.INFO), pytest.raises(PartialFailure) as failure:
        outcome.fail(None)
    (line,) = [text for text in caplog.messages if text.startswith("failed sites: ")]
    assert line == "failed sites: " + ", ".join(site.id for site in SITES)
    assert "S0, S1" in str(failure.value)
    assert "37 more" in str(failure.value)
    assert "S44" not in str(failure.value)
