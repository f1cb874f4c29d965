"""Looks for what would stop the platform from starting, and says it in one sentence with what to do."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.local import interpreter, jars, java, leftovers, ports, postgres
from deploy.local.supervisord import Supervisor
from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deploy.local.settings import Settings

_NEEDED_BYTES = 1 << 30
_PACKAGES = ("supervisor", "asyncpg", "aiokafka", "aiosmtpd", "uvicorn", "duban_contracts")


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked thing: what was found, or what is wrong with it."""

    subject: str
    good: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Run every check; never raises, and changes nothing."""
    running = Supervisor(settings).running() if importlib.util.find_spec("supervisor") else False
    checks: list[tuple[str, Callable[[], str]]] = [
        ("Python", _python),
        ("packages", _packages),
        ("codecs", _codecs),
        ("state directory", lambda: _home(settings)),
        ("disk", lambda: _disk(settings.home)),
    ]
    if not settings.outside_kafka:
        checks += [("Java", _java), ("Kafka", lambda: _jars(settings))]
        if settings.secure:
            checks += [("certificate", lambda: _certificate(settings))]
    if not settings.outside_postgres:
        checks += [("PostgreSQL", _postgres)]
    checks += [("leftovers", lambda: "none; the platform runs" if running else _leftovers(settings))]
    checks += [("ports", lambda: "in use by this platform, which runs" if running else _ports(settings))]
    return [_finding(subject, check) for subject, check in checks]


def insist(settings: Settings) -> None:
    """Raise `Trouble` with the first thing that is wrong."""
    for finding in examine(settings):
        if not finding.good:
            raise Trouble(finding.text, "")


def _finding(subject: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, good=True, text=check())
    except Trouble as trouble:
        return Finding(subject, good=False, text=str(trouble))


def _python() -> str:
    if sys.version_info < (3, 11):  # noqa: UP036 - a venv may have been made by hand
        raise Trouble(f"This is Python {sys.version.split()[0]}.", "Install Python 3.11 or newer.")
    if interpreter.of_this_process() is interpreter.Kind.PLAIN:
        return f"{sys.version.split()[0]}, built without optimisation: the services take a fifth more processor in it"
    return sys.version.split()[0]


def _packages() -> str:
    if missing := [name for name in _PACKAGES if importlib.util.find_spec(name) is None]:
        raise Trouble(f"Python packages are missing: {', '.join(missing)}.", "Run `make install`.")
    return "installed"


def _codecs() -> str:
    if importlib.util.find_spec("cramjam") is None:
        raise Trouble("The library of Kafka's codecs (cramjam) is missing.", "Run `make install`.")
    from services.chassis.consuming import codecs  # noqa: PLC0415 - the doctor runs without any package, too

    try:
        codecs.check()
    except codecs.Unreadable as problem:
        raise Trouble(f"What counties compress can't be read here: {problem}.", "Run `make install`.") from problem
    return "gzip, snappy, lz4 and zstd are read"


def _home(settings: Settings) -> str:
    place = settings.home
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK | os.X_OK):
        raise Trouble(
            f"{place} cannot be written by you (uid {os.getuid()}, it belongs to uid {place.stat().st_uid}).",
            "Use the account that made it, or choose another place with DUBAN_HOME.",
        )
    return str(settings.home)


def _disk(home: Path) -> str:
    place = home
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < _NEEDED_BYTES:
        raise Trouble(
            f"Only {free / 1e6:.0f} MB are free on the disk of {home}, and the platform wants 1 GB.",
            "Free some space, or choose another disk with DUBAN_HOME.",
        )
    return f"{free / 1e9:.0f} GB free"


def _java() -> str:
    found = java.find()
    return f"Java {found.major} from {found.origin}"


def _jars(settings: Settings) -> str:
    version = jars.kafka_version()
    directory = settings.cache / f"kafka-{version}"
    if not directory.is_dir():
        return f"{version}, to be downloaded at the first start"
    jars.verify(directory, jars.expected_sums())
    return f"{version}, every jar's SHA-512 as pinned"


def _certificate(settings: Settings) -> str:
    from deploy.local import certificates, security  # noqa: PLC0415 - the doctor runs without any package, too

    secured = security.of(settings)
    if secured is None or not secured.node.exists():
        return "to be made at the first start"
    renewal = "; `make up` makes a new one" if certificates.is_ending(secured.node) else ""
    return f"Kafka's, valid until {certificates.ends(secured.node):%Y-%m-%d}{renewal}"


def _postgres() -> str:
    found, version = postgres.binaries()
    return f"{version} from {found}"


def _leftovers(settings: Settings) -> str:
    if orphans := leftovers.find(settings):
        listed = ", ".join(f"{orphan.name} (pid {orphan.pid})" for orphan in orphans)
        raise Trouble(
            f"Processes of an earlier run live on without their supervisor: {listed}.", "`make down` ends them."
        )
    return "none"


def _ports(settings: Settings) -> str:
    listed = list(ports.ports_of(settings))
    for name, port in listed:
        try:
            ports.claim(port)
        except OSError as error:
            raise Trouble(
                f"Port {port} ({name}) is taken{_taken_by(port)}: {error.strerror}.",
                "Stop what uses it, or move the whole block, e.g. `DUBAN_PORT_BASE=28000 make up`.",
            ) from error
    numbers = [port for _, port in listed]
    return f"{len(numbers)} free between {min(numbers)} and {max(numbers)}"


def _taken_by(port: int) -> str:
    with contextlib.suppress(Exception):  # a courtesy: not every account may see other people's sockets
        import psutil  # noqa: PLC0415

        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""
