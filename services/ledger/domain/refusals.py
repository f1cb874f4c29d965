"""Why the ledger says no: a stable code, a Chinese sentence for people, the field and the rule."""

from __future__ import annotations

import enum
from datetime import date

import msgspec

from duban_contracts.events.types import HazardState
from services.ledger.domain.transitions import MOVE_ZH, STATE_ZH, Move


class RefusalKind(enum.StrEnum):
    """What the asker can do: correct the content, find someone with authority, or look at the state."""

    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"


class Refusal(msgspec.Struct, frozen=True):
    """A decision not to record anything. `message` is Chinese and names no person."""

    code: str
    message: str
    kind: RefusalKind
    field: str | None = None
    rule: str | None = None


def state_conflict(state: HazardState, move: Move) -> Refusal:
    """Return the refusal of a move that the life cycle doesn't know from this state (DOMAIN §3)."""
    return Refusal(
        "state-conflict",
        f"隐患当前状态为“{STATE_ZH[state]}”，不能{MOVE_ZH[move]}",
        RefusalKind.CONFLICT,
        rule=f"{state} -> {move}",
    )


def role_may_not(move: Move) -> Refusal:
    """Return the refusal for a role without this power (DOMAIN §10)."""
    return Refusal("role-not-allowed", f"当前岗位无权{MOVE_ZH[move]}", RefusalKind.FORBIDDEN, rule="DOMAIN §10")


def major_needs_city(move: Move) -> Refusal:
    """Return the refusal of a county's hand on a major hazard where the city regulator decides."""
    return Refusal(
        "city-regulator-required",
        f"重大事故隐患须由市级监管部门{MOVE_ZH[move]}",
        RefusalKind.FORBIDDEN,
        "grade",
        "major hazards are decided by a city regulator",
    )


def submitter_may_not_review() -> Refusal:
    """Return the refusal of a review by the account that submitted (S2 item 5, S4 item 24)."""
    return Refusal(
        "submitter-may-not-review",
        "整改完成的提交人不得审核本条隐患，请由其他监管人员销号或退回",
        RefusalKind.FORBIDDEN,
        rule="the reviewer is never the submitter",
    )


def deadline_in_the_past(today: date) -> Refusal:
    """Return the refusal of a deadline before `today` (Asia/Shanghai)."""
    return Refusal(
        "deadline-in-the-past",
        f"整改期限不能早于今天（{today.isoformat()}）",
        RefusalKind.INVALID,
        "deadline_on",
        "deadline_on must not be before today (Asia/Shanghai)",
    )


def deadline_not_later(current: date) -> Refusal:
    """Return the refusal of an extension that extends nothing."""
    return Refusal(
        "deadline-not-later",
        f"延期后的期限必须晚于现有期限（{current.isoformat()}）",
        RefusalKind.INVALID,
        "deadline_on",
        "deadline_on must be after the present deadline",
    )


def unknown_unit(unit: str) -> Refusal:
    """Return the refusal of a responsible unit outside the published vocabulary."""
    return Refusal(
        "unknown-unit",
        f"责任单位代码“{unit}”不在单位词表中",
        RefusalKind.INVALID,
        "responsible_unit",
        "responsible_unit must be a code of the units vocabulary",
    )


def same_grade() -> Refusal:
    """Return the refusal of a regrading to the grade that the hazard has."""
    return Refusal(
        "same-grade",
        "隐患已是该等级，无需调级",
        RefusalKind.INVALID,
        "grade",
        "grade must differ from the present one",
    )


def completed_in_future(today: date) -> Refusal:
    """Return the refusal of a rectification dated after `today` (Asia/Shanghai)."""
    return Refusal(
        "completed-in-future",
        f"整改完成日期不能晚于今天（{today.isoformat()}）",
        RefusalKind.INVALID,
        "completed_on",
        "completed_on must not be after today (Asia/Shanghai)",
    )


def plan_required() -> Refusal:
    """Return the refusal of a major hazard's submission without a plan (DOMAIN §3 rows 7 and 8)."""
    return Refusal(
        "plan-required",
        "重大事故隐患须先报送整改方案，再提交整改完成",
        RefusalKind.CONFLICT,
        rule="a major hazard needs its plan before 整改完成",
    )


def reference_already_confirmed(state: HazardState) -> Refusal:
    """Return the refusal of other content under a reference whose hazard has left `reported` (promise P1)."""
    return Refusal(
        "reference-already-confirmed",
        f"该编号的隐患已入账且状态为“{STATE_ZH[state]}”，内容不能再更正",
        RefusalKind.CONFLICT,
        "reference",
        "content can be corrected while the hazard is reported only",
    )


def hazard_rejected() -> Refusal:
    """Return the refusal of a claim about a report that was found to be no hazard."""
    return Refusal(
        "hazard-rejected",
        "该编号的上报已不予认定，不再受理",
        RefusalKind.CONFLICT,
        "reference",
        "a rejected report takes no further claims",
    )


def already_in_review() -> Refusal:
    """Return the refusal of a second, different submission while the first is under review."""
    return Refusal(
        "already-in-review",
        "该隐患的整改完成正在审核，请等待审核结果后再提交",
        RefusalKind.CONFLICT,
        rule="one submission is reviewed at a time",
    )


def already_closed() -> Refusal:
    """Return the refusal of a claim about a hazard that was struck off."""
    return Refusal(
        "already-closed",
        "该隐患已销号，不再受理",
        RefusalKind.CONFLICT,
        rule="a closed hazard takes no claims",
    )


def county_mismatch(speaking: str, named: str) -> Refusal:
    """Return the refusal of a claim that names another county than the topic it came on (DESIGN §4)."""
    return Refusal(
        "county-mismatch",
        f"本通道属于{speaking}，事件却以{named}的名义上报",
        RefusalKind.FORBIDDEN,
        "$.county",
        "county must be the one whose topic carries the event",
    )


def not_a_claim(event_type: str) -> Refusal:
    """Return the refusal of a known event that counties don't publish."""
    return Refusal(
        "not-a-claim",
        "该事件类型不由县级系统发布",
        RefusalKind.INVALID,
        "type",
        f"{event_type} is not published by county systems",
    )
