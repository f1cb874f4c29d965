"""归并: the same hazard was reported before; the other report goes on for both, and it is counted once (S2.6, S4.25).

Self-report, inspection and verified tip of one fault are merged by a person: one becomes a `duplicate` of the survivor, which
goes on for both, and both histories keep both. Nothing that is asked may be lost by it: the survivor is open, confirmed and as
grave where the other is (in the eyes of the first level, too), its deadline is not later, and what is listed is merged into
nothing. A county's regulator merges within the county, the city across counties and what is major. There are no chains: whoever
names a merged hazard means its survivor, and a hazard with sources is merged into none (constraint `hazard_merged_flat`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.consultation import Tier
from duban_contracts.events.gathering import HazardMerged, HazardSource, HazardSourceAdded
from duban_contracts.events.types import Grade, HazardFacts, HazardState, LongText
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.vocabulary import STATES
from services.chassis.access.roles import CITY_REGULATORS, REGULATORS
from services.ledger.hazards.model import Hazard, facts
from services.ledger.hazards.moves.authority import what_is_ordered
from services.ledger.hazards.moves.move import Decision, Door, Move, Stamp

# Where a hazard can go on for another one.
SURVIVES: Final = frozenset(
    {HazardState.REPORTED, HazardState.CONFIRMED, HazardState.RECTIFYING, HazardState.IN_REVIEW}
)

# By who decides, from below.
_TIERS: Final = (None, Tier.COUNTY, Tier.CITY)


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """归并: the hazard is the same as `survivor`, which goes on for both."""

    reason: LongText
    survivor: Hazard


def _merge(hazard: Hazard, command: Merge, stamp: Stamp, after: HazardFacts) -> Decision:
    if refused := _apart(hazard, command.survivor) or _milder(hazard, command.survivor):
        return refused
    return HazardMerged(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        survivor=facts(command.survivor).as_subject(),
        reason=command.reason,
        previous_state=hazard.state,
    )


def source_of(hazard: Hazard) -> HazardSource:
    """Return what the hazard that goes on says of a merged one."""
    return HazardSource(
        hazard_id=hazard.hazard_id,
        number=hazard.number,
        county=hazard.county,
        reference=hazard.reference,
        channel=hazard.channel,
    )


def add_source(survivor: Hazard, source: Hazard, reason: str, stamp: Stamp) -> HazardSourceAdded:
    """Return 并入来源, which stands in the history of the hazard that goes on where the source's says 归并."""
    return HazardSourceAdded(
        hazard=facts(survivor), actor=stamp.actor, occurred_at=stamp.at, source=source_of(source), reason=reason
    )


def _apart(hazard: Hazard, survivor: Hazard) -> Refusal | None:
    """Refuse what are no two hazards of which one can go on for the other."""
    if hazard.hazard_id == survivor.hazard_id:
        return refusal("merge-with-itself", field="into")
    if survivor.state not in SURVIVES:
        return refusal("survivor-not-open", field="into", number=survivor.number, state=STATES.name(survivor.state))
    if hazard.source_count:
        return refusal("merge-has-sources", count=hazard.source_count)
    return None


def _milder(hazard: Hazard, survivor: Hazard) -> Refusal | None:
    """Refuse a merging by which less would be asked: what the one stands under, the other doesn't."""
    for lost, why in (
        (hazard.grade is not None and survivor.grade is None, "该条尚未确认"),
        (hazard.grade is Grade.MAJOR and survivor.grade is not Grade.MAJOR, "该条等级较低"),
        (_may_be_major(hazard) and not _may_be_major(survivor), "本条一级确认为重大事故隐患，该条不是"),
        (hazard.listing is not None, "本条正在挂牌督办"),
        (hazard.stopped is not None, f"本条正被{hazard.stopped and what_is_ordered(hazard.stopped)}"),
        (_is_higher(hazard, survivor), "本条已提交上级办理，该条没有提交到同一级"),
        (hazard.overdue and not survivor.overdue, "本条已经逾期，该条没有"),
        (_later(survivor, hazard), f"该条整改期限（{survivor.deadline_on}）较晚"),
    ):
        if lost:
            return refusal("survivor-is-milder", field="into", number=survivor.number, why=why)
    return None


def _may_be_major(hazard: Hazard) -> bool:
    """Return whether it is major, or is once the second level agrees with the first."""
    return Grade.MAJOR in {hazard.grade, hazard.first_confirmed_grade}


def _is_higher(hazard: Hazard, survivor: Hazard) -> bool:
    return _TIERS.index(hazard.sent_up_to) > _TIERS.index(survivor.sent_up_to)


def _later(survivor: Hazard, hazard: Hazard) -> bool:
    theirs, ours = survivor.deadline_on, hazard.deadline_on
    return theirs is not None and ours is not None and theirs > ours


MERGE: Final = Move(
    name="merge",
    zh="归并",
    summary="归并到同一隐患，合并计数",
    source="S2.6, S4.25",
    command=Merge,
    leads={
        HazardState.REPORTED: HazardState.DUPLICATE,
        HazardState.CONFIRMED: HazardState.DUPLICATE,
        HazardState.RECTIFYING: HazardState.DUPLICATE,
    },
    decide=_merge,
    roles=REGULATORS,
    # Of two hazards of one county its regulator decides; one that is major leaves the list by the city's hand only.
    major=CITY_REGULATORS,
    refusals=("already-merged", "merge-with-itself", "survivor-not-open", "merge-has-sources", "survivor-is-milder"),
    doors=frozenset({Door.WITH_ANOTHER}),
)
