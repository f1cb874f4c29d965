"""However reports are merged and taken out again, whoever counts counts the hazards that there are.

Several reports live at random in the ledger's own journal; what it would publish is read by statistics, by the second
reckoning and by the scheduler's clocks. Pure: no server is asked.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from duban_contracts.deadlines.fold import advance
from duban_contracts.deadlines.reckoning import ClockState, Reckoning
from duban_contracts.events.gathering import HazardMerged
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Grade, HazardState
from duban_contracts.testing.calendar import ZONE
from services.chassis.access.principal import Principal
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import Role
from services.chassis.access.scope import Scope
from services.chassis.publishing.unit_of_work import NO_REACTIONS
from services.chassis.testing.tries import tries
from services.chassis.web.preconditions import Precondition
from services.ledger.gathering.handlers.merge import Merging, Separation, merge_in, unmerge_in
from services.ledger.hazards.handlers.commands import Order, move_hazard
from services.ledger.hazards.handlers.journal import Journal, stream_of
from services.ledger.hazards.model import Hazard, HazardKey, fold
from services.ledger.hazards.moves import (
    Close,
    Confirm,
    Extend,
    Merge,
    Plan,
    Reject,
    Reopen,
    Return,
    Submit,
    decide,
    register,
)
from services.ledger.tests.telling import CITY, MACHINE, NOON, REGISTER, RULES, by
from services.scheduler.tests.builders import WEEKENDS_ONLY
from services.statistics.books.model.record import ARRIVALS, DEPARTURES, HazardRecord
from services.statistics.recompute.model import books_of
from services.statistics.tests.stories import entry_of, fold_all

IDS: Final = ("h-1", "h-2", "h-3", "h-4")
STOCK: Final = {HazardState.CONFIRMED, HazardState.RECTIFYING, HazardState.IN_REVIEW}
hazards = st.sampled_from(IDS)
people = st.sampled_from(["city-regulator-1", "city-regulator-2"])


def caller(account: str) -> Caller:
    return Caller(Principal(account, Role.CITY_REGULATOR, "140500"), Scope(), "test")


class CountedOnce(RuleBasedStateMachine):
    """Four reports of one city, each in the journal's only transaction."""

    journal: Journal

    @initialize()
    def are_reported(self) -> None:
        self.journal = Journal(
            stream=stream_of(""), at=NOON, loaded={}, reactions=NO_REACTIONS, rules=RULES, topic_prefix=""
        )
        for number, hazard_id in enumerate(IDS, 1):
            said = {"hazard_id": hazard_id, "number": f"140502-2026-00000{number}", "reference": f"R-{number}"}
            self.journal.enter(register(msgspec.structs.replace(REGISTER, **said), by(MACHINE)))
        for hazard_id in IDS[:3]:
            self._confirm(hazard_id, 5)

    @property
    def now(self) -> datetime:
        return self.journal.at

    def hazard(self, hazard_id: str) -> Hazard:
        found = self.journal.hazard(HazardKey(hazard_id=hazard_id))
        assert found is not None
        return found

    def _confirm(self, hazard_id: str, days: int) -> None:
        order = Order(
            HazardKey(hazard_id=hazard_id), self._confirmation(days), caller("city-regulator-1"), Precondition()
        )
        assert isinstance(move_hazard(self.journal, order), Hazard)

    def _confirmation(self, days: int) -> Confirm:
        deadline_on = ZONE.day_of(self.now) + timedelta(days=days)
        return Confirm(grade=Grade.GENERAL, responsible_unit="fire_rescue", deadline_on=deadline_on)

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.journal.at += timedelta(hours=hours)

    @rule(hazard_id=hazards, who=people, days=st.integers(1, 9), data=st.data())
    def somebody_moves(self, hazard_id: str, who: str, days: int, data: st.DataObject) -> None:
        today = ZONE.day_of(self.now)
        commands: list[msgspec.Struct] = [
            self._confirmation(days),
            Plan(measures="停用", responsible_post="安全总监"),
            Submit(measures="已整改", completed_on=today),
            Return(reason="不到位"),
            Close(review="合格"),
            Reject(reason="不构成隐患"),
            Reopen(reason="反弹", deadline_on=today + timedelta(days=days)),
            Extend(reason="配件未到", deadline_on=today + timedelta(days=days)),
        ]
        order = Order(HazardKey(hazard_id=hazard_id), data.draw(st.sampled_from(commands)), caller(who), Precondition())
        move_hazard(self.journal, order)

    @rule(hazard_id=hazards, into=hazards, who=people)
    def somebody_merges(self, hazard_id: str, into: str, who: str) -> None:
        merge_in(self.journal, self._merging(hazard_id, into, who))

    @rule(who=people, data=st.data())
    def somebody_merges_what_can_be_merged(self, who: str, data: st.DataObject) -> None:
        # Chance alone seldom names two of which one may go on for the other.
        pairs = [(one, other) for one in IDS for other in IDS if self._can_be_merged(one, other)]
        if pairs:
            one, other = data.draw(st.sampled_from(pairs))
            assert isinstance(merge_in(self.journal, self._merging(one, other, who)), Hazard)

    @rule(hazard_id=hazards, who=people)
    def somebody_takes_out(self, hazard_id: str, who: str) -> None:
        unmerge_in(self.journal, self._separation(hazard_id, who))

    @rule(who=people, hours=st.integers(0, 300))
    def a_merging_that_is_taken_back_changes_nothing(self, who: str, hours: int) -> None:
        for one, other in ((one, other) for one in IDS for other in IDS):
            before = self.hazard(one)
            if self._can_be_merged(one, other):
                merge_in(self.journal, self._merging(one, other, who))
                self.time_passes(hours)
                restored = unmerge_in(self.journal, self._separation(one, who))
                assert isinstance(restored, Hazard)
                assert self._without_history(restored) == self._without_history(before)

    @invariant()
    def sources_stand_with_hazards_that_stand_themselves(self) -> None:
        found = [self.hazard(hazard_id) for hazard_id in IDS]
        merged = Counter(hazard.merged_into for hazard in found if hazard.merged_into)
        for hazard in found:
            assert hazard.source_count == merged[hazard.hazard_id]
            assert (hazard.merged_into is not None) == (hazard.state is HazardState.DUPLICATE)
        assert all(self.hazard(survivor).merged_into is None for survivor in merged if survivor)

    @invariant()
    def each_history_folds_to_its_hazard(self) -> None:
        for hazard_id in IDS:
            assert fold(self._events(hazard_id)) == self.hazard(hazard_id)

    @invariant()
    def statistics_and_the_second_reckoning_count_the_hazards_that_there_are(self) -> None:
        standing = sum(self.hazard(hazard_id).state in STOCK for hazard_id in IDS)
        records = self._records()
        assert sum(record.steps[-1].open for record in records.values()) == standing
        flows = [flow.measure for record in records.values() for step in record.steps for flow in step.flows]
        assert sum((flow in ARRIVALS) - (flow in DEPARTURES) for flow in flows) == standing
        again = books_of(self._history())
        assert sum(hazard.is_open for hazard in again.hazards.values()) == standing
        assert Counter(measure for _, _, measure in again.flows.elements()) == Counter(flows)
        found = sum(record.steps[-1].confirmed_on is not None for record in records.values())
        assert found == sum(hazard.confirmed_day is not None for hazard in again.hazards.values())

    @invariant()
    def a_clock_counts_for_each_of_them_and_for_no_other(self) -> None:
        for hazard_id in IDS:
            clock: Reckoning | None = None
            for version, event in enumerate(self._events(hazard_id), 1):
                clock = advance(clock, event, version=version, days=WEEKENDS_ONLY)
            counts = clock is not None and clock.state is not ClockState.STOPPED
            assert counts == (self.hazard(hazard_id).state in STOCK)

    def _can_be_merged(self, hazard_id: str, into: str) -> bool:
        command = Merge(reason="同一处", survivor=self.hazard(into))
        return isinstance(decide(self.hazard(hazard_id), command, by(CITY, self.now)), HazardMerged)

    def _merging(self, hazard_id: str, into: str, who: str) -> Merging:
        return Merging(
            on=HazardKey(hazard_id=hazard_id),
            into=HazardKey(hazard_id=into),
            reason="同一处",
            by=caller(who),
            expecting=Precondition(),
        )

    def _separation(self, hazard_id: str, who: str) -> Separation:
        return Separation(on=HazardKey(hazard_id=hazard_id), reason="另一处", by=caller(who), expecting=Precondition())

    def _without_history(self, hazard: Hazard) -> Hazard:
        return msgspec.structs.replace(hazard, version=0, changed_at=NOON)

    def _events(self, hazard_id: str) -> list[HazardEvent]:
        changes = [change.data for change in self.journal.changes if change.event.subject == hazard_id]
        return [event for event in changes if isinstance(event, HazardEvent)]

    def _records(self) -> dict[str, HazardRecord]:
        return fold_all([entry_of(change.event) for change in self.journal.changes])

    def _history(self) -> list[dict[str, Any]]:
        return [
            {"hazard_id": e.subject, "version": e.aggregateversion, "type": e.type, "data": e.data.decode()}
            for e in (change.event for change in self.journal.changes)
        ]


TestCountedOnce = pytest.mark.feature("SY26")(pytest.mark.promise("P5")(CountedOnce.TestCase))
TestCountedOnce.settings = settings(max_examples=tries(15), stateful_step_count=20, deadline=None)
