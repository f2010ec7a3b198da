"""A notice by e-mail and webhook when a run fails, half fails or a source goes stale."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from solar_ops.settings import Settings

TIMEOUT_SECONDS = 20
PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class Notice:
    """What to tell.

    Attributes:
        occasion: failure, partial, stale, recovered or success.
        subject: One line.
        text: The whole of it; holds no secret.
        run_id: The run that it is about.
    """

    occasion: str
    subject: str
    text: str
    run_id: str


def send(notice: Notice, settings: Settings) -> list[str]:
    """Send a notice on every way that is set up, if its occasion is wanted.

    Returns:
        What went wrong, a line for each way; a notice that can't be sent fails no run.
    """
    if notice.occasion not in settings.words("NOTIFY_ON"):
        return []
    problems = []
    if settings["WEBHOOK_URL"]:
        problems += _post(notice, settings["WEBHOOK_URL"])
    if settings["SMTP_HOST"]:
        problems += _mail(notice, settings)
    return problems


def check(settings: Settings) -> list[str]:
    """Return what is wrong with the settings of the notices, a line each."""
    if not settings["SMTP_HOST"]:
        return []
    missing = [name for name in ("SMTP_FROM", "SMTP_TO") if not settings[name]]
    return [f"SOLAR_{name} is not set: e-mail needs it" for name in missing]


def _post(notice: Notice, url: str) -> list[str]:
    try:
        answer = requests.post(
            url, json=asdict(notice), timeout=TIMEOUT_SECONDS, allow_redirects=False
        )
    except requests.RequestException as error:
        # The address itself may be the secret, and the library's messages repeat it.
        return [f"SOLAR_WEBHOOK_URL: {type(error).__name__}"]
    return [] if answer.ok else [f"SOLAR_WEBHOOK_URL: answered {answer.status_code}"]


def _mail(notice: Notice, settings: Settings) -> list[str]:
    if problems := check(settings):
        return problems
    message = EmailMessage()
    message["Subject"] = notice.subject
    message["From"] = settings["SMTP_FROM"]
    message["To"] = ", ".join(settings.words("SMTP_TO"))
    message.set_content(notice.text)
    security = settings["SMTP_SECURITY"]
    host = settings["SMTP_HOST"]
    try:
        port = int(settings["SMTP_PORT"] or PORTS[security])
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if security == "tls":
            server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        with server:
            if security == "starttls":
                server.starttls(context=context)
            if settings["SMTP_USERNAME"]:
                server.login(settings["SMTP_USERNAME"], settings["SMTP_PASSWORD"])
            server.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return [f"SOLAR_SMTP_HOST {host}: {type(error).__name__}: {error}"]
    return []


__all__ = ["Notice", "check", "send"]
