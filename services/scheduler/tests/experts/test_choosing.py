"""Who can go along on an inspection: the right sector, another employer, in the pool to its last day."""

from __future__ import annotations

from datetime import date
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from duban_contracts.events.tasks import Member, MemberKind, TaskState
from duban_contracts.refusals import Refusal
from services.scheduler.experts.model import Expert, Inspection, inspection_of, why_not
from services.scheduler.tasks.model.task import Task, planned
from services.scheduler.tests.tasks.stage import due_at, report

MINE, OTHER = "91140521XXXX00078M", "91140522XXXX001235"
CITY = {MINE: "coal_mine"}
TODAY = date(2026, 5, 25)
VISIT = Inspection(sectors=("coal_mine",), enterprise=MINE, starts_on=TODAY, ends_on=date(2026, 6, 1))
EXPERT = Expert(
    expert_id="E-01",
    name="某专家（虚构）",
    sectors=("coal_mine",),
    employer=OTHER,
    valid_from=date(2025, 1, 1),
    valid_until=date(2026, 6, 1),
)


def task(**changed: Any) -> Task:
    member = Member(kind=MemberKind.ENTERPRISE, code=MINE, name="煤矿（虚构）")
    return planned(report(**{"kind": "inspection", "member": member, **changed}), due_at())


def code(found: object) -> str | None:
    return found.code if isinstance(found, Refusal) else None


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, None),
        ({"employer": None}, None),
        ({"employer": MINE}, "expert-of-the-enterprise"),
        ({"sectors": ("catering",)}, "expert-wrong-sector"),
        ({"valid_until": date(2026, 5, 31)}, "expert-retired"),
        ({"valid_until": None}, None),
        ({"valid_from": date(2026, 5, 26)}, "expert-not-yet-valid"),
    ],
)
def test_an_expert_fits_or_is_refused_by_the_rule_that_he_breaks(changed: dict[str, Any], refused: str | None) -> None:
    assert code(why_not(msgspec.structs.replace(EXPERT, **changed), VISIT)) == refused


@given(
    st.sets(st.sampled_from(["coal_mine", "catering", "town_gas"]), min_size=1), st.sampled_from([MINE, OTHER, None])
)
def test_whoever_is_from_the_inspected_enterprise_never_goes_whatever_he_knows(
    sectors: set[str], employer: str | None
) -> None:
    expert = msgspec.structs.replace(EXPERT, sectors=tuple(sectors), employer=employer)
    fits = why_not(expert, VISIT) is None
    assert fits == (employer != MINE and "coal_mine" in sectors)


def test_the_enterprise_and_the_sector_are_the_tasks_own_or_else_named_and_the_enterprises() -> None:
    assert inspection_of(task(), None, sectors=CITY, today=TODAY) == VISIT
    own = inspection_of(task(sectors=("town_gas",)), MINE, sectors=CITY, today=TODAY)
    assert isinstance(own, Inspection)
    assert own.sectors == ("town_gas",)
    assert inspection_of(task(member=None), MINE, sectors=CITY, today=TODAY) == VISIT
    late = inspection_of(task(), None, sectors=CITY, today=date(2026, 6, 9))
    assert isinstance(late, Inspection)
    assert late.ends_on == date(2026, 6, 9)


@pytest.mark.parametrize(
    ("changed", "enterprise", "refused"),
    [
        ({"kind": "training"}, None, "not-an-inspection"),
        ({"member": None}, None, "inspected-enterprise-unclear"),
        ({}, OTHER, "inspected-enterprise-unclear"),
        ({"member": None}, OTHER, "task-without-sector"),
    ],
)
def test_what_nobody_can_judge_is_refused(changed: dict[str, Any], enterprise: str | None, refused: str) -> None:
    assert code(inspection_of(task(**changed), enterprise, sectors=CITY, today=TODAY)) == refused


def test_an_inspection_that_is_over_is_given_nobody() -> None:
    over = msgspec.structs.replace(task(), state=TaskState.ACCEPTED)
    assert code(inspection_of(over, None, sectors=CITY, today=TODAY)) == "task-state-conflict"


@pytest.mark.parametrize(
    ("changed", "refused", "words"),
    [
        ({"employer": MINE}, "expert-of-the-enterprise", ""),
        ({"sectors": ("catering",)}, "expert-wrong-sector", "coal_mine"),
        ({"valid_from": date(2026, 5, 26)}, "expert-not-yet-valid", "2026-05-26"),
        ({"valid_until": date(2026, 5, 31)}, "expert-retired", "2026-05-31"),
    ],
)
def test_why_an_expert_cannot_go_is_said_with_the_day_or_the_sector(
    changed: dict[str, Any], refused: str, words: str
) -> None:
    said = why_not(msgspec.structs.replace(EXPERT, **changed), VISIT)
    assert said is not None
    assert (said.code, said.field) == (refused, "$.expert_id")
    assert words in f"{said.message}{said.rule}"
    assert why_not(msgspec.structs.replace(EXPERT, valid_from=TODAY, valid_until=VISIT.ends_on), VISIT) is None


def test_what_nobody_can_judge_names_the_task_or_the_enterprise() -> None:
    said = [
        inspection_of(task(kind="training"), None, sectors=CITY, today=TODAY),
        inspection_of(msgspec.structs.replace(task(), state=TaskState.ACCEPTED), None, sectors=CITY, today=TODAY),
        inspection_of(task(), OTHER, sectors=CITY, today=TODAY),
        inspection_of(task(member=None), OTHER, sectors=CITY, today=TODAY),
    ]
    refusals = [each for each in said if isinstance(each, Refusal)]
    assert [each.field for each in refusals] == ["name", "name", "enterprise", "name"]
    assert "选派专家" in refusals[1].message
    assert not any("None" in each.message for each in refusals)
