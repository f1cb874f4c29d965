"""Small servers that say what a test writes: mail servers of other encodings, HTTP servers that break off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

# What a well server says, by the command that it answers; `""` is the greeting and `.` the end of the letter.
WELL: Final = {
    "": b"220 ready",
    "EHLO": b"250-here\r\n250 AUTH PLAIN LOGIN",
    "AUTH": b"235 2.7.0 welcome",
    "MAIL": b"250 2.1.0 ok",
    "RCPT": b"250 2.1.5 ok",
    "DATA": b"354 go on",
    ".": b"250 2.0.0 taken",
    "QUIT": b"221 bye",
}


class MailServer:
    """An SMTP server that answers by the table `says`, which a test may change; an empty answer hangs up.

    `AUTH PLAIN` goes before `AUTH`. A command in `holds` is answered once that is set.
    """

    def __init__(self, says: Mapping[str, bytes]) -> None:
        self.says = {**WELL, **says}
        self.holds: dict[str, asyncio.Event] = {}
        self.taken = 0
        self.heard: list[bytes] = []
        self.port = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, "")
        while line := await reader.readline():
            self.heard.append(line.strip())
            words = line.decode().upper().split()
            command = words[0] if words else ""
            if command in self.holds:
                await self.holds[command].wait()
            await self._say(writer, pair if (pair := " ".join(words[:2])) in self.says else command)
            if command == "DATA" and self.says["DATA"].startswith(b"354"):
                await reader.readuntil(b"\r\n.\r\n")
                self.taken += 1
                await self._say(writer, ".")

    async def _say(self, writer: asyncio.StreamWriter, command: str) -> None:
        said = self.says.get(command, b"250 ok")
        if said:
            writer.write(said + b"\r\n")
        else:
            writer.close()
        await writer.drain()


@asynccontextmanager
async def mail_server(**says: bytes) -> AsyncIterator[MailServer]:
    """Run a mail server; `greeting` and `end` are said first and after the letter, all others by their command."""
    names = {"greeting": "", "end": "."}
    server = MailServer({names.get(name, name): said for name, said in says.items()})
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


@asynccontextmanager
async def http_server(answer: bytes, *, hold: bool = False) -> AsyncIterator[int]:
    """Run a server that answers every request with these bytes and then hangs up, or with `hold` never does."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        [length] = [
            int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length")
        ]
        await reader.readexactly(length)
        writer.write(answer)
        await writer.drain()
        if hold:
            await reader.read()
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
