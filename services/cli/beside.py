"""A PostgreSQL that stands beside the platform's, made of its backups: to look at, to take from, to compare with."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg

from services.cli.archive import Base, Programs, lay_out

LOOPBACK: Final = "127.0.0.1"
_AGAIN_SECONDS: Final = 0.2
_CONNECT_SECONDS: Final = 5
_STOP_SECONDS: Final = 60
# What differs from the server that the data come from: nobody waits for its commits, and it archives nothing.
_SETTINGS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "synchronous_standby_names": "",
    "archive_mode": "off",
}

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class NotRestored(Exception):
    """The restored server did not come up; says its last words."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a second server is found: the roles and databases are those of the first. `authority` is its TLS's, a file."""

    host: str
    port: int
    authority: Path | None = None

    async def connect(self, dsn: str) -> Connection:
        """Connect as `dsn` says, but here."""
        secured = ssl.create_default_context(cafile=self.authority) if self.authority else None
        return await asyncpg.connect(dsn, host=self.host, port=self.port, timeout=_CONNECT_SECONDS, ssl=secured)


@dataclass(slots=True)
class Beside:
    """A server of ours in a directory of its own: `data`, and `postgres.log`."""

    programs: Programs
    directory: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def place(self) -> Place:
        """Where it is found."""
        return Place(LOOPBACK, self.port)

    def begin(self, base: Base, wal: Path, until: datetime | None) -> None:
        """Lay its data out and start it; it goes on when this process ends. The directory may not hold data yet."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lay_out(self.programs, base, wal, self.directory / "data", until)
        log = self.directory / "postgres.log"
        log.touch(mode=0o600)
        self.programs.own(self.directory)
        settings = {**_SETTINGS, "port": str(self.port)}
        flags = [part for name, each in settings.items() for part in ("-c", f"{name}={each}")]
        with log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603
                [str(self.programs.directory / "postgres"), "-D", str(self.directory / "data"), *flags],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
                **self.programs.identity(),
            )

    def trouble(self) -> str | None:
        """Return why a server has ended, None while it runs."""
        if self.process is None or self.process.poll() is None:
            return None
        lines = (self.directory / "postgres.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        # What it died of stands before its farewell.
        deadly = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        return (deadly or lines or ["it wrote no log"])[-1]

    def stop(self) -> None:
        """Stop it quickly and cleanly."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(_STOP_SECONDS)


async def recovered(place: Place, dsn: str, within: float, server: Beside | None = None) -> datetime | None:
    """Wait until the restored server takes writes; return the last commit that it took up, None if it took up none.

    Raises NotRestored when it ends, or is not there `within` so many seconds.
    """
    until, last = time.monotonic() + within, "no answer"
    while time.monotonic() < until:
        if server and (trouble := server.trouble()):
            raise NotRestored(trouble)
        try:
            connection = await place.connect(dsn)
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError) as error:
            last = str(error) or type(error).__name__
        except asyncpg.PostgresError as refused:
            raise NotRestored(str(refused)) from refused
        else:
            try:
                if not await connection.fetchval("SELECT pg_is_in_recovery()"):
                    through: datetime | None = await connection.fetchval("SELECT pg_last_xact_replay_timestamp()")
                    return through
                last = "it is still taking up the log"
            finally:
                await connection.close()
        await asyncio.sleep(_AGAIN_SECONDS)
    raise NotRestored(last)


def free_port() -> int:
    """Return a port of this machine that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
