"""Register accidents and move them on, in the caller's transaction; what is recorded is said on the ledger's topic.

Each event is a record of the ledger's history, chained to the one before it of the same accident (promise P4), as far as that one
is recorded.

A step happens once everything is held that it waits for: what stands behind a heartbeat is not older than that, and no step
is older than the one that it follows (promise P3).
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, Final

import msgspec
import structlog

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.topics import TopicFamily, feedback_topic
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Facts
from services.chassis.publishing.envelopes import new_event, uuid7_text
from services.chassis.storage.database import Connection
from services.chassis.telemetry import acts
from services.chassis.web.preconditions import Precondition
from services.ledger.accidents import tables
from services.ledger.accidents.model import Accident
from services.ledger.accidents.moves import (
    SET,
    Made,
    MeasureMove,
    Move,
    RegisterAccident,
    SetFor,
    SetMeasure,
    register_accident,
)
from services.ledger.hazards.handlers.find_hazard import find_hazard
from services.ledger.hazards.handlers.hands import hand_at
from services.ledger.hazards.handlers.journal import Journal, Ledger, writing
from services.ledger.hazards.handlers.sectors import own_sector
from services.ledger.hazards.model.hand import Hand
from services.ledger.history.model import GENESIS, SOURCE, Record, seal
from services.ledger.history.tables import records

_log: Final = structlog.get_logger(__name__)


def facts_of(accident: Accident) -> Facts:
    """Return what decides who may see an accident."""
    return Facts(county=accident.county, sector=accident.sector)


async def facts_by_id(connection: Connection, accident_id: str) -> Facts | None:
    """Return what decides who may see the accident of this id; None where there is none."""
    accident = await tables.find(connection, accident_id)
    return None if accident is None else facts_of(accident)


async def history_of(connection: Connection, accident_id: str) -> list[Record]:
    """Return the records of an accident's history, oldest first."""
    return await records.of_subject(connection, accident_id)


async def register(
    connection: Connection,
    command: RegisterAccident,
    *,
    caller: Caller,
    ledger: Ledger,
    counties: Container[str],
) -> Accident | Refusal:
    """Register an accident under the next number of its county and year; return it, or why not.

    Its county is one of the city's `counties`: every other has no feedback topic, and nothing can be told to it.
    """
    if command.county not in counties:
        return refusal("accident-county-unknown", field="county")
    sector = own_sector(command.sector, caller.scope)
    if isinstance(sector, Refusal):
        return sector
    # What is recorded stands ahead of the heartbeat, as what every command records.
    async with writing(connection, ledger=ledger, commands=True) as journal:
        by = hand_at(caller, journal.at, ledger.rules.zone)
        year = by.today.year
        number = f"SG-{command.county}-{year}-{await tables.next_serial(connection, command.county, year):03d}"
        made = register_accident(command, uuid7_text(), number, by, ledger.rules)
        return await _kept(connection, made, journal)


async def move_on(
    connection: Connection,
    accident_id: str,
    move: Move[Any],
    command: msgspec.Struct,
    *,
    expecting: Precondition,
    caller: Caller,
    ledger: Ledger,
) -> Accident | Refusal:
    """Make a move of an accident; return it as it is then, or why not. What lies outside the scope is not there."""
    rules = ledger.rules
    return await _moved(
        connection, accident_id, lambda found, by: move.make(found, command, by, rules), expecting, caller, ledger
    )


async def set_measure(
    connection: Connection,
    accident_id: str,
    command: SetMeasure,
    *,
    expecting: Precondition,
    caller: Caller,
    ledger: Ledger,
) -> Accident | Refusal:
    """Set a measure; return the accident, or why not. A hazard outside the caller's scope is not there."""
    hazard = await find_hazard(connection, command.hazard, caller) if command.hazard else None
    if command.hazard and hazard is None:
        return refusal("hazard-not-found", field="hazard")
    return await move_on(
        connection,
        accident_id,
        SET,
        SetFor(said=command, hazard=hazard),
        expecting=expecting,
        caller=caller,
        ledger=ledger,
    )


async def move_measure(
    connection: Connection,
    accident_id: str,
    number: int,
    move: MeasureMove[Any],
    command: msgspec.Struct,
    *,
    expecting: Precondition,
    caller: Caller,
    ledger: Ledger,
) -> Accident | Refusal:
    """Make a move of a measure; return its accident as it is then, or why not."""
    return await _moved(
        connection, accident_id, lambda found, by: move.make(found, number, command, by), expecting, caller, ledger
    )


async def _moved(
    connection: Connection,
    accident_id: str,
    make: Callable[[Accident, Hand], Made | Refusal],
    expecting: Precondition,
    caller: Caller,
    ledger: Ledger,
) -> Accident | Refusal:
    async with writing(connection, ledger=ledger, commands=True) as journal:
        accident = await tables.find(connection, accident_id, lock=True)
        if accident is None or not caller.finds(facts_of(accident)):
            return refusal("accident-not-found", field="accident_id")
        if unmet := expecting.unmet(accident.version):
            return unmet
        at = max(journal.at, await tables.last_step_at(connection, accident_id))
        made = make(accident, hand_at(caller, at, ledger.rules.zone))
        return await _kept(connection, made, journal)


async def _kept(connection: Connection, made: Made | Refusal, journal: Journal) -> Accident | Refusal:
    """Write what a move made and its record of history, and say so: on the ledger's topic, and to the county."""
    if isinstance(made, Refusal):
        return made
    await tables.save(connection, made)
    accident, prefix = made.accident, journal.topic_prefix
    key = accident.accident_id
    event = new_event(made.event, source=SOURCE, subject=key, key=key, time=made.event.occurred_at)
    if (act := acts.current()) is not None:
        act.caused(key, event.id)
    await _record(connection, event, accident)
    journal.send(f"{prefix}{TopicFamily.HAZARD}", event)
    told = msgspec.structs.replace(event, partitionkey=accident.number)
    journal.send(feedback_topic(accident.county, prefix), told)
    return accident


async def _record(connection: Connection, event: CloudEvent, accident: Accident) -> None:
    """Chain a step to the record of the one before it, or leave it out of the history where that has none.

    The release before made steps and recorded none, and may do so beside this one while an upgrade rolls out. A chain that
    begins in its middle, or steps over a version, would look as if a record had been taken out; one that ends is whole.
    """
    before = (0, GENESIS) if accident.version == 1 else await records.head(connection, accident.accident_id)
    if before is None or before[0] != accident.version - 1:
        _log.warning("step of an accident is not recorded", accident=accident.accident_id, version=accident.version)
        return
    await records.append(connection, [seal(before[1], event, accident.version)])
