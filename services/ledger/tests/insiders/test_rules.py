"""An inside report is handled once and rewarded once, to whoever has its code: on values."""

from __future__ import annotations

import msgspec
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


def test_what_is_done_is_kept_whole_with_who_did_it() -> None:
    report = received()
    assert handle(report, Handle(measures="已恢复除尘"), "principal-1", NOON) == msgspec.structs.replace(
        report,
        version=2,
        state=ReportState.HANDLED,
        measures="已恢复除尘",
        handled_by="principal-1",
        handled_at=NOON,
    )
    given_out = reward(report, Reward(claim_code=CODE, amount=500), "principal-1", NOON)
    assert given_out == msgspec.structs.replace(
        report, version=2, reward=500, rewarded_by="principal-1", rewarded_at=NOON
    )


def test_what_is_refused_says_by_which_code() -> None:
    report = received()
    handled = handle(report, Handle(measures="已恢复"), "principal-1", NOON)
    rewarded = reward(report, Reward(claim_code=CODE, amount=500), "principal-1", NOON)
    assert isinstance(handled, InsideReport)
    assert isinstance(rewarded, InsideReport)
    again = handle(handled, Handle(measures="已恢复"), "principal-1", NOON)
    twice = reward(rewarded, Reward(claim_code=CODE, amount=500), "principal-1", NOON)
    wrong = reward(report, Reward(claim_code=OTHER, amount=500), "principal-1", NOON)
    told = [(each.code, each.field) for each in (again, twice, wrong) if isinstance(each, Refusal)]
    assert told == [
        ("inside-report-handled", None),
        ("inside-report-rewarded", None),
        ("claim-code-wrong", "claim_code"),
    ]
