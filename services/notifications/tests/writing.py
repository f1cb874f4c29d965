"""Letters written in a test's own transactions, and a courier with channels that the test steers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from duban_contracts.events.supervision import SupervisionEvent
from duban_contracts.profile import load_city
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.notifications.channels.handlers.opening import Line
from services.notifications.channels.model.answers import Answer, Away, Verdict
from services.notifications.channels.model.channel import AnyChannel, Channel, Parcel
from services.notifications.delivery.handlers.courier import Courier
from services.notifications.delivery.handlers.deps import Deps as DeliveryDeps
from services.notifications.delivery.handlers.deps import Sender
from services.notifications.delivery.model.retry import RetrySchedule
from services.notifications.directory.handlers import read_contacts
from services.notifications.directory.model import Contacts, Directory
from services.notifications.letters import tables
from services.notifications.letters.handlers.deps import Deps, Notices
from services.notifications.letters.handlers.follow import follow_letter
from services.notifications.letters.handlers.issue import issue_letters
from services.notifications.letters.handlers.stationery import Stationery
from services.notifications.letters.kinds import KINDS
from services.notifications.letters.model.kind import LetterRequest, requests_of
from services.notifications.tests.world import NOW, PROFILE

TAKEN = Answer(Verdict.ACCEPTED, "250 2.0.0")
BUSY = Answer(Verdict.TRANSIENT, "452 4.2.2")
STATIONERY = Stationery(PROFILE / "templates", [kind.code for kind in KINDS])
CITY = load_city(PROFILE)
CONTACTS = read_contacts(PROFILE)


def writer(database: Database, clock: ManualClock, contacts: Contacts = CONTACTS) -> Deps:
    """What letters of the example city are written with."""
    return Deps(
        database=database,
        clock=clock,
        city=CITY,
        contacts=contacts,
        directory=Directory.of(contacts),
        kinds=KINDS,
        stationery=STATIONERY,
        notices=Notices("notices", clock),
    )


def asked(*events: SupervisionEvent) -> list[LetterRequest]:
    """The letters that events ask for."""
    envelopes = [new_event(event, source="/duban/scheduler", subject="h", key="h", time=NOW) for event in events]
    return [request for pair in zip(envelopes, events, strict=True) for request in requests_of(*pair, KINDS)]


async def write(
    database: Database, clock: ManualClock, *events: SupervisionEvent, contacts: Contacts = CONTACTS
) -> None:
    """Issue letters in one transaction."""
    async with database.transaction() as connection:
        await issue_letters(connection, asked(*events), deps=writer(database, clock, contacts))


class Steered:
    """A carrier that answers as told and remembers what it was given."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.parcels: list[Parcel] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, parcel: Parcel, address: str) -> Answer:
        self.parcels.append(parcel)
        answer = self.answers.pop(0) if self.answers else TAKEN
        await self.gate.wait()
        if answer.code == "bug":
            raise RuntimeError(f"cannot write to {address}")
        return answer

    def place(self, address: str, away: Away) -> str:
        return f"{away} {address}"

    async def reachable(self, address: str) -> bool:
        return self.gate.is_set()

    async def close(self) -> None:
        """Nothing is held."""

    def as_channel(
        self,
        code: str,
        *,
        drops_repeats: bool,
        per_second: int | None = None,
        per_minute: int | None = None,
        longest: int | None = None,
    ) -> AnyChannel:
        """The channel that this carrier is."""
        return Channel(
            code=code,
            drops_repeats=drops_repeats,
            per_second=per_second,
            per_minute=per_minute,
            longest=longest,
            settings=lambda: None,
            open=lambda *_: self,
        )


def lines(email: Steered, webhook: Steered | None = None) -> dict[str, Line]:
    """The two channels of the example city, steered."""
    hook = webhook or Steered()
    return {
        "email": Line(email.as_channel("email", drops_repeats=False), email),
        "webhook": Line(hook.as_channel("webhook", drops_repeats=True), hook),
    }


def carrier(database: Database, clock: ManualClock, open_lines: dict[str, Line], concurrency: int = 5) -> Courier:
    """A courier over these lines; retries wait 2 and 10 seconds, a lease is over after 30."""
    deps = DeliveryDeps(
        database=database,
        clock=clock,
        directory=Directory.of(CONTACTS),
        lines=open_lines,
        schedule=RetrySchedule((2.0, 10.0), 0.2),
        sender=Sender(tables.contents, partial(follow_letter, notices=Notices("notices", clock))),
        draw=lambda: 0.5,
        lease=timedelta(seconds=30),
    )
    return Courier(deps, concurrency)


async def carry(courier: Courier) -> None:
    """Carry everything that is due now, and wait until it has arrived."""
    await courier.carry_due(asyncio.Event())
    await courier.finish()


async def deliveries(database: Database, columns: str = "state, attempts, code") -> Sequence[tuple[object, ...]]:
    async with database.acquire() as connection:
        found = await connection.fetch(f"SELECT {columns} FROM delivery ORDER BY position")  # noqa: S608
    return [tuple(row) for row in found]


async def published(database: Database) -> int:
    async with database.acquire() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM outbox")
    return count
