"""An inside report as the enterprise sees it, and what is done with it. No field is a person's, or an account's of one."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.types import LongText, ShortText
from duban_contracts.refusals import Refusal, refusal


class ReportState(StrEnum):
    """Where an inside report stands."""

    RECEIVED = "received"
    HANDLED = "handled"


STATES_ZH: Final = {ReportState.RECEIVED: "待处理", ReportState.HANDLED: "已处理"}

ClaimCode = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Za-z-]{20,64}$(?!\n)",
        min_length=20,
        max_length=64,
        description="a random code that the worker's device makes and keeps: it repeats a report safely and fetches the reward",
    ),
]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """内部报告: what is wrong, and where. `content` names nobody who reports it."""

    place: ShortText
    content: LongText
    claim_code: ClaimCode


class Handle(msgspec.Struct, frozen=True, kw_only=True):
    """处理: what the enterprise did about it."""

    measures: LongText


class Reward(msgspec.Struct, frozen=True, kw_only=True):
    """奖励: to whoever shows the code; the enterprise's own money, in whole yuan."""

    claim_code: ClaimCode
    amount: Annotated[int, Meta(ge=1, le=1_000_000)]


class ReportFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the enterprise is shown. `received_on` is a day: an hour would tell the shift."""

    report_id: str
    number: str
    version: int
    state: ReportState
    enterprise: str
    county: str
    place: str
    content: str
    received_on: date
    has_reporter: bool
    measures: str | None = None
    handled_by: str | None = None
    handled_at: datetime | None = None
    reward: int | None = None
    rewarded_by: str | None = None
    rewarded_at: datetime | None = None


class InsideReport(ReportFacts, frozen=True, kw_only=True):
    """A report's row: `code_digest` recognises the worker's code, `erased_at` is when the identity went."""

    code_digest: bytes
    erased_at: datetime | None = None


# So many numbers a county and year has: one that grew with each report would tell which of two came first, as an id with its time would.
NUMBERS: Final = 10**8


def number_of(county: str, year: int, drawn: int) -> str:
    """Return the number that was `drawn` below NUMBERS for a report; it tells the year, and nothing of the day's order."""
    return f"NB-{county}-{year}-{drawn:08d}"


def digest_of(code: str) -> bytes:
    """Return by what a code is recognised; it is random, so nobody guesses it from this."""
    return hashlib.sha256(code.encode()).digest()


def handle(report: InsideReport, said: Handle, account: str, at: datetime) -> InsideReport | Refusal:
    """Return the report as handled, once."""
    if report.state is not ReportState.RECEIVED:
        return refusal("inside-report-handled")
    return msgspec.structs.replace(
        report,
        version=report.version + 1,
        state=ReportState.HANDLED,
        measures=said.measures,
        handled_by=account,
        handled_at=at,
    )


def reward(report: InsideReport, said: Reward, account: str, at: datetime) -> InsideReport | Refusal:
    """Return the report as rewarded, once, to whoever has its code."""
    if report.reward is not None:
        return refusal("inside-report-rewarded")
    if not hmac.compare_digest(report.code_digest, digest_of(said.claim_code)):
        return refusal("claim-code-wrong", field="claim_code")
    return msgspec.structs.replace(
        report, version=report.version + 1, reward=said.amount, rewarded_by=account, rewarded_at=at
    )
