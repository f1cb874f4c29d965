"""What a letter is: why it is written, of what kind, what it says, and what became of it as a whole."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionEvent, SupervisionOverdue
from services.notifications.domain.delivery import DeliveryState

ZONE: Final = ZoneInfo("Asia/Shanghai")
# A constant for life: letter ids, and through them e-mail Message-IDs and webhook ids, follow from it.
_NAMESPACE: Final = UUID("0b7a4a6e-52f1-5d0e-8c55-6475626c7472")


class LetterKind(enum.StrEnum):
    """Kinds of letter (DOMAIN §5) that the platform sends by itself.

    督办逾期 makes an `urging` (督促函: "lagging work", S4 part 6(5), S2 part 3(6)) and not a `letter`
    (函告): 函告 is the first step of the printed ladder 函告、通报、约谈、曝光, and a step of the ladder
    is proposed by the platform and sent by an authorised person. 督促函 stands before the ladder, as a
    standing measure ("多发督促函"). 到期提醒 makes a `prompt` (提示函: "coming task").
    """

    URGING = "urging"
    PROMPT = "prompt"


class LetterState(enum.StrEnum):
    """What became of a letter: on its way, taken by a channel, in doubt, refused by all, signed for."""

    ISSUED = "issued"
    DELIVERED = "delivered"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """Why a letter is written; one cause makes one letter, under whatever event ids it is told.

    `step` tells the reminders of one deadline apart (the days left); it is 0 for an overdue deadline.
    """

    hazard_id: str
    deadline_number: int
    kind: LetterKind
    step: int = 0

    def letter_id(self) -> UUID:
        """Return the letter's id, which follows from the cause alone."""
        return uuid5(_NAMESPACE, f"{self.hazard_id}\n{self.deadline_number}\n{self.kind}\n{self.step}")


def cause_of(event: SupervisionEvent) -> Cause | None:
    """Return the cause that a supervision event is, or None for an event that asks for no letter."""
    if isinstance(event, SupervisionOverdue):
        return Cause(event.hazard.hazard_id, event.deadline_number, LetterKind.URGING)
    if isinstance(event, SupervisionDueSoon):
        return Cause(event.hazard.hazard_id, event.deadline_number, LetterKind.PROMPT, event.days_left)
    return None


def delivery_id(letter_id: UUID, channel: str) -> UUID:
    """Return the id of a letter's delivery over a channel: the receiver's key for dropping repetitions."""
    return uuid5(letter_id, channel)


def days_late(deadline_on: date, written_at: datetime) -> int:
    """Return the calendar days (Asia/Shanghai) since the deadline's last day, at least 1."""
    return max(1, (written_at.astimezone(ZONE).date() - deadline_on).days)


def chinese_date(day: date) -> str:
    """Return `day` as it stands in a document: 2026年3月5日, no leading zeros (GB/T 9704-2012, 7.3.5)."""
    return f"{day.year}年{day.month}月{day.day}日"


def inline(text: str) -> str:
    """Return foreign text fit for one line of a letter or header: no control or line-breaking characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def letter_state(deliveries: Collection[DeliveryState], *, acknowledged: bool) -> LetterState:
    """Return what became of a letter, from its deliveries: one channel that took it is enough."""
    if acknowledged:
        return LetterState.ACKNOWLEDGED
    if DeliveryState.DELIVERED in deliveries:
        return LetterState.DELIVERED
    if DeliveryState.PENDING in deliveries or DeliveryState.SENDING in deliveries:
        return LetterState.ISSUED
    return LetterState.UNCERTAIN if DeliveryState.UNCERTAIN in deliveries else LetterState.FAILED
