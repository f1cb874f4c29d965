"""Hazards told move by move, and what is refused: the language of the tests of rules. Pure; it is June 2026."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Actor, Channel, Enterprise, Grade, HazardState
from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import ZONE, june, local
from services.chassis.access.roles import Role
from services.ledger.hazards.model import Hazard, evolve
from services.ledger.hazards.moves import (
    SCHEDULER,
    Close,
    Confirm,
    FirstConfirm,
    Lift,
    ListHazard,
    MarkOverdue,
    Plan,
    Register,
    Return,
    Stamp,
    Submit,
    decide,
    register,
)

RULES: Final = Rules(zone=ZONE)
NOON: Final = local(1, 12)
TODAY: Final = june(1)
DUE: Final = june(11)
DUE_AT: Final = ZONE.end_of_day(DUE)
CITY: Final = Actor(account="city-regulator-1", role=Role.CITY_REGULATOR)
CITY_2: Final = Actor(account="city-regulator-2", role=Role.CITY_REGULATOR)
OFFICE: Final = Actor(account="city-office-1", role=Role.CITY_OFFICE, unit="safety_committee_office")
COUNTY_OFFICE: Final = Actor(account="office-140502-1", role=Role.COUNTY_OFFICE)
COUNTY: Final = Actor(account="regulator-140502-1", role=Role.COUNTY_REGULATOR)
ENTERPRISE: Final = Actor(account="enterprise-1", role=Role.ENTERPRISE_USER)
MACHINE: Final = Actor(account="county-140502", role=Role.INTEGRATOR)

REGISTER: Final = Register(
    hazard_id="h-1",
    number="140502-2026-000001",
    county="140502",
    reference="R-1",
    channel=Channel.INSPECTION,
    sector="hazchem",
    enterprise=Enterprise(name="示例化工有限公司（虚构）", uscc="91140502MA0EXAMP04"),
    place="储罐区东侧",
    description="可燃气体探测器失效",
    found_on=TODAY,
    township="东街街道",
    township_code="140502001",
)
CONFIRM: Final = Confirm(grade=Grade.GENERAL, responsible_unit="emergency_management", deadline_on=DUE)
MAJOR: Final = msgspec.structs.replace(CONFIRM, grade=Grade.MAJOR)
FIRST: Final = FirstConfirm(grade=Grade.MAJOR, reason="符合判定标准第三条")
PLAN: Final = Plan(measures="停用", responsible_post="安全总监", funds_yuan=20000, contingency="专人值守")
SUBMIT: Final = Submit(measures="已整改", completed_on=TODAY)
RETURN: Final = Return(reason="未整改到位")
CLOSE: Final = Close(review="现场复查合格")
LIST: Final = ListHazard(document="晋市安委督〔2026〕3号", deadline_on=DUE + timedelta(days=5))
LIFT: Final = Lift(conclusion="经核查整改到位")
OVERDUE: Final = MarkOverdue(deadline_on=DUE, due_at=DUE_AT)


def by(actor: Actor, at: datetime = NOON, received_at: datetime | None = None) -> Stamp:
    return Stamp(actor=actor, at=at, received_at=received_at or at, rules=RULES)


def new_hazard(channel: Channel = Channel.INSPECTION) -> Hazard:
    return evolve(None, register(msgspec.structs.replace(REGISTER, channel=channel), by(MACHINE)))


def said(hazard: Hazard, command: msgspec.Struct, stamp: Stamp) -> HazardEvent:
    """The event that records `command`."""
    decision = decide(hazard, command, stamp)
    assert isinstance(decision, HazardEvent), decision
    return decision


def does(hazard: Hazard, *steps: tuple[msgspec.Struct, Actor]) -> Hazard:
    """The hazard after these commands, all at noon."""
    for command, actor in steps:
        hazard = evolve(hazard, said(hazard, command, by(actor)))
    return hazard


def refused(hazard: Hazard, command: msgspec.Struct, actor: Actor, at: datetime = NOON) -> Refusal:
    """Why `command` is refused."""
    decision = decide(hazard, command, by(actor, at))
    assert isinstance(decision, Refusal), decision
    return decision


def refusal(hazard: Hazard, command: msgspec.Struct, actor: Actor, at: datetime = NOON) -> str:
    """With which code `command` is refused."""
    return refused(hazard, command, actor, at).code


def confirmed(grade: Grade = Grade.GENERAL) -> Hazard:
    return does(new_hazard(), (msgspec.structs.replace(CONFIRM, grade=grade), CITY))


def in_review(grade: Grade = Grade.GENERAL, submitter: Actor = ENTERPRISE) -> Hazard:
    return does(confirmed(grade), (PLAN, ENTERPRISE), (SUBMIT, submitter))


def first_reviews(hazard: Hazard, *who: Actor) -> Hazard:
    """The hazard, in review, when the next of these strikes it off: where one is enough, as it is."""
    return _reviewed(hazard, who)[-2]


def struck_off(hazard: Hazard, *who: Actor) -> Hazard:
    """The hazard, in review, once it is struck off, by as many of these as that takes."""
    return _reviewed(hazard, who)[-1]


def _reviewed(hazard: Hazard, who: Sequence[Actor]) -> list[Hazard]:
    told = [hazard]
    for reviewer in who or (CITY, CITY_2):
        if told[-1].state is not HazardState.CLOSED:
            told.append(does(told[-1], (CLOSE, reviewer)))
    assert told[-1].state is HazardState.CLOSED, told[-1].state
    return told


def closed(grade: Grade = Grade.GENERAL) -> Hazard:
    """The hazard once it is struck off."""
    return struck_off(in_review(grade))


def listed(hazard: Hazard | None = None, by_whom: Actor = OFFICE) -> Hazard:
    """The hazard once an authority has listed it."""
    return does(hazard or confirmed(Grade.MAJOR), (LIST, by_whom))


def noted(hazard: Hazard) -> Hazard:
    """The hazard once its deadline has passed."""
    return does(hazard, (OVERDUE, SCHEDULER))
