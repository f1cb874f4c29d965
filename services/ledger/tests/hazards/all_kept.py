"""What holds of all hazards together, whoever did what to them in which order; `rules_kept` looks at one event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from duban_contracts.events.gathering import HazardMerged, HazardUnmerged
from duban_contracts.events.hazards import (
    HazardClosed,
    HazardConfirmed,
    HazardEvent,
    HazardLookBackPassed,
    HazardReopened,
)
from duban_contracts.events.types import HazardState
from duban_contracts.policies import LookBack
from services.ledger.hazards.model import Hazard, evolve
from services.ledger.hazards.model.looking_back import planned
from services.ledger.lookbacks.handlers import done_by
from services.ledger.tests.hazards.rules_kept import keeps_the_rules
from services.ledger.tests.telling import RULES

OPEN: Final = {HazardState.CONFIRMED, HazardState.RECTIFYING, HazardState.IN_REVIEW}
_EVERY_CLOSURE: Final = LookBack(general_percent=100, major_percent=100)


def replayed(history: Sequence[HazardEvent]) -> Hazard:
    """Return what a history comes to, and assert that each of its events keeps the rules."""
    hazard = evolve(None, history[0])
    for place, event in enumerate(history[1:], 1):
        keeps_the_rules(hazard, event, history[:place])
        after = evolve(hazard, event)
        assert after.changed_at >= hazard.changed_at
        hazard = after
    return hazard


def every_report_is_counted_once(hazards: Sequence[Hazard]) -> None:
    """Assert that what stands and what was merged into it are all reports, without chains (SY26)."""
    standing = [hazard for hazard in hazards if hazard.state is not HazardState.DUPLICATE]
    assert sum(1 + hazard.source_count for hazard in standing) == len(hazards)
    for hazard in hazards:
        merged = [each for each in hazards if each.merged_into == hazard.hazard_id]
        assert hazard.source_count == len(merged)
        assert not merged or hazard.merged_into is None


def the_books_balance(hazards: Iterable[Hazard], events: Iterable[HazardEvent]) -> None:
    """Assert that what is open is what the events brought in, less what they took out (P5)."""
    stock = 0
    for event in events:
        stock += isinstance(event, HazardConfirmed | HazardReopened)
        stock -= isinstance(event, HazardClosed)
        stock -= isinstance(event, HazardMerged) and event.previous_state in OPEN
        stock += isinstance(event, HazardUnmerged) and event.hazard.state in OPEN
    assert stock == sum(hazard.state in OPEN for hazard in hazards)


def look_backs_are_of_closures(history: Sequence[HazardEvent]) -> None:
    """Assert that each closure of one hazard is one of its own, and each look-back of one that there was (SY31)."""
    closures = set[int]()
    hazard = None
    for event in history:
        before, hazard = hazard, evolve(hazard, event)
        if isinstance(event, HazardClosed) and before is not None:
            plan = planned(before, RULES.zone.day_of(event.occurred_at), _EVERY_CLOSURE)
            assert plan is not None
            assert event.look_back in {None, plan}
            assert plan.closure not in closures
            closures.add(plan.closure)
        elif isinstance(event, HazardLookBackPassed | HazardReopened):
            assert done_by(hazard, event).closure in closures
