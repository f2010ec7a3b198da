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

from solar_tap_kit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import ValidationError

OnQuotaExhausted = Literal["stop", "wait", "fail"]

_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def common_settings(
    *,
    api_url: str,
    lookback_days: int,
    on_quota_exhausted: OnQuotaExhausted,
    agent: str,
    max_requests: int | None = None,
) -> list[th.Property[Any]]:
    """Return the settings that have the same name and meaning in both taps.

    Args:
        api_url: What the base URL is when the setting is left out, in words.
        lookback_days: Default of that setting.
        on_quota_exhausted: Default of that setting.
        agent: Default `User-Agent`.
        max_requests: Default budget of calls per run, or None for no limit.
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
            "the vendor says that the site went into service.",
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
