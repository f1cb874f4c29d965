"""E-mail to a server that speaks TLS: from the first byte or after STARTTLS, and only to one whose authority is known."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP

from deploy.local.certificates import Authority
from services.notifications.channels.email import EmailCarrier, EmailSettings
from services.notifications.channels.model.answers import Answer, Verdict
from services.notifications.tests.parcels import PARCEL, means

pytestmark = pytest.mark.servers


@asynccontextmanager
async def mail_server(certificate: Path, security: str) -> AsyncIterator[int]:
    """Run a mail server that takes every letter over TLS and none without; give its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    after = context if security == "starttls" else None
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Sink(), tls_context=after, require_starttls=after is not None),
        "127.0.0.1",
        0,
        ssl=None if after else context,
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


async def sent(security: str, port: int, ca: Path | None) -> Answer:
    settings = EmailSettings.model_validate({"host": "127.0.0.1", "port": port, "security": security, "ca": ca})
    return await EmailCarrier(means(), settings).send(PARCEL, "yingji@140502.example")


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_letter_goes_to_the_server_whose_authority_is_named_and_to_no_other(
    tmp_path: Path, security: str
) -> None:
    authority, foreign = Authority.at(tmp_path / "city"), Authority.at(tmp_path / "foreign")
    authority.issue(tmp_path / "server.pem")
    async with mail_server(tmp_path / "server.pem", security) as port:
        assert (await sent(security, port, authority.certificate)).verdict is Verdict.ACCEPTED
        for ca in (foreign.certificate, None):
            refused = await sent(security, port, ca)
            assert (refused.verdict, refused.code) == (Verdict.TRANSIENT, "connect-failed")
            assert "an authority that isn't trusted here" in refused.detail


async def test_a_letter_is_not_sent_in_the_open_when_tls_is_asked_for(tmp_path: Path) -> None:
    authority = Authority.at(tmp_path / "city")
    authority.issue(tmp_path / "server.pem")
    async with mail_server(tmp_path / "server.pem", "starttls") as port:
        assert (await sent("plain", port, None)).verdict is not Verdict.ACCEPTED
        assert (await sent("tls", port, authority.certificate)).code == "connect-failed"
