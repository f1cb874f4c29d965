"""电子邮件: one message to one mailbox, handed to the city's own relay over SMTP.

SMTP has no key that drops repeats: servers take every copy, even under one Message-ID. So an e-mail whose outcome
nobody knows is never sent again by itself.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Literal

import aiosmtplib
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.chassis.process import tls
from services.chassis.process.secret_files import Environment
from services.notifications.channels.model.answers import Answer, Away, Verdict, read_smtp
from services.notifications.channels.model.channel import Channel, Means, Parcel
from services.notifications.channels.model.text import without_addresses

# The client's own for a line that is no reply lie below.
_FIRST_CODE: Final = 100
# RFC 5321 4.2.1: 5xx.
_NEVER: Final = 5
# Seconds between signs of life that a relay is asked for while it refuses us for good, doubled each time.
_FIRST_PAUSE: Final = 10.0
_LONGEST_PAUSE: Final = 600.0
# One mailbox, plain: what stands here goes into a header.
_MAILBOX: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}")


class EmailSettings(Environment):
    """The mail server that takes the letters, and whom they come from."""

    model_config = SettingsConfigDict(env_prefix="DUBAN_SMTP_", frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: int = 18025
    security: Literal["plain", "starttls", "tls"] = "plain"
    username: str | None = None
    password: SecretStr | None = None
    ca: Path | None = Field(
        default=None, description="PEM file of the authority behind the mail server's certificate; else the system's"
    )
    sender: str = Field(default="duban@jincheng.example", description="the letters' From address")
    return_path: str | None = Field(
        default=None,
        description="where reports about undelivered letters go, the sender's mailbox if unset; `{delivery}` in it "
        "stands for the delivery's id, as in `bounces+{delivery}@city.example`",
    )
    timeout: float = Field(
        default=10.0, gt=0, description="wall seconds for each half of a session: up to the mailbox, and from there on"
    )


@dataclass(frozen=True, slots=True)
class _Shut:
    """A relay that refused us for good: until when (wall time) it is not asked for a sign of life, after which pause."""

    until: datetime
    seconds: float
    words: str


class EmailCarrier:
    """Hands letters to the relay, one session each."""

    server: Final = "smtp"

    def __init__(self, means: Means, settings: EmailSettings) -> None:
        self._means = means
        self._relay = settings
        self._shut: _Shut | None = None
        self._tls = None if settings.security == "plain" else tls.context(ca=settings.ca)

    async def close(self) -> None:
        """Nothing is held between letters."""

    async def send(self, parcel: Parcel, address: str) -> Answer:
        """Send once and return the server's own answer.

        Until DATA nothing can have been delivered, so every trouble there is transient unless the server
        refuses sender or mailbox with 5xx. From DATA on, no answer means that nobody knows.
        """
        message = self.message(parcel, address)
        client = self._client()
        try:
            if trouble := await self._address(client, self._return_path(parcel), address):
                return trouble
            return await self._hand_over(client, message)
        finally:
            # The server's word is known: what goes wrong in taking leave changes nothing.
            with suppress(Exception):
                client.close()

    async def obstacle(self) -> str | None:
        """Greet the relay and log in, as for a letter, and hang up; who was refused for good is not asked again at once."""
        if self._shut is not None and self._means.wall() < self._shut.until:
            return self._shut.words
        client = self._client()
        try:
            async with asyncio.timeout(self._relay.timeout):
                await self._log_in(client)
        except Exception as error:  # noqa: BLE001 - whatever the client raises, no letter would be taken
            return _in_words(error)
        finally:
            with suppress(Exception):
                client.close()
        return None

    def place(self, address: str, away: Away) -> str:  # noqa: ARG002 - one relay stands behind all addresses
        """Return the relay's name: it is away for everybody."""
        return self.server

    async def reachable(self, address: str) -> bool:  # noqa: ARG002 - as above
        """Return whether the relay lets us log in."""
        return await self.obstacle() is None

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        """Connect; a log-in that is refused for good is noted: asked each few seconds, a relay locks the account out."""
        try:
            await client.connect()
        except aiosmtplib.SMTPResponseException as error:
            # Eight letters that are refused at once are one question, not eight.
            if error.code // 100 == _NEVER and (self._shut is None or self._means.wall() >= self._shut.until):
                before = self._shut.seconds if self._shut else _FIRST_PAUSE / 2
                seconds = min(2 * before, _LONGEST_PAUSE)
                self._shut = _Shut(self._means.wall() + timedelta(seconds=seconds), seconds, _in_words(error))
            raise
        self._shut = None

    def _client(self) -> aiosmtplib.SMTP:
        relay = self._relay
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            timeout=relay.timeout,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            tls_context=self._tls,
            username=relay.username,
            password=relay.password.get_secret_value() if relay.password else None,
        )

    def message(self, parcel: Parcel, address: str) -> bytes:
        """Return the message; its Message-ID is the delivery's, so that it is the same on every attempt."""
        domain = self._relay.sender.rpartition("@")[2]
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = Address(self._means.issuer, addr_spec=self._relay.sender)
        message["To"] = Address(addr_spec=address)
        # Encoded here, whole: the library would decode a title that looks encoded, and drop blanks at its beginning.
        subject = Header(f"{parcel.content.title}（{parcel.content.number}）", "utf-8", header_name="Subject")
        message.set_raw("Subject", subject.encode())
        message["Date"] = format_datetime(self._means.wall())
        message["Message-ID"] = f"<{parcel.delivery_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(parcel.content.body, charset="utf-8", cte="base64")
        return message.as_bytes()

    def _return_path(self, parcel: Parcel) -> str:
        path = self._relay.return_path or self._relay.sender
        return path.replace("{delivery}", str(parcel.delivery_id))

    async def _address(self, client: aiosmtplib.SMTP, sender: str, address: str) -> Answer | None:
        """Connect and name sender and mailbox; return the refusal, or None when the server awaits the letter."""
        try:
            async with asyncio.timeout(self._relay.timeout):
                await self._log_in(client)
                await client.mail(sender)
                await client.rcpt(address)
        except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPSenderRefused) as error:
            return _answer(error.code, error.message)
        except aiosmtplib.SMTPResponseException as error:
            if error.code < _FIRST_CODE:
                return Answer(Verdict.TRANSIENT, "connect-failed", "no SMTP reply", away=Away.UNREACHED)
            # A refused greeting or log-in is the relay's trouble, not the letter's: it must not fail for good.
            # For good, it ends by a person's hand: then the first letter that is taken tells, and nobody asks until then.
            refused = _answer(error.code, error.message)
            away = Away.UNSERVED if error.code // 100 == _NEVER else Away.UNREACHED
            return replace(refused, verdict=Verdict.TRANSIENT, away=away)
        except Exception as error:  # noqa: BLE001 - whatever the client raises here, nothing was handed over
            return Answer(Verdict.TRANSIENT, "connect-failed", _in_words(error), away=Away.UNREACHED)
        return None

    async def _hand_over(self, client: aiosmtplib.SMTP, message: bytes) -> Answer:
        try:
            async with asyncio.timeout(self._relay.timeout):
                code, text = await client.data(message)
        except aiosmtplib.SMTPDataError as error:
            return _answer(error.code, error.message)
        except Exception as error:  # noqa: BLE001 - whatever the client raises here, nobody knows what became of it
            return Answer(Verdict.UNKNOWN, "no-answer", type(error).__name__)
        return _answer(code, text)


def _answer(code: int, text: str) -> Answer:
    return read_smtp(code, without_addresses(text))


def _in_words(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return tls.reason(cause)
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


def is_mailbox(text: str) -> bool:
    """Return whether `text` is one plain mail address."""
    return _MAILBOX.fullmatch(text) is not None


CHANNEL: Final = Channel(
    code="email", drops_repeats=False, settings=EmailSettings, open=EmailCarrier, is_address=is_mailbox
)
