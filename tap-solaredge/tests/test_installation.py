"""The day of an installation is the site's own, in the tap's plan as in its rows."""

from __future__ import annotations

from typing import Any

import pytest

from solar_tap_kit.zones import Zones
from tap_solaredge.sites import site_list
from tap_solaredge.streams import Sites


@pytest.mark.parametrize(
    ("zone", "text", "day"),
    [
        ("Pacific/Auckland", "2026-01-09T11:00:00Z", "2026-01-10"),
        ("America/Los_Angeles", "2026-01-10T08:00:00Z", "2026-01-10"),
        ("Asia/Kathmandu", "2026-01-10T00:00:00+05:45", "2026-01-10"),
        ("Pacific/Auckland", "2026-01-10", "2026-01-10"),
        ("Pacific/Auckland", "2026-01-10T00:00:00", "2026-01-10"),
        ("Pacific/Auckland", None, None),
        ("Pacific/Auckland", "0000-00-00", None),
    ],
)
def test_the_installation_is_a_day_of_the_site(
    zone: str, text: str | None, day: str | None
) -> None:
    """An instant is read on the site's clock; no day before it is planned."""
    row: dict[str, Any] = dict.fromkeys(field.name for field in Sites.fields)
    row |= {"site_id": "1", "timezone": zone, "installation_date": text}
    listed = site_list([row], [], Zones())
    assert listed.rows[0]["installed_on"] == day
    assert [str(site.first_day) for site in listed.sites] == [str(day)]
