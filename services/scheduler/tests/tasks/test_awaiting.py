"""A meeting that awaits reports: it is not done while any county or member has not filed its own (SY10)."""

from __future__ import annotations

import pytest

from duban_contracts.events.tasks import Member, MemberKind
from duban_contracts.testing.calendar import local
from services.scheduler.tasks.moves import Accept, Return, Submit, Waive
from services.scheduler.tests.tasks.stage import (
    CITY,
    COLLEAGUE,
    DIRECTOR,
    OFFICE,
    OWNER,
    Stage,
    children,
    report,
)

REPORTS = children(("140502", "140521"), duty_id="accountability", title="述职述责报告")
MEMBER = report(
    duty_id="accountability",
    title="述职述责报告",
    county=CITY,
    lead_unit="transport",
    member=Member(kind=MemberKind.UNIT, code="transport", name="交通运输局"),
)
MEETING = report(
    duty_id="year-end-meeting",
    title="年末全体会议",
    kind="meeting",
    county=CITY,
    lead_unit="safety_committee_office",
    helper_units=(),
    awaits=("accountability",),
)
HELD = Submit(summary="已召开")


async def held(stage: Stage) -> str:
    said = await stage.move(MEETING, Accept(review="纪要齐全"), DIRECTOR)
    return said if isinstance(said, str) else said.state.value


@pytest.mark.feature("SY10")
async def test_the_year_end_meeting_stays_incomplete_until_the_last_county_and_member_has_filed(stage: Stage) -> None:
    await stage.plan(*REPORTS, MEMBER, MEETING)
    await stage.tick()
    await stage.move(MEETING, HELD, OFFICE)
    for task in (*REPORTS, MEMBER):
        assert await held(stage) == "task-incomplete"
        await stage.move(task, HELD, COLLEAGUE)
    assert await held(stage) == "accepted"


async def test_a_report_that_was_returned_is_owed_again_and_a_waived_one_is_not(stage: Stage) -> None:
    returned, waived = REPORTS
    await stage.plan(*REPORTS, MEETING)
    await stage.tick()
    await stage.move(MEETING, HELD, OFFICE)
    await stage.move(waived, Waive(reason="机构合并", approved_by="纪要"), OFFICE)
    await stage.move(returned, HELD, OWNER)
    await stage.move(returned, Return(reason="缺签字"), OFFICE)
    assert await held(stage) == "task-incomplete"
    await stage.move(returned, HELD, OWNER)
    assert await held(stage) == "accepted"


async def test_a_meeting_whose_reports_were_never_asked_for_is_incomplete_too(stage: Stage) -> None:
    await stage.plan(MEETING)
    await stage.at(local(1, 9))
    await stage.move(MEETING, HELD, OFFICE)
    assert await held(stage) == "task-incomplete"
