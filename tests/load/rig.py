"""The machinery under measurement: private servers, real service processes, and who used the processor."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local import ephemeral
from deploy.local.migrations import migrate_service
from deploy.local.ports import free_ports
from deploy.local.settings import LOOPBACK, ROOT
from duban_contracts.profile import load_city
from duban_contracts.topics import COUNTY_PARTITIONS, city_topics
from services.chassis.access import keys as api_keys
from services.chassis.access.accounts import load_accounts
from services.chassis.publishing import topics

PROFILE = ROOT / "deploy" / "profiles" / "jincheng"
COUNTIES = tuple(county.code for county in load_city(PROFILE).counties)
HEAP = "512m"
_START_SECONDS = 240
_STOP_SECONDS = 40
_SERVERS = {"postgres": "postgres", "java": "kafka"}


@dataclass
class Running:
    """One service process."""

    name: str
    process: subprocess.Popen[bytes]
    url: str

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None


@dataclass
class Rig:
    """A private Kafka and PostgreSQL, and the services started on them."""

    bootstrap: str
    dsn: str
    scratch: Path
    running: list[Running] = field(default_factory=list)

    async def create_database(self, name: str, template: str = "template1") -> str:
        """Create a database, as a copy of `template`; return its DSN."""
        connection = await asyncpg.connect(self.dsn)
        try:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        finally:
            await connection.close()
        return urlunsplit(urlsplit(self.dsn)._replace(path=f"/{name}"))

    async def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        connection = await asyncpg.connect(self.dsn)
        try:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        finally:
            await connection.close()

    async def create_service_database(self, service: str, name: str) -> str:
        """Create a service's database with its tables and nothing in them; return its DSN."""
        dsn = await self.create_database(name)
        await migrate_service(service, dsn)
        return dsn

    async def create_topics(self, prefix: str) -> None:
        """Create every topic of the example city under `prefix`, and wait until the broker leads all partitions."""
        declared = city_topics(COUNTIES, prefix)
        await topics.apply(self.bootstrap, declared)
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await consumer.start()
        try:
            await consumer.end_offsets([TopicPartition(t.name, nth) for t in declared for nth in range(t.partitions)])
        finally:
            await consumer.stop()

    async def issue_keys(self, dsns: Sequence[str]) -> dict[str, str]:
        """Store one key per account of the example city in every database; return them by account."""
        accounts = load_accounts(PROFILE, load_city(PROFILE))
        keys = {account.account: api_keys.new_token() for account in accounts}
        new = [api_keys.NewKey(account.principal, keys[account.account]) for account in accounts]
        for dsn in dsns:
            connection = await asyncpg.connect(dsn)
            try:
                await api_keys.store(connection, new)
            finally:
                await connection.close()
        return keys

    async def rewind(self, group: str, names: Sequence[str]) -> None:
        """Put a group without members back to the beginning of these topics of counties."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=group, enable_auto_commit=False)
        await consumer.start()
        try:
            partitions = [TopicPartition(name, number) for name in names for number in range(COUNTY_PARTITIONS)]
            consumer.assign(partitions)
            await consumer.commit(dict.fromkeys(partitions, 0))
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def service(
        self, name: str, dsn: str, *, prefix: str, roles: str = "", more: Mapping[str, str] | None = None
    ) -> AsyncIterator[Running]:
        """Run `python -m services.<name>` while the block runs; with the http role, from when it is ready on.

        `more` are further settings.
        """
        (port,) = free_ports(1)
        environment = os.environ | {
            "DUBAN_KAFKA_BOOTSTRAP": self.bootstrap,
            "DUBAN_POSTGRES_DSN": dsn,
            "DUBAN_HTTP_PORT": str(port),
            "DUBAN_TOPIC_PREFIX": prefix,
            "DUBAN_PROFILE": str(PROFILE),
            "DUBAN_ROLES": roles,
            "DUBAN_DATA_DIRECTORY": str(self.scratch / f"{prefix}{name}"),
            **(more or {}),
        }
        with (self.scratch / f"{prefix}{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"services.{name}"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        running = Running(name, process, f"http://{LOOPBACK}:{port}")
        self.running.append(running)
        try:
            if not roles or "http" in roles.split(","):
                await self._ready(running)
            yield running
        finally:
            self.running.remove(running)
            await asyncio.to_thread(_stop, process)

    async def _ready(self, running: Running) -> None:
        deadline = time.monotonic() + _START_SECONDS
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline:
                self.check()
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{running.url}/readyz")).status_code == httpx.codes.OK:
                        return
                await asyncio.sleep(0.1)
        raise TimeoutError(f"{running.name} was not ready within {_START_SECONDS} s")

    def check(self) -> None:
        """Raise RuntimeError, with the end of its log, when a service has died."""
        for each in self.running:
            if not each.alive:
                logs = sorted(self.scratch.glob(f"*{each.name}.log"), key=lambda log: log.stat().st_mtime)
                raise RuntimeError(f"{each.name} died:\n{logs[-1].read_text(errors='replace')[-2000:]}")

    def memory(self) -> dict[str, dict[str, float]]:
        """Return resident and private (USS) memory of each running service in MB (10^6 bytes)."""
        sizes = {each.name: psutil.Process(each.process.pid).memory_full_info() for each in self.running}
        return {
            name: {"resident": round(size.rss / 1e6, 1), "private": round(size.uss / 1e6, 1)}
            for name, size in sizes.items()
        }

    def processor(self) -> Usage:
        """Return the processor seconds used so far, by part."""
        seconds = {"bench": _own(psutil.Process())}
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):
                service = next((each.name for each in self.running if each.process.pid == child.pid), None)
                part = service or _SERVERS.get(child.name(), "other")
                seconds[part] = seconds.get(part, 0.0) + tree(child)
        busy = psutil.cpu_times()
        return Usage(time.perf_counter(), seconds, busy.user + busy.nice + busy.system + busy.irq + busy.softirq)


@dataclass(frozen=True)
class Usage:
    """Processor seconds by part at one instant; `machine` is all that the machine was busy."""

    at: float
    seconds: dict[str, float]
    machine: float

    def until(self, later: Usage, digits: int = 2) -> dict[str, float]:
        """Return how many cores each part kept busy from here to `later`; `others` are foreign to the bench."""
        elapsed = max(later.at - self.at, 1e-9)
        cores = {
            part: (after - self.seconds.get(part, 0.0)) / elapsed
            for part, after in later.seconds.items()
            if part in self.seconds
        }
        cores["others"] = max(0.0, (later.machine - self.machine) / elapsed - sum(cores.values()))
        return {part: round(value, digits) for part, value in cores.items()}


def _own(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def tree(process: psutil.Process) -> float:
    """Return what a process and its children, living or gone, have used."""
    times = process.cpu_times()
    total = float(times.user + times.system + times.children_user + times.children_system)
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += _own(child)
    return total


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def rig() -> Iterator[Rig]:
    """Start a private Kafka and a private, durable PostgreSQL that remembers when each row was committed."""
    with (
        tempfile.TemporaryDirectory(prefix="duban-bench-", ignore_cleanup_errors=True) as scratch,
        ephemeral.kafka(heap=HEAP) as kafka,
        ephemeral.postgres(track_commit_timestamp="on", shared_buffers="128MB") as postgres,
    ):
        yield Rig(kafka.bootstrap, postgres.dsn, Path(scratch))
