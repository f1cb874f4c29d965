"""Settings of the platform on one machine: `platform.toml`, then the environment over it."""

from __future__ import annotations

import hashlib
import os
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LOOPBACK = "127.0.0.1"
SECURED = "SASL_SSL"  # the protocol, and the listener's name, of a Kafka that demands users and TLS
CLOCK = ("DUBAN_CLOCK_RATE", "DUBAN_CLOCK_ORIGIN", "DUBAN_CLOCK_ORIGIN_WALL")
_LOWEST_PORT = 1024
_USUAL_REPLICATION = 3
_MOST_REPLICAS = 3
_REPLICA_STEP = 100
_LONGEST_SOCKET_PATH = 100  # the kernel allows 107 bytes; supervisord adds a suffix while it binds


@dataclass(frozen=True, slots=True)
class Instance:
    """One process of a service, counted from 1: the second ledger is called ledger-2."""

    service: str
    number: int
    port: int

    @property
    def name(self) -> str:
        """Name of its process, its log and its directory of state."""
        return self.service if self.number == 1 else f"{self.service}-{self.number}"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the platform lives and listens. Built by `load`, never changed afterwards."""

    root: Path
    home: Path
    cache: Path
    port_base: int
    port_offsets: Mapping[str, int]
    brokers: int
    secure: bool
    backup: bool
    kafka_heap: str
    kafka_options: tuple[str, ...]
    postgres_options: Mapping[str, str]
    services: tuple[str, ...]
    replicas: int
    profile: Path
    waits: Mapping[str, float]
    outside_kafka: str | None
    outside_postgres: str | None
    clock: Mapping[str, str]
    log_level: str
    topic_prefix: str
    topic_replication: int

    def port(self, name: str, nth: int = 0) -> int:
        """TCP port of a part; `nth` counts the nodes of a cluster from 0."""
        return self.port_base + self.port_offsets[name] + nth

    def instances(self, service: str) -> tuple[Instance, ...]:
        """Every process of a service; the first stands at the service's own port."""
        return tuple(
            Instance(service, number, self.port(service, _REPLICA_STEP * (number - 1)))
            for number in range(1, self.replicas + 1)
        )

    @property
    def processes(self) -> tuple[Instance, ...]:
        """Every process of every service."""
        return tuple(instance for service in self.services for instance in self.instances(service))

    @property
    def kafka_bootstrap(self) -> str:
        """Address list for Kafka clients: ours, or the outside cluster's."""
        if self.outside_kafka:
            return self.outside_kafka
        return ",".join(f"{LOOPBACK}:{self.port('kafka', nth)}" for nth in range(self.brokers))

    @property
    def kafka_homes(self) -> tuple[Path, ...]:
        """Data directories of our Kafka nodes, one per node."""
        return tuple(self.home / "kafka" / f"node-{nth + 1}" for nth in range(self.brokers))

    def kafka_process(self, number: int) -> str:
        """Name of a Kafka node's process and log, counted from 1."""
        return "kafka" if self.brokers == 1 else f"kafka-{number}"

    @property
    def logs(self) -> Path:
        """One rotated log file per process."""
        return self.home / "logs"

    @property
    def credentials(self) -> Path:
        """Directory (0700) of passwords and API keys; every file in it is 0600."""
        return self.home / "credentials"

    @property
    def supervisor_socket(self) -> Path:
        """Unix socket of the supervisor; short even when the checkout's path is long."""
        usual = self.home / "supervisor.sock"
        if len(str(usual)) <= _LONGEST_SOCKET_PATH:
            return usual
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"duban-{os.getuid()}-{digest}" / "supervisor.sock"


def load(environ: Mapping[str, str] | None = None, *, file: Path = HERE / "platform.toml") -> Settings:
    """Read `platform.toml` and lay the environment over it. Raises `Trouble` on a value that makes no sense."""
    env = os.environ if environ is None else environ
    raw: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    profile = Path(env.get("DUBAN_PROFILE") or raw["services"]["profile"])
    home = Path(env.get("DUBAN_HOME") or ROOT / ".duban").absolute()
    return Settings(
        root=ROOT,
        home=home,
        cache=Path(env.get("DUBAN_CACHE") or ROOT / ".duban" / "cache").absolute(),
        port_base=_port_base(env, raw),
        port_offsets=raw["ports"]["offsets"],
        brokers=_brokers(env, raw, home),
        secure=_secure(env, home),
        backup=_backup(env, home),
        kafka_heap=env.get("DUBAN_KAFKA_HEAP") or raw["kafka"]["heap"],
        kafka_options=tuple((env.get("DUBAN_KAFKA_OPTIONS") or raw["kafka"]["options"]).split()),
        postgres_options={name: str(value) for name, value in raw["postgres"].items()},
        services=tuple(raw["services"]["names"]),
        replicas=_replicas(env, raw),
        profile=profile if profile.is_absolute() else ROOT / profile,
        waits=raw["waits"],
        outside_kafka=env.get("DUBAN_KAFKA_BOOTSTRAP") or None,
        outside_postgres=env.get("DUBAN_POSTGRES_DSN") or None,
        clock={name: env[name] for name in CLOCK if env.get(name)},
        log_level=env.get("DUBAN_LOG_LEVEL") or "INFO",
        topic_prefix=env.get("DUBAN_TOPIC_PREFIX") or "",
        topic_replication=_topic_replication(env, raw, home),
    )


def _port_base(env: Mapping[str, str], raw: Mapping[str, Any]) -> int:
    text = env.get("DUBAN_PORT_BASE") or str(raw["ports"]["base"])
    highest = 65535 - max(raw["ports"]["offsets"].values()) - 3
    if not text.isdigit() or not _LOWEST_PORT <= int(text) <= highest:
        raise Trouble(
            f"DUBAN_PORT_BASE is {text!r}, which is not a usable port.",
            f"Choose a number from {_LOWEST_PORT} to {highest}; the platform takes the ports that follow it.",
        )
    return int(text)


def _brokers(env: Mapping[str, str], raw: Mapping[str, Any], home: Path) -> int:
    # A cluster that stands here already keeps its size, so that BROKERS=3 need not be said each time.
    standing = len(list((home / "kafka").glob("node-*")))
    text = env.get("BROKERS") or str(standing if standing in {1, 3} else raw["kafka"]["brokers"])
    if text not in {"1", "3"}:
        raise Trouble(f"BROKERS is {text!r}.", "Use 1 for a single node or 3 for a cluster on this machine.")
    return int(text)


def _replicas(env: Mapping[str, str], raw: Mapping[str, Any]) -> int:
    text = env.get("REPLICAS") or str(raw["services"]["replicas"])
    if not text.isdigit() or not 1 <= int(text) <= _MOST_REPLICAS:
        raise Trouble(
            f"REPLICAS is {text!r}.", f"Say how many processes each service shall have: 1 to {_MOST_REPLICAS}."
        )
    return int(text)


def _topic_replication(env: Mapping[str, str], raw: Mapping[str, Any], home: Path) -> int:
    # Of somebody else's cluster it is not known how many brokers belong to it, only how many answer now.
    usual = _USUAL_REPLICATION if env.get("DUBAN_KAFKA_BOOTSTRAP") else _brokers(env, raw, home)
    text = env.get("DUBAN_TOPIC_REPLICATION") or str(usual)
    if not text.isdigit() or not int(text):
        raise Trouble(
            f"DUBAN_TOPIC_REPLICATION is {text!r}.", "Say how many brokers shall have a copy of each record: 3."
        )
    return int(text)


def _secure(env: Mapping[str, str], home: Path) -> bool:
    # Like its size, a cluster that stands here keeps what it demands of its clients.
    asked, outside = env.get("SECURE"), env.get("DUBAN_KAFKA_BOOTSTRAP")
    text = asked or str(int(not outside and is_secured(home / "kafka" / "node-1")))
    if text not in {"0", "1"}:
        raise Trouble(f"SECURE is {text!r}.", "Use 1 for a Kafka that demands users and TLS, 0 for an open one.")
    if text == "1" and outside:
        raise Trouble(
            "SECURE=1 sets up a Kafka of this machine, and DUBAN_KAFKA_BOOTSTRAP names another.", "Use one of the two."
        )
    return text == "1"


def _backup(env: Mapping[str, str], home: Path) -> bool:
    # Kept as it is, like SECURE: without its receiver, a server that waits for it would wait for ever.
    text = env.get("BACKUP") or str(int(archives(home).exists() and not env.get("DUBAN_POSTGRES_DSN")))
    if text not in {"0", "1"}:
        raise Trouble(f"BACKUP is {text!r}.", "Use 1 to archive PostgreSQL's log as it is written, 0 to stop that.")
    if text == "1" and env.get("DUBAN_POSTGRES_DSN"):
        raise Trouble(
            "BACKUP=1 archives this machine's own PostgreSQL, and DUBAN_POSTGRES_DSN names another.",
            "Use one of the two.",
        )
    return text == "1"


def archives(home: Path) -> Path:
    """Return the mark of a platform whose PostgreSQL is archived."""
    return home / "state" / "archives"


def is_secured(node: Path) -> bool:
    """Return whether the Kafka node in this directory was set up to demand users and TLS."""
    properties = node / "server.properties"
    return properties.exists() and f"{SECURED}://" in properties.read_text(encoding="ascii")
