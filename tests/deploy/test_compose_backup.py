"""The backup of compose, run as its container would run it: what was committed is there after the data are lost."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from deploy.local import ephemeral, readiness
from tests.deploy.composition import COMPOSE, compose

pytestmark = pytest.mark.servers
_PATIENCE_SECONDS: Final = 120.0


class _Container:
    """backup.sh with the environment of its container, as whoever runs the server."""

    def __init__(self, server: ephemeral.PostgresServer, archive: Path) -> None:
        own = server.server
        self.bases = archive / "base"
        self._words: dict[str, Any] = {
            "cwd": "/",
            "env": {
                "PATH": f"{own.binaries}:/usr/bin:/bin",
                "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
                "BACKUPS": str(archive),
                "PGDATA": str(own.data),
                "PGHOST": "127.0.0.1",
                "PGPORT": str(own.port),
                "PGUSER": "postgres",
                "PGPASSWORD": own.password,
                "KEEP_BASES": "1",
            },
        }
        archive.mkdir()
        if own.account:
            os.chown(archive, own.account.uid, own.account.gid)
            self._words |= {"user": own.account.uid, "group": own.account.gid, "extra_groups": []}

    def run(self, *words: str) -> str:
        done = subprocess.run(
            ["/bin/sh", str(COMPOSE / "backup.sh"), *words], capture_output=True, text=True, check=False, **self._words
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        process = subprocess.Popen(["/bin/sh", str(COMPOSE / "backup.sh"), "keep"], **self._words)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE_SECONDS)

    async def first_base(self) -> str | None:
        return None if list(self.bases.glob("*Z")) else "no base backup yet"


async def test_what_was_committed_is_there_after_the_data_are_lost_and_old_bases_go(tmp_path: Path) -> None:
    command = compose()["services"]["postgres"]["command"]
    options = dict(each.split("=", 1) for each in command if each.startswith("synchronous"))
    with ephemeral.postgres(**options) as server:
        container = _Container(server, server.server.base / "archive")
        with container.keeping():
            await readiness.wait_for(
                "the first base backup", container.first_base, _PATIENCE_SECONDS, "See its output."
            )
            connection = await asyncpg.connect(server.dsn)
            await connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
            (first,) = container.bases.glob("*Z")
            container.run("base")
            assert [each for each in container.bases.glob("*Z") if each != first]
            assert not first.exists(), "one is kept, as it was told"
            await connection.execute("INSERT INTO kept VALUES (2)")
            server.kill()
        assert "restored from" in container.run("restore")
        server.start()
        restored = await asyncpg.connect(server.dsn)
        assert [row["number"] for row in await restored.fetch("SELECT number FROM kept ORDER BY number")] == [1, 2]
        await restored.close()
