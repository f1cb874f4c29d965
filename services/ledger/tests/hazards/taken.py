"""Of each move one that is taken, with something in every field: for tests of what holds of every move."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from duban_contracts.events.consultation import Tier
from duban_contracts.events.types import Actor, Channel, Evidence, Grade, StopKind, StopScope
from duban_contracts.testing.calendar import june
from services.chassis.access.roles import Role
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves import (
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
    closed,
    confirmed,
    does,
    in_review,
    listed,
    new_hazard,
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
    (does(closed(), (Reopen(reason="反弹", deadline_on=LONGER), GROUP)), MarkFalse(reason="并未整改"), CITY_2),
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
