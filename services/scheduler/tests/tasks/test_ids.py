"""Ids and numbers of tasks are constant for life: they follow from the cause, as they did in every release."""

from __future__ import annotations

from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.tasks import Member, MemberKind
from services.scheduler.tasks.model.task import number_of
from services.scheduler.tests.tasks.stage import report

NAMESPACE = UUID("7a1c7f0e-52d4-5b0b-8f3e-64756261e002")


@given(duty=st.text(min_size=1, max_size=20), period=st.text(min_size=1, max_size=10), ordinal=st.integers(1, 100))
def test_the_id_of_a_task_is_the_uuid_of_its_cause(duty: str, period: str, ordinal: int) -> None:
    alone = report(duty_id=duty, period=period, ordinal=ordinal)
    assert alone.task_id == str(uuid5(NAMESPACE, f"{duty}\n{period}\n-\n{ordinal}"))
    countys = report(
        duty_id=duty, period=period, ordinal=ordinal, member=Member(kind=MemberKind.COUNTY, code="140502", name="城区")
    )
    assert countys.task_id == str(uuid5(NAMESPACE, f"{duty}\n{period}\ncounty:140502\n{ordinal}"))


@pytest.mark.parametrize(
    ("task_id", "number"),
    [
        ("00000000-0000-5000-8000-000000000000", "RW2024-0000000000"),
        ("00000000-0000-5000-8000-000000000021", "RW2024-0000000011"),
        ("7a1c7f0e-52d4-5b0b-8f3e-64756261e003", "RW2024-K4ENH63R03"),
        ("ffffffff-ffff-5fff-bfff-ffffffffffff", "RW2024-ZZZZZZZZZZ"),
    ],
)
def test_the_number_of_a_task_is_fifty_bits_of_its_id(task_id: str, number: str) -> None:
    assert number_of(task_id, 2024) == number
