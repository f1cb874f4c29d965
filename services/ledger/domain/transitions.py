"""The life cycle as data: which move leads from which state to which (DOMAIN §3)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from duban_contracts.events.types import HazardState


class Move(enum.StrEnum):
    """What can be done to a hazard; the values are the HTTP verbs where there is one."""

    CORRECT = "correct"
    CONFIRM = "confirm"
    REJECT = "reject"
    PLAN = "plan"
    SUBMIT = "submit"
    RETURN = "return"
    CLOSE = "close"
    REOPEN = "reopen"
    EXTEND = "extend"
    REGRADE = "regrade"
    MARK_OVERDUE = "mark_overdue"


_REPORTED: Final = HazardState.REPORTED
_CONFIRMED: Final = HazardState.CONFIRMED
_RECTIFYING: Final = HazardState.RECTIFYING
_IN_REVIEW: Final = HazardState.IN_REVIEW
_CLOSED: Final = HazardState.CLOSED

# Rows of DOMAIN §3: 4, 5, 7, 8 (general only, a rule of `decisions`), 10, 11, 12, 16; 13 sets a flag.
TRANSITIONS: Final[Mapping[tuple[HazardState, Move], HazardState]] = MappingProxyType(
    {
        (_REPORTED, Move.CORRECT): _REPORTED,
        (_REPORTED, Move.CONFIRM): _CONFIRMED,
        (_REPORTED, Move.REJECT): HazardState.REJECTED,
        (_CONFIRMED, Move.PLAN): _RECTIFYING,
        (_RECTIFYING, Move.PLAN): _RECTIFYING,
        (_CONFIRMED, Move.SUBMIT): _IN_REVIEW,
        (_RECTIFYING, Move.SUBMIT): _IN_REVIEW,
        (_IN_REVIEW, Move.RETURN): _RECTIFYING,
        (_IN_REVIEW, Move.CLOSE): _CLOSED,
        (_CLOSED, Move.REOPEN): _RECTIFYING,
        (_CONFIRMED, Move.EXTEND): _CONFIRMED,
        (_RECTIFYING, Move.EXTEND): _RECTIFYING,
        (_CONFIRMED, Move.REGRADE): _CONFIRMED,
        (_RECTIFYING, Move.REGRADE): _RECTIFYING,
        (_IN_REVIEW, Move.REGRADE): _IN_REVIEW,
        (_CONFIRMED, Move.MARK_OVERDUE): _CONFIRMED,
        (_RECTIFYING, Move.MARK_OVERDUE): _RECTIFYING,
        # A submission that came after the deadline doesn't undo that the deadline passed.
        (_IN_REVIEW, Move.MARK_OVERDUE): _IN_REVIEW,
        (_CLOSED, Move.MARK_OVERDUE): _CLOSED,
    }
)

STATE_ZH: Final[Mapping[HazardState, str]] = MappingProxyType(
    {
        HazardState.REPORTED: "已上报、待确认",
        HazardState.CONFIRMED: "已确认",
        HazardState.RECTIFYING: "整改中",
        HazardState.IN_REVIEW: "待审核",
        HazardState.CLOSED: "已销号",
        HazardState.REJECTED: "不予认定",
        HazardState.DUPLICATE: "重复",
    }
)

MOVE_ZH: Final[Mapping[Move, str]] = MappingProxyType(
    {
        Move.CORRECT: "更正",
        Move.CONFIRM: "确认",
        Move.REJECT: "不予认定",
        Move.PLAN: "报送整改方案",
        Move.SUBMIT: "提交整改完成",
        Move.RETURN: "退回",
        Move.CLOSE: "销号",
        Move.REOPEN: "重新打开",
        Move.EXTEND: "延期",
        Move.REGRADE: "调级",
        Move.MARK_OVERDUE: "标记逾期",
    }
)
