"""归并: several reports turned out to be one hazard. Recorded on `ledger.hazard.v1`, in the histories of both hazards.

The hazard that goes on is the survivor; the merged one keeps its number, its history and its county, and is the
survivor's source from then on. A source never has sources of its own.
"""

from __future__ import annotations

import msgspec

from duban_contracts.catalogue import event
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import (
    Channel,
    CountyCode,
    Grade,
    HazardState,
    Identifier,
    Instant,
    LongText,
    Reference,
    Subject,
    Unit,
)
from duban_contracts.topics import TopicFamily


class HazardSource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A report that was merged into another hazard: which it was, and how it had come."""

    hazard_id: Identifier
    number: Identifier
    county: CountyCode
    reference: Reference
    channel: Channel


class FirstLevel(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A first of two levels that stands: the grade that it said, when (UTC), and the unit of its account, where it has one."""

    grade: Grade
    confirmed_at: Instant
    unit: Unit | None = None


@event("hazard.merged.v1", family=TopicFamily.HAZARD, title_zh="归并")
class HazardMerged(HazardEvent, frozen=True, kw_only=True):
    """归并: this hazard is the same as `survivor`, which goes on for both; it is counted no longer, and its clock stops.

    `previous_state` is where it stood, and where 拆分 brings it back to.
    """

    survivor: Subject
    reason: LongText
    previous_state: HazardState


@event("hazard.unmerged.v1", family=TopicFamily.HAZARD, title_zh="拆分")
class HazardUnmerged(HazardEvent, frozen=True, kw_only=True):
    """拆分: this hazard is another than `survivor` after all; it stands where it stood before, its deadline with it.

    The time in which it was merged doesn't count: a deadline whose day is over by now ends with the day of this event.
    `first_confirmed` is the first of two levels that it had before and that waits for its second again.
    """

    survivor: Subject
    reason: LongText
    first_confirmed: FirstLevel | None = None


@event("hazard.source_added.v1", family=TopicFamily.HAZARD, title_zh="并入来源")
class HazardSourceAdded(HazardEvent, frozen=True, kw_only=True):
    """并入来源: `source` was merged into this hazard, which goes on for both."""

    source: HazardSource
    reason: LongText


@event("hazard.source_removed.v1", family=TopicFamily.HAZARD, title_zh="拆出来源")
class HazardSourceRemoved(HazardEvent, frozen=True, kw_only=True):
    """拆出来源: `source` was no report of this hazard and goes on by itself."""

    source: HazardSource
    reason: LongText


@event("hazard.source_answered.v1", family=TopicFamily.HAZARD, title_zh="答复来源")
class HazardSourceAnswered(HazardEvent, frozen=True, kw_only=True):
    """答复来源: what became of `survivor`, which went on for this merged hazard: it stands at `survivor_state` now."""

    survivor: Subject
    survivor_state: HazardState
