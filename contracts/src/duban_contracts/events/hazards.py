"""What the ledger recorded: the hazard's own history on `ledger.hazard.v1`, keyed by hazard id.

`aggregateversion` counts a hazard's events from 1 without gaps. `hazard` holds the facts after the event.
"""

from __future__ import annotations

from datetime import date

from duban_contracts.catalogue import EventData, event
from duban_contracts.events.types import (
    Actor,
    Enterprise,
    Evidence,
    Grade,
    HazardFacts,
    Instant,
    Listing,
    LongText,
    PlannedLookBack,
    ShortText,
    Unit,
    Yuan,
)
from duban_contracts.topics import TopicFamily


class HazardEvent(EventData, frozen=True, kw_only=True):
    """What all ledger events carry: the facts after the event, who caused it, and when (UTC)."""

    hazard: HazardFacts
    actor: Actor
    occurred_at: Instant


@event("hazard.registered.v1", family=TopicFamily.HAZARD, title_zh="入账")
class HazardRegistered(HazardEvent, frozen=True, kw_only=True):
    """入账: the ledger holds the hazard under `hazard.number`. `reported_at` is when the report reached the broker."""

    enterprise: Enterprise
    place: ShortText
    description: LongText
    found_on: date
    suggested_grade: Grade | None = None
    township: ShortText | None = None
    reported_at: Instant | None = None


@event("hazard.corrected.v1", family=TopicFamily.HAZARD, title_zh="更正")
class HazardCorrected(HazardEvent, frozen=True, kw_only=True):
    """更正: before confirmation the county sent its reference again with other content, given here."""

    enterprise: Enterprise
    place: ShortText
    description: LongText
    found_on: date
    suggested_grade: Grade | None = None
    township: ShortText | None = None
    reported_at: Instant | None = None


@event("hazard.first_confirmed.v1", family=TopicFamily.HAZARD, title_zh="一级确认")
class HazardFirstConfirmed(HazardEvent, frozen=True, kw_only=True):
    """一级确认: the first of two levels takes it for a hazard of this grade; the second level has yet to confirm it.

    The facts stay as they were: nothing is graded, nobody answers for it and no deadline runs.
    """

    grade: Grade
    reason: LongText
    criterion: ShortText | None = None
    criterion_version: ShortText | None = None
    criterion_text: LongText | None = None


@event("hazard.confirmed.v1", family=TopicFamily.HAZARD, title_zh="确认")
class HazardConfirmed(HazardEvent, frozen=True, kw_only=True):
    """确认: grade, responsible unit and deadline are set; `criterion` is a clause of published criteria.

    Where the city keeps those, `criterion_version` (sector/version) and `criterion_text` say which was in force that day
    and what it said; later versions change nothing of it.
    """

    grade: Grade
    responsible_unit: Unit
    deadline_on: date
    criterion: ShortText | None = None
    criterion_version: ShortText | None = None
    criterion_text: LongText | None = None


@event("hazard.rejected.v1", family=TopicFamily.HAZARD, title_zh="不予认定")
class HazardRejected(HazardEvent, frozen=True, kw_only=True):
    """不予认定: the report is not a hazard, with the reason."""

    reason: LongText


@event("hazard.planned.v1", family=TopicFamily.HAZARD, title_zh="整改方案")
class HazardPlanned(HazardEvent, frozen=True, kw_only=True):
    """整改方案 recorded: measures, responsible post, money in whole yuan, contingency; the hazard is rectifying."""

    measures: LongText
    responsible_post: ShortText
    funds_yuan: Yuan | None = None
    contingency: LongText | None = None


@event("hazard.submitted.v1", family=TopicFamily.HAZARD, title_zh="整改完成待审")
class HazardSubmitted(HazardEvent, frozen=True, kw_only=True):
    """整改完成待审: handed in for review. `submitted_at` is when the claim reached the broker (UTC)."""

    submitted_at: Instant
    measures: LongText
    completed_on: date
    evidence: tuple[Evidence, ...] = ()


@event("hazard.reviewed.v1", family=TopicFamily.HAZARD, title_zh="初审通过")
class HazardReviewed(HazardEvent, frozen=True, kw_only=True):
    """初审通过: of two reviewers the first found the rectification good; another has yet to strike the entry off."""

    review: LongText


@event("hazard.returned.v1", family=TopicFamily.HAZARD, title_zh="退回")
class HazardReturned(HazardEvent, frozen=True, kw_only=True):
    """退回: the reviewer found the rectification wanting; the hazard is rectifying again."""

    reason: LongText


@event("hazard.closed.v1", family=TopicFamily.HAZARD, title_zh="销号")
class HazardClosed(HazardEvent, frozen=True, kw_only=True):
    """销号: a regulator other than the submitter checked it and struck the entry off.

    `look_back` is the 回头看 that this closure was drawn for; None where the lot passed it over.
    """

    review: LongText
    look_back: PlannedLookBack | None = None


@event("hazard.look_back_passed.v1", family=TopicFamily.HAZARD, title_zh="回头看合格")
class HazardLookBackPassed(HazardEvent, frozen=True, kw_only=True):
    """回头看合格: somebody who hadn't reviewed it looked again after it was struck off; it is still mended."""

    review: LongText


@event("hazard.reopened.v1", family=TopicFamily.HAZARD, title_zh="反弹")
class HazardReopened(HazardEvent, frozen=True, kw_only=True):
    """反弹: a later check failed; the hazard is rectifying again, with a new deadline.

    `false_rectification`: it had never been mended; a case of accountability is opened with it.
    """

    reason: LongText
    deadline_on: date
    false_rectification: bool = False


@event("hazard.extension_requested.v1", family=TopicFamily.HAZARD, title_zh="申请延期")
class HazardExtensionRequested(HazardEvent, frozen=True, kw_only=True):
    """申请延期: the deadline shall be `deadline_on`, for this reason; until somebody else decides, the present one holds."""

    reason: LongText
    deadline_on: date


@event("hazard.extension_refused.v1", family=TopicFamily.HAZARD, title_zh="不同意延期")
class HazardExtensionRefused(HazardEvent, frozen=True, kw_only=True):
    """不同意延期: the deadline stays; `deadline_on` is the day that was asked for."""

    reason: LongText
    deadline_on: date


@event("hazard.extended.v1", family=TopicFamily.HAZARD, title_zh="延期")
class HazardExtended(HazardEvent, frozen=True, kw_only=True):
    """延期: an authorised person moved the deadline from `previous_deadline_on`, with the reason."""

    reason: LongText
    deadline_on: date
    previous_deadline_on: date | None = None


@event("hazard.deadline_corrected.v1", family=TopicFamily.HAZARD, title_zh="更正期限")
class HazardDeadlineCorrected(HazardEvent, frozen=True, kw_only=True):
    """更正期限: the deadline had been set wrongly; the city set it right, earlier or later, with the reason.

    `deadline_on` counts from now on as it is. What was said about `previous_deadline_on`, the wrong one, no longer holds.
    """

    reason: LongText
    deadline_on: date
    previous_deadline_on: date


@event("hazard.regraded.v1", family=TopicFamily.HAZARD, title_zh="调级")
class HazardRegraded(HazardEvent, frozen=True, kw_only=True):
    """调级: the grade was changed by a new confirmation, which cites a clause as the first one does."""

    reason: LongText
    previous_grade: Grade
    criterion: ShortText | None = None
    criterion_version: ShortText | None = None
    criterion_text: LongText | None = None


@event("hazard.overdue.v1", family=TopicFamily.HAZARD, title_zh="逾期")
class HazardOverdue(HazardEvent, frozen=True, kw_only=True):
    """逾期: the ledger took note of 督办逾期 for the deadline `deadline_on`."""

    deadline_on: date


@event("hazard.listed.v1", family=TopicFamily.HAZARD, title_zh="挂牌督办")
class HazardListed(HazardEvent, frozen=True, kw_only=True):
    """挂牌督办: an authority took over supervision of the hazard; it can't be closed until that authority lifts it."""

    listing: Listing


@event("hazard.delisted.v1", family=TopicFamily.HAZARD, title_zh="解除挂牌")
class HazardDelisted(HazardEvent, frozen=True, kw_only=True):
    """解除挂牌: the authority that had listed the hazard lifted `listing`; `conclusion` says why."""

    listing: Listing
    conclusion: LongText


@event("hazard.listing_overdue.v1", family=TopicFamily.HAZARD, title_zh="挂牌逾期")
class HazardListingOverdue(HazardEvent, frozen=True, kw_only=True):
    """挂牌逾期: the ledger took note of 督办逾期 of the listing whose last day was `deadline_on`."""

    deadline_on: date
