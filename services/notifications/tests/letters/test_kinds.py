"""Which events ask for which letters, and what is one cause."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from duban_contracts.events.supervision import SupervisionEvent
from duban_contracts.events.types import Subject
from duban_contracts.testing.stories import confirmed
from duban_contracts.vocabulary import VOCABULARIES
from services.chassis.publishing.envelopes import new_event
from services.notifications.letters.kinds import KINDS
from services.notifications.letters.model.cause import Cause, Matter
from services.notifications.letters.model.kind import requests_of
from services.notifications.tests.world import NOW, due_soon, overdue, told
from services.notifications.tests.writing import asked

TASK = Subject(kind="task", id="t-1", number="RW-1")


def cause_of(event: SupervisionEvent) -> Cause:
    [request] = asked(event)
    return request.cause


def test_kinds_are_terms_of_the_published_vocabulary_and_differ() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert all(code in VOCABULARIES["letter_kinds"] for code in codes)


def test_an_overdue_deadline_asks_for_an_urging_letter_and_a_near_one_for_a_prompt() -> None:
    assert cause_of(overdue(deadline_number=2)) == Cause("hazard", "h-1", "urging", "2")
    assert cause_of(due_soon(deadline_number=2, days_left=3)) == Cause("hazard", "h-1", "prompt", "2/3")


def test_a_recall_asks_for_a_correction_that_is_due_on_the_right_day_and_is_not_recalled_with_the_wrong_one() -> None:
    recall = told(deadline_on=date(2026, 12, 5)).recalled(NOW, date(2026, 3, 5), number=2)
    [request] = asked(recall)
    assert request.cause == Cause("hazard", "h-1", "correction", "recalled/2")
    assert request.matter.due_on == date(2026, 12, 5)
    assert asked(replace(recall, about=TASK, hazard=None)) == []


@pytest.mark.promise("P9")
def test_the_same_cause_is_the_same_letter_whatever_event_tells_it() -> None:
    first, second = asked(overdue(), overdue(county="140521", unit=None))
    assert first.cause == second.cause
    assert first.event.id != second.event.id
    assert first.cause.letter_id() == second.cause.letter_id()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (overdue(), overdue("h-2")),
        (overdue(), overdue(deadline_number=2)),
        (overdue(), due_soon()),
        (due_soon(days_left=3), due_soon(days_left=1)),
        (due_soon(days_left=1, deadline_number=21), due_soon(days_left=11, deadline_number=2)),
        (overdue(), replace(overdue(), about=Subject(kind="task", id="h-1", number="RW-1"))),
    ],
)
def test_another_subject_deadline_kind_or_reminder_is_another_cause(
    one: SupervisionEvent, other: SupervisionEvent
) -> None:
    assert cause_of(one) != cause_of(other)
    assert cause_of(one).letter_id() != cause_of(other).letter_id()


def test_a_letter_says_what_it_is_about_whom_it_concerns_and_by_when() -> None:
    [request] = asked(overdue(township="140502001", enterprise_uscc="91140502XXXX000192"))
    assert request.matter == Matter(
        about=Subject(kind="hazard", id="h-1", number="JC-2026-000123"),
        county="140502",
        township="140502001",
        sector="coal_mine",
        unit="fire_rescue",
        enterprise="91140502XXXX000192",
        due_on=date(2026, 3, 5),
    )


def test_a_letter_is_due_on_the_day_that_counts() -> None:
    [request] = asked(replace(overdue(), last_day=date(2026, 3, 11)))
    assert request.matter.due_on == date(2026, 3, 11)


def test_a_deadline_of_something_else_than_a_hazard_asks_for_none_of_these() -> None:
    assert asked(replace(overdue(), about=TASK, hazard=None), replace(due_soon(), about=TASK, hazard=None)) == []


def test_an_event_of_another_type_asks_for_nothing() -> None:
    event = confirmed().last
    assert requests_of(new_event(event, source="/x", subject="h", key="h", time=event.occurred_at), event, KINDS) == []
