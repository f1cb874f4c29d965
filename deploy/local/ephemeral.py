"""Private Kafka and PostgreSQL servers for tests: free ports, a temporary directory, killed and started at will."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from deploy.local import jars, java, readiness
from deploy.local import kafka as kafka_parts
from deploy.local import postgres as postgres_parts
from deploy.local.ports import free_ports
from deploy.local.scratch import scratch
from deploy.local.security import Security
from deploy.local.settings import LOOPBACK, load
from duban_contracts.kafka_users import ADMIN

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path

T = TypeVar("T")

_START_SECONDS = 90.0
_STOP_SECONDS = 40.0


class KafkaCluster:
    """One or three running brokers; nodes are numbered from 1."""

    def __init__(self, cluster: kafka_parts.Cluster) -> None:
        self._cluster = cluster
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def bootstrap(self) -> str:
        """Address list for clients."""
        return self._cluster.bootstrap

    @property
    def security(self) -> Security:
        """The files of a secured cluster."""
        if self._cluster.security is None:
            raise TypeError("this cluster demands nothing of its clients")
        return self._cluster.security

    @property
    def brokers(self) -> int:
        """How many nodes the cluster has, running or not."""
        return len(self._cluster.nodes)

    def start(self, *numbers: int, wait: bool = True) -> None:
        """Start these nodes (all without arguments) and wait until as many brokers are in the cluster."""
        for node in self._cluster.nodes:
            if (not numbers or node.number in numbers) and not self.alive(node.number):
                self._launch(node)
        if wait:
            self.wait_ready()

    def _launch(self, node: kafka_parts.Node) -> None:
        with (node.home / "broker.log").open("ab") as log:
            self._processes[node.number] = subprocess.Popen(  # noqa: S603
                self._cluster.command(node), stdout=log, stderr=subprocess.STDOUT
            )

    def wait_ready(self) -> None:
        """Wait until every running node is part of the cluster; one that dies meanwhile is started again.

        That is what the supervisor does too. Raises `Trouble`.
        """
        running = [node for node in self._cluster.nodes if self.alive(node.number)]
        addresses = ",".join(f"{LOOPBACK}:{node.port}" for node in running)

        async def check() -> str | None:
            for node in running:
                if not self.alive(node.number):
                    self._launch(node)
            secured = self._cluster.security
            asked = secured.broker(addresses, ADMIN) if secured else addresses
            missing = await readiness.kafka(asked, len(running), every=True)
            return missing and f"{missing}; {_last_lines(running[0].home / 'broker.log')}"

        in_own_loop(readiness.wait_for("Kafka", check, _START_SECONDS, "The last lines of its log say why."))

    def kill(self, number: int = 1) -> None:
        """SIGKILL one node, as a power cut would."""
        self._end(number, signal.SIGKILL)

    def stop(self, number: int = 1) -> None:
        """Stop one node cleanly."""
        self._end(number, signal.SIGTERM)

    def pause(self, number: int = 1) -> None:
        """Freeze one node (SIGSTOP): it answers nobody and knows nothing of it."""
        self._processes[number].send_signal(signal.SIGSTOP)

    def resume(self, number: int = 1) -> None:
        """Let a frozen node go on."""
        self._processes[number].send_signal(signal.SIGCONT)

    def alive(self, number: int) -> bool:
        """Whether the node's process runs."""
        process = self._processes.get(number)
        return process is not None and process.poll() is None

    def close(self) -> None:
        """End all nodes at once; their data is about to be thrown away."""
        for number in self._processes:
            self.kill(number)

    def _end(self, number: int, how: signal.Signals) -> None:
        process = self._processes.get(number)
        if process is not None and process.poll() is None:
            process.send_signal(how)
            process.wait(_STOP_SECONDS)


class PostgresServer:
    """One running PostgreSQL."""

    def __init__(self, server: postgres_parts.Server, log: Path) -> None:
        self.server = server
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """Superuser DSN of the `postgres` database."""
        return self.server.dsn()

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster, None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the server and wait until it accepts sessions. Raises `Trouble`."""
        self._process = self.server.start(self._log)

        async def check() -> str | None:
            # Right after a kill the old server's children may still hold its memory: a new one gives up at once, and
            # is started again, as the supervisor would.
            if self.pid is None:
                self._process = self.server.start(self._log)
            missing = await readiness.postgres(self.dsn)
            return missing and f"{missing}; {_last_lines(self._log)}"

        in_own_loop(readiness.wait_for("PostgreSQL", check, _START_SECONDS, "The last lines of its log say why."))

    def kill(self) -> None:
        """SIGKILL the postmaster; its children notice and leave by themselves. `start` recovers from the log."""
        self._end(signal.SIGKILL)

    def stop(self, *, immediate: bool = False) -> None:
        """Fast, clean shutdown: sessions are cut, nothing needs recovery. `immediate` leaves that to `start`."""
        self._end(signal.SIGQUIT if immediate else signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(_STOP_SECONDS)


@contextlib.contextmanager
def kafka(brokers: int = 1, *, heap: str = "384m", secure: bool = False) -> Iterator[KafkaCluster]:
    """Run a private Kafka of one or three nodes for the length of the `with` block; `secure` as with SECURE=1."""
    with scratch("kafka") as directory:
        ports = free_ports(3 * brokers)
        nodes = tuple(
            kafka_parts.Node(
                nth + 1, ports[3 * nth], ports[3 * nth + 1], directory / f"node-{nth + 1}", ports[3 * nth + 2]
            )
            for nth in range(brokers)
        )
        security = Security(directory / "credentials") if secure else None
        cluster = kafka_parts.Cluster(nodes, jars.ensure(load().cache), java.find(), heap, security=security)
        cluster.prepare()
        running = KafkaCluster(cluster)
        try:
            running.start()
            yield running
        finally:
            running.close()


@contextlib.contextmanager
def postgres(within: Path | None = None, /, *, durable: bool = True, **options: str) -> Iterator[PostgresServer]:
    """Run a private PostgreSQL for the length of the `with` block, its data `within` a directory; `options` are server settings."""
    with scratch("postgres", within) as directory:
        settings = {"max_connections": "200", "fsync": "on" if durable else "off"} | options
        server = postgres_parts.server(directory, free_ports(1)[0], directory / "secret" / "postgres", settings)
        server.initialise(durable=False)
        running = PostgresServer(server, directory / "postgres.log")
        try:
            running.start()
            yield running
        finally:
            running.stop()


def _last_lines(log: Path) -> str:
    """Return the end of a log, to be read in a failed test: the directory is gone by then."""
    with contextlib.suppress(OSError):
        return " | ".join(log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:])
    return "no log"


def in_own_loop(coroutine: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end from anywhere, also below a running event loop."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
