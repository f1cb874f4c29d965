"""The three files of the training archive, read from sessions; pure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.training.model import (
    Attendee,
    Entered,
    Placed,
    Session,
    StaffNumber,
    TrainingResult,
    attended_by,
    broken,
    people_of,
)

_LINES = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(1, 16), st.sampled_from(TrainingResult)),
    max_size=3,
    unique_by=lambda it: it[0],
)


def held(number: int, lines: list[tuple[str, int, TrainingResult]]) -> Session:
    entered = Entered(
        title="培训",
        held_on=date(2024, 1, 1 + number),
        hours=8,
        attendees=tuple(Attendee(number=who, name=who, hours=halves / 2, result=how) for who, halves, how in lines),
    )
    of = Placed(enterprise="91140502XXXX000192", county="140502")
    return Session(UUID(int=number), 1, of, entered, None, datetime(2024, 5, 1, tzinfo=UTC), "enterprise-1")


@pytest.mark.feature("SY12")
@given(st.lists(_LINES, max_size=8))
def test_the_book_the_sessions_and_the_persons_files_add_up(many: list[list[tuple[str, int, TrainingResult]]]) -> None:
    sessions = [held(number, lines) for number, lines in enumerate(many)]
    people = people_of(sessions)
    entered = [each for session in sessions for each in session.entered.attendees]
    assert sum(line.sessions for line in people) == len(entered)
    assert sum(line.hours for line in people) == sum(each.hours for each in entered)
    assert sum(line.passed for line in people) == sum(session.passed for session in sessions)
    for line in people:
        own = attended_by(line.number, reversed(sessions))
        assert (len(own), sum(each.hours for _, each in own)) == (line.sessions, line.hours)
        assert [session.entered.held_on for session, _ in own] == sorted(session.entered.held_on for session, _ in own)


@pytest.mark.parametrize(
    ("number", "is_one"),
    [("G-001", True), ("140502199001011234", False), ("14050219900101123X", False), ("12345678901234567", True)],
)
def test_an_identity_card_is_no_staff_number(number: str, is_one: bool) -> None:  # noqa: FBT001 - a case
    try:
        msgspec.convert(number, StaffNumber)
    except msgspec.ValidationError:
        assert not is_one
    else:
        assert is_one


def test_a_session_of_today_is_admissible_and_one_of_tomorrow_is_not() -> None:
    session = held(0, [("A", 16, TrainingResult.PASSED)]).entered
    earliest = date(2002, 11, 1)
    assert list(broken(session, today=session.held_on, earliest=earliest)) == []
    found = list(broken(session, today=date(2023, 12, 31), earliest=earliest))
    assert [(each.code, each.field) for each in found] == [("training-held-ahead", "$.held_on")]
