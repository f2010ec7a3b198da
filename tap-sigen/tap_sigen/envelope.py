"""Sigen's envelope: JSON inside JSON inside JSON (`docs/vendors/sigen.md`, Envelope)."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten
from solar_tap_kit.http import decode_json, parse_json
from solar_tap_kit.notices import notice

DEEPEST = 8
"""Real answers nest three levels; more than this is an attack or a bug."""


def unwrap(value: Any, depth: int = 0) -> Any:
    """Return a value with every JSON text in it parsed, however deep.

    Only texts that begin with a brace or bracket are parsed: a system may be named "123".

    Raises:
        DecodeError: It nests deeper than any answer has reason to.
    """
    if depth > DEEPEST:
        message = f"the answer nests JSON more than {DEEPEST} levels deep"
        raise DecodeError(message)
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            inner = decode_json(value)
        except (msgspec.DecodeError, RecursionError):
            return value
        # A day's history holds no further JSON text; walking its thousands of values to see
        # that would cost more than everything else.
        return unwrap(inner, depth + 1) if _may_hold_json(value) else inner
    if isinstance(value, dict):
        return {key: unwrap(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [unwrap(item, depth + 1) for item in value]
    return value


def _may_hold_json(text: str) -> bool:
    """Return whether JSON text can hold JSON text: its quotes are escaped, or it opens at once."""
    # A single character is searched for thirty times as fast as two.
    return "\\" in text or any(
        before.endswith('"') for bracket in "{[" for before in text.split(bracket)[:-1]
    )


def is_nothing(data: Any) -> bool:
    """Return whether data says nothing: null, also as text, or blank."""
    return data is None or (isinstance(data, str) and data.strip() in ("", "null"))


def code_and_message(body: Any) -> tuple[int, str]:
    """Return an answer's code and message; data without a code is a success.

    Args:
        body: The parsed body: an object with `code`, or a list with one such object.

    Raises:
        DecodeError: The body has another form.
    """
    body = _single(body)
    if isinstance(body, dict) and body.get("code") is None and body.get("data") is not None:
        return 0, str(body.get("msg") or "")
    if not isinstance(body, dict) or "code" not in body:
        message = f"the answer has no code: {shorten(body)}"
        raise DecodeError(message)
    try:
        code = int(body["code"])
    except (TypeError, ValueError):
        message = f"the answer's code is not a number: {shorten(body['code'])}"
        raise DecodeError(message) from None
    return code, str(body.get("msg") or "")


def parse(body: bytes) -> Any:
    """Return the unwrapped data of an answer's bytes.

    Raises:
        DecodeError: The bytes are no JSON, or no envelope of success.
    """
    return data_of(_accepted(body))


def sent_and_hash(body: bytes) -> tuple[Any, str]:
    """Return an answer's data as it was sent, JSON text perhaps, and its hash.

    Raises:
        DecodeError: The bytes are no JSON, or no envelope of success.
    """
    answer = _accepted(body)
    return _single(answer).get("data"), hash_of(answer)


def _accepted(body: bytes) -> Any:
    answer = parse_json(body)
    code, said = code_and_message(answer)
    if code:
        message = f"the answer carries code {code} ({shorten(said)})"
        raise DecodeError(message)
    return answer


def data_of(body: Any) -> Any:
    """Return the unwrapped data of an answer that `code_and_message` accepted."""
    data = _single(body).get("data")
    return None if is_nothing(data) else unwrap(data)


def hash_of(body: Any) -> str:
    """Return the hash of an answer's data as it was sent.

    The envelope is left out: it carries the time of the answer.
    """
    data = _single(body).get("data")
    sent = data.encode() if isinstance(data, str) else msgspec.json.encode(data)
    return hashlib.sha256(sent).hexdigest()


def _single(body: Any) -> Any:
    return body[0] if isinstance(body, list) and len(body) == 1 else body


def objects(data: Any, what: str) -> list[dict[str, Any]]:
    """Return data that has to be a list of objects; null is an empty list.

    An entry that is no object is left out and reported: it says nothing about the others.

    Raises:
        DecodeError: It is something else, or none of its entries is an object.
    """
    if is_nothing(data):
        return []
    if isinstance(data, dict) and isinstance(data.get("records"), list):
        data = data["records"]
    if not isinstance(data, list):
        message = f"{what}: expected a list of objects, got {shorten(data)}"
        raise DecodeError(message)
    if set(map(type, data)) <= {dict}:
        return data
    found = [item for item in data if isinstance(item, dict)]
    if not found:
        message = f"{what}: expected a list of objects, got {shorten(data)}"
        raise DecodeError(message)
    odd = next(item for item in data if not isinstance(item, dict))
    notice(f"{what} entry", f"{what}: {shorten(odd)} is no object; left out")
    return found
