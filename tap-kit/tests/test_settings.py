"""Settings: every mistake is one line that names the setting and shows no secret."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from singer_sdk import typing as th

from solar_tap_kit.errors import SettingsError
from solar_tap_kit.settings import as_day, common_settings, problems, without_blanks

CLOSE = "star_date: unknown setting; did you mean start_date?"
SOON = "start_date: 'soon' is not a date (expected YYYY-MM-DD)"
POLICY = "on_quota_exhausted: must be one of stop, wait, fail"
SCHEMA = th.PropertiesList(
    th.Property("api_key", th.StringType, secret=True, required=True),
    th.Property("site_ids", th.ArrayType(th.StringType)),
    *common_settings(
        api_url="the vendor's", lookback_days=1, on_quota_exhausted="stop", agent="tap"
    ),
    additional_properties=False,
).to_dict()


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({}, "api_key: missing; it is required"),
        ({"api_key": 12345678}, "api_key: must be text"),
        ({"api_key": "k", "star_date": "x"}, CLOSE),
        ({"api_key": "k", "zzz": 1}, "zzz: unknown setting; see --about for the settings"),
        ({"api_key": "k", "start_date": "soon"}, SOON),
        ({"api_key": "k", "end_date": 5}, "end_date: must be text"),
        ({"api_key": "k", "lookback_days": -1}, "lookback_days: must be at least 0"),
        ({"api_key": "k", "lookback_days": "two"}, "lookback_days: must be a whole number"),
        ({"api_key": "k", "on_quota_exhausted": "maybe"}, POLICY),
        ({"api_key": "k", "site_ids": "1"}, "site_ids: must be a list"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(config: dict[str, Any], line: str) -> None:
    """The line says which setting and what to do; the value of a secret is not in it."""
    assert problems(config, SCHEMA) == [line]


def test_good_settings_have_no_problem() -> None:
    """Dates may carry a time; only the day counts."""
    config = {"api_key": "k", "start_date": "2026-01-01T00:00:00Z", "lookback_days": 3}
    assert problems(config, SCHEMA) == []
    assert as_day("2026-01-01T23:59:00Z", "start_date") == dt.date(2026, 1, 1)
    assert as_day(None, "start_date") is None
    with pytest.raises(SettingsError):
        as_day("2026-13-01", "start_date")


def test_an_empty_line_in_env_is_unset() -> None:
    """`TAP_X_START_DATE=` in a .env file means no start date."""
    assert without_blanks({"a": "", "b": None, "c": 0, "d": False}) == {"c": 0, "d": False}


def test_every_setting_explains_itself() -> None:
    """The Hub shows title, description and default: none may be missing."""
    for name, declared in SCHEMA["properties"].items():
        if name not in ("api_key", "site_ids"):
            assert declared["title"], name
            assert declared["description"], name
