"""Commands of people, answered synchronously: when it returns, the state is committed and a read shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from duban_contracts.events.types import Actor
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.ledger.adapters import claims as store
from services.ledger.adapters import hazards, locks
from services.ledger.application.claim_desk import ClaimDesk
from services.ledger.application.journal import Journal
from services.ledger.domain.commands import Command, Confirm, Reject
from services.ledger.domain.decisions import Stamp, decide
from services.ledger.domain.hazard import Hazard
from services.ledger.domain.refusals import Refusal

CommandAt = Callable[[datetime], Command]
"""Makes the command once its instant (domain time) is known."""

Admission = Callable[[Hazard], None]
"""Raises what the caller wants raised when this hazard is not the asker's to touch, or not as expected."""


class NoSuchHazard(LookupError):  # noqa: N818 - it names what happened
    """No hazard has this id or number."""


class Refused(Exception):  # noqa: N818 - it names what happened
    """The ledger said no; `refusal` says why, `hazard` is what it looked at."""

    def __init__(self, refusal: Refusal, hazard: Hazard) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.hazard = hazard


class ExecuteCommand:
    """Carries out one command on one hazard in one transaction: lock, decide, record."""

    def __init__(self, database: Database, clock: Clock, topic_prefix: str) -> None:
        self._database = database
        self._clock = clock
        self._prefix = topic_prefix

    async def __call__(self, name: str, make: CommandAt, actor: Actor, admit: Admission) -> Hazard:
        """Return the hazard called `name` (id or number) after the command.

        Raises NoSuchHazard, Refused, or what `admit` raises; nothing is recorded then.
        """
        async with self._database.transaction() as connection:
            await locks.share_commands(connection)
            hazard_id = _as_id(name) or await hazards.id_of_number(connection, name)
            entries = await hazards.lock(connection, [hazard_id]) if hazard_id else {}
            if hazard_id not in entries:
                raise NoSuchHazard(name)
            entry = entries[hazard_id]
            admit(entry.hazard)
            # Read after the lock: a heartbeat that stands ahead of this command is older than this instant.
            journal = Journal(self._clock.now(), self._prefix, [entry])
            at = journal.at_for(entry.hazard)
            command = make(at)
            decision = decide(entry.hazard, command, Stamp(actor, at))
            if isinstance(decision, Refusal):
                raise Refused(decision, entry.hazard)
            hazard = journal.record(decision)
            waiting = {}
            if isinstance(command, Confirm | Reject):
                waiting = await store.waiting_for(connection, [(hazard.county, hazard.reference)])
            desk = ClaimDesk(journal, self._clock, self._prefix, waiting)
            hazard = desk.release(hazard)
            await desk.write(connection)
        return hazard


def _as_id(name: str) -> str | None:
    try:
        return str(UUID(name))
    except ValueError:
        return None
