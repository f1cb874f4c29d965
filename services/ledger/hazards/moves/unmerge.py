"""拆分: what was merged is another hazard after all; it stands where it stood before, and is counted again."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.gathering import FirstLevel, HazardSourceRemoved, HazardUnmerged
from duban_contracts.events.types import HAZARD, HazardFacts, HazardState, LongText, Subject
from services.chassis.access.roles import CITY_REGULATORS, REGULATORS
from services.ledger.hazards.model import Hazard, Post, facts
from services.ledger.hazards.moves.merge import source_of
from services.ledger.hazards.moves.move import Decision, Door, Move, Stamp


class Unmerge(msgspec.Struct, frozen=True, kw_only=True):
    """拆分: it is no report of the hazard into which it was merged."""

    reason: LongText


def _unmerge(hazard: Hazard, command: Unmerge, stamp: Stamp, after: HazardFacts) -> Decision:
    if hazard.merged_into is None or hazard.merged_into_number is None or hazard.merged_from is None:
        return UNMERGE.conflict(hazard)
    return HazardUnmerged(
        hazard=msgspec.structs.replace(after, state=hazard.merged_from),
        actor=stamp.actor,
        occurred_at=stamp.at,
        survivor=Subject(kind=HAZARD, id=hazard.merged_into, number=hazard.merged_into_number),
        reason=command.reason,
        first_confirmed=_first_level(hazard),
    )


def _first_level(hazard: Hazard) -> FirstLevel | None:
    """Return the first of two levels that waits for its second again."""
    grade, at, post = hazard.first_confirmed_grade, hazard.first_confirmed_at, hazard.first_confirmed_post
    if grade is None or at is None or post is None:
        return None
    return FirstLevel(grade=grade, confirmed_at=at, unit=Post.parse(post).unit)


def remove_source(survivor: Hazard, source: Hazard, reason: str, stamp: Stamp) -> HazardSourceRemoved:
    """Return 拆出来源, which stands in the history of the hazard that went on where the source's says 拆分."""
    return HazardSourceRemoved(
        hazard=facts(survivor), actor=stamp.actor, occurred_at=stamp.at, source=source_of(source), reason=reason
    )


UNMERGE: Final = Move(
    name="unmerge",
    zh="拆分",
    summary="从已归并的隐患中拆出，恢复归并前的状态",
    source="S2.6, S4.25",
    command=Unmerge,
    # Where it goes on is where it stood: `restores` says so.
    leads={HazardState.DUPLICATE: HazardState.REPORTED},
    restores=True,
    decide=_unmerge,
    roles=REGULATORS,
    major=CITY_REGULATORS,
    refusals=("merge-beyond-scope",),
    doors=frozenset({Door.WITH_ANOTHER}),
)
