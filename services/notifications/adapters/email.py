"""Letters as e-mail: one message to one mailbox, handed to the city's own relay over SMTP."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, Literal

import aiosmtplib

from services.chassis.process.clock import Clock
from services.notifications.domain.answers import read_smtp
from services.notifications.domain.delivery import Answer, Verdict
from services.notifications.domain.records import Parcel

# Servers quote the mailbox in their answers; addresses stand in one table only.
_ADDRESS: Final = re.compile(r"[^\s<>@:;,\"]+@[^\s<>@:;,\"]+")
_LONGEST_DETAIL: Final = 300


@dataclass(frozen=True, slots=True)
class Relay:
    """The mail server that takes the letters, and whom they come from.

    `timeout` (wall seconds) bounds each half of a session: up to the mailbox, and from the letter on.
    """

    host: str
    port: int
    sender: str
    sender_name: str
    security: Literal["plain", "starttls", "tls"] = "plain"
    username: str | None = None
    password: str | None = None
    timeout: float = 10.0


class EmailChannel:
    """The e-mail channel."""

    def __init__(self, relay: Relay, clock: Clock) -> None:
        self._relay = relay
        self._clock = clock

    async def send(self, parcel: Parcel, address: str) -> Answer:
        """Send once and return the server's own answer.

        Until DATA nothing can have been delivered, so every trouble there is transient unless the server
        refuses sender or mailbox with 5xx. From DATA on, no answer means that nobody knows.
        """
        relay = self._relay
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            timeout=relay.timeout,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            username=relay.username,
            password=relay.password,
        )
        try:
            if trouble := await self._address(client, address):
                return trouble
            return await self._hand_over(client, self.message(parcel, address))
        finally:
            client.close()

    def message(self, parcel: Parcel, address: str) -> bytes:
        """Return the message; its Message-ID is the delivery's, so that it is the same on every attempt."""
        domain = self._relay.sender.rpartition("@")[2]
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = Address(self._relay.sender_name, addr_spec=self._relay.sender)
        message["To"] = Address(addr_spec=address)
        message["Subject"] = f"{parcel.title}（{parcel.number}）"
        message["Date"] = format_datetime(self._clock.wall())
        message["Message-ID"] = f"<{parcel.delivery_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(parcel.body, charset="utf-8", cte="base64")
        return message.as_bytes()

    async def _address(self, client: aiosmtplib.SMTP, address: str) -> Answer | None:
        """Connect and name sender and mailbox; return the refusal, or None when the server awaits the letter."""
        try:
            async with asyncio.timeout(self._relay.timeout):
                await client.connect()
                await client.mail(self._relay.sender)
                await client.rcpt(address)
        except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPSenderRefused) as error:
            return _answer(error.code, error.message)
        except aiosmtplib.SMTPResponseException as error:
            # A refused greeting or log-in is the relay's trouble, not the letter's: it must not fail for
            # good.
            return Answer(Verdict.TRANSIENT, str(error.code), _clean(error.message))
        except (aiosmtplib.SMTPException, OSError) as error:
            return Answer(Verdict.TRANSIENT, "connect-failed", type(error).__name__)
        return None

    async def _hand_over(self, client: aiosmtplib.SMTP, message: bytes) -> Answer:
        try:
            async with asyncio.timeout(self._relay.timeout):
                code, text = await client.data(message)
        except aiosmtplib.SMTPDataError as error:
            return _answer(error.code, error.message)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Answer(Verdict.UNKNOWN, "no-answer", type(error).__name__)
        return _answer(code, text)


def _answer(code: int, text: str) -> Answer:
    return read_smtp(code, _clean(text))


def _clean(text: str) -> str:
    return _ADDRESS.sub("<address>", text)[:_LONGEST_DETAIL]
