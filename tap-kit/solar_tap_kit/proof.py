"""Is the cloud away, or are these sites in trouble? Found out before a run concludes anything."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from solar_tap_kit.errors import AuthError, Paused, QuotaError, SettingsError, SolarError
from solar_tap_kit.session import TELL_FROM_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.cloud import Cloud
    from solar_tap_kit.health import Health
    from solar_tap_kit.progress import Progress
    from solar_tap_kit.session import Session

WAITS_S = (0.0, 2.0, 5.0, 10.0, 20.0, 30.0)
"""A cloud that answers none of these tries, more than a minute in all, is away."""

logger = logging.getLogger("solar_tap_kit.run")


def prove(cloud: Cloud, health: Health, clock: Clock, progress: Progress) -> None:
    """Request the list of sites, and again what was answered last, until one is answered.

    Args:
        cloud: The vendor's cloud.
        health: Knows who did not answer; is told that the cloud does.
        clock: Time source.
        progress: Is told the longer waits.

    Raises:
        SolarError: The cloud is away, or not where the settings say.
    """
    session, good = cloud.session, health.good
    probes: list[Callable[[], object]] = [cloud.ping]
    if good is not None:
        probes.append(lambda: good.source.ask(good.windows))
    sent = session.calls
    for wait in WAITS_S:
        if wait >= TELL_FROM_S:
            progress.wait(clock.now() + dt.timedelta(seconds=wait), "cloud")
        clock.sleep(wait)
        if any(is_answered(probe, session) for probe in probes):
            logger.info("the cloud answers other requests; going on with the other sites")
            health.cloud_answers()
            return
        if session.calls == sent and health.may_widen:
            # The quota allows no such request now: the next sites have to tell.
            health.cloud_answers()
            return
        if health.blame is not None:
            raise health.blame
    raise health.away()


def is_answered(ask: Callable[[], object], session: Session) -> bool:
    """Return whether the vendor answers a request, be it with a refusal; tries once.

    Raises:
        SolarError: The run has to end: it was asked to, or the login is refused.
    """
    before = session.answers
    try:
        with session.without_retry({}):
            ask()
    except QuotaError as error:
        if error.of_run:
            raise
    except (Paused, AuthError, SettingsError):
        raise
    except SolarError as error:
        logger.debug("not answered either: %s", error)
    return session.answers > before
