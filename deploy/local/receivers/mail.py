"""The demonstration's mail server: keeps what it takes, refuses what the mailbox's name asks it to refuse."""

from __future__ import annotations

import asyncio
import mailbox
import re
from collections import Counter
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.receivers.store import Store, parse

# Replies as RFC 5321 and RFC 3463 have them: (start of the mailbox's name, reply, how often for each message).
_ALWAYS: Final = -1
_AT_MAILBOX: Final = (
    ("unknown", "550 5.1.1 <{address}>: no such mailbox", _ALWAYS),
    ("overquota", "552 5.2.2 <{address}>: mailbox is over its quota", _ALWAYS),
    ("full", "452 4.2.2 <{address}>: mailbox is full", _ALWAYS),
    ("greylist", "451 4.7.1 <{address}>: greylisted, try again later", 1),
)
_TIMES: Final = re.compile(r"^full-(\d+)")


class Mailbox:
    """aiosmtpd's handler."""

    def __init__(self, store: Store, bounces: Path | None = None) -> None:
        self._store = store
        self._bounces = bounces
        self._refused: Counter[str] = Counter()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a mailbox. "For each message" means for each mailbox here: SMTP names no message yet."""
        for start, reply, times in _AT_MAILBOX:
            if address.startswith(start):
                told = _TIMES.match(address)
                wanted = int(told.group(1)) if told else times
                if wanted == _ALWAYS or self._refused[address] < wanted:
                    self._refused[address] += 1
                    return reply.format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the letter as it came, with its envelope's mailboxes in front."""
        recipients = ",".join(envelope.rcpt_tos)
        if recipients.startswith("spam"):
            return f"554 5.7.1 <{recipients}>: refused by policy"
        content = envelope.original_content or envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        await asyncio.to_thread(self._store.keep, f"X-Envelope-To: {recipients}\r\n".encode() + raw)
        if recipients.startswith("bounce") and self._bounces:
            delayed = recipients.startswith("bounce-delayed")
            report = delivery_report(parse(raw), recipients, envelope.mail_from or "", delayed=delayed)
            await asyncio.to_thread(_put, self._bounces, report)
        if recipients.startswith("mute") and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 2.0.0 accepted"


def delivery_report(letter: EmailMessage, recipient: str, sender: str, *, delayed: bool = False) -> bytes:
    """Return what a mail server sends to `sender` about a letter that did not reach `recipient` (RFC 3464)."""
    status, action = ("4.4.1", "delayed") if delayed else ("5.1.1", "failed")
    reply = "451 4.4.1 no answer" if delayed else f"550 5.1.1 <{recipient}>: 用户不存在"
    head = f"""\
From: MAILER-DAEMON@duban.example
To: {sender}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_report"

--=_report
Content-Type: text/plain

{recipient}: {action}

--=_report
Content-Type: message/delivery-status

Reporting-MTA: dns; duban.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {reply}

--=_report
Content-Type: text/rfc822-headers

From: {letter["From"].addresses[0].addr_spec}
To: {recipient}
Message-ID: {letter["Message-ID"]}

--=_report--
"""
    # Many mail servers here speak GBK, in headers too.
    return head.encode("gbk")


def _put(maildir: Path, mail: bytes) -> None:
    for name in ("tmp", "new", "cur"):
        (maildir / name).mkdir(parents=True, exist_ok=True)
    mailbox.Maildir(maildir).add(mail)


async def listen(store: Store, *, host: str, port: int, bounces: Path | None = None) -> asyncio.Server:
    """Start the mail server and return it; port 0 takes a free one, `bounces` is the Maildir for reports."""
    handler = Mailbox(store, bounces)
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(handler, hostname="duban.example", enable_SMTPUTF8=True, loop=loop), host, port
    )
