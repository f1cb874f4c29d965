"""Taking filings in, a batch at a time, in the transaction of the consumer's inbox: each has one effect (promise P1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.claims import TaskReported
from duban_contracts.events.feedback import ClaimEvent, ClaimFiled, ClaimOutcome
from duban_contracts.profile import City
from duban_contracts.refusals import Refusal
from duban_contracts.topics import claims_topic
from duban_contracts.validation import unreadable
from services.chassis.access.principal import Principal
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import Role
from services.chassis.access.scope import Scope
from services.chassis.assembly import Platform
from services.chassis.consuming import answers, dead_letters
from services.chassis.consuming.batches import RefusedRecord
from services.chassis.consuming.dead_letters import DeadLetter
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.publishing.unit_of_work import UnitOfWork
from services.chassis.storage.counting import count
from services.chassis.storage.database import Connection
from services.chassis.web.preconditions import Precondition
from services.scheduler import metrics
from services.scheduler.filings.model import command_of, in_the_claim, said_of, screen
from services.scheduler.tasks.handlers.commands import Order, Refused, facts_of, keep_filing, move
from services.scheduler.tasks.handlers.hearing import CONSUMER
from services.scheduler.tasks.handlers.taskbook import SOURCE, Taskbook, moving
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves import says_nothing_new
from services.scheduler.tasks.tables import rows

# The right that the same filing takes over HTTP.
_ACTION: Final = "scheduler.tasks.submit"


@dataclass(frozen=True, kw_only=True)
class Filings:
    """What taking filings needs: the taskbook, the city, and who speaks on which topic."""

    taskbook: Taskbook
    city: City
    topic_prefix: str
    county_of: Mapping[str, str]

    @classmethod
    def on(cls, platform: Platform[Any]) -> Self:
        """Return the filings of this platform's counties."""
        prefix = platform.settings.topic_prefix
        return cls(
            taskbook=Taskbook.on(platform),
            city=platform.city,
            topic_prefix=prefix,
            county_of={claims_topic(county.code, prefix): county.code for county in platform.city.counties},
        )

    def screened(self, delivery: Delivery) -> TaskReported | Refusal:
        """Return the filing that a delivery is, by the day on which the broker took it, or why it can't be one."""
        clock, rules = self.taskbook.clock, self.city.rules
        present = answers.present_when(delivery.timestamp, clock=clock, rules=rules)
        return screen(delivery.event, delivery.data, self.county_of[delivery.topic], present)

    def order(self, delivery: Delivery, filing: TaskReported) -> Order:
        """Return the order that a filing gives: in the name of its unit, as of when the broker took it."""
        who = Principal(filing.submitted_by, Role.INTEGRATOR, filing.county, unit=filing.unit)
        return Order(
            filing.reference,
            command_of(filing),
            Caller(who, Scope.of(who, self.city), _ACTION),
            Precondition(),
            received_at=self.taskbook.clock.at(delivery.timestamp),
            cause=delivery.event,
        )


async def take_filings(connection: Connection, deliveries: Sequence[Delivery], *, filings: Filings) -> None:
    """Take `deliveries` in, in their order, in the caller's transaction; the topic says which county is speaking."""
    screened = [(delivery, filings.screened(delivery)) for delivery in deliveries]
    names = [filing.reference for _, filing in screened if isinstance(filing, TaskReported)]
    ids = await rows.ids_of(connection, names)
    async with moving(connection, list(ids.values()), taskbook=filings.taskbook) as unit:
        answering = _Answers(unit, filings)
        for delivery, filing in screened:
            if isinstance(filing, Refusal):
                answering.refuse(delivery, filing)
            else:
                answering.file(delivery, filing, ids.get(filing.reference))
    await answering.save(connection)


async def refuse_records(connection: Connection, refused: Sequence[RefusedRecord], *, filings: Filings) -> None:
    """Answer records that name a filing and are none by the contract, in the transaction that keeps them."""
    async with moving(connection, (), taskbook=filings.taskbook) as unit:
        answering = _Answers(unit, filings)
        for record, event, why in refused:
            answering.reject(record, event, unreadable(event, why, filings.county_of[record.topic]))
    await answering.save(connection)


class _Answers:
    """Files in memory what one batch asks for, and answers the counties; `save` stores what the tasks don't."""

    def __init__(self, unit: UnitOfWork[Task], filings: Filings) -> None:
        self._unit = unit
        self._filings = filings
        self._filed: list[tuple[Order, Task]] = []
        self._refused: list[DeadLetter] = []
        self._outcomes: Counter[tuple[str, str]] = Counter()

    def file(self, delivery: Delivery, filing: TaskReported, task_id: str | None) -> None:
        """Carry out one filing and answer it; what stands already is not filed again."""
        order = self._filings.order(delivery, filing)
        task = self._unit.get(task_id) if task_id else None
        known = task is not None and order.by.scope.covers(facts_of(task))
        if task is not None and known and says_nothing_new(task, command_of(filing)):
            self._say(delivery, order, task, ClaimOutcome.DUPLICATE)
            return
        said = move(self._unit, task, order, self._filings.taskbook)
        if isinstance(said, Refused):
            self.refuse(delivery, in_the_claim(said.refusal))
        else:
            self._filed.append((order, said))
            self._say(delivery, order, said, ClaimOutcome.APPLIED)

    def refuse(self, delivery: Delivery, why: Refusal) -> None:
        """Keep a filing that can't be done with its bytes and the reason, and say so."""
        self._refused.append(DeadLetter(delivery.record, why.code, f"{why.field}: {why.rule}", refused=True))
        self.reject(delivery.record, delivery.event, why, getattr(delivery.data, "reference", None))

    def reject(self, record: RawRecord, event: CloudEvent | None, why: Refusal, reference: str | None = None) -> None:
        """Tell the county that is speaking why its record is refused."""
        county = self._filings.county_of[record.topic]
        said = answers.rejection(record, event, why, county=county, reference=reference, at=self._unit.at)
        self._answer(said, event, "rejected")

    async def save(self, connection: Connection) -> None:
        """Store the forms that were filled in, and what was refused, in the transaction of the tasks; it counts what became of all."""
        for order, said in self._filed:
            await keep_filing(connection, order, said, taskbook=self._filings.taskbook)
        for letter in self._refused:
            await dead_letters.keep(connection, CONSUMER, self._filings.topic_prefix, letter)
        for labels, number in self._outcomes.items():
            count(connection, metrics.FILINGS.labels(*labels), number)

    def _say(self, delivery: Delivery, order: Order, task: Task, outcome: ClaimOutcome) -> None:
        about = answers.about(
            delivery.record,
            delivery.event,
            county=self._filings.county_of[delivery.topic],
            reference=order.name,
            identity=delivery.identity,
            at=self._unit.at,
        )
        self._answer(ClaimFiled(**about, **said_of(task, outcome)), delivery.event, outcome)

    def _answer(self, answer: ClaimEvent, cause: CloudEvent | None, outcome: str) -> None:
        topic = self._filings.taskbook.told_on[answer.county]
        self._unit.send(topic, answers.envelope(answer, cause, source=SOURCE))
        self._outcomes[answer.county, outcome] += 1
