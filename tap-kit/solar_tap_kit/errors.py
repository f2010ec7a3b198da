"""What can go wrong while asking a cloud, as types that say what to do about it.

Every message is one line for the person who runs the tap: it names the setting or the
remedy, and never carries a secret. Nothing else leaves a tap: a traceback is a bug.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - a public attribute's type
from typing import Literal

SiteState = Literal["offline", "pending"]
"""A state of a site in which it brings no data, and which nobody has to repair at our end:
its equipment does not reach the cloud, or it is not in service yet."""


class SolarError(Exception):
    """Base of every failure that a tap reports in one line."""


class SettingsError(SolarError):
    """The settings can't work: names the setting and how to mend it. Never retried."""


class AuthError(SolarError):
    """The credential was refused. Stops the run: trying again may lock the account."""


class UnreachableError(SolarError):
    """The cloud gave no usable answer after every allowed try."""


class RefusedError(SolarError):
    """This request was refused for good, others may work: the site is skipped this run.

    Args:
        message: One line for the person who runs the tap.
        maybe_date: It may be the date that is refused, not the site: where other dates have
            been answered, this one is passed over and the ledger says so.
    """

    def __init__(self, message: str, *, maybe_date: bool = False) -> None:
        super().__init__(message)
        self.maybe_date = maybe_date


class SiteStateError(RefusedError):
    """The vendor says that the site is offline or not in service yet: a state, not a failure.

    Args:
        message: One line for the person who runs the tap.
        state: The state.
    """

    def __init__(self, message: str, state: SiteState) -> None:
        super().__init__(message)
        self.state: SiteState = state


class PathRefusedError(RefusedError):
    """A refusal that may concern one path or all of them: not found, moved, blocked.

    Once anything else was answered it is the failure of the site below whose path it was
    requested; where nothing is answered, the run ends with `blame`.

    Args:
        message: One line about this request.
        blame: What is wrong if no path is answered: the address, the credential.
    """

    def __init__(self, message: str, blame: SolarError) -> None:
        super().__init__(message)
        self.blame = blame


class NotServedError(SolarError):
    """This credential, tier or API version does not serve a source: one warning, no failure.

    Args:
        message: One line for the person who runs the tap.
        everywhere: No site's calls would be served, so that none needs to be tried.
    """

    def __init__(self, message: str, *, everywhere: bool = False) -> None:
        super().__init__(message)
        self.everywhere = everywhere


class TransientError(SolarError):
    """The request may succeed if it is repeated after a wait.

    Args:
        message: One line for the person who runs the tap.
        retry_after: Seconds the vendor asked to wait, or None to leave it to the session.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ThrottledError(TransientError):
    """The vendor asks for fewer requests, of this site or of the whole account."""


class DecodeError(SolarError):
    """An answer had a form that the decoder does not know."""


class Paused(SolarError):  # noqa: N818 - a pause is not an error, but it travels like one
    """The run has to stop here and can go on later; the state of finished windows stands.

    Args:
        message: Why, in one line.
        resume_at: When the next call may go, aware UTC, if that is known.
    """

    def __init__(self, message: str, resume_at: dt.datetime | None = None) -> None:
        super().__init__(message)
        self.resume_at = resume_at


class QuotaError(Paused):
    """The vendor's quota, or the run's own budget, is used up.

    Args:
        message: Why, in one line.
        resume_at: When the next call may go, aware UTC, if that is known.
        site_only: Only the site that was asked is concerned; others may be asked.
        of_run: It is the run's own budget: waiting does not help, the next run goes on.
    """

    def __init__(
        self,
        message: str,
        resume_at: dt.datetime | None = None,
        *,
        site_only: bool = False,
        of_run: bool = False,
    ) -> None:
        super().__init__(message, resume_at)
        self.site_only = site_only
        self.of_run = of_run


class LongWaitError(QuotaError):
    """A fault after which the vendor asks for a longer wait than a run has: not a quota.

    It says nothing about the date that was requested, nor about limits.
    """


class PartialFailure(SolarError):  # noqa: N818 - the summary of a run, not one error
    """Some sites failed while the others were finished."""
