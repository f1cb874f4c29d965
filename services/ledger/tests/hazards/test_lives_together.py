"""Several hazards, moved, merged and taken out again by everybody in whatever order: what holds of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from duban_contracts.events.hazards import (
    HazardEvent,
    HazardReopened,
)
from duban_contracts.events.types import Channel, Enterprise, Grade, HazardState
from duban_contracts.refusals import Refusal
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Scope
from services.chassis.publishing.unit_of_work import NO_REACTIONS
from services.chassis.testing.tries import tries
from services.chassis.web.preconditions import Precondition
from services.ledger.accountability.model import Case, Conclude, conclude, opening
from services.ledger.gathering.handlers.merge import Merging, Separation, merge_in, unmerge_in
from services.ledger.hazards.handlers.commands import Order, Refused, move_hazard
from services.ledger.hazards.handlers.journal import Journal, stream_of
from services.ledger.hazards.model import Hazard, HazardKey, fold
from services.ledger.hazards.moves import Door, decide, move_of, register
from services.ledger.hazards.tables.register import facts_of
from services.ledger.tests.hazards import all_kept
from services.ledger.tests.hazards.asked import COMMANDED, commands, grades, right_contents, said_of, words
from services.ledger.tests.hazards.rules_kept import keeps_the_rules
from services.ledger.tests.people import CITY, FOREIGN, HOME, PEOPLE
from services.ledger.tests.telling import MACHINE, NOON, REGISTER, RULES, by

IDS: Final = tuple(f"00000000-0000-7000-8000-00000000000{number}" for number in range(1, 5))
ENTERPRISE: Final = Enterprise(name="示例化工有限公司（虚构）", uscc=PEOPLE["worker"].enterprise)
CALLERS: Final = {who: Caller(each, Scope.of(each, CITY), "test") for who, each in PEOPLE.items()}
which = st.sampled_from(IDS)
hands = st.sampled_from(sorted(PEOPLE))
by_hand = commands.filter(lambda command: Door.HTTP in move_of(command).doors)


class HazardsTogether(RuleBasedStateMachine):
    """One journal that is never written: whatever is recorded in it stands in its changes, in order."""

    journal: Journal
    cases: dict[str, Case]

    @initialize(channels=st.tuples(*[st.sampled_from(Channel)] * len(IDS)))
    def are_reported(self, channels: tuple[Channel, ...]) -> None:
        self.journal = Journal(
            stream=stream_of(""), at=NOON, loaded={}, reactions=NO_REACTIONS, rules=RULES, topic_prefix=""
        )
        self.cases, self.seen = {}, 0
        for number, (hazard_id, channel) in enumerate(zip(IDS, channels, strict=True), 1):
            county = FOREIGN if number == len(IDS) else HOME
            said = msgspec.structs.replace(
                REGISTER,
                hazard_id=hazard_id,
                number=f"{county}-2026-{number:06d}",
                county=county,
                reference=f"R-{number}",
                channel=channel,
                enterprise=ENTERPRISE,
                township_code=None,
            )
            self.journal.enter(register(said, by(MACHINE)))
        self.seen = len(IDS)

    def hazard(self, hazard_id: str) -> Hazard:
        found = self.journal.hazard(HazardKey(hazard_id=hazard_id))
        assert found is not None
        return found

    def hazards(self) -> list[Hazard]:
        return [self.hazard(hazard_id) for hazard_id in IDS]

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours: int) -> None:
        self.journal.at += timedelta(hours=hours)

    @rule(on=which, ahead=st.integers(1, 9), grade=grades, word=words, go_on=st.integers(0, 3), d=st.data())
    def somebody_takes_a_step_that_is_open(
        self, on: str, ahead: int, grade: Grade, word: str, go_on: int, d: st.DataObject
    ) -> None:
        # Chance alone seldom leads a hazard anywhere: what is asked here is what somebody may ask.
        hazard = self.hazard(on)
        today = RULES.zone.day_of(max(self.journal.at, hazard.changed_at))
        contents = right_contents(hazard, today, grade, ahead, word)
        commands = [
            move.command(**said_of(move.command, contents, word)) for move in COMMANDED if Door.HTTP in move.doors
        ]
        free = dict[str, list[tuple[msgspec.Struct, str]]]()
        for command in commands:
            for who, caller in CALLERS.items():
                said = decide(hazard, command, self.journal.stamp(caller.actor, hazard))
                if not isinstance(said, Refusal) and caller.scope.covers(facts_of(hazard)):
                    free.setdefault(move_of(command).name, []).append((command, who))
        if any(each.state is HazardState.REJECTED for each in self.hazards()):
            # What is rejected goes nowhere: one is enough.
            free.pop("reject", None)
        onward = {each.name for each in COMMANDED if each.leads.get(hazard.state) is not hazard.state} & free.keys()
        if free:
            name = d.draw(st.sampled_from(sorted(onward if onward and go_on else free)))
            command, who = d.draw(st.sampled_from(free[name]))
            moved = self._moved(on, command, who, Precondition(hazard.version))
            assert isinstance(moved, Hazard)
            assert moved.version == hazard.version + 1

    @rule(on=which, who=hands, command=by_hand, seen=st.sampled_from([0, -1]))
    def somebody_asks_for_anything(self, on: str, who: str, command: msgspec.Struct, seen: int) -> None:
        self._moved(on, command, who, Precondition(self.hazard(on).version + seen))

    def _moved(self, on: str, command: msgspec.Struct, who: str, expecting: Precondition) -> Hazard | Refused:
        stale = expecting.unmet(self.hazard(on).version) is not None
        said = move_hazard(self.journal, Order(HazardKey(hazard_id=on), command, CALLERS[who], expecting))
        self._is_answered(said, who, stale=stale)
        return said

    @rule(on=which, into=which, who=hands, word=words)
    def somebody_merges(self, on: str, into: str, who: str, word: str) -> None:
        order = Merging(
            on=HazardKey(hazard_id=on),
            into=HazardKey(hazard_id=into),
            reason=word,
            by=CALLERS[who],
            expecting=Precondition(),
        )
        self._is_answered(merge_in(self.journal, order), who)

    @rule(on=which, who=st.sampled_from(["city", "city-2", "county", "foreign", "office"]), word=words)
    def somebody_takes_out(self, on: str, who: str, word: str) -> None:
        order = Separation(on=HazardKey(hazard_id=on), reason=word, by=CALLERS[who], expecting=Precondition())
        self._is_answered(unmerge_in(self.journal, order), who)

    @precondition(lambda self: self.cases)
    @rule(word=words, d=st.data())
    def the_office_concludes_a_case(self, word: str, d: st.DataObject) -> None:
        case = self.cases[d.draw(st.sampled_from(sorted(self.cases)))]
        hazard = self.hazard(case.hazard_id)
        command = Conclude(result="interviewed", conclusion=word)
        said = conclude(case, hazard, command, self.journal.stamp(CALLERS["office"].actor, hazard))
        assert isinstance(said, Refusal) == (case.result is not None)
        if not isinstance(said, Refusal):
            self.journal.enter(said)
            self.cases[case.case_number] = msgspec.structs.replace(case, result=said.result)
            self._keeps_every_rule()

    def _is_answered(self, said: Hazard | Refused, who: str, *, stale: bool = False) -> None:
        new = self.journal.changes[self.seen :]
        if isinstance(said, Refused):
            # A refusal records nothing, and says why.
            assert new == []
            assert said.refusal.message
            assert not stale or said.refusal.code in {"version-mismatch", "hazard-not-found"}
            return
        assert not stale
        assert {change.data.actor.account for change in new} == {PEOPLE[who].account}  # type: ignore[attr-defined]
        assert all(CALLERS[who].scope.covers(facts_of(change.after.hazard)) for change in new)
        self._keeps_every_rule()

    def _keeps_every_rule(self) -> None:
        """Look at what is new, and do what follows from it: a false rectification opens its case."""
        while self.seen < len(self.journal.changes):
            change = self.journal.changes[self.seen]
            before, after, event = change.before, change.after.hazard, change.data
            assert before is not None
            assert isinstance(event, HazardEvent)
            keeps_the_rules(before.hazard, event, self._events(after.hazard_id, self.seen))
            self.seen += 1
            if isinstance(event, HazardReopened) and event.false_rectification:
                self._opens_a_case(before.hazard, after, event)

    def _opens_a_case(self, before: Hazard, after: Hazard, event: HazardReopened) -> None:
        said = opening(before, after, event)
        assert said.case_number not in self.cases
        assert said.reviewer_posts == before.closure.reviewer_posts
        assert len(said.reviewer_posts) == len(before.reviewers) > 0
        self.journal.enter(said)
        self.cases[said.case_number] = Case(
            case_number=said.case_number,
            hazard_id=after.hazard_id,
            number=after.number,
            county=after.county,
            sector=after.sector,
            reason=said.reason,
            opened_at=said.occurred_at,
            enterprise=said.enterprise,
            owner_unit=said.owner_unit,
            owner_post=said.owner_post,
            reviewer_posts=(),
        )

    def _events(self, hazard_id: str, until: int | None = None) -> list[HazardEvent]:
        return [event for event in self._all(until) if event.hazard.hazard_id == hazard_id]

    def _all(self, until: int | None = None) -> Iterator[HazardEvent]:
        for change in self.journal.changes[:until]:
            assert isinstance(change.data, HazardEvent)
            yield change.data

    @invariant()
    def every_history_is_whole_and_folds_to_its_hazard(self) -> None:
        for hazard in self.hazards():
            changes = [each for each in self.journal.changes if each.after.hazard.hazard_id == hazard.hazard_id]
            assert [each.event.aggregateversion for each in changes] == list(range(1, hazard.version + 1))
            instants = [each.event.time for each in changes if each.event.time]
            assert instants == sorted(instants)
            assert fold(self._events(hazard.hazard_id)) == hazard

    @invariant()
    def every_report_is_counted_once(self) -> None:
        all_kept.every_report_is_counted_once(self.hazards())

    @invariant()
    def the_books_balance(self) -> None:
        all_kept.the_books_balance(self.hazards(), self._all())

    @invariant()
    def what_groups_and_counties_see_adds_up_to_the_city(self) -> None:
        for hazard in map(facts_of, self.hazards()):
            # The county is the first group's whole area.
            seen = [CALLERS[who].scope.covers(hazard) for who in ("city", "county", "group", "foreign")]
            assert seen in ([True, True, True, False], [True, False, False, True])

    @invariant()
    def every_look_back_is_of_a_closure_that_there_was(self) -> None:
        for hazard_id in IDS:
            all_kept.look_backs_are_of_closures(self._events(hazard_id))

    @invariant()
    def every_false_rectification_has_one_case(self) -> None:
        false = [event for event in self._all() if isinstance(event, HazardReopened) and event.false_rectification]
        assert len(self.cases) == len(false)


TestHazardsTogether = pytest.mark.feature("SY26")(pytest.mark.promise("P5")(HazardsTogether.TestCase))
TestHazardsTogether.settings = settings(max_examples=tries(50), stateful_step_count=80, deadline=None)
