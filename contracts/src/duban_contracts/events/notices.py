"""What became of letters, on `notifications.notice.v1`, keyed by letter id."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from duban_contracts.catalogue import EventData, event
from duban_contracts.events.types import Account, Code, CountyCode, Identifier, Instant, ShortText
from duban_contracts.topics import TopicFamily


class DeliveryChannel(enum.StrEnum):
    """How a letter travels."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class NoticeEvent(EventData, frozen=True, kw_only=True):
    """What notice events carry: the letter, its number, the hazard it is about and the unit it is for."""

    letter_id: Identifier
    number: ShortText
    kind: Code
    hazard_id: Identifier
    hazard_number: Identifier
    county: CountyCode
    unit: Code
    occurred_at: Instant


@event("notice.issued.v1", family=TopicFamily.NOTICE, title_zh="发文")
class NoticeIssued(NoticeEvent, frozen=True, kw_only=True):
    """发文: the letter has its number and is about to travel; `cause` is the event that made it."""

    subject: ShortText
    cause: Identifier
    channels: tuple[DeliveryChannel, ...]


@event("notice.delivered.v1", family=TopicFamily.NOTICE, title_zh="送达")
class NoticeDelivered(NoticeEvent, frozen=True, kw_only=True):
    """送达: the channel's own answer says that it took the letter."""

    channel: DeliveryChannel
    attempts: Annotated[int, Meta(ge=1)]


@event("notice.failed.v1", family=TopicFamily.NOTICE, title_zh="失败")
class NoticeFailed(NoticeEvent, frozen=True, kw_only=True):
    """失败: the channel refused for good or its retries ran out. `error_code` is the channel's own."""

    channel: DeliveryChannel
    attempts: Annotated[int, Meta(ge=1)]
    error_code: ShortText


@event("notice.acknowledged.v1", family=TopicFamily.NOTICE, title_zh="签收")
class NoticeAcknowledged(NoticeEvent, frozen=True, kw_only=True):
    """签收: the receiving unit acknowledged the letter."""

    acknowledged_by: Account
