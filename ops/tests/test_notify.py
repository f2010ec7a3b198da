"""Notices by e-mail and webhook, to servers on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from notice_servers import MailServer, Webhook, make_certificate, serving

from solar_ops.notify import Notice, check, send
from solar_ops.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

NOTICE = Notice("failure", "solar sync: failed", "sigen: failed\nresult: failed", "run-1")


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a certificate that this process trusts."""
    path = tmp_path / "certificate.pem"
    make_certificate(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


def mail_settings(tmp_path: Path, server: MailServer, **more: str) -> Settings:
    """Return settings that send e-mail to a server."""
    return Settings(
        tmp_path,
        {
            "SOLAR_SMTP_HOST": "127.0.0.1",
            "SOLAR_SMTP_PORT": str(server.port),
            "SOLAR_SMTP_SECURITY": server.security,
            "SOLAR_SMTP_FROM": "solar@example.com",
            "SOLAR_SMTP_TO": "me@example.com, you@example.com",
            **more,
        },
    )


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_mail_arrives_in_each_way(security: str, certificate: Path, tmp_path: Path) -> None:
    """Plain, STARTTLS and TLS; with a login; to all recipients."""
    with serving(MailServer(security, certificate)) as server:
        login = {"SOLAR_SMTP_USERNAME": "me", "SOLAR_SMTP_PASSWORD": "invented"}
        assert send(NOTICE, mail_settings(tmp_path, server, **login)) == []
    (message,) = server.messages
    assert "Subject: solar sync: failed" in message
    assert "To: me@example.com, you@example.com" in message
    assert "result: failed" in message
    assert server.encrypted == [security != "none"]
    assert len(server.logins) == 1


def test_a_certificate_that_is_not_trusted_is_refused(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password must not go to whoever answers."""
    monkeypatch.delenv("SSL_CERT_FILE")
    with serving(MailServer("starttls", certificate)) as server:
        (problem,) = send(NOTICE, mail_settings(tmp_path, server))
    assert "CERTIFICATE_VERIFY_FAILED" in problem
    assert not server.messages


def test_a_webhook_gets_the_notice(tmp_path: Path) -> None:
    """Occasion, subject, text and run, as JSON."""
    with serving(Webhook()) as hook:
        settings = Settings(tmp_path, {"SOLAR_WEBHOOK_URL": hook.url})
        assert send(NOTICE, settings) == []
    assert hook.posted == [
        {"occasion": "failure", "subject": "solar sync: failed",
         "text": "sigen: failed\nresult: failed", "run_id": "run-1"}
    ]  # fmt: skip


def test_what_can_not_be_sent_is_told_without_the_address(tmp_path: Path) -> None:
    """A webhook's address is often its secret; a broken way does not stop the other."""
    with serving(Webhook(status=500)) as hook:
        settings = Settings(tmp_path, {"SOLAR_WEBHOOK_URL": hook.url})
        assert send(NOTICE, settings) == ["SOLAR_WEBHOOK_URL: answered 500"]
    (line,) = send(NOTICE, settings)
    assert line.startswith("SOLAR_WEBHOOK_URL: ")
    assert "invented-hook-token" not in line


def test_only_wanted_occasions_are_told(tmp_path: Path) -> None:
    """By default not a success; with the setting, only what it names."""
    with serving(Webhook()) as hook:
        base = {"SOLAR_WEBHOOK_URL": hook.url}
        success = Notice("success", "solar sync: ok", "", "run-2")
        send(success, Settings(tmp_path, base))
        assert not hook.posted
        wanted = Settings(tmp_path, {**base, "SOLAR_NOTIFY_ON": "success, stale"})
        send(success, wanted)
        send(NOTICE, wanted)
    assert [one["occasion"] for one in hook.posted] == ["success"]


def test_half_a_mail_setting_is_told_before_it_is_needed(tmp_path: Path) -> None:
    """The night of the failure is the wrong time to find out."""
    assert check(Settings(tmp_path, {"SOLAR_SMTP_HOST": "mail.example.com"})) == [
        "SOLAR_SMTP_FROM is not set: e-mail needs it",
        "SOLAR_SMTP_TO is not set: e-mail needs it",
    ]
