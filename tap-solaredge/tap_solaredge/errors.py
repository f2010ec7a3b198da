"""Refusals that the sources of both APIs tell apart."""

from __future__ import annotations

from solar_tap_kit.errors import AuthError, RefusedError, SolarError


class ForbiddenError(RefusedError):
    """HTTP 403: the key's sites, rights, scopes or tier, or (v1) a period that is too long."""


class BadRequestError(RefusedError):
    """HTTP 400: a period that is too long, or that ends in the future, or another reason."""


class WithdrawnError(RefusedError):
    """HTTP 410: the endpoint, or all of the API, is no more."""


class BusyError(SolarError):
    """HTTP 429 of v1, which does not say whether the day or the moment is full."""


class GrantRefusedError(AuthError):
    """A token request was refused as such: the code, the refresh token, or its redirect URL."""
