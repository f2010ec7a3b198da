"""One request and one reply, before anybody has judged what they mean."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import functools
import json
import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from solar_tap_kit.errors import DecodeError, TransientError
from solar_tap_kit.notices import notice

if TYPE_CHECKING:
    from collections.abc import Mapping


def decode_json(text: bytes | str) -> Any:
    """Return the value of JSON text; numbers that are not finite are null.

    `NaN`, `Infinity` and `1e400` are no JSON, but some servers write them: one such value must
    not cost the whole answer.

    Raises:
        msgspec.DecodeError: It is not JSON.
        UnicodeDecodeError: It is not text.
        RecursionError: It nests without end.
    """
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        try:
            value = json.loads(text, parse_constant=_no_value, parse_float=_finite)
            # Half a surrogate pair can be parsed but not written again.
            msgspec.json.encode(value)
        except (ValueError, UnicodeError):
            value = _NOT_JSON
        if value is _NOT_JSON:
            raise
    return value


_NOT_JSON = object()


def _finite(text: str) -> float | None:
    number = float(text)
    if math.isfinite(number):
        return number
    _no_value(text)
    return None


def _no_value(text: str) -> None:
    notice("not finite", f"the answer holds {text[:20]}, no finite number; stored as null")


class Body(bytes):
    """An answer's bytes, parsed once: the session looks into them, and then the decoder."""

    @functools.cached_property
    def value(self) -> Any:
        """What the bytes hold as JSON; shared, so not to be changed.

        Raises:
            DecodeError: It is not JSON, not even text, or nests without end.
        """
        try:
            return decode_json(self)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = f"the answer is not JSON: {' '.join(str(error).split())}"
        raise DecodeError(message)


def parse_json(body: bytes) -> Any:
    """Return the value that a body holds; not to be changed.

    Raises:
        DecodeError: It is not JSON, not even text, or nests without end.
    """
    return body.value if isinstance(body, Body) else Body(body).value


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a cloud, body unparsed.

    Attributes:
        status: HTTP status.
        headers: Answer headers, case-insensitive.
        body: The body's bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: Body

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def elsewhere(self) -> str:
        """What the status says if the path is not the API's: moved, or not there; else empty.

        A redirect is not followed: the credential would go to whatever host it names.
        """
        if HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST:
            host = urlsplit(self.headers.get("Location", "")).hostname
            return f"redirected (HTTP {self.status}{f' to {host}' if host else ''}), not followed"
        if self.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return f"not found (HTTP {self.status})"
        return ""

    def check(self) -> None:
        """Refuse a body that is no JSON; builds nothing, for a bulk answer is large.

        Raises:
            TransientError: The body is empty or not JSON: a proxy's page, a cut answer.
        """
        if "value" in vars(self.body):
            # Whoever judged the answer has built it already.
            return
        try:
            msgspec.json.decode(str(self.body, "utf-8"), type=msgspec.Raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # Raised there, with the words for it.
            self.json()

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            TransientError: The body is empty or not JSON: a proxy's page, a cut answer.
        """
        with contextlib.suppress(DecodeError):
            return self.body.value
        kind = self.headers.get("Content-Type", "no content type").split(";")[0]
        what = "an empty answer" if not self.body.strip() else f"{kind} instead of JSON"
        message = f"the cloud sent {what} (HTTP {self.status})"
        raise TransientError(message)

    def sent_at(self) -> dt.datetime | None:
        """Return when the server says that it sent the answer, aware UTC, or None."""
        try:
            sent = email.utils.parsedate_to_datetime(self.headers.get("Date", ""))
        except (ValueError, TypeError):
            return None
        return sent.replace(tzinfo=dt.UTC) if sent.tzinfo is None else sent

    def retry_after(self, now: dt.datetime) -> float | None:
        """Return the seconds that a `Retry-After` header asks for, in either of its forms.

        Args:
            now: The present, aware UTC, for the header's date form.
        """
        value = self.headers.get("Retry-After", "").strip()
        if value.isdigit():
            return float(value)
        try:
            return max(0.0, (email.utils.parsedate_to_datetime(value) - now).total_seconds())
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Request:
    """One request, before it has a host or a credential.

    Attributes:
        method: HTTP method.
        path: Path below the base URL.
        endpoint: The endpoint's name for counts, limits and messages.
        site: The site, or device, that the vendor counts the call for.
        cost: What the call costs, in calls or credits.
        params: Query parameters.
        body: JSON body; only logins have one, and they carry no credential header.
        form: Send the body as a form, not as JSON.
    """

    method: str
    path: str
    endpoint: str
    site: str | None = None
    cost: int = 1
    params: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None
    form: bool = False
