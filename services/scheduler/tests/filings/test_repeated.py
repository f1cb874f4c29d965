"""A filing that comes again, in whichever way, has one effect; an id stands for one thing whoever takes it (promise P1)."""

from __future__ import annotations

import pytest

from duban_contracts.events.feedback import ClaimFiled, ClaimOutcome, ClaimRejected
from duban_contracts.events.tasks import TaskState, TaskSubmitted
from duban_contracts.testing.calendar import local
from duban_contracts.testing.claims import report as hazard
from services.scheduler.tasks.moves import Return
from services.scheduler.tests.filings.county import CountySystem, assigned, filing
from services.scheduler.tests.tasks.stage import OFFICE

pytestmark = [pytest.mark.feature("SY06", "SY64"), pytest.mark.promise("P1")]


async def test_a_filing_that_says_nothing_new_is_a_duplicate_and_after_a_return_a_new_filing(
    county: CountySystem,
) -> None:
    task = await assigned(county)
    await county.file(filing(task), local(1, 1))
    again = await county.file(filing(task), local(1, 2), event_id="f-2")
    assert isinstance(again, ClaimFiled)
    assert (again.outcome, again.message) == (ClaimOutcome.DUPLICATE, "与已报送的内容相同，不再重复记录")
    await county.stage.move(task, Return(reason="缺数据"), OFFICE)
    await county.read(county.record(filing(task), local(1, 3), event_id="f-3"))
    assert (await county.stage.task(task)).state is TaskState.SUBMITTED
    assert [each.outcome for each in await county.told() if isinstance(each, ClaimFiled)] == [
        ClaimOutcome.APPLIED,
        ClaimOutcome.DUPLICATE,
        ClaimOutcome.APPLIED,
    ]


async def test_a_record_read_twice_and_an_event_sent_twice_have_one_effect_and_one_answer(
    county: CountySystem,
) -> None:
    task = await assigned(county)
    record, repeated = county.record(filing(task), local(1, 1)), county.record(filing(task), local(1, 2))
    await county.read(record)
    await county.read(record, repeated)
    await county.read(repeated)
    assert [type(each) for each in (await county.told())[1:]] == [TaskSubmitted, ClaimFiled]
    assert (await county.stage.task(task)).version == 2


@pytest.mark.parametrize("first", ["filing", "hazard"])
async def test_an_id_that_was_used_for_something_else_is_refused_whoever_took_that(
    county: CountySystem, first: str
) -> None:
    task, source = await assigned(county), "/county/140502/hazards"
    other = hazard() if first == "hazard" else filing(task, summary="别的话")
    await county.read(county.record(other, local(1, 1)))
    said = await county.file(filing(task), local(1, 2))
    assert isinstance(said, ClaimRejected)
    assert (said.code, said.claim_source, said.receipt_id) == ("id-reused", source, None)
