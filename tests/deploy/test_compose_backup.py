"""The backup of compose, run as its container would run it: what was committed is there after the data are lost."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from deploy.local import ephemeral, readiness
from deploy.local.ports import free_ports
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
                "PGPASSWORD_FILE": str(archive.with_name("PGPASSWORD")),
                "KEEP_BASES": "1",
            },
        }
        archive.mkdir()
        archive.with_name("PGPASSWORD").write_text(f"{own.password}\n", encoding="utf-8")
        if own.account:
            self._begin_as_root(own.account.uid, own.account.gid, own.data.parent)

    def _begin_as_root(self, uid: int, gid: int, parent: Path) -> None:
        """As the image does: its entry steps down by gosu, the archive and the directory above the data are root's."""
        steps = parent / "bin"
        steps.mkdir()
        for name, text in {
            "gosu": f'shift\nexec setpriv --reuid {uid} --regid {gid} --clear-groups "$@"',
            "chown": f'shift\nexec /bin/chown {uid} "$@"',
        }.items():
            (steps / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            (steps / name).chmod(0o755)
        os.chown(parent, 0, 0)
        parent.chmod(0o755)
        self._words["env"]["PATH"] = f"{steps}:{self._words['env']['PATH']}"

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

    @asynccontextmanager
    async def beside(self, server: ephemeral.PostgresServer) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
        """A second server on what is archived, while the first goes on; its data in a directory of its own."""
        (port,) = free_ports(1)
        own = {"PGDATA": str(server.server.data.parent / "beside" / "data"), "PGPORT": str(port), "LISTEN": "127.0.0.1"}
        words = {**self._words, "env": {**self._words["env"], **own}}
        process = subprocess.Popen(["/bin/sh", str(COMPOSE / "backup.sh"), "beside"], **words)
        dsn = server.dsn.replace(f":{server.server.port}/", f":{port}/")
        try:
            await readiness.wait_for(
                "the second server", lambda: readiness.postgres(dsn), _PATIENCE_SECONDS, "See its output."
            )
            connection = await asyncpg.connect(dsn)
            yield connection
            await connection.close()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_PATIENCE_SECONDS)

    @contextmanager
    def begun(self, name: str) -> Iterator[Path]:
        """A base that somebody writes while the block runs, and is then killed."""
        new, lock = self.bases / f"{name}.new", self.bases / f"{name}.writing"
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            new.mkdir()
            yield new

    async def first_base(self) -> str | None:
        return None if list(self.bases.glob("*Z")) else "no base backup yet"


@contextmanager
def _readable(file: Path) -> Iterator[str]:
    """A copy that the server's account may read wherever the checkout stands."""
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch).chmod(0o755)
        copy = Path(scratch) / file.name
        copy.write_bytes(file.read_bytes())
        copy.chmod(0o644)
        yield str(copy)


def test_the_receiver_has_a_network_of_its_own_and_the_server_is_told_whom_to_let_in() -> None:
    services = compose()["services"]
    assert "network_mode" not in services["backup"], "a restarted server leaves whoever shares its network behind"
    (said,) = (each for each in services["postgres"]["command"] if each.startswith("hba_file="))
    mounted = [volume.split(":") for volume in services["postgres"]["volumes"] if "pg_hba" in volume]
    assert mounted == [["./pg_hba.conf", said.removeprefix("hba_file="), "ro"]]
    assert services["backup"]["healthcheck"]["test"] == ["CMD", "/backup.sh", "check"]
    assert os.access(COMPOSE / "backup.sh", os.X_OK)


async def test_what_was_committed_is_there_after_the_data_are_lost_and_old_bases_go() -> None:
    command = compose()["services"]["postgres"]["command"]
    options = dict(each.split("=", 1) for each in command if each.startswith("synchronous"))
    with _readable(COMPOSE / "pg_hba.conf") as hba_file, ephemeral.postgres(**options, hba_file=hba_file) as server:
        container = _Container(server, server.server.base / "archive")
        with container.keeping():
            await readiness.wait_for(
                "the first base backup", container.first_base, _PATIENCE_SECONDS, "See its output."
            )
            connection = await asyncpg.connect(server.dsn)
            await connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
            (first,) = container.bases.glob("*Z")
            first = first.rename(first.with_name("20260101T000000.000000000Z"))
            with container.begun("20260102T000000.000000000Z") as goes_on:
                with container.begun("20260103T000000.000000000Z") as killed:
                    pass
                container.run("base")
                assert not list(container.bases.glob(f"{killed.name.removesuffix('.new')}*"))
                assert goes_on.exists(), "somebody writes it"
                assert f"not whole: {goes_on}" in container.run("list")
            assert [each for each in container.bases.glob("*Z") if each != first]
            assert not first.exists(), "a day's are kept and one, as it was told"
            server.stop()
            server.start()
            connection = await asyncpg.connect(server.dsn)
            await connection.execute("INSERT INTO kept VALUES (2)")
            container.run("check")
            assert first.name not in container.run("list")
            container.run("verify")
            async with container.beside(server) as restored:
                assert await restored.fetchval("SELECT array_agg(number ORDER BY number) FROM kept") == [1, 2]
            server.kill()
        assert "restored from" in container.run("restore")
        server.start()
        restored = await asyncpg.connect(server.dsn)
        assert [row["number"] for row in await restored.fetch("SELECT number FROM kept ORDER BY number")] == [1, 2]
        await restored.close()
