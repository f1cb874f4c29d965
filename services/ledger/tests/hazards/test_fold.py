"""State is a fold of what was published: the contract's own storytellers and the ledger's moves tell the same."""

from __future__ import annotations

import pytest

from duban_contracts.events.hazards import HazardFirstConfirmed, HazardRegistered
from duban_contracts.events.types import Grade, HazardState
from duban_contracts.testing import stories
from duban_contracts.testing.calendar import june, local
from services.ledger.hazards.model import HazardKey, evolve, facts, fold
from services.ledger.hazards.moves import register
from services.ledger.tests.telling import CONFIRM, COUNTY, MACHINE, REGISTER, by, new_hazard, said

pytestmark = pytest.mark.promise("P2")


def test_a_story_of_every_kind_of_event_folds_to_its_own_facts() -> None:
    story = (
        stories.registered()
        .corrected(local(1, 9), facts={"sector": "coal_mine", "township": "140502001"}, place="二号井", township="东街")
        .confirmed(local(1, 10), june(3))
        .happened(HazardFirstConfirmed, local(1, 10, 30), grade=Grade.MAJOR, reason="符合判定标准")
        .regraded(local(1, 11), Grade.MAJOR)
        .planned(local(1, 12))
        .overdue(local(4))
        .extended(local(4, 9), june(19))
        .deadline_corrected(local(4, 10), june(9))
        .submitted(local(5), local(5, 1))
        .returned(local(5, 9))
        .submitted(local(6))
        .closed(local(6, 9))
        .reopened(local(8), june(20))
    )
    hazard = fold(story.events)
    assert facts(hazard) == story.facts
    assert (hazard.version, hazard.changed_at, hazard.registered_at) == (14, local(8), local(1, 8))
    assert (hazard.place, hazard.township, hazard.township_code) == ("二号井", "东街", "140502001")
    assert (hazard.first_confirmed_at, hazard.first_confirmed_by) == (local(1, 10, 30), story.by.account)
    assert (hazard.confirmed_at, hazard.submitted_at, hazard.closed_at) == (local(1, 10), local(6), None)
    assert (hazard.returned_count, hazard.reopened_count, hazard.submitted_by) == (1, 1, story.by.account)
    assert fold(stories.registered().rejected(local(2)).events).state is HazardState.REJECTED


def test_history_begins_with_registration_and_has_it_once() -> None:
    registered = register(REGISTER, by(MACHINE))
    with pytest.raises(ValueError, match="twice"):
        evolve(evolve(None, registered), registered)
    confirmed = said(new_hazard(), CONFIRM, by(COUNTY))
    with pytest.raises(ValueError, match="begins with"):
        evolve(None, confirmed)
    with pytest.raises(ValueError, match="begins with"):
        fold([])
    other = fold(stories.registered("hz-2").events)
    with pytest.raises(ValueError, match="applied to"):
        evolve(other, confirmed)


def test_registration_says_who_may_see_the_hazard() -> None:
    event = register(REGISTER, by(MACHINE))
    assert isinstance(event, HazardRegistered)
    assert (event.hazard.township, event.hazard.enterprise_uscc) == ("140502001", "91140502MA0EXAMP04")
    assert facts(new_hazard()) == event.hazard


def test_whatever_reads_as_an_id_is_one_and_anything_else_a_number() -> None:
    spelled = "0190163D8694739BAEA5966C26F8AD91"
    assert HazardKey.parse(spelled) == HazardKey(hazard_id="0190163d-8694-739b-aea5-966c26f8ad91")
    assert HazardKey.parse("140502-2026-000001") == HazardKey(number="140502-2026-000001")
