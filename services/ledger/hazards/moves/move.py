"""What a move is: one way in which a hazard goes on, with everything that is said about it in one value."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from duban_contracts.events.consultation import Tier
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Actor, Grade, HazardFacts, HazardState
from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.vocabulary import STATES
from services.chassis.access.roles import ENTERPRISE, Role, holds
from services.ledger.criteria.model.standards import Standard
from services.ledger.hazards.model import Hazard, facts

C = TypeVar("C", bound=msgspec.Struct)

Decision = HazardEvent | Refusal
# Whose decisions are the city's once a matter was sent up to it.
_COUNTY: Final = frozenset({Role.COUNTY_REGULATOR})


def _is_the_citys(hazard: Hazard) -> bool:
    """Return whether the city decides on what was sent up to it: until it is closed, and once it is opened again.

    A closure is looked at again by its county as any other, whom the scheduler urges.
    """
    return hazard.sent_up_to is Tier.CITY and hazard.state is not HazardState.CLOSED


class Door(enum.StrEnum):
    """By which way a move is asked for; `with_another` is HTTP, too, by a route that names another hazard beside it."""

    HTTP = "http"
    WITH_ANOTHER = "with_another"
    CLAIM = "claim"
    SYSTEM = "system"


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, and when: `at` is the event's instant, `received_at` when the words reached our door.

    Both are UTC in domain time. `rules` are what the city decided: a move asks them for its zone, in which calendar days
    begin (DOMAIN §4), and for its policies. `criteria` are the 判定标准 in force on that day for the hazard's sector, where
    the move cites them.
    """

    actor: Actor
    at: datetime
    received_at: datetime
    rules: Rules
    criteria: tuple[Standard, ...] = ()

    @property
    def today(self) -> date:
        """The city's calendar day of `at`."""
        return self.rules.zone.day_of(self.at)


def _one(*_: object) -> int:
    return 1


def _present_grade(hazard: Hazard, _: Any) -> Grade | None:
    return hazard.grade


@dataclass(frozen=True, kw_only=True)
class Move(Generic[C]):
    """One move: its name (the HTTP verb), its Chinese words, who may make it and where it leads.

    `decide` is asked last, with the facts as the hazard would have them after the move; it looks at the content only.
    Where `otherwise` knows the state, it may lead there instead. `hands` says by how many people one after the other a
    hazard of that grade is moved, two at most, since a hazard keeps one earlier reviewer: the first leaves it where it is, and
    is never the second, too.
    One that `restores` leads back to the state before a merging, of which `leads` names one.
    `refusals` are the codes that it gives. `roles` may make the move, `major` those among them who may where the grade
    is major: that of `grade`, the one the hazard will have. Both are asked before the state and before `decide`: where
    `major` names the city's people only, no account of a county ever reaches `decide` with a major hazard, and a rule
    that shall let one of them in has to widen `major` first. `cites`: what is major is so by the criteria in force, which
    the stamp has to hold. `ends_own`: it ends what the actor's own authority did, and that stays this one's wherever the
    matter is. `source` names the rule's place in the domain documents.
    """

    name: str
    zh: str
    summary: str
    source: str
    command: type[C]
    leads: Mapping[HazardState | None, HazardState]
    otherwise: Mapping[HazardState, HazardState] = field(default_factory=dict)
    hands: Callable[[Grade | None, Rules], int] = _one
    restores: bool = False
    decide: Callable[[Hazard, C, Stamp, HazardFacts], Decision]
    roles: frozenset[str]
    major: frozenset[str] | None = None
    grade: Callable[[Hazard, C], Grade | None] = _present_grade
    cites: bool = False
    ends_own: bool = False
    refusals: tuple[str, ...] = ()
    doors: frozenset[Door] = frozenset({Door.HTTP})

    def make(self, hazard: Hazard, command: C, stamp: Stamp) -> Decision:
        """Return the event that records `command`, or why it is refused.

        Authority comes first (DOMAIN §10), then the life cycle (DOMAIN §3), then the command's own content.
        """
        refused = self._authority(hazard, stamp.actor, self.grade(hazard, command))
        if refused is not None:
            return refused
        target = self.leads.get(hazard.state)
        if target is None:
            return self.conflict(hazard)
        after = facts(hazard) if target is hazard.state else msgspec.structs.replace(facts(hazard), state=target)
        return self.decide(hazard, command, stamp, after)

    def asks_for_criteria(self, command: C) -> bool:
        """Return whether `command` finds something major, which is decided by the criteria in force."""
        return self.cites and getattr(command, "grade", None) is Grade.MAJOR

    def conflict(self, hazard: Hazard) -> Refusal:
        """Return the refusal of this move where the hazard's state doesn't know it (DOMAIN §3)."""
        return refusal(
            "state-conflict",
            rule=f"{hazard.state} -> {self.name}",
            state=STATES.name(hazard.state),
            move=self.zh,
        )

    @property
    def decides(self) -> bool:
        """Whether it is for whoever is in charge of the matter: what an enterprise may do itself is work, and no decision."""
        return not self.ends_own and not self.roles & ENTERPRISE

    def leaves_to_the_city(self, hazard: Hazard, actor: Actor) -> Refusal | None:
        """Refuse a decision of a county's regulator on what was sent up to the city; of two hazards on either."""
        if self.decides and _is_the_citys(hazard) and holds(actor, _COUNTY):
            return refusal("handled-by-city", move=self.zh)
        return None

    def _authority(self, hazard: Hazard, actor: Actor, grade: Grade | None) -> Refusal | None:
        if not holds(actor, self.roles):
            return refusal("role-not-allowed", action=self.zh, roles=", ".join(sorted(self.roles)))
        if self.major is not None and grade is Grade.MAJOR and not holds(actor, self.major):
            return refusal("city-regulator-required", field="grade", move=self.zh)
        return self.leaves_to_the_city(hazard, actor)
