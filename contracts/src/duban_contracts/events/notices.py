"""What became of letters, on `notifications.notice.v1`, keyed by letter id."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from duban_contracts.catalogue import EventData, event
from duban_contracts.events.types import (
    Account,
    CountyCode,
    DeliveryChannelCode,
    Identifier,
    Instant,
    LetterKindCode,
    LongText,
    ShortText,
    Subject,
    Unit,
)
from duban_contracts.topics import TopicFamily


class NoticeEvent(EventData, frozen=True, kw_only=True):
    """What notice events carry: the letter and its number, what it is about, and whom in a county it is for.

    `unit` is None for a letter that goes to no unit of the vocabulary (to an enterprise, to the public).
    """

    letter_id: Identifier
    number: ShortText
    kind: LetterKindCode
    about: Subject
    county: CountyCode
    unit: Unit | None = None
    occurred_at: Instant


@event("notice.issued.v1", family=TopicFamily.NOTICE, title_zh="发文")
class NoticeIssued(NoticeEvent, frozen=True, kw_only=True):
    """发文: the letter has its number and is about to travel; `cause` is the event that made it.

    `title` is the letter's heading. A reader takes a channel that it does not know as one more way.
    """

    title: ShortText
    cause: Identifier
    channels: tuple[DeliveryChannelCode, ...]


@event("notice.delivered.v1", family=TopicFamily.NOTICE, title_zh="送达")
class NoticeDelivered(NoticeEvent, frozen=True, kw_only=True):
    """送达: the channel's own answer says that it took the letter."""

    channel: DeliveryChannelCode
    attempts: Annotated[int, Meta(ge=1)]


@event("notice.failed.v1", family=TopicFamily.NOTICE, title_zh="失败")
class NoticeFailed(NoticeEvent, frozen=True, kw_only=True):
    """失败: the channel refused for good or its retries ran out. `error_code` is the channel's own."""

    channel: DeliveryChannelCode
    attempts: Annotated[int, Meta(ge=1)]
    error_code: ShortText


@event("notice.acknowledged.v1", family=TopicFamily.NOTICE, title_zh="签收")
class NoticeAcknowledged(NoticeEvent, frozen=True, kw_only=True):
    """签收: the receiving unit acknowledged the letter.

    `by_enterprise` says that it was the principal of the enterprise that the letter is about; the unit's own receipt stands
    beside that.
    """

    acknowledged_by: Account
    by_enterprise: bool = False


@event("notice.recalled.v1", family=TopicFamily.NOTICE, title_zh="撤回")
class NoticeRecalled(NoticeEvent, frozen=True, kw_only=True):
    """撤回: what the letter says no longer holds; `cause` is the event that says so, `reason` says it in Chinese.

    The letter and its number stay what they were. What was not sent yet isn't sent any more.
    """

    cause: Identifier
    reason: LongText
