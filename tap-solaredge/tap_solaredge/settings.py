"""The settings of tap-solaredge, and what a schema can't say about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from solar_tap_kit.settings import common_settings
from tap_solaredge.answers import HOST
from tap_solaredge.v1.client import CALLS_PER_DAY
from tap_solaredge.v2.client import CALLS_PER_MINUTE, CREDITS_PER_MONTH

if TYPE_CHECKING:
    from collections.abc import Mapping

V2_LOOKBACK_DAYS = 0
"""A day that was read whole costs ten credits to read again; one that was not is read again
anyway."""

V1_LOOKBACK_DAYS = 3
"""Under v1 a call covers these days in any case."""

SETTINGS: dict[str, Any] = th.PropertiesList(
    th.Property(
        "api_version",
        th.StringType,
        title="API version",
        allowed_values=["v2", "v1"],
        default="v2",
        description="v2, or v1 for keys that v1 still answers.",
    ),
    th.Property(
        "api_key",
        th.StringType,
        title="API key",
        secret=True,
        description="v2: a Fleet API key. v1: the API key of an account or a site.",
    ),
    th.Property(
        "client_id",
        th.StringType,
        title="OAuth client id",
        description="v2 without a fleet: the application that an owner lets in with "
        "`tap-solaredge login`.",
    ),
    th.Property(
        "client_secret",
        th.StringType,
        title="OAuth client secret",
        secret=True,
        description="The application's secret.",
    ),
    th.Property(
        "refresh_token",
        th.StringType,
        title="OAuth refresh token",
        secret=True,
        description="Only for a grant that was not obtained with `tap-solaredge login`. It "
        "serves once: its successors are kept in state_dir.",
    ),
    th.Property(
        "site_ids",
        th.ArrayType(th.StringType),
        title="Site ids",
        description="Sites to read: a list, or ids with commas between them. Left out or empty: "
        "all that the credential sees.",
    ),
    th.Property(
        "site_ids_file",
        th.StringType,
        title="File of site ids",
        description="File that names the sites to read, a line each, instead of site_ids.",
    ),
    th.Property(
        "resolution",
        th.StringType,
        title="Resolution",
        allowed_values=["quarter_hour", "hour", "day"],
        default="quarter_hour",
        description="Length of the intervals. v2: of all series; hour and day cost fewer "
        "credits. v1: of energies and registers; powers always come by quarter-hour.",
    ),
    th.Property(
        "span_hours",
        th.NumberType(minimum=1, maximum=25),
        title="Hours per call",
        description="v2: longest period of one call. Left out: what is documented, 12 for "
        "quarter-hours and 24 for hours. 25 makes a day one call where the cloud allows it. "
        "A period that the cloud refuses is shortened, and that is remembered.",
    ),
    th.Property(
        "credits_per_month",
        th.IntegerType(minimum=1),
        title="Credits a month",
        default=CREDITS_PER_MONTH,
        description="v2: what the account has a month; a call is a credit. They are spread "
        "over the days of the month.",
    ),
    th.Property(
        "credits_renew_on_day",
        th.IntegerType(minimum=1, maximum=31),
        title="Day of renewal",
        default=1,
        description="v2: day of the month on which the account's credits are renewed, its "
        "billing day; in a shorter month the last one.",
    ),
    th.Property(
        "calls_per_minute",
        th.IntegerType(minimum=1),
        title="Calls a minute",
        description=f"v2: left out, what the cloud's headers say, {CALLS_PER_MINUTE} to begin "
        "with.",
    ),
    th.Property(
        "calls_per_day",
        th.IntegerType(minimum=1),
        title="Calls a day",
        default=CALLS_PER_DAY,
        description="v1: what the key has in 24 hours, and each site beside that.",
    ),
    *common_settings(
        api_url=HOST,
        lookback_days=V2_LOOKBACK_DAYS,
        on_quota_exhausted="stop",
        agent="tap-solaredge (Singer tap)",
        max_concurrent=3,
        quota_reserve="10%",
    ),
    additional_properties=False,
).to_dict()


def problems(config: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the settings beyond their schema, one line each."""
    if config.get("api_version") == "v1":
        return _v1_problems(config)
    lines = []
    oauth = [name for name in ("client_id", "client_secret", "refresh_token") if config.get(name)]
    if not config.get("api_key") and not oauth:
        lines.append(
            "api_key: missing; give a Fleet API key, or client_id and client_secret for the "
            "site of one owner"
        )
    elif config.get("api_key") and oauth:
        lines.append(f"api_key: give either this or {', '.join(oauth)}, not both")
    elif oauth:
        lines += [
            f"{name}: missing; OAuth takes client_id and client_secret"
            for name in ("client_id", "client_secret")
            if not config.get(name)
        ]
        if len(config.get("site_ids") or ()) > 1:
            lines.append("site_ids: an owner's grant is for one site; name one at most")
    return lines


def _v1_problems(config: Mapping[str, Any]) -> list[str]:
    lines = []
    if not config.get("api_key"):
        lines.append("api_key: missing; v1 takes the API key of an account or a site")
    lines += [
        f"{name}: v1 has no OAuth; leave it out, or set api_version to v2"
        for name in ("client_id", "client_secret", "refresh_token")
        if config.get(name)
    ]
    if config.get("span_hours") is not None:
        lines.append("span_hours: a limit of v2; leave it out with api_version v1")
    return lines
