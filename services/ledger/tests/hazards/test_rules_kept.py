"""What the tests of random lives hold histories to is noticed where it is broken: chance alone seldom breaks it."""

from __future__ import annotations

import msgspec
import pytest

from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Actor, Grade
from services.ledger.hazards.model import evolve
from services.ledger.tests.hazards.rules_kept import keeps_the_rules
from services.ledger.tests.telling import CITY, CITY_2, CLOSE, COUNTY, PLAN, SUBMIT, by, confirmed, said


def reviews(submitter: Actor, *reviewers: Actor) -> None:
    """Hold a major hazard's history to the rules: the reviewers are as they are written here, whoever may have been."""
    hazard, history = confirmed(Grade.MAJOR), list[HazardEvent]()
    right = (CITY, CITY_2)
    for command, acts, written in (
        (PLAN, submitter, submitter),
        (SUBMIT, submitter, submitter),
        *((CLOSE, reviewer, other) for reviewer, other in zip(right, reviewers, strict=True)),
    ):
        event = msgspec.structs.replace(said(hazard, command, by(acts)), actor=written)
        keeps_the_rules(hazard, event, history)
        hazard, history = evolve(hazard, event), [*history, event]


def test_two_who_are_others_review() -> None:
    reviews(COUNTY, CITY, CITY_2)


@pytest.mark.parametrize("reviewers", [(CITY, CITY), (COUNTY, CITY)], ids=["one-twice", "own-work"])
def test_a_history_in_which_one_hand_reviews_twice_or_its_own_work_is_refused(reviewers: tuple[Actor, Actor]) -> None:
    with pytest.raises(AssertionError):
        reviews(COUNTY, *reviewers)


def test_a_history_in_which_too_few_reviewed_what_is_major_is_refused() -> None:
    hazard = confirmed(Grade.MAJOR)
    history = [said(hazard, PLAN, by(COUNTY))]
    history.append(said(evolve(hazard, history[0]), SUBMIT, by(COUNTY)))
    for event in history:
        hazard = evolve(hazard, event)
    closing = said(evolve(hazard, said(hazard, CLOSE, by(CITY_2))), CLOSE, by(CITY))
    with pytest.raises(AssertionError):
        keeps_the_rules(hazard, closing, history)
