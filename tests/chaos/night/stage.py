"""The platform of one night: two processes of each service, what lives in it, and hands that break and heal it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from deploy.local import parts, platform, provision, readiness, secrets_store
from deploy.local.settings import LOOPBACK, ROOT, Settings
from deploy.local.supervisord import ProcessState, Supervisor
from deploy.profiles.generate import generate
from duban_contracts.profile import load_city
from tests.chaos.night import clock
from tests.chaos.night.desk import Desk, desk
from tests.chaos.night.life import CLOCK_ORIGIN, CLOCK_RATE, Life
from tests.chaos.night.watch import Watch, watching
from tests.chaos.storm import settings_in

Say = Callable[[str], None]
_READY_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What a fault can reach."""

    settings: Settings
    supervisor: Supervisor
    watch: Watch
    desk: Desk
    life: Life
    say: Say

    def processes(self, service: str) -> list[str]:
        """Return the names of a service's processes."""
        return [each.name for each in self.settings.instances(service)]

    def brokers(self) -> list[str]:
        """Return the names of Kafka's processes."""
        return [self.settings.kafka_process(number + 1) for number in range(self.settings.brokers)]

    def dsn(self, service: str) -> str:
        """Return the address of a service's database as the superuser reaches it."""
        return str(platform.environment(self.settings)[f"DUBAN_{service.upper()}_DSN"])

    def state(self, process: str) -> ProcessState:
        """Return what the supervisor knows of one process."""
        return next(row for row in self.supervisor.states() if row.name == process)

    def stop(self, *processes: str) -> None:
        """Stop processes as the supervisor would, all at once."""
        with ThreadPoolExecutor(max_workers=len(processes)) as pool:
            list(pool.map(self.supervisor.stop, [self.state(process) for process in processes]))

    def start(self, *processes: str) -> None:
        """Start processes; returns before they are ready."""
        for process in processes:
            self.supervisor.start(self.state(process))

    def restart(self, *services: str) -> None:
        """Restart every process of these services at once, whatever they wait for."""
        names = [name for service in services for name in self.processes(service)]
        self.stop(*names)
        self.start(*names)

    def kill(self, process: str) -> None:
        """SIGKILL: the supervisor starts it again."""
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(self.state(process).pid).kill()

    def frozen(self, *processes: str) -> list[psutil.Process]:
        """SIGSTOP these processes with their children; return what was stopped, to be resumed."""
        stopped = []
        for process in processes:
            parent = psutil.Process(self.state(process).pid)
            for each in (parent, *parent.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.suspend()
                    stopped.append(each)
        return stopped

    def sql(self, database: str, *statements: str) -> list[Any]:
        """Run statements as the superuser in one database; return what the last one answers."""
        return asyncio.run(_run(self.superuser(database), statements))

    def cut(self, service: str) -> None:
        """End every session of a service's in PostgreSQL."""
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "
        self.sql(service, f"{ended}'duban_{service}'")

    def superuser(self, database: str) -> str:
        """Return the superuser's address of a service's database."""
        base = parts.prepare(self.settings).superuser_dsn
        return f"{base.rsplit('/', 1)[0]}/duban_{database}"

    def duban(self, *arguments: str) -> str:
        """Run the operations command as a person does; return what it prints, raise RuntimeError when it fails."""
        environment = os.environ | platform.environment(self.settings)
        command = [str(Path(sys.executable).parent / "duban"), *arguments]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"duban {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def started_at(self, service: str) -> float:
        """Return when the oldest process of a service that answers was started, 0 while none does."""
        return self.watch.value(f'min(process_start_time_seconds{{service="{service}"}})') or 0.0

    def until_ready(self) -> None:
        """Wait until every process of every service is ready. Raises `Trouble`."""
        for each in self.settings.processes:
            check = partial(readiness.http, f"http://{LOOPBACK}:{each.port}/readyz")
            asyncio.run(readiness.wait_for(each.name, check, _READY_SECONDS, f"See {self.settings.logs}."))


@contextlib.contextmanager
def stage(
    home: Path, say: Say, *, factor: int, counties: int, brokers: str, pause: float, movable_clock: bool = False
) -> Iterator[Stage]:
    """Start it all under `home`, which holds nothing; stop it at the end, the data stays. Raises `Trouble`."""
    profile = generate(counties, home / "profile")
    more = {
        "DUBAN_PROFILE": str(profile),
        "DUBAN_CLOCK_RATE": CLOCK_RATE,
        "DUBAN_CLOCK_ORIGIN": CLOCK_ORIGIN,
        "REPLICAS": "2",
    }
    settings = settings_in(home, brokers, **more)
    settings = replace(settings, waits=dict.fromkeys(settings.waits, _READY_SECONDS))
    began = time.monotonic()
    try:
        with clock.java_with_a_clock(home, settings.cache) if movable_clock else contextlib.nullcontext():
            platform.up(settings, say)
        say(f"two processes of each of {len(settings.services)} services after {time.monotonic() - began:.0f} s")
        keys = {
            name: entry["key"] for name, entry in secrets_store.read_json(settings.credentials / "keys.json").items()
        }
        codes = [county.code for county in load_city(settings.profile).counties]
        life = Life(settings, keys, codes, pause)
        with desk(settings.home / "desk") as opened, watching(settings, opened, factor) as watch, life.going_on():
            yield Stage(settings, Supervisor(settings), watch, opened, life, say)
    finally:
        platform.down(settings, say)


def service_dsns(settings: Settings) -> dict[str, str]:
    """Return the services' own addresses of their databases."""
    return dict(provision.service_dsns(settings, parts.prepare(settings).superuser_dsn))


async def _run(dsn: str, statements: tuple[str, ...]) -> list[Any]:
    connection = await asyncpg.connect(dsn, timeout=30)
    try:
        rows: list[Any] = []
        for statement in statements:
            rows = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()
