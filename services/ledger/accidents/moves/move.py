"""What a move of an accident is: who may make it, in which states, and what it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

from duban_contracts.events.accidents import AccidentEvent, AccidentGrade, AccidentState, MeasureState
from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.roles import CITY_STAFF, Role, holds
from services.ledger.accidents.model import MEASURE_STATES, STATES, Accident, AccidentEntry, Measure
from services.ledger.hazards.model.hand import Hand

C = TypeVar("C", bound=msgspec.Struct)
# While its measures are owed: before 结案 and after it.
OWING: Final = frozenset({AccidentState.INVESTIGATED, AccidentState.CLOSED})


class Made(msgspec.Struct, frozen=True):
    """What a move made: the accident after it, the step of its history, and the event that says so."""

    accident: Accident
    entry: AccidentEntry
    event: AccidentEvent


@dataclass(frozen=True, kw_only=True)
class Move(Generic[C]):
    """One move of an accident: its name (the HTTP verb), its Chinese words, who may make it, and in which states.

    `decide` is asked last. What is graver than 一般 is the city's to decide where the move is `graded` (分级负责, P4 item 31).
    """

    name: str
    zh: str
    summary: str
    command: type[C]
    roles: frozenset[Role]
    states: frozenset[AccidentState]
    decide: Callable[[Accident, C, Hand, Rules], Made | Refusal]
    refusals: tuple[str, ...] = ()
    graded: bool = False

    def make(self, accident: Accident, command: C, by: Hand, rules: Rules) -> Made | Refusal:
        """Return what the move makes of an accident, or why it is refused: the hand comes first, then the state."""
        if self.graded and accident.grade is not AccidentGrade.GENERAL and not holds(by.actor, CITY_STAFF):
            return refusal("accident-city-decides", move=self.zh)
        if accident.state not in self.states:
            return refusal("accident-state-conflict", state=STATES[accident.state], move=self.zh)
        return self.decide(accident, command, by, rules)

    @property
    def all_refusals(self) -> tuple[str, ...]:
        """The codes that it gives."""
        return ("accident-state-conflict", *(("accident-city-decides",) if self.graded else ()), *self.refusals)


@dataclass(frozen=True, kw_only=True)
class MeasureMove(Generic[C]):
    """One move of a measure: like a move of the accident, from one state of the measure to another.

    What is decided `by_another` is not decided by the account that said it was carried out. `text` gives its words, and
    `event` the event that carries them.
    """

    name: str
    zh: str
    summary: str
    command: type[C]
    roles: frozenset[Role]
    leads: tuple[MeasureState, MeasureState]
    event: Callable[[dict[str, Any], C], AccidentEvent]
    text: Callable[[C], str]
    by_another: bool = False

    def make(self, accident: Accident, number: int, command: C, by: Hand) -> Made | Refusal:
        """Return what the move makes of the measure `number`, or why it is refused."""
        measure = accident.measure(number)
        if measure is None:
            return refusal("accident-measure-not-found", field="measure")
        if accident.state not in OWING:
            return refusal("accident-state-conflict", state=STATES[accident.state], move=self.zh)
        before, after = self.leads
        if measure.state is not before:
            return refusal("accident-measure-conflict", state=MEASURE_STATES[measure.state], move=self.zh)
        if self.by_another and by.actor.account == measure.done_by:
            return refusal("own-accident-measure", move=self.zh)
        done_by = by.actor.account if after is MeasureState.DONE else measure.done_by
        changed = msgspec.structs.replace(measure, state=after, done_by=done_by)
        return step(
            accident,
            self.name,
            self.text(command),
            by,
            lambda said: self.event(said, command),
            measure=changed,
        )


def step(
    accident: Accident,
    move: str,
    text: str,
    by: Hand,
    event: Callable[[dict[str, Any]], AccidentEvent],
    *,
    measure: Measure | None = None,
    **changes: Any,
) -> Made:
    """Return the accident with `changes` (and `measure` as it is now), one version on, with its entry and its event.

    `event` is given what all events of an accident say, and the measure where it is about one.
    """
    if measure is not None:
        changes["measures"] = accident.with_measure(measure)
    after = msgspec.structs.replace(accident, version=accident.version + 1, **changes)
    entry = AccidentEntry(
        version=after.version,
        move=move,
        at=by.at,
        by=by.actor.account,
        unit=by.actor.unit,
        measure=measure.number if measure else None,
        text=text,
    )
    said: dict[str, Any] = {"accident": after.facts(), "actor": by.actor, "occurred_at": by.at}
    return Made(after, entry, event(said | ({"measure": measure.told()} if measure else {})))
