"""延期: asked for by whoever mends it, decided by somebody else, and the old deadline stays readable."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from duban_contracts.codec import decode
from duban_contracts.events.claims import ExtensionRequested
from duban_contracts.events.feedback import ClaimRecorded, ClaimRejected
from duban_contracts.events.hazards import HazardExtended, HazardExtensionRefused, HazardExtensionRequested
from duban_contracts.events.types import Actor, Grade, HazardState
from duban_contracts.policies import Extension
from duban_contracts.refusals import Refusal
from services.chassis.access.roles import Role
from services.ledger.claims.model.decisions import Recorded, Repeated, follow_up, submitter
from services.ledger.hazards.model import evolve
from services.ledger.hazards.moves import Extend, RefuseExtension, RequestExtension, decide
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import HOME
from services.ledger.tests.telling import (
    CITY,
    COUNTY,
    DUE,
    ENTERPRISE,
    RULES,
    SUBMIT,
    by,
    confirmed,
    does,
    new_hazard,
    refusal,
    refused,
    said,
)

LATER = DUE + timedelta(days=5)
ASKED = RequestExtension(reason="设备到货延迟", deadline_on=LATER)
GRANT = Extend(reason="同意", deadline_on=LATER)
NO = RefuseExtension(reason="可以按期完成")
CLAIM = ExtensionRequested(
    county=HOME, reference="AQ-1", reason="设备到货延迟", deadline_on=LATER, submitted_by="enterprise-1"
)


def test_a_request_leaves_the_deadline_as_it_is_and_one_waits_at_a_time() -> None:
    waiting = does(confirmed(), (ASKED, ENTERPRISE))
    assert (waiting.deadline_on, waiting.extension_wanted_on, waiting.state) == (DUE, LATER, HazardState.CONFIRMED)
    again = refused(waiting, ASKED, COUNTY)
    assert (again.code, again.status) == ("extension-pending", 409)
    assert refusal(confirmed(), msgspec.structs.replace(ASKED, deadline_on=DUE), ENTERPRISE) == "deadline-not-later"
    assert refusal(new_hazard(), ASKED, ENTERPRISE) == "state-conflict"


def test_another_account_decides_and_the_old_deadline_stays_readable() -> None:
    waiting = does(confirmed(), (ASKED, COUNTY))
    for decision in (GRANT, NO):
        own = refused(waiting, decision, COUNTY)
        assert (own.code, own.status) == ("own-extension-request", 403)
    event = said(waiting, GRANT, by(CITY))
    assert isinstance(event, HazardExtended)
    assert (event.previous_deadline_on, event.deadline_on) == (DUE, LATER)
    granted = evolve(waiting, event)
    assert (granted.deadline_on, granted.extension_wanted_on, granted.extension_asked_by) == (LATER, None, None)
    no = said(waiting, NO, by(CITY))
    assert isinstance(no, HazardExtensionRefused)
    stays = evolve(waiting, no)
    assert (no.deadline_on, stays.deadline_on, stays.extension_wanted_on) == (LATER, DUE, None)
    assert refusal(stays, NO, CITY) == "extension-not-requested"


def test_of_a_major_hazard_the_city_decides() -> None:
    waiting = does(confirmed(Grade.MAJOR), (ASKED, ENTERPRISE))
    assert refusal(waiting, NO, COUNTY) == refusal(waiting, GRANT, COUNTY) == "city-regulator-required"
    assert does(waiting, (GRANT, CITY)).deadline_on == LATER


def test_the_city_may_say_that_nothing_is_extended_without_a_request() -> None:
    strict = msgspec.structs.replace(RULES, extension=Extension(asked_for=True))
    found = decide(confirmed(), GRANT, msgspec.structs.replace(by(CITY), rules=strict))
    assert isinstance(found, Refusal)
    assert found.code == "extension-not-requested"
    assert does(confirmed(), (GRANT, CITY)).deadline_on == LATER


def test_what_was_submitted_needs_no_more_time() -> None:
    assert does(confirmed(), (ASKED, ENTERPRISE), (SUBMIT, ENTERPRISE)).extension_wanted_on is None


def test_a_county_asks_by_event_and_the_same_words_are_the_same_request() -> None:
    stamp = by(submitter(CLAIM))
    decision = follow_up(confirmed(), CLAIM, stamp)
    assert isinstance(decision, Recorded)
    assert isinstance(decision.event, HazardExtensionRequested)
    waiting = evolve(confirmed(), decision.event)
    assert waiting.extension_asked_by == "enterprise-1"
    refused_once = does(waiting, (NO, CITY))
    for hazard in (waiting, refused_once):
        assert isinstance(follow_up(hazard, CLAIM, stamp), Repeated)
    other = msgspec.structs.replace(CLAIM, reason="雨季无法施工")
    pending = follow_up(waiting, other, stamp)
    assert isinstance(pending, Refusal)
    assert pending.code == "extension-pending"
    asker = Actor(account="enterprise-1", role=Role.COUNTY_REGULATOR)
    assert refusal(waiting, GRANT, asker) == "own-extension-request"


async def test_over_http_and_by_event_the_county_hears_what_was_asked_and_decided(ledger: InProcess) -> None:
    hazard = await ledger.confirmed()
    reference, name = hazard["reference"], hazard["number"]
    wanted = msgspec.structs.replace(CLAIM, reference=reference, deadline_on=ledger.today + timedelta(days=20))
    await ledger.take(wanted)
    waiting = (await ledger.get(f"/v1/hazards/{name}")).json()
    assert (waiting["extension_wanted_on"], waiting["deadline_on"]) == (ledger.in_days(20), ledger.in_days(10))
    body = {"reason": "同意", "deadline_on": ledger.in_days(15)}
    granted = await ledger.post(name, "extend", body, "county")
    assert (granted.json()["deadline_on"], granted.json()["extension_wanted_on"]) == (ledger.in_days(15), None)
    await ledger.take(wanted, msgspec.structs.replace(wanted, deadline_on=ledger.today))
    told = [decode(event) for event in await ledger.said() if event.subject in {reference, hazard["hazard_id"]}]
    answers = [data for data in told if isinstance(data, ClaimRecorded | ClaimRejected)][-3:]
    assert [getattr(data, "outcome", None) or data.code for data in answers] == [  # type: ignore[union-attr]
        "applied",
        "duplicate",
        "deadline-not-later",
    ]
    assert [data.previous_deadline_on for data in told if isinstance(data, HazardExtended)]
