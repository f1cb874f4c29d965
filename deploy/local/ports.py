"""Ports of this machine: which ones a platform listens on, and whether somebody else does already."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from deploy.local.settings import LOOPBACK, Settings
from deploy.local.trouble import Trouble

# Below those that the kernel gives to clients; of these so many are for whoever is no worker of a test run.
_PORTS: Final = range(20_000, 32_768)
_PORTS_OF_OTHERS: Final = 2_500
_given: Final[set[int]] = set()


def ports_of(settings: Settings) -> Iterator[tuple[str, int]]:
    """Every port that we, and not an outside server, will listen on."""
    for instance in settings.processes:
        yield instance.name, instance.port
    for name in ("smtp", "webhook", "issuer"):
        yield name, settings.port(name)
    if not settings.outside_postgres:
        yield "postgres", settings.port("postgres")
    if not settings.outside_kafka:
        for nth in range(settings.brokers):
            yield "kafka", settings.port("kafka", nth)
            yield "kafka's controller", settings.port("controller", nth)
            if settings.secure:
                yield "kafka between brokers", settings.port("internal", nth)


def claim(port: int) -> None:
    """Take a port and let it go again; raises OSError when somebody listens there."""
    with socket.socket() as probe:
        # As servers do: what an ended one leaves behind for a minute keeps nobody from listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))


def is_free(port: int) -> bool:
    """Return whether one can listen on a port."""
    try:
        claim(port)
    except OSError:
        return False
    return True


def first_free(blocks: Iterable[Settings], *, beside: Iterable[int] = ()) -> Settings:
    """Return the first settings on none of whose ports anybody listens, nor `beside` so far above its base. Raises `Trouble`."""
    further = tuple(beside)
    for settings in blocks:
        wanted = [*(port for _, port in ports_of(settings)), *(settings.port_base + offset for offset in further)]
        if all(map(is_free, wanted)):
            return settings
    raise Trouble("No block of ports is free.", "Say which one to take: `DUBAN_PORT_BASE=28000`.")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on right now, below those that the kernel gives to clients.

    A client that keeps trying a dead server's port could be given that very port as its own, and hold it. What is free
    now is bound later, or never: so a process gives no port twice, and each worker of a test run has its own share.
    """
    return [free_block([0]) for _ in range(count)]


def free_block(offsets: Collection[int]) -> int:
    """Return a base above which nobody listens at any of `offsets`; its ports are given as `free_ports` gives them.

    Raises `Trouble` where there is none.
    """
    share = _share()
    for nth in range(2 * len(share)):
        if nth == len(share):
            # All were given once: the first of them are long let go of.
            _given.clear()
        base = random.choice(share) - min(offsets)  # noqa: S311 - not a secret
        ports = {base + offset for offset in offsets}
        if not ports & _given and max(ports) in share and all(map(is_free, ports)):
            _given.update(ports)
            return base
    raise Trouble("No ports are free.", "Do very many programs listen on this machine?")


def _share() -> range:
    """Return the ports of this process: of pytest-xdist's workers each has its own, and so has who is none."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return _PORTS[:_PORTS_OF_OTHERS]
    # One more than there are workers: whoever comes in place of one that died has the next number, gw4 of four.
    shares = int(os.environ["PYTEST_XDIST_WORKER_COUNT"]) + 1
    shared = _PORTS[_PORTS_OF_OTHERS:]
    size = len(shared) // shares
    return shared[size * (int(worker.removeprefix("gw")) % shares) :][:size]
