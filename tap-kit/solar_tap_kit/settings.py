"""Settings that both taps share, and their errors in one line each.

The SDK lets unknown keys and impossible dates pass and echoes wrong values, secrets
included (`docs/decisions/0002-own-engine.md`); so the check is done here.
"""

from __future__ import annotations

import datetime as dt
import difflib
from typing import TYPE_CHECKING, Any, Literal

from jsonschema import Draft7Validator
from singer_sdk import typing as th

from solar_tap_kit import zones
from solar_tap_kit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import ValidationError

OnQuotaExhausted = Literal["stop", "wait", "fail"]

PERCENT = 100

_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def common_settings(  # noqa: PLR0913 - a keyword for each default that differs
    *,
    api_url: str,
    lookback_days: int,
    on_quota_exhausted: OnQuotaExhausted,
    agent: str,
    max_requests: int | None = None,
    max_concurrent: int = 1,
    quota_reserve: str = "0",
    max_wait_minutes: float = 0,
) -> list[th.Property[Any]]:
    """Return the settings that have the same name and meaning in both taps.

    Args:
        api_url: What the base URL is when the setting is left out, in words.
        lookback_days: Default of that setting.
        on_quota_exhausted: Default of that setting.
        agent: Default `User-Agent`.
        max_requests: Default budget of calls per run, or None for no limit.
        max_concurrent: Default number of calls in flight.
        quota_reserve: Default of that setting.
        max_wait_minutes: Default of that setting.
    """
    return [
        th.Property(
            "api_url",
            th.StringType,
            title="API URL",
            description=f"Base URL, for a proxy or the simulator. Left out: {api_url}.",
        ),
        th.Property(
            "start_date",
            th.StringType,
            title="Start date",
            description="First local day to fetch, YYYY-MM-DD. Left out: the day on which "
            "the vendor says that the site went into service. Earlier days are asked too "
            "and cost calls: history may be older than what is connected now.",
        ),
        th.Property(
            "time_zones",
            th.ObjectType(additional_properties=True),
            title="Time zones",
            description="IANA zones by site id, as a JSON object: for sites whose zone the cloud "
            "does not name, or names wrongly. They come before the cloud's own.",
        ),
        th.Property(
            "end_date",
            th.StringType,
            title="End date",
            description="Local day to stop before, YYYY-MM-DD (exclusive). Left out: today, "
            "so that yesterday is the last whole day.",
        ),
        th.Property(
            "lookback_days",
            th.IntegerType(minimum=0, maximum=366),
            title="Look-back, days",
            default=lookback_days,
            description="How many days before the bookmark are read again for late data.",
        ),
        th.Property(
            "on_quota_exhausted",
            th.StringType,
            title="When the quota is used up",
            allowed_values=["stop", "wait", "fail"],
            default=on_quota_exhausted,
            description="stop: bring every site up to date, leave history that would have to "
            "wait for the next run, exit 0. wait: wait and go on until all is fetched. "
            "fail: exit 1 at once. State is kept in every case.",
        ),
        th.Property(
            "max_wait_minutes",
            th.NumberType(minimum=0),
            title="Waiting for history, minutes",
            default=max_wait_minutes,
            description="How long a run may wait in all for calls that fetch history, where "
            "on_quota_exhausted is stop.",
        ),
        th.Property(
            "quota_reserve",
            th.CustomType({"type": ["string", "number"]}),
            title="Quota reserve",
            default=quota_reserve,
            description="What is left to other tools of daily and monthly limits of the "
            "account: a share (10%) or a number of calls (200).",
        ),
        th.Property(
            "state_dir",
            th.StringType,
            title="State folder",
            description="Where the ledger of calls and the archive of answers lie, shared by "
            "all runs on this machine. Left out: the user's own folder for state.",
        ),
        th.Property(
            "archive",
            th.BooleanType,
            title="Archive",
            default=True,
            description="Keep settled answers, so that a full refresh spends no call.",
        ),
        th.Property(
            "archive_max_mb",
            th.NumberType(minimum=1),
            title="Archive size, MB",
            description="Drop the oldest answers beyond this size. Left out: no limit "
            "(a system-year of five-minute data takes about 5 MB).",
        ),
        th.Property(
            "archive_days",
            th.IntegerType(minimum=1),
            title="Archive retention, days",
            description="Drop answers fetched longer ago than this. Left out: none.",
        ),
        th.Property(
            "ask_again",
            th.BooleanType,
            title="Ask again",
            default=False,
            description="Ask the cloud also for what the archive holds, and keep the new "
            "answers instead: for days that lacked data when they were asked.",
        ),
        th.Property(
            "days_file",
            th.StringType,
            title="File of days",
            description="File of the days to fetch, and no others, instead of start_date and "
            'end_date; a line each: {"site": "A", "stream": "s", "first": "2026-01-01", '
            '"last": "2026-01-02", "refetch": true}.',
        ),
        th.Property(
            "refresh_lists",
            th.BooleanType,
            title="Refresh lists",
            default=False,
            description="Ask for the list of sites now; otherwise it is asked once a day.",
        ),
        th.Property(
            "keep_unknown_fields",
            th.BooleanType,
            title="Keep unknown fields",
            default=False,
            description="Keep fields that the vendor has added in a column unknown_fields.",
        ),
        th.Property(
            "max_concurrent_requests",
            th.IntegerType(minimum=1, maximum=16),
            title="Calls in flight",
            default=max_concurrent,
            description="How many calls may be under way at once.",
        ),
        th.Property(
            "max_requests_per_run",
            th.IntegerType(minimum=1),
            title="Calls per run",
            default=max_requests,
            description="Stop cleanly after so many calls; the next run goes on from there."
            + ("" if max_requests else " Left out: no limit."),
        ),
        th.Property(
            "request_timeout",
            th.NumberType(minimum=1),
            title="Request timeout, seconds",
            default=60,
            description="How long to wait for an answer before trying again.",
        ),
        th.Property(
            "user_agent",
            th.StringType,
            title="User agent",
            default=agent,
            description="The User-Agent header; vendors ask for a contact address in it.",
        ),
    ]


def without_blanks(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings without null and empty ones: an empty line in .env is unset."""
    return {name: value for name, value in config.items() if value is not None and value != ""}


def problems(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the settings, one line each; a secret's value is in none.

    Args:
        config: The settings as given.
        schema: The tap's `config_jsonschema`.
    """
    lines = [line for error in _errors(config, schema) for line in _explain(error, schema)]
    bad = {line.split(":")[0] for line in lines}
    if "quota_reserve" not in bad:
        try:
            reserve_of(config.get("quota_reserve"), 1)
        except SettingsError as error:
            lines.append(str(error))
    if "time_zones" not in bad:
        lines.extend(zones.problems(config.get("time_zones")))
    for name in ("start_date", "end_date"):
        if name in config and name not in bad:
            try:
                as_day(config[name], name)
            except SettingsError as error:
                lines.append(str(error))
    return lines


def as_day(value: str | None, name: str) -> dt.date | None:
    """Return a date setting as a day; of a date-time only the day counts.

    Raises:
        SettingsError: The value is not a date.
    """
    if value is None:
        return None
    try:
        return dt.datetime.fromisoformat(value).date()
    except ValueError:
        message = f"{name}: {value!r} is not a date (expected YYYY-MM-DD)"
    raise SettingsError(message)


def reserve_of(value: str | float | None, amount: int) -> int:
    """Return how much of a limit is left to other tools.

    Args:
        value: The setting `quota_reserve`: `10%`, or a number of calls.
        amount: The limit.

    Raises:
        SettingsError: The value is neither.
    """
    text = str(value or 0).strip()
    share = text.endswith("%")
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = -1.0
    if not 0 <= number <= (PERCENT if share else float("inf")):
        message = f"quota_reserve: {text!r} is neither a share (10%) nor a number of calls (200)"
        raise SettingsError(message)
    return min(amount, round(amount * number / PERCENT if share else number))


def _errors(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    yield from sorted(Draft7Validator(schema).iter_errors(config), key=lambda e: str(e.path))


def _explain(error: ValidationError, schema: Mapping[str, Any]) -> Iterator[str]:
    properties: dict[str, Any] = schema["properties"]
    rule: Any = error.validator_value
    given: Any = error.instance
    if error.validator == "additionalProperties" and not error.path:
        for name in sorted(set(given) - set(properties)):
            close = difflib.get_close_matches(name, properties, n=1)
            hint = f"did you mean {close[0]}?" if close else "see --about for the settings"
            yield f"{name}: unknown setting; {hint}"
        return
    if error.validator == "required" and not error.path:
        for name in sorted(set(rule) - set(given)):
            yield f"{name}: missing; it is required"
        return
    name = str(error.path[0]) if error.path else "settings"
    if error.validator == "type":
        kinds = [_KINDS[kind] for kind in _listed(rule) if kind in _KINDS]
        yield f"{name}: must be {' or '.join(kinds)}"
    elif error.validator == "enum":
        yield f"{name}: must be one of {', '.join(str(c) for c in rule if c is not None)}"
    elif error.validator in ("minimum", "maximum"):
        bound = "at least" if error.validator == "minimum" else "at most"
        yield f"{name}: must be {bound} {rule}"
    elif properties.get(name, {}).get("secret"):
        yield f"{name}: not usable as given"
    else:
        yield f"{name}: {error.message}"


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
