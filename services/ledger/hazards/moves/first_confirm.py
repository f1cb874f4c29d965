"""一级确认: of two levels the first takes it for a hazard of this grade; nothing else changes (DOMAIN §3 row 4, S4 item 6).

A confirmed hazard may be asked for too, with the other grade: a regrading is a new confirmation, by as many levels.

Where the city's policy asks for two levels (两级确认) by channel and grade (`confirmation` in `city.json`), this is recorded
while the hazard stays `reported`: nothing is graded, no clock runs, nothing is counted. 确认 (or 调级 to such a grade) is then
the second level's: another person, and of an enterprise's own report another unit, where the county's bureau and the city's
are two. The database keeps the two persons apart as well. A first level counts once, and for the grade that it said
(`first_confirmed_grade`): one of the other grade replaces it, a correction by the county takes it back, and so does 销号 while
the second is still to come: after 反弹 it takes a new one. Whoever confirms finds them by
`GET /v1/hazards?state=reported&first_confirmed=true`; `notifications` writes to the second level (二级确认提示函) where the city
has a form for it, and `tests/confirming` holds both to one reading of what waits.
"""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardFirstConfirmed
from duban_contracts.events.types import Grade, HazardFacts, HazardState, LongText, ShortText
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.roles import ENTERPRISE, REGULATORS, holds
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import CLAUSES, cited


class FirstConfirm(msgspec.Struct, frozen=True, kw_only=True):
    """一级确认: the grade that it has in the eyes of the first level, and why."""

    grade: Grade
    reason: LongText
    criterion: ShortText | None = None


def _first_confirm(hazard: Hazard, command: FirstConfirm, stamp: Stamp, after: HazardFacts) -> Decision:
    first = stamp.rules.confirmation.first_level(hazard.channel, command.grade)
    if not first:
        return refusal("first-level-not-asked", field="grade")
    if not holds(stamp.actor, first):
        return refusal("role-not-allowed", action=FIRST_CONFIRM.zh, roles=", ".join(sorted(first)))
    if hazard.grade is command.grade:
        return refusal("same-grade", field="grade", move=FIRST_CONFIRM.zh)
    # One of another grade is replaced: what the first level says last is what it says.
    if hazard.first_confirmed_grade is command.grade:
        return refusal("first-level-done")
    clause = cited(command.criterion, command.grade, stamp, FIRST_CONFIRM.zh)
    if isinstance(clause, Refusal):
        return clause
    return HazardFirstConfirmed(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        grade=command.grade,
        reason=command.reason,
        **clause._asdict(),
    )


FIRST_CONFIRM: Final = Move(
    name="first-confirm",
    zh="一级确认",
    summary="一级确认：须两级确认的隐患，先由企业或县级确认等级",
    source="DOMAIN §3 row 4",
    command=FirstConfirm,
    leads={
        HazardState.REPORTED: HazardState.REPORTED,
        HazardState.CONFIRMED: HazardState.CONFIRMED,
        HazardState.RECTIFYING: HazardState.RECTIFYING,
        HazardState.IN_REVIEW: HazardState.IN_REVIEW,
    },
    decide=_first_confirm,
    cites=True,
    # Which of them, the city's policy says.
    roles=REGULATORS | ENTERPRISE,
    refusals=("first-level-not-asked", "same-grade", "first-level-done", *CLAUSES),
)
