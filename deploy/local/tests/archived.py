"""A server whose log is archived as it is written, for tests."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local import backup, ephemeral
from deploy.local.backup import Archive
from deploy.local.ephemeral import PostgresServer


@contextmanager
def archived() -> Iterator[tuple[PostgresServer, Archive]]:
    """Run a server whose log is archived as it is written, as the supervisor does it."""
    with ephemeral.postgres(durable=True, **backup.OPTIONS) as running:
        archive = Archive(running.server.base / "backups", running.server)
        with receiving(archive):
            yield running, archive


@contextmanager
def receiving(archive: Archive) -> Iterator[None]:
    """Run the receiver while the block runs."""
    program, account = archive.receiver(), archive.server.account
    identity = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    receiver = subprocess.Popen(
        program.command,
        env={**os.environ, **program.environment},
        cwd="/",
        stderr=subprocess.DEVNULL,
        **identity,  # type: ignore[call-overload]
    )
    try:
        yield
    finally:
        receiver.send_signal(signal.SIGINT)
        receiver.wait(120)
