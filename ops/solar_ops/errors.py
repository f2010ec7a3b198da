"""Errors that the `solar` command reports in one line."""

from __future__ import annotations


class OpsError(Exception):
    """Something that the user can mend; the text says what and how."""
