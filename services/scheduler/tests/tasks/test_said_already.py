"""By what a filing is known to have been said already, and two plans of a task to be the same one. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.tasks import TaskState
from services.scheduler.tasks.handlers.forms import Form, Forms
from services.scheduler.tasks.model.task import Task, planned
from services.scheduler.tasks.moves import Submit
from services.scheduler.tasks.moves.submit import says_nothing_new
from services.scheduler.tests.tasks.stage import due_at, proof, report

ONE, TWO = proof("一.pdf", "月末例会纪要"), proof("二.pdf", "月末例会纪要")
FILED: Final = Submit(summary="已办", evidence=(ONE, TWO), figures={"trained": 3}, form={"site": "甲", "areas": 2})


def filed(state: TaskState = TaskState.SUBMITTED) -> Task:
    """Return a task with what stands after FILED."""
    return msgspec.structs.replace(
        planned(report(), due_at()),
        state=state,
        summary="已办",
        evidence=(ONE, TWO),
        figures={"trained": 3, "areas": 2},
        form_sha256=FILED.form_sha256,
    )


@given(st.sets(st.sampled_from([ONE, TWO])).map(tuple))
def test_the_same_words_with_proofs_that_stand_already_are_nothing_new(evidence: tuple[Any, ...]) -> None:
    again = msgspec.structs.replace(FILED, evidence=evidence)
    assert says_nothing_new(filed(), again)
    assert says_nothing_new(filed(TaskState.ACCEPTED), again)


@pytest.mark.parametrize("state", sorted(set(TaskState) - {TaskState.SUBMITTED, TaskState.ACCEPTED}))
def test_after_a_return_the_same_words_are_a_new_filing(state: TaskState) -> None:
    assert not says_nothing_new(filed(state), FILED)


@pytest.mark.parametrize(
    "changed",
    [
        {"summary": "已全部办结"},
        {"figures": {"trained": 4}},
        {"form": {"site": "乙", "areas": 2}},
        {"form": None, "figures": {"trained": 3, "areas": 2}},
        {"evidence": (ONE, TWO, proof("三.pdf", "月末例会纪要"))},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_whatever_is_said_otherwise_is_news(changed: dict[str, Any]) -> None:
    assert not says_nothing_new(filed(), msgspec.structs.replace(FILED, **changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "另一个题目"},
        {"due_on": date(2026, 6, 30)},
        {"lead_unit": "fire_rescue"},
        {"evidence": ("照片",)},
        {"assumed": ("定期",)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_plan_is_the_same_as_long_as_nothing_of_it_is_another(changed: dict[str, Any]) -> None:
    assert report().digest == report().digest != report(**changed).digest
    assert len(report().digest) == 16


def test_findings_are_taken_where_the_form_of_the_kind_says_so() -> None:
    forms = Forms({"inspection": Form(title="检查", findings=True, schema={}), "drill": Form(title="演练", schema={})})
    assert [forms.takes_findings(kind) for kind in ("inspection", "drill", "report")] == [True, False, False]
