"""What people and counties ask of the ledger about a hazard it holds."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from duban_contracts.events.types import Evidence, Grade


class Confirm(msgspec.Struct, frozen=True, kw_only=True):
    """确认: the report is a hazard of this grade; this unit answers for it until the end of `deadline_on`."""

    grade: Grade
    responsible_unit: str
    deadline_on: date
    criterion: str | None = None


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """不予认定: the report is no hazard."""

    reason: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """整改方案: how it will be mended and which post answers for it."""

    measures: str
    responsible_post: str


class Submit(msgspec.Struct, frozen=True, kw_only=True):
    """整改完成: it is mended. `submitted_at` is when the ledger's door was reached (UTC, domain time)."""

    measures: str
    completed_on: date
    submitted_at: datetime
    evidence: tuple[Evidence, ...] = ()


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """退回: the reviewer found it wanting."""

    reason: str


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """销号: the reviewer checked it; `review` says how."""

    review: str


class Reopen(msgspec.Struct, frozen=True, kw_only=True):
    """反弹: a later check failed; a new deadline starts."""

    reason: str
    deadline_on: date


class Extend(msgspec.Struct, frozen=True, kw_only=True):
    """延期: a later deadline."""

    reason: str
    deadline_on: date


class Regrade(msgspec.Struct, frozen=True, kw_only=True):
    """调级: the other grade, by a new confirmation."""

    grade: Grade
    reason: str


class MarkOverdue(msgspec.Struct, frozen=True, kw_only=True):
    """逾期: the scheduler raised 督办逾期 for `deadline_on`, which passed at `due_at` (UTC, after pauses)."""

    deadline_on: date
    due_at: datetime


Command = Confirm | Reject | Plan | Submit | Return | Close | Reopen | Extend | Regrade | MarkOverdue
