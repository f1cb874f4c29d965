"""The two servers behind the services, worked out and prepared so that they only need starting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.local import backup, jars, java, kafka, leftovers, postgres, security

if TYPE_CHECKING:
    from deploy.local.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """Our Kafka and PostgreSQL; None where an outside one is used."""

    kafka: kafka.Cluster | None
    postgres: postgres.Server | None
    superuser_dsn: str


def prepare(settings: Settings) -> Parts:
    """Download, configure, format and initialise what is new. Raises `Trouble`."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        cluster = pool.submit(_kafka, settings)
        server = pool.submit(_postgres, settings)
        ours = server.result()
        return Parts(cluster.result(), ours, settings.outside_postgres or (ours.dsn() if ours else ""))


def _kafka(settings: Settings) -> kafka.Cluster | None:
    if settings.outside_kafka:
        return None
    nodes = tuple(
        kafka.Node(
            nth + 1, settings.port("kafka", nth), settings.port("controller", nth), home, settings.port("internal", nth)
        )
        for nth, home in enumerate(settings.kafka_homes)
    )
    cluster = kafka.Cluster(
        nodes,
        jars.ensure(settings.cache),
        java.find(),
        settings.kafka_heap,
        settings.kafka_options,
        security.of(settings),
    )
    cluster.prepare()
    return cluster


def _postgres(settings: Settings) -> postgres.Server | None:
    if settings.outside_postgres:
        return None
    options = {**settings.postgres_options, **(backup.OPTIONS if settings.backup else {})}
    server = postgres.server(settings.home, settings.port("postgres"), settings.credentials / "postgres", options)
    server.initialise()
    leftovers.clear_stale_lock(server.data)
    return server
