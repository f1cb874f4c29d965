"""Rules that several moves share; each returns its refusal, or None where the rule is kept."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from duban_contracts.events.types import Channel, Grade
from duban_contracts.policies import ClauseDemand
from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal, refusal
from services.ledger.hazards.model import Hazard, Post
from services.ledger.hazards.moves.move import Stamp

# With what `levels_hold` refuses.
TWO_LEVELS: Final = ("first-level-required", "same-confirmer", "same-unit-confirmer")
# With what `cited` refuses.
CLAUSES: Final = ("clause-required", "unknown-clause", "criteria-missing")


class Cited(NamedTuple):
    """A clause as an event cites it: its code, the version (sector/version) and its words there."""

    criterion: str | None
    criterion_version: str | None = None
    criterion_text: str | None = None


def deadline_holds(deadline_on: date, stamp: Stamp) -> Refusal | None:
    """Refuse a deadline that has passed already, or lies further ahead than the city allows.

    The deadline's own day counts (DOMAIN §4). What is a typing error (2226) or 长期 (9999-12-31) is no deadline, and no
    service could compute with it.
    """
    today, latest = stamp.today, stamp.rules.bounds.latest_deadline(stamp.today)
    if deadline_on < today:
        return refusal("deadline-in-the-past", field="deadline_on", today=today.isoformat(), zone=stamp.rules.zone.name)
    if deadline_on > latest:
        return refusal("deadline-too-far", field="deadline_on", latest=latest.isoformat())
    return None


def later_deadline_holds(hazard: Hazard, deadline_on: date, stamp: Stamp) -> Refusal | None:
    """Refuse an extension to a day that can be no deadline, or isn't later than the present one."""
    if refused := deadline_holds(deadline_on, stamp):
        return refused
    if hazard.deadline_on is not None and deadline_on <= hazard.deadline_on:
        return refusal("deadline-not-later", field="deadline_on", current=hazard.deadline_on.isoformat())
    return None


def another_decides(hazard: Hazard, stamp: Stamp) -> Refusal | None:
    """Refuse that the account that asked for an extension decides on it."""
    return refusal("own-extension-request") if stamp.actor.account == hazard.extension_asked_by else None


def another_reviews(hazard: Hazard, stamp: Stamp, move: str) -> Refusal | None:
    """Refuse a review by the account that submitted the rectification (S2 item 5, S4 item 24); `move` names it in Chinese."""
    return refusal("submitter-may-not-review", move=move) if stamp.actor.account == hazard.submitted_by else None


def list_is_whole(hazard: Hazard, grade: Grade | None, rules: Rules) -> bool:
    """Return whether the hazard's entry of the 整改清单 says all that one of `grade` has to say (S2 item 6, S4 part 5(2)).

    Responsible unit and deadline stand since the confirmation; of what is general nothing more is asked.
    """
    asked = ("planned_measures", "responsible_post", *rules.planning.major) if grade is Grade.MAJOR else ()
    return all(getattr(hazard, name) is not None for name in asked)


def levels_hold(hazard: Hazard, grade: Grade, stamp: Stamp, move: str) -> Refusal | None:
    """Refuse to confirm `grade` where the first of two levels is missing, or isn't another's (S4 item 6).

    `move` is what the second level does, in Chinese. A first level counts once, and for the grade that it said. Nobody
    acts at both levels; nor does a unit, where the enterprise reported itself. Who confirmed this grade first stays the
    first, whatever the policy says today.
    """
    stands = hazard.first_confirmed_grade is grade
    if not stands and not stamp.rules.confirmation.first_level(hazard.channel, grade):
        return None
    if not stands or hazard.first_confirmed_post is None:
        return refusal("first-level-required", field="grade", move=move)
    if stamp.actor.account == hazard.first_confirmed_by:
        return refusal("same-confirmer", move=move)
    own = hazard.channel is Channel.SELF_REPORT
    if own and Post.of(stamp.actor).same_unit(Post.parse(hazard.first_confirmed_post)):
        return refusal("same-unit-confirmer", move=move)
    return None


def cited(criterion: str | None, grade: Grade, stamp: Stamp, move: str) -> Cited | Refusal:
    """Return the clause by which `grade` is given today, or refuse what cites none where the city asks for one.

    Only what is major is decided by criteria (S4 item 21, SY37); for anything else the words are taken as they are.
    """
    demand, plain = stamp.rules.confirmation.clause, Cited(criterion)
    if grade is not Grade.MAJOR or demand is ClauseDemand.NEVER:
        return plain
    if not stamp.criteria:
        if demand is ClauseDemand.ALWAYS:
            return refusal("criteria-missing", field="grade", move=move)
        return plain
    standards = "、".join(each.title for each in stamp.criteria)
    if criterion is None:
        return refusal("clause-required", field="criterion", standards=standards, move=move)
    for standard in stamp.criteria:
        if (clause := standard.clause(criterion)) is not None:
            return Cited(criterion, f"{standard.sector}/{standard.version}", clause.text)
    return refusal("unknown-clause", field="criterion", standards=standards)
