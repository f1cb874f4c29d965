"""Apache Kafka in KRaft mode: one combined broker and controller, or three of them on this machine."""

from __future__ import annotations

import base64
import subprocess
import uuid
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.local.certificates import BROKER
from deploy.local.security import MECHANISM, PROTOCOL
from deploy.local.settings import HERE, LOOPBACK, is_secured
from deploy.local.trouble import Trouble
from duban_contracts.kafka_users import ADMIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deploy.local.java import Java
    from deploy.local.security import Security


# The quick compiler only: a start costs a third of the processor time (1.7 s instead of 4.9 s, Java 17).
QUICK = ("-XX:TieredStopAtLevel=1",)


@dataclass(frozen=True, slots=True)
class Node:
    """One combined broker and controller. `number` counts from 1; `internal_port` is for a secured cluster's brokers."""

    number: int
    port: int
    controller_port: int
    home: Path
    internal_port: int = 0

    @property
    def properties(self) -> Path:
        """Its configuration file, written by `Cluster.prepare`."""
        return self.home / "server.properties"

    @property
    def data(self) -> Path:
        """Its log directory."""
        return self.home / "data"


@dataclass(frozen=True, slots=True)
class Cluster:
    """All nodes of one cluster, the jars and the Java they run on."""

    nodes: tuple[Node, ...]
    jars: Path
    java: Java
    heap: str = "512m"
    options: tuple[str, ...] = QUICK
    security: Security | None = None

    @property
    def bootstrap(self) -> str:
        """Address list for clients."""
        return ",".join(f"{LOOPBACK}:{node.port}" for node in self.nodes)

    def prepare(self) -> None:
        """Write every node's configuration and format what is new, once. Raises `Trouble`."""
        base = self.nodes[0].home.parent
        base.mkdir(parents=True, exist_ok=True)
        self._refuse_another_size(base)
        self._refuse_another_kind(base)
        if self.security:
            self.security.prepare()
        cluster_id = _cluster_id(base / "cluster.id")
        for node in self.nodes:
            node.data.mkdir(parents=True, exist_ok=True)
            (node.home / "tmp").mkdir(exist_ok=True)
            node.properties.write_text(self.properties_of(node), encoding="ascii")
        new = [node for node in self.nodes if not (node.data / "meta.properties").exists()]
        if new:
            with self.security.format_arguments() if self.security else nullcontext() as more:
                self._format(new, cluster_id, [f"@{more}"] if more else [])

    def command(self, node: Node) -> list[str]:
        """Argument vector that runs one node in the foreground; SIGTERM stops it cleanly."""
        return [
            *self._java("-Xms128m", f"-Xmx{self.heap}", *self.options, node=node),
            "kafka.Kafka",
            str(node.properties),
        ]

    def properties_of(self, node: Node) -> str:
        """Return the node's `server.properties`."""
        several = len(self.nodes) > 1
        copies, in_sync = (3, 2) if several else (1, 1)
        voters = ",".join(f"{peer.number}@{LOOPBACK}:{peer.controller_port}" for peer in self.nodes)
        settings: dict[str, object] = {
            "process.roles": "broker,controller",
            "node.id": node.number,
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            **(self._open(node) if self.security is None else self._secured(node, self.security)),
            "log.dirs": node.data,
            "auto.create.topics.enable": "false",
            "num.partitions": 12,
            "default.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 8,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            "transaction.state.log.num.partitions": 4,
            # A publisher's transaction holds back its whole topic while it is open: a minute, and the broker ends it.
            "transaction.max.timeout.ms": 60_000,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": in_sync,
            "group.initial.rebalance.delay.ms": 0,
            # Tests that kill a member need not wait for the usual six seconds.
            "group.min.session.timeout.ms": 1000,
            # A killed broker may only register again once its former session has run out.
            "broker.session.timeout.ms": 6000 if several else 4000,
            "broker.heartbeat.interval.ms": 1000 if several else 500,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "log.segment.bytes": 134217728,
            "log.index.size.max.bytes": 1048576,
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())

    @staticmethod
    def _open(node: Node) -> dict[str, object]:
        return {
            "inter.broker.listener.name": "PLAINTEXT",
            "listeners": f"PLAINTEXT://{LOOPBACK}:{node.port},CONTROLLER://{LOOPBACK}:{node.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{node.port}",
        }

    @staticmethod
    def _secured(node: Node, security: Security) -> dict[str, object]:
        """Clients come with a name and a password, nodes with their certificate; whom no right names may do nothing."""
        clients = f"{PROTOCOL}://{LOOPBACK}:{node.port}"
        internal = f"INTERNAL://{LOOPBACK}:{node.internal_port}"
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        return {
            "inter.broker.listener.name": "INTERNAL",
            "listeners": f"{clients},{internal},CONTROLLER://{LOOPBACK}:{node.controller_port}",
            "advertised.listeners": f"{clients},{internal}",
            "listener.security.protocol.map": f"{PROTOCOL}:{PROTOCOL},INTERNAL:SSL,CONTROLLER:SSL",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": security.node,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": security.ca,
            "listener.name.internal.ssl.client.auth": "required",
            "listener.name.controller.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": MECHANISM,
            f"listener.name.{PROTOCOL.lower()}.{MECHANISM.lower()}.sasl.jaas.config": scram,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:CN={BROKER};User:{ADMIN}",
        }

    def _java(self, *options: str, node: Node) -> list[str]:
        return [
            str(self.java.binary),
            *options,
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            f"-Djava.io.tmpdir={node.home / 'tmp'}",
            f"-Dlog4j2.configurationFile={HERE / 'kafka' / 'log4j2.properties'}",
            "-cp",
            f"{self.jars}/*",
        ]

    def _format(self, nodes: Sequence[Node], cluster_id: str, more: list[str]) -> None:
        running = [(node, self._start_format(node, cluster_id, more)) for node in nodes]
        for node, process in running:
            output, _ = process.communicate()
            if process.returncode != 0:
                last = (output.strip().splitlines() or ["no output"])[-1]
                raise Trouble(f"Kafka could not format {node.data}: {last}", "`make reset` starts afresh.")

    def _start_format(self, node: Node, cluster_id: str, more: list[str]) -> subprocess.Popen[str]:
        command = self._java("-Xmx128m", "-XX:TieredStopAtLevel=1", node=node)
        command += ["kafka.tools.StorageTool", "format", "--ignore-formatted"]
        command += ["-t", cluster_id, "-c", str(node.properties), *more]
        return subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def _refuse_another_size(self, base: Path) -> None:
        existing = len([path for path in base.glob("node-*") if (path / "data" / "meta.properties").exists()])
        if existing not in {0, len(self.nodes)}:
            raise Trouble(
                f"{base} holds a Kafka cluster of {existing} node(s), and BROKERS asks for {len(self.nodes)}.",
                f"Use BROKERS={existing}, or `make reset` to start afresh.",
            )

    def _refuse_another_kind(self, base: Path) -> None:
        formatted = [path for path in base.glob("node-*") if (path / "data" / "meta.properties").exists()]
        if formatted and is_secured(formatted[0]) != (self.security is not None):
            here, asked = ("demands", "doesn't") if self.security is None else ("doesn't demand", "does")
            raise Trouble(
                f"{base} holds a Kafka that {here} users and TLS, and SECURE asks for one that {asked}.",
                f"Use SECURE={int(self.security is None)}, or `make reset` to start afresh.",
            )


def _cluster_id(file: Path) -> str:
    if not file.exists():
        # Kafka's own kind of id; one that begins with a dash would read as an option on its command line.
        fresh = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        file.write_text(fresh.replace("-", "_"), encoding="ascii")
    return file.read_text(encoding="ascii").strip()
