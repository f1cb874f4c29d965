"""What is done to a tip: received, verified or refuted on site, the verification put right, its result told. Pure; each gives the tip afterwards, or why not."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.days import Zone
from duban_contracts.events.types import CountyCode, Enterprise, Grade, LongText, Sector, ShortText, TownshipCode, Unit
from duban_contracts.refusals import Refusal, refusal
from services.ledger.tips.model.tip import STATES_ZH, Doing, Tip, TipChannel, TipRecord, TipState

Done = tuple[Tip, TipRecord]
# A letter, or what another department visited already, is entered some days after it came; a visit of last year is a typing error.
VISITED_BEFORE: Final = timedelta(days=30)


class By(msgspec.Struct, frozen=True, kw_only=True):
    """Who does it, when (UTC, domain time), and on which day of the city's zone."""

    account: str
    at: datetime
    today: date
    zone: str


class Receive(msgspec.Struct, frozen=True, kw_only=True):
    """受理: what was reported, and of which place. `content` names no reporter."""

    channel: TipChannel
    county: CountyCode
    sector: Sector
    place: ShortText
    content: Annotated[LongText, Meta(description="what was reported; never who reported it")]
    township: TownshipCode | None = None
    enterprise: Enterprise | None = None
    unit: Unit | None = None
    source_number: ShortText | None = None
    answer_due_on: date | None = None


class Verify(msgspec.Struct, frozen=True, kw_only=True):
    """查证属实: what the visit found, in the inspector's words: it becomes the hazard's own description."""

    visited_on: date
    visit: LongText
    enterprise: Enterprise
    place: ShortText
    description: LongText
    suggested_grade: Grade | None = None


class CorrectVerification(Verify, frozen=True, kw_only=True):
    """更正核查: the verification whole, as it should have been, while its hazard is still reported."""


class Refute(msgspec.Struct, frozen=True, kw_only=True):
    """查无实据: what the visit found instead."""

    visited_on: date
    visit: LongText


class Tell(msgspec.Struct, frozen=True, kw_only=True):
    """反馈: what the reporter was told, through the channel by which the tip came."""

    told: LongText


class AnswerReferrer(msgspec.Struct, frozen=True, kw_only=True):
    """答复上级: what the office above was answered."""

    answer: LongText


_CONTENT: Final = (
    "channel",
    "county",
    "township",
    "sector",
    "place",
    "content",
    "enterprise",
    "unit",
    "source_number",
    "answer_due_on",
)


def receive(said: Receive, tip_id: str, number: str, *, has_reporter: bool, by: By) -> Done | Refusal:
    """Return the new tip; a referral from above names the day on which its answer is due (P5.18)."""
    if said.channel is TipChannel.REFERRAL and said.answer_due_on is None:
        return refusal("answer-day-required", field="answer_due_on")
    tip = Tip(
        **{name: getattr(said, name) for name in _CONTENT},
        tip_id=tip_id,
        number=number,
        version=1,
        state=TipState.RECEIVED,
        has_reporter=has_reporter,
        received_at=by.at,
        received_by=by.account,
        changed_at=by.at,
    )
    return tip, _record(tip, Doing.RECEIVED, by, said.content)


def verify(tip: Tip, said: Verify, by: By) -> Done | Refusal:
    """Return the tip as verified; `as_hazard` then says which hazard it became."""
    if against := _decidable(tip, said.visited_on, by, "认定查证属实"):
        return against
    return _decided(tip, TipState.VERIFIED, said.visited_on, by, Doing.VERIFIED, said.visit)


def correct(tip: Tip, said: CorrectVerification, by: By) -> Done | Refusal:
    """Return the tip with its verification put right; whether its hazard still takes that, the hazard says."""
    if tip.state is not TipState.VERIFIED:
        return _conflict(tip, "更正核查")
    if against := _visited(tip, said.visited_on, by):
        return against
    after = _changed(tip, by, visited_on=said.visited_on)
    return after, _record(after, Doing.CORRECTED, by, said.visit)


def as_hazard(tip: Tip, hazard_id: str, number: str) -> Tip:
    """Return the tip with the hazard that it became."""
    return msgspec.structs.replace(tip, hazard_id=hazard_id, hazard_number=number)


def refute(tip: Tip, said: Refute, by: By) -> Done | Refusal:
    """Return the tip as unfounded."""
    if against := _decidable(tip, said.visited_on, by, "认定查无实据"):
        return against
    return _decided(tip, TipState.UNFOUNDED, said.visited_on, by, Doing.REFUTED, said.visit)


def tell(tip: Tip, said: Tell, by: By) -> Done | Refusal:
    """Return the tip with its result told; as often as there is something to say."""
    if tip.state is TipState.RECEIVED:
        return _conflict(tip, "反馈结果")
    after = _changed(tip, by, told_at=by.at)
    return after, _record(after, Doing.TOLD, by, said.told)


def answer(tip: Tip, said: AnswerReferrer, by: By) -> Done | Refusal:
    """Return the tip with the office above answered."""
    if tip.answer_due_on is None:
        return refusal("no-answer-due")
    if tip.state is TipState.RECEIVED:
        return _conflict(tip, "答复上级")
    after = _changed(tip, by, answered_at=by.at)
    return after, _record(after, Doing.ANSWERED, by, said.answer)


def _decidable(tip: Tip, visited_on: date, by: By, move: str) -> Refusal | None:
    if tip.state is not TipState.RECEIVED:
        return _conflict(tip, move)
    return _visited(tip, visited_on, by)


def _visited(tip: Tip, on: date, by: By) -> Refusal | None:
    if on > by.today:
        return refusal("visited-in-future", field="visited_on", today=by.today.isoformat(), zone=by.zone)
    earliest = Zone(by.zone).day_of(tip.received_at) - VISITED_BEFORE
    if on < earliest:
        return refusal("date-too-early", field="visited_on", earliest=earliest.isoformat())
    return None


def _conflict(tip: Tip, move: str) -> Refusal:
    return refusal("tip-state-conflict", rule=f"{tip.state}", state=STATES_ZH[tip.state], move=move)


def _decided(tip: Tip, state: TipState, visited_on: date, by: By, doing: Doing, visit: str) -> Done:
    after = _changed(tip, by, state=state, visited_on=visited_on, decided_at=by.at, decided_by=by.account)
    return after, _record(after, doing, by, visit)


def _changed(tip: Tip, by: By, **fields: object) -> Tip:
    return msgspec.structs.replace(tip, version=tip.version + 1, changed_at=by.at, **fields)


def _record(tip: Tip, doing: Doing, by: By, text: str) -> TipRecord:
    return TipRecord(tip_id=tip.tip_id, version=tip.version, doing=doing, at=by.at, account=by.account, text=text)
