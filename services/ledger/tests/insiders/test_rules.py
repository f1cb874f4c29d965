"""An inside report is handled once and rewarded once, to whoever has its code: on values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june
from services.ledger.insiders.model import (
    Handle,
    InsideReport,
    ReportState,
    Reward,
    digest_of,
    handle,
    reward,
)
from services.ledger.tests.people import HOME
from services.ledger.tests.telling import NOON

CODE, OTHER = "code-that-the-worker-keeps", "code-that-somebody-guessed"


def received() -> InsideReport:
    return InsideReport(
        report_id="r1",
        number="NB-140502-2026-000001",
        version=1,
        state=ReportState.RECEIVED,
        enterprise="91140500MA0XXXX001",
        county=HOME,
        place="三号车间",
        content="除尘风机停用",
        received_on=june(1),
        has_reporter=False,
        code_digest=digest_of(CODE),
    )


@given(st.lists(st.sampled_from(["handle", "right", "wrong"]), max_size=8))
def test_whatever_is_tried_a_report_is_handled_once_and_rewarded_once_by_its_own_code(tries: list[str]) -> None:
    report, handled, rewarded = received(), 0, 0
    for what in tries:
        if what == "handle":
            said = handle(report, Handle(measures="已恢复除尘"), "principal-1", NOON)
        else:
            code = CODE if what == "right" else OTHER
            said = reward(report, Reward(claim_code=code, amount=500), "principal-1", NOON)
        if isinstance(said, Refusal):
            continue
        assert what != "wrong"
        handled += what == "handle"
        rewarded += what == "right"
        assert said.version == report.version + 1
        report = said
    assert max(handled, rewarded) <= 1
    assert (report.state is ReportState.HANDLED, report.reward is not None) == (handled == 1, rewarded == 1)


def test_nothing_that_is_shown_of_a_report_is_its_code() -> None:
    assert CODE.encode() not in repr(received()).encode()
