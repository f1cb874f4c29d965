"""The stage of a year: topics, a database, accounts, and one or more schedulers that are restarted when they die."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Final

import asyncpg
import httpx
from aiokafka.errors import RequestTimedOutError

from deploy.demo.year.clock import Steps
from deploy.demo.year.people import Client, accounts
from deploy.demo.year.scheduler import STEPS
from deploy.demo.year.script import at
from deploy.local.migrations import migrate_service
from deploy.local.ports import free_ports
from deploy.local.settings import LOOPBACK, ROOT
from deploy.local.trouble import Trouble
from duban_contracts.profile import City, load_city
from duban_contracts.topics import CONSUMERS, OWN_TOPICS, Topic, TopicFamily, city_topics, dead_letter_topic
from duban_contracts.vocabulary import UNITS
from services.chassis.access import keys as api_keys
from services.chassis.process.kafka import Broker
from services.chassis.publishing import topics
from services.scheduler.bootstrap import NAME

BEGIN: Final = at(date(2023, 12, 29), time(10))
# What people and the clock need is struck and stands there twice; who reads the counties' topics is a process beside it.
_AT_WORK: Final = "http,clock,relay"
_READER: Final = "consumer"
# The scheduler raises a deadline of a county only when it has read the county's topic up to a second beyond it, and it looks
# at the topic's end once a second (the fence). Here everybody acts over HTTP, so nothing is on its way there: steps are dated
# back by that long, or each deadline of the year would cost it.
_HEARD: Final = timedelta(seconds=2.5)
# Looks at what is due so often that a step takes no longer than its work.
_POLL_SECONDS: Final = "0.1"
_LOOK_SECONDS: Final = 0.05
_PARTITIONS: Final = 3
_MOST_DEATHS: Final = 5
_ATTEMPTS: Final = 4
_STOP_SECONDS: Final = 30


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a year is played.

    `broker` is Kafka as its administrator reaches it, `reader` as whoever only reads does; `environment` says to a
    scheduler how it reaches it. `dsn` is an empty database of the scheduler's own, `prefix` that of its topics; `home`
    takes the clock's steps and the logs. `module` is what is run as the scheduler.
    """

    broker: Broker | str
    reader: Broker | str
    environment: Mapping[str, str]
    dsn: str
    prefix: str
    profile: Path
    home: Path
    instances: int = 1
    module: str = "deploy.demo.year.scheduler"

    @property
    def topic(self) -> str:
        """The topic on which tasks speak."""
        return f"{self.prefix}{TopicFamily.TASK}"


@dataclass
class Instance:
    """One scheduler process: killed, frozen, and started again."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0

    def start(self, failpoint: str = "") -> None:
        """Start it; it dies by SIGKILL at `failpoint` where one is named."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                cwd=ROOT,
                env={**self.environment, "DUBAN_FAILPOINT": failpoint},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def strike(self, how: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)

    def died_by_itself(self) -> bool:
        """Tell whether it has ended in another way than by SIGKILL."""
        return self.process is not None and self.process.poll() not in {None, -signal.SIGKILL}

    def end(self) -> None:
        """End it for good."""
        if self.process is None:
            return
        self.strike(signal.SIGCONT)
        self.strike(signal.SIGTERM)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Stage:
    """A year's schedulers at work: their clock, the client by which people reach them, and the instances."""

    place: Place
    city: City
    steps: Steps
    client: Client
    instances: list[Instance]
    reader: Instance
    failpoints: list[str] = field(default_factory=list)
    """Where instances that are started next die, one after the other."""
    keeping: asyncio.Task[None] = field(init=False)

    def __post_init__(self) -> None:
        self.keeping = asyncio.create_task(self.keep_alive())

    async def keep_alive(self) -> None:
        """Start again whatever died, at once; raises Trouble when one keeps ending by itself."""
        while True:
            for instance in (*self.instances, self.reader):
                if instance.process is None or instance.process.poll() is not None:
                    instance.deaths += instance.died_by_itself()
                    if instance.deaths > _MOST_DEATHS:
                        raise Trouble("The year's scheduler keeps dying.", f"See {instance.log}.")
                    instance.start(self.failpoints.pop() if self.failpoints else "")
            await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def opened(place: Place) -> AsyncIterator[Stage]:
    """Make topics, tables and accounts, start the schedulers on the eve of the year; end them with the block."""
    city = load_city(place.profile)
    counties = [county.code for county in city.counties]
    await _make_topics(place, counties)
    await migrate_service(NAME, place.dsn)
    keys = accounts(city.code, counties, [unit.code for unit in UNITS])
    connection = await asyncpg.connect(place.dsn)
    try:
        async with connection.transaction():
            await api_keys.store(connection, keys)
    finally:
        await connection.close()
    steps = Steps(place.home / "steps", BEGIN, back=_HEARD)
    ports = free_ports(place.instances)
    async with httpx.AsyncClient(timeout=15) as http:
        client = Client(
            http, [f"http://{LOOPBACK}:{port}" for port in ports], {k.principal.account: k.token for k in keys}
        )
        at_work = [_instance(place, steps, _AT_WORK, port) for port in ports]
        stage = Stage(place, city, steps, client, at_work, _instance(place, steps, _READER))
        try:
            await client.ask("/v1/tasks/count")
            yield stage
        finally:
            stage.keeping.cancel()
            await asyncio.gather(stage.keeping, return_exceptions=True)
            ending = (*stage.instances, stage.reader)
            await asyncio.gather(*(asyncio.to_thread(instance.end) for instance in ending))


async def _make_topics(place: Place, counties: Sequence[str]) -> None:
    """Make the topics; a broker that is too busy to answer in time goes on making them, and is asked again."""
    for attempt in range(_ATTEMPTS):
        try:
            await topics.apply(place.broker, list(_topics(counties, place.prefix)), replication=1)
        except RequestTimedOutError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return


def _topics(counties: Sequence[str], prefix: str) -> Iterator[Topic]:
    """Yield the city's topics but for what other services alone read and write; few partitions are enough for a year."""
    others = {dead_letter_topic(each.name, prefix) for each in CONSUMERS if each.service != NAME}
    others |= {f"{prefix}{name}" for names in OWN_TOPICS.values() for name in names}
    for topic in city_topics(counties, prefix):
        if topic.name not in others:
            yield replace(topic, partitions=min(topic.partitions, _PARTITIONS))


def _instance(place: Place, steps: Steps, roles: str, port: int = 0) -> Instance:
    told = {
        "PATH": os.environ["PATH"],
        **place.environment,
        "DUBAN_POSTGRES_DSN": place.dsn,
        "DUBAN_TOPIC_PREFIX": place.prefix,
        "DUBAN_PROFILE": str(place.profile),
        "DUBAN_HTTP_HOST": LOOPBACK,
        "DUBAN_HTTP_PORT": str(port),
        "DUBAN_POLL_SECONDS": _POLL_SECONDS,
        "DUBAN_PLANNING_SECONDS": "1",
        "DUBAN_AUDIT_SECONDS": "5",
        "PYTHONUNBUFFERED": "1",
        STEPS: str(steps.file),
    }
    return Instance([sys.executable, "-m", place.module, "--roles", roles], told, place.home / f"year-{port}.log")
