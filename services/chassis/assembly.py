"""How a service is put together: slices give parts, and the parts become roles of one process.

`bootstrap.py` of a service is a list of slices. A slice's `wire(platform)` returns a `Part`; nobody else knows what
stands inside a slice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

from fastapi import APIRouter, FastAPI

from duban_contracts.catalogue import EventData
from duban_contracts.profile import City, load_city
from services.chassis.access.policy import guard
from services.chassis.access.signin import opening
from services.chassis.consuming.batches import Apply, Ordering, Progress, Refuse
from services.chassis.consuming.consumer import Consumer
from services.chassis.consuming.options import ConsumerOptions
from services.chassis.process import certificates, vitals
from services.chassis.process.clock import Clock
from services.chassis.process.periodic import every
from services.chassis.process.service import Role, Service, together
from services.chassis.process.settings import ServiceSettings
from services.chassis.process.vitals import Ask
from services.chassis.publishing.broker_clock import BrokerClock
from services.chassis.publishing.relay import Relay
from services.chassis.publishing.unit_of_work import Reaction, Reactions
from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import check, migrate_at_start
from services.chassis.trail import http as trail
from services.chassis.trail import keeping
from services.chassis.trail.recorder import Recorder
from services.chassis.trail.sealing import EVERY_SECONDS, Sealing
from services.chassis.trail.serving import serve_told
from services.chassis.web.app import create_app
from services.chassis.web.health import Readiness
from services.chassis.web.idempotency import forget_old
from services.chassis.web.waiters import Waiters

_SELDOM_SECONDS: Final = 600

S = TypeVar("S", bound=ServiceSettings)


class Runnable(Protocol):
    """Something that runs until it is told to stop: a consumer, or a worker of another library."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Run until `stopping`."""


@dataclass(frozen=True, kw_only=True)
class Platform(Generic[S]):
    """What a slice is wired with."""

    service: str
    settings: S
    database: Database
    clock: Clock
    city: City
    sign_in: opening.SignIn | None = None
    """None where people don't sign in: keys alone are taken."""
    reactions: Reactions = field(default_factory=Reactions)
    broker_clock: BrokerClock = field(default_factory=BrokerClock)

    def topic(self, name: str) -> str:
        """Return the name of a declared topic on this installation."""
        return f"{self.settings.topic_prefix}{name}"

    def consumer(
        self,
        name: str,
        topics: Sequence[str],
        apply: Apply,
        *,
        ordering: Ordering = Ordering.INBOX,
        refuse: Refuse | None = None,
        progress: Progress | None = None,
        observed: Progress | None = None,
        options: ConsumerOptions | None = None,
    ) -> Consumer:
        """Return `<service>.<name>`, which reads `topics` (full names); `progress` is told of batches, `observed` of all it reads."""
        return Consumer(
            name=f"{self.service}.{name}",
            topics=topics,
            bootstrap=self.settings.kafka,
            database=self.database,
            clock=self.clock,
            apply=apply,
            ordering=ordering,
            topic_prefix=self.settings.topic_prefix,
            refuse=refuse,
            progress=progress,
            observed=observed,
            options=options,
        )

    def every(self, seconds: float, work: Callable[[], Awaitable[object]], *, name: str, role: str = "consumer") -> Job:
        """Return the job that does `work` every `seconds` (wall time) in the process's role `role`."""

        async def run(stopping: asyncio.Event) -> None:
            await every(seconds, work, clock=self.clock, stopping=stopping, name=name)

        return Job(run, role)


@dataclass(frozen=True, slots=True)
class Job:
    """Work beside HTTP and the consumers. It runs in the role `role`, by itself or beside others of that role.

    What is not `restartable` ends the process when it dies, since it can't be begun twice in one.
    """

    run: Role
    role: str = "consumer"
    restartable: bool = True


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a slice adds to its service."""

    routers: Sequence[APIRouter] = ()
    consumers: Sequence[Runnable] = ()
    jobs: Sequence[Job] = ()
    reactions: Mapping[type[EventData], Reaction] = field(default_factory=dict)
    readiness: Sequence[Readiness] = ()
    # Servers beside PostgreSQL and Kafka, by the name that `duban_dependency_up` gives them.
    dependencies: Mapping[str, Ask] = field(default_factory=dict)
    waiters: Sequence[Waiters[Any, Any]] = ()
    close: Sequence[Callable[[], Awaitable[None]]] = ()


Wire = Callable[[Platform[Any]], Part]
"""What a slice's `wire.py` holds."""


async def open_platform(
    service: str,
    settings: S,
    *,
    migrations: Path,
    slices: Iterable[str],
    clock: Clock | None = None,
    max_connections: int = 10,
    session: Mapping[str, str] | None = None,
    walled: bool = False,
) -> Platform[S]:
    """Bring the database up to date, slice by slice, or see that it is, and connect; `clock` replaces the configured one in tests.

    `session` holds PostgreSQL settings of the service's connections; one that is `walled` has readers (`Database.reading`). Raises
    ProfileError for a wrong profile and MigrationError when the database and the migrations disagree.
    """
    city = load_city(settings.profile)
    clock = clock or settings.clock()
    sign_in = opening.open_door(settings.issuer, settings.profile, city, clock)
    await (migrate_at_start if settings.migrations == "apply" else check)(settings.postgres_dsn, migrations, slices)
    dsn, name, most = settings.postgres_dsn, f"duban-{service}", max_connections
    database = await connect(dsn, application_name=name, max_size=most, settings=session, walled=walled)
    await keeping.warn_unless_taken_over(database)
    return Platform(service=service, settings=settings, database=database, clock=clock, city=city, sign_in=sign_in)


def assemble(platform: Platform[Any], parts: Sequence[Part], *, title: str) -> Service:
    """Return the service that these parts make: roles `http`, `consumer`, `relay`, and those that jobs name.

    Routers stand in the order of the parts: where two could take one path, the earlier one does.
    """
    for part in parts:
        platform.reactions.add(part.reactions)
    work: dict[str, list[Role]] = {"consumer": [consumer.run for part in parts for consumer in part.consumers]}
    database = platform.database
    old = partial(forget_old, database, keep=timedelta(hours=platform.settings.answers_hours))
    forgetting = platform.every(_SELDOM_SECONDS, old, name="idempotency", role="relay")
    relay = Relay(
        database=database,
        bootstrap=platform.settings.kafka,
        service=platform.service,
        clock=platform.clock,
        broker_clock=platform.broker_clock,
    )
    sealing = platform.every(EVERY_SECONDS, Sealing(database, platform.clock).once, name="trail", role="relay")
    work["relay"] = [relay.run, forgetting.run, sealing.run]
    if platform.settings.kafka.encrypted:
        noting = partial(certificates.note, platform.settings.kafka, named=platform.settings.kafka_ca is not None)
        work["relay"].append(platform.every(_SELDOM_SECONDS, noting, name="certificates", role="relay").run)
    for job in (job for part in parts for job in part.jobs):
        work.setdefault(job.role, []).append(job.run)
    roles: dict[str, Role] = {"http": _http(platform, parts, title)}
    roles.update({role: partial(together, runs) for role, runs in work.items() if runs})
    once = frozenset(job.role for part in parts for job in part.jobs if not job.restartable)
    return Service(platform.service, roles, partial(_close, platform, parts), once)


def app_of(platform: Platform[Any], parts: Sequence[Part], *, title: str) -> FastAPI:
    """Return the HTTP side alone, as `assemble` serves it; raises when a route names no action."""
    app = create_app(
        platform.service,
        title=title,
        database=platform.database,
        readiness=[
            *_of_sign_in(platform),
            *(check for part in parts for check in (*_of_consumers(part), *part.readiness)),
        ],
        routers=[*(each for part in parts for each in part.routers), trail.router(platform.service, platform.database)],
        most_requests=platform.settings.most_requests,
    )
    app.state.trail = Recorder(platform.database)
    return guard(app, platform.city, platform.sign_in)


def _of_sign_in(platform: Platform[Any]) -> list[Readiness]:
    return [platform.sign_in.provider.missing] if platform.sign_in else []


def _of_consumers(part: Part) -> list[Readiness]:
    return [each.standing.missing for each in part.consumers if isinstance(each, Consumer)]


def _http(platform: Platform[Any], parts: Sequence[Part], title: str) -> Role:
    app = app_of(platform, parts, title=title)
    serving = partial(serve_told, app, platform.settings, platform.clock)

    async def letting_go(stopping: asyncio.Event) -> None:
        await stopping.wait()
        # Whoever waits is answered at once, so that serving can end.
        for waiters in (each for part in parts for each in part.waiters):
            waiters.close()

    beside: list[Role] = []
    others = {name: ask for part in parts for name, ask in part.dependencies.items()}
    if provider := platform.sign_in and platform.sign_in.provider:
        beside.append(provider.run)
        others["oidc"] = provider.unanswered
    telling = partial(vitals.tell, platform.database, platform.settings.kafka, others, platform.clock)
    return partial(together, [serving, letting_go, telling, *beside])


async def _close(platform: Platform[Any], parts: Sequence[Part]) -> None:
    for part in parts:
        for close in part.close:
            await close()
    await platform.database.close()
