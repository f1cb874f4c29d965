"""电子邮件: one message to one mailbox, handed to the city's own relay over SMTP.

SMTP has no key that drops repeats: servers take every copy, even under one Message-ID. So an e-mail whose outcome
nobody knows is never sent again by itself.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import replace
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
from services.notifications.channels.handlers.log_in import LogIn, refused
from services.notifications.channels.model.answers import Answer, Away, Verdict, read_smtp
from services.notifications.channels.model.channel import MOST_SECONDS, Channel, Means, Parcel
from services.notifications.channels.model.pauses import NotAsked
from services.notifications.channels.model.text import without_addresses

# One mailbox, plain: what stands here goes into a header.
# Of a reply; what is none has a lower one in its place.
_LEAST_CODE: Final = 200
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
        default=10.0,
        gt=0,
        le=MOST_SECONDS / 2,
        description="wall seconds for each half of a session: up to the mailbox, and from there on",
    )


class EmailCarrier:
    """Hands letters to the relay, one session each."""

    server: Final = "smtp"

    def __init__(self, means: Means, settings: EmailSettings) -> None:
        self._means = means
        self._relay = settings
        password = settings.password.get_secret_value() if settings.password else ""
        self._log_in = LogIn(settings.username, password, means.steady)
        self._probes: set[asyncio.Task[str | None]] = set()
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
        """Greet the relay and log in, as for a letter, and hang up; who was refused for good does not ask again at once."""
        # Whoever asks may wait for less time than the relay is given, and a log-in that is cut short would count as refused.
        probe = asyncio.create_task(self._probe())
        self._probes.add(probe)
        probe.add_done_callback(self._probes.discard)
        return await asyncio.shield(probe)

    async def _probe(self) -> str | None:
        client = self._client()
        try:
            async with asyncio.timeout(self._relay.timeout):
                await self._log_in.enter(client)
        except NotAsked as before:
            return str(before)
        except Exception as error:  # noqa: BLE001 - whatever the client raises, no letter would be taken
            return _in_words(error)
        finally:
            with suppress(Exception):
                client.close()
        return None

    def rests(self) -> bool:
        """Return whether the relay refused our log-in for good, so recently that nothing asks it, or is asked just now."""
        return self._log_in.pause.rests()

    def asks_alone(self) -> bool:
        """Return whether the relay refused our log-in for good when it was last asked."""
        return self._log_in.pause.refused_before

    def place(self, address: str, away: Away) -> str:  # noqa: ARG002 - one relay stands behind all addresses
        """Return the relay's name: it is away for everybody."""
        return self.server

    async def reachable(self, address: str) -> bool:  # noqa: ARG002 - as above
        """Return whether the relay lets us log in."""
        return await self.obstacle() is None

    def _client(self) -> aiosmtplib.SMTP:
        relay = self._relay
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            timeout=relay.timeout,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            tls_context=self._tls,
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
                await self._log_in.enter(client)
                await client.mail(sender)
                await client.rcpt(address)
        except NotAsked as refusal:
            return replace(refusal.before, asked=False)
        except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPSenderRefused) as error:
            return _answer(error.code, error.message)
        except aiosmtplib.SMTPResponseException as error:
            # What is no reply has no code; to a log-in it begins a pause, whose answer is this letter's, too.
            return (error.code < _LEAST_CODE and self._log_in.pause.answer) or refused(error)
        except Exception as error:  # noqa: BLE001 - whatever the client raises here, nothing was handed over
            if isinstance(error, TimeoutError | ConnectionError) and (held_back := self._log_in.pause.answer):
                return held_back
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
