"""What each move records says who did it, when, and every word of the command; what it refuses names a field of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec
import pytest

from duban_contracts.codec import encode, lookup, type_of
from duban_contracts.events.consultation import Tier
from duban_contracts.events.hazards import HazardEvent, HazardReopened
from duban_contracts.events.types import Actor, Channel, Evidence, Grade, HazardState, StopKind, StopScope
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june
from duban_contracts.validation import check_payload
from services.chassis.access.roles import Role
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves import (
    MOVES,
    SCHEDULER,
    Confirm,
    Correct,
    CorrectDeadline,
    Escalate,
    Extend,
    FirstConfirm,
    HandBack,
    MarkFalse,
    MarkListingOverdue,
    Merge,
    PassLookBack,
    RefuseExtension,
    Regrade,
    Reject,
    Reopen,
    RequestExtension,
    Resume,
    Stop,
    Unmerge,
    add_source,
    decide,
    move_of,
    remove_source,
)
from services.ledger.tests.telling import (
    CITY,
    CITY_2,
    CLOSE,
    COUNTY,
    DUE,
    ENTERPRISE,
    LIFT,
    LIST,
    MACHINE,
    NOON,
    OFFICE,
    OVERDUE,
    PLAN,
    RETURN,
    SUBMIT,
    TODAY,
    by,
    closed,
    confirmed,
    does,
    in_review,
    listed,
    new_hazard,
    said,
)

LATER = NOON + timedelta(hours=3)
LONGER = DUE + timedelta(days=3)
GROUP = Actor(account="group-1", role=Role.SUPERVISION_GROUP)
TOWNSHIP = Actor(account="township-1", role=Role.TOWNSHIP_OFFICER)
PHOTO = Evidence(name="整改后.jpg", sha256="a" * 64)
OTHER = msgspec.structs.replace(confirmed(Grade.MAJOR), hazard_id="h-2", number="140502-2026-000002", reference="R-2")
MERGE = Merge(reason="同一处隐患", survivor=OTHER)
STOP = Stop(document="城应急停〔2026〕1号", kind=StopKind.USE, scope=StopScope.PART, part="一号储罐", since=TODAY)
ASKED = does(confirmed(), (RequestExtension(reason="设备到货延迟", deadline_on=LONGER), ENTERPRISE))
CORRECT = Correct(
    channel=Channel.INSPECTION,
    sector="hazchem",
    enterprise=new_hazard().enterprise,
    place="储罐区西侧",
    description="另一处",
    found_on=TODAY,
    suggested_grade=Grade.MAJOR,
    township="东街街道",
    township_code="140502001",
)
Step = tuple[Hazard, msgspec.Struct, Actor]
# Of each move but 入账 one that is taken, with something in every field.
TAKEN: Final[tuple[Step, ...]] = (
    (new_hazard(), CORRECT, MACHINE),
    (new_hazard(Channel.SELF_REPORT), FirstConfirm(grade=Grade.MAJOR, reason="符合", criterion="第三条"), ENTERPRISE),
    (
        new_hazard(),
        Confirm(grade=Grade.GENERAL, responsible_unit="fire_rescue", deadline_on=DUE, criterion="第三条"),
        COUNTY,
    ),
    (new_hazard(), Reject(reason="不构成隐患"), COUNTY),
    (confirmed(), PLAN, ENTERPRISE),
    (confirmed(), msgspec.structs.replace(SUBMIT, evidence=(PHOTO,)), ENTERPRISE),
    (in_review(), RETURN, CITY),
    (in_review(), CLOSE, CITY),
    (in_review(Grade.MAJOR), CLOSE, CITY),
    (closed(), PassLookBack(review="整改保持"), GROUP),
    (closed(), Reopen(reason="反弹", deadline_on=LONGER), GROUP),
    (closed(), MarkFalse(reason="并未整改", deadline_on=LONGER), CITY_2),
    (confirmed(), RequestExtension(reason="设备到货延迟", deadline_on=LONGER), ENTERPRISE),
    (ASKED, Extend(reason="设备到货延迟", deadline_on=LONGER), COUNTY),
    (ASKED, RefuseExtension(reason="可以按期完成"), COUNTY),
    (confirmed(), CorrectDeadline(reason="录入有误", deadline_on=june(5)), CITY),
    (confirmed(), Regrade(grade=Grade.MAJOR, reason="符合判定标准", criterion="第三条"), CITY),
    (confirmed(Grade.MAJOR), LIST, OFFICE),
    (listed(), LIFT, OFFICE),
    (confirmed(), STOP, COUNTY),
    (does(confirmed(), (STOP, COUNTY), (SUBMIT, ENTERPRISE)), Resume(review="隐患已排除"), COUNTY),
    (confirmed(), Escalate(to=Tier.CITY, reason="涉及多个产权单位"), COUNTY),
    (
        does(confirmed(), (Escalate(to=Tier.COUNTY, reason="乡镇无力解决"), TOWNSHIP)),
        HandBack(conclusion="由甲牵头"),
        COUNTY,
    ),
    (confirmed(), MERGE, COUNTY),
    (does(confirmed(), (MERGE, COUNTY)), Unmerge(reason="另一处"), COUNTY),
    (confirmed(), OVERDUE, SCHEDULER),
    (listed(), MarkListingOverdue(number=1, due_at=NOON), SCHEDULER),
)


def named(step: Step) -> str:
    return f"{move_of(step[1]).name}-{step[0].grade}"


def told(value: object) -> object:
    return msgspec.to_builtins(value)


def test_every_move_is_tried() -> None:
    assert [move.name for move in MOVES if move.name not in {move_of(step[1]).name for step in TAKEN}] == ["register"]


@pytest.mark.parametrize("step", TAKEN, ids=named)
def test_what_is_recorded_says_who_did_it_when_and_every_word_of_the_command(step: Step) -> None:
    hazard, command, actor = step
    event = said(hazard, command, by(actor, LATER))
    assert (event.actor, event.occurred_at) == (actor, LATER)
    assert event.hazard.hazard_id == hazard.hazard_id
    assert check_payload(lookup(type_of(type(event)).name), encode(event)) == []
    for field in event.__struct_fields__:
        if field in command.__struct_fields__ and field != "survivor":
            assert told(getattr(event, field)) == told(getattr(command, field)), field


@pytest.mark.parametrize("step", TAKEN, ids=named)
def test_whatever_is_refused_names_a_field_of_the_command_and_says_so_in_chinese(step: Step) -> None:
    _, command, actor = step
    into = {"survivor": "into"}
    fields = {into.get(field, field) for field in command.__struct_fields__} | {"grade", None}
    for hazard in (each for each, _, _ in TAKEN):
        for stamp in (by(actor), by(Actor(account="nobody", role="observer")), by(CITY, NOON + timedelta(days=90))):
            decision = decide(hazard, command, stamp)
            if isinstance(decision, Refusal):
                assert decision.field in fields
                assert decision.message
                assert "None" not in f"{decision.message}{decision.rule}"
                assert decision.code in {*move_of(command).refusals, "role-not-allowed", "state-conflict"} | {
                    "city-regulator-required",
                    "handled-by-city",
                }


def test_only_what_is_marked_false_is_called_so() -> None:
    false, failed = (
        said(closed(), command, by(CITY))
        for command in (MarkFalse(reason="并未整改", deadline_on=LONGER), Reopen(reason="反弹", deadline_on=LONGER))
    )
    assert isinstance(false, HazardReopened)
    assert isinstance(failed, HazardReopened)
    assert (false.false_rectification, failed.false_rectification) == (True, False)


def test_the_hazard_that_goes_on_says_of_which_source_and_why() -> None:
    source, stamp = confirmed(), by(COUNTY, LATER)
    told_of: dict[str, Any] = {}
    for event in (add_source(OTHER, source, "同一处", stamp), remove_source(OTHER, source, "另一处", stamp)):
        assert isinstance(event, HazardEvent)
        assert (event.actor, event.occurred_at, event.hazard.hazard_id) == (COUNTY, LATER, "h-2")
        assert (event.source.hazard_id, event.source.number) == (source.hazard_id, source.number)
        assert (event.source.county, event.source.reference) == (source.county, source.reference)
        assert event.source.channel is source.channel
        told_of[type(event).__name__] = event.reason
    assert told_of == {"HazardSourceAdded": "同一处", "HazardSourceRemoved": "另一处"}


def test_a_merged_hazard_comes_back_to_where_it_stood() -> None:
    for hazard in (new_hazard(), confirmed()):
        back = said(does(hazard, (MERGE, CITY)), Unmerge(reason="另一处"), by(CITY))
        assert back.hazard.state is hazard.state
    assert said(confirmed(), MERGE, by(CITY)).hazard.state is HazardState.DUPLICATE


def test_what_stands_a_level_up_already_is_not_sent_there_again() -> None:
    to_county = Escalate(to=Tier.COUNTY, reason="乡镇无力解决")
    up = does(confirmed(), (to_county, TOWNSHIP))
    for hazard, actor in ((up, TOWNSHIP), (confirmed(), COUNTY)):
        again = decide(hazard, to_county, by(actor))
        assert isinstance(again, Refusal)
        assert (again.code, again.field) == ("already-sent-up", "to")
        assert "县级" in f"{again.message}{again.rule}"
