"""The demonstration's mail server: keeps what it takes, refuses what the mailbox's name asks it to refuse."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.receivers.store import Store

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

    def __init__(self, store: Store) -> None:
        self._store = store
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
        if recipients.startswith("mute") and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 2.0.0 accepted"


async def listen(store: Store, *, host: str, port: int) -> asyncio.Server:
    """Start the mail server and return it; port 0 takes a free one."""
    mailbox = Mailbox(store)
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(mailbox, hostname="duban.example", enable_SMTPUTF8=True, loop=loop), host, port
    )
