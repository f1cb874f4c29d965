"""What a county is answered, on `county.<code>.feedback.v1`: about hazards by the ledger, about tasks by the scheduler.

Beside these answers, the topic carries a copy of every event of that county's hazards and tasks.
"""

from __future__ import annotations

import enum

from duban_contracts.catalogue import EventData, event
from duban_contracts.events.types import AttributeText, CountyCode, Identifier, Instant, LongText, Reference, ShortText
from duban_contracts.topics import TopicFamily


class ClaimOutcome(enum.StrEnum):
    """What a recorded claim did: made a hazard, repeated one, corrected one, or moved one on."""

    REGISTERED = "registered"
    DUPLICATE = "duplicate"
    CORRECTED = "corrected"
    APPLIED = "applied"


class ClaimEvent(EventData, frozen=True, kw_only=True):
    """Which claim is answered: its CloudEvents id, source and type as the county sent them.

    `receipt_id` is derived from topic, source and id; the gateway's receipts are found under it. All three
    are None where the record was not readable as an event; then `origin` is the only way to find it.
    `origin` is topic/partition/offset of the claim.
    """

    county: CountyCode
    origin: ShortText
    receipt_id: Identifier | None = None
    claim_id: AttributeText | None = None
    claim_source: AttributeText | None = None
    claim_type: AttributeText | None = None
    reference: Identifier | None = None
    answered_at: Instant


class SettledClaim(ClaimEvent, frozen=True, kw_only=True):
    """What the claim says is on the books, for good: its receipt says `recorded`. Each such answer says an `outcome`."""


@event("claim.recorded.v1", family=TopicFamily.FEEDBACK, title_zh="回执：已入账")
class ClaimRecorded(SettledClaim, frozen=True, kw_only=True):
    """The claim is in the ledger, once: `number` is the hazard's number.

    `linked_reference` is the hazard's reference where the claim wrote it otherwise (two references that fold to one are
    one); `message` says so in Chinese.
    """

    hazard_id: Identifier
    number: Identifier
    outcome: ClaimOutcome
    linked_reference: Reference | None = None
    message: LongText | None = None


@event("claim.filed.v1", family=TopicFamily.FEEDBACK, title_zh="回执：已报送")
class ClaimFiled(SettledClaim, frozen=True, kw_only=True):
    """The task is filed, once, as of when the broker took the claim: applied, or a duplicate of what was filed before.

    `late` says that this was after the last day; `message` says so in Chinese.
    """

    task_id: Identifier
    number: Identifier
    outcome: ClaimOutcome
    late: bool
    message: LongText | None = None


@event("claim.entered.v1", family=TopicFamily.FEEDBACK, title_zh="回执：已登记")
class ClaimEntered(SettledClaim, frozen=True, kw_only=True):
    """The claim stands in its book, once, under its reference: registered, corrected, or a duplicate.

    `linked_reference` is the entry's reference where the claim wrote it otherwise; `message` says so in Chinese, and that a
    newer word of the county stands.
    """

    outcome: ClaimOutcome
    linked_reference: Reference | None = None
    message: LongText | None = None


@event("claim.waiting.v1", family=TopicFamily.FEEDBACK, title_zh="回执：等待")
class ClaimWaiting(ClaimEvent, frozen=True, kw_only=True):
    """The claim came before what it needs and is kept until then; `waiting_for` is report, confirmation or plan."""

    waiting_for: ShortText


@event("claim.rejected.v1", family=TopicFamily.FEEDBACK, title_zh="回执：不予受理")
class ClaimRejected(ClaimEvent, frozen=True, kw_only=True):
    """The claim was refused: a stable `code`, a Chinese `message`, the field and rule if there is one."""

    code: ShortText
    message: LongText
    field: ShortText | None = None
    rule: ShortText | None = None
