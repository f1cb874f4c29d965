"""Ports of this machine: which ones a platform listens on, and whether somebody else does already."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator

from deploy.local.settings import LOOPBACK, Settings
from deploy.local.trouble import Trouble


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
