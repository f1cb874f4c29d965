"""移交: body, day and reply are recorded, and an open one stands on the monthly list."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.types import Actor
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june, local
from services.chassis.access.roles import Role
from services.chassis.access.scope import Scope
from services.ledger.groups.model import Month
from services.ledger.hazards.handlers.sectors import own_sector
from services.ledger.hazards.model.hand import Hand
from services.ledger.referrals.model import Referral, ReferralKind, Reply
from services.ledger.referrals.moves import RecordReply, Refer, record_reply, refer
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.telling import new_hazard

TODAY = june(20)
COUNTY = Hand(
    actor=Actor(account="bureau-1", role=Role.COUNTY_REGULATOR, unit="emergency_management"),
    county="140502",
    at=local(20),
    today=TODAY,
)
REFERRED = Refer(
    kind=ReferralKind.CRIME,
    body="public_security",
    document="晋应急移〔2026〕1号",
    matter="涉嫌危险作业罪",
    referred_on=june(2),
)
COUNTIES = frozenset({"140502", "140521"})
REPLY = RecordReply(replied_on=june(15), taken_up=True, reply="已立案侦查")


def referred(command: Refer = REFERRED, by: Hand = COUNTY) -> Referral:
    made = refer(command, "r-1", None, by, counties=COUNTIES)
    assert isinstance(made, Referral)
    return made


def code(said: object) -> str:
    assert isinstance(said, Refusal), said
    return said.code


@pytest.mark.feature("SY42")
def test_a_referral_records_body_day_and_reply_once() -> None:
    open_one = referred()
    assert (open_one.body, open_one.referred_on, open_one.county, open_one.reply) == (
        "public_security",
        june(2),
        "140502",
        None,
    )
    replied = record_reply(open_one, REPLY, COUNTY)
    assert isinstance(replied, Referral)
    assert replied.reply == Reply(replied_on=june(15), taken_up=True, reply="已立案侦查")
    assert (open_one.version, replied.version) == (1, 2)
    assert code(record_reply(replied, REPLY, COUNTY)) == "referral-already-replied"


def test_days_that_cannot_be_are_refused_and_a_county_refers_what_is_its_own() -> None:
    assert code(
        refer(msgspec.structs.replace(REFERRED, referred_on=june(21)), "r", None, COUNTY, counties=COUNTIES)
    ) == ("referral-day-in-future")
    assert (
        code(refer(msgspec.structs.replace(REFERRED, county="140521"), "r", None, COUNTY, counties=COUNTIES))
        == "referral-outside-area"
    )
    elsewhere = msgspec.structs.replace(new_hazard(), county="140521")
    assert code(refer(REFERRED, "r", elsewhere, COUNTY, counties=COUNTIES)) == "referral-outside-area"
    for day in (june(1), june(21)):
        assert code(record_reply(referred(), msgspec.structs.replace(REPLY, replied_on=day), COUNTY)) == (
            "reply-day-out-of-range"
        )


@given(
    referred_on=st.dates(date(2026, 5, 1), june(20)),
    waited=st.none() | st.integers(0, 60),
    on=st.dates(date(2026, 4, 1), date(2026, 9, 1)),
)
def test_a_referral_is_open_from_its_day_until_the_day_of_its_reply(
    referred_on: date, waited: int | None, on: date
) -> None:
    reply = None
    if waited is not None:
        reply = Reply(replied_on=referred_on + timedelta(days=waited), taken_up=False, reply="不予立案")
    found = msgspec.structs.replace(referred(), referred_on=referred_on, reply=reply)
    assert found.was_open(on) == (referred_on <= on and (waited is None or on < referred_on + timedelta(days=waited)))
    assert 0 <= found.days_open(on) <= max(0, (on - referred_on).days)


def test_a_referral_waits_until_the_day_before_its_reply_and_keeps_what_was_said() -> None:
    replied = record_reply(referred(), REPLY, COUNTY)
    assert isinstance(replied, Referral)
    assert [replied.was_open(day) for day in (june(1), june(2), june(14), june(15), june(16))] == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert [replied.days_open(day) for day in (june(1), june(4), june(15), june(20))] == [0, 2, 13, 13]
    assert referred() == Referral(
        referral_id="r-1",
        kind=ReferralKind.CRIME,
        body="public_security",
        document="晋应急移〔2026〕1号",
        matter="涉嫌危险作业罪",
        county="140502",
        sector=None,
        hazard_id=None,
        hazard_number=None,
        from_unit="emergency_management",
        referred_on=june(2),
        recorded_at=local(20),
        reply=None,
    )
    of_hazard = refer(REFERRED, "r-2", new_hazard(), COUNTY, counties=COUNTIES)
    assert isinstance(of_hazard, Referral)
    hazard = new_hazard()
    assert (of_hazard.hazard_id, of_hazard.hazard_number, of_hazard.sector) == (
        hazard.hazard_id,
        hazard.number,
        "hazchem",
    )


def test_a_refused_referral_or_reply_names_the_field_and_the_days() -> None:
    late = refer(msgspec.structs.replace(REFERRED, referred_on=june(21)), "r", None, COUNTY, counties=COUNTIES)
    away = refer(msgspec.structs.replace(REFERRED, county="140521"), "r", None, COUNTY, counties=COUNTIES)
    early = record_reply(referred(), msgspec.structs.replace(REPLY, replied_on=june(1)), COUNTY)
    done = record_reply(referred(), REPLY, COUNTY)
    assert isinstance(done, Referral)
    again = record_reply(done, REPLY, COUNTY)
    told = [each for each in (late, away, early, again) if isinstance(each, Refusal)]
    assert [each.field for each in told] == ["referred_on", "county", "replied_on", None]
    for refused, day in zip(told, ("2026-06-20", "", "2026-06-02", "2026-06-15"), strict=True):
        assert day in f"{refused.message}{refused.rule}"
        assert "None" not in f"{refused.message}{refused.rule}"


def test_a_month_has_all_its_days() -> None:
    assert (Month.parse("2024-02").last, Month.parse("2026-12").last) == (date(2024, 2, 29), date(2026, 12, 31))


@pytest.mark.feature("SY42")
async def test_an_open_referral_stands_on_the_monthly_list_until_the_month_of_its_reply(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    body = {
        "kind": "crime",
        "body": "public_security",
        "document": "晋应急移〔2026〕1号",
        "matter": "涉嫌危险作业罪",
        "hazard": hazard["number"],
        "referred_on": "2026-04-28",
    }
    answer = await ledger.client.post("/v1/referrals", json=body, headers=ledger.auth("bureau"))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["open"], made["days_waiting"], made["hazard_number"]) == (True, 34, hazard["number"])

    async def listed(month: str) -> dict[str, Any] | None:
        page = await ledger.get("/v1/referrals/monthly", month=month, limit=1000)
        return next((each for each in page.json()["items"] if each["referral_id"] == made["referral_id"]), None)

    assert await listed("2026-03") is None
    for month, days in (("2026-04", 2), ("2026-05", 33), ("2026-06", 34)):
        found = await listed(month)
        assert found is not None
        assert (found["open"], found["days_waiting"]) == (True, days)
    reply = {"replied_on": "2026-05-20", "taken_up": True, "reply": "已立案侦查"}
    path = f"/v1/referrals/{made['referral_id']}"
    seen = (await ledger.get(path)).headers["ETag"]
    stale = await ledger.client.post(f"{path}/reply", json=reply, headers={**ledger.auth("bureau"), "If-Match": '"2"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    replied = await ledger.client.post(f"{path}/reply", json=reply, headers={**ledger.auth("bureau"), "If-Match": seen})
    assert (seen, replied.headers["ETag"]) == ('"1"', '"2"')
    assert (replied.status_code, replied.json()["reply"]) == (200, reply)
    again = await ledger.client.post(f"{path}/reply", json=reply, headers=ledger.auth("bureau"))
    assert (again.status_code, again.json()["code"]) == (409, "referral-already-replied")
    months = [await listed(f"2026-0{month}") for month in (4, 5, 6)]
    assert [(found or {}).get("open") for found in months] == [True, False, None]
    assert (await ledger.get(path)).json() == replied.json()
    assert (await ledger.get("/v1/referrals/monthly", month="2026-13")).status_code == 422


@pytest.mark.parametrize(
    ("said", "field", "refused"),
    [
        ({"county": "110101"}, "county", "county-not-of-city"),
        ({"county": "140521", "hazard": "h"}, "county", "differs-from-hazard"),
        ({"sector": "coal_mine", "hazard": "h"}, "sector", "differs-from-hazard"),
    ],
)
def test_nothing_is_referred_of_a_place_or_sector_that_it_is_not_of(
    said: dict[str, str], field: str, refused: str
) -> None:
    city = msgspec.structs.replace(COUNTY, county=None)
    hazard = new_hazard() if "hazard" in said else None
    made = refer(msgspec.structs.replace(REFERRED, **said), "r", hazard, city, counties=COUNTIES)
    assert isinstance(made, Refusal)
    assert (made.code, made.field) == (refused, field)


async def test_who_looks_after_one_sector_refers_what_is_of_it_and_sees_it(ledger: InProcess) -> None:
    said = {
        "kind": "crime",
        "body": "public_security",
        "document": "晋应急移〔2026〕2号",
        "matter": "涉嫌危险作业罪",
        "referred_on": "2026-05-28",
    }
    made = await ledger.client.post("/v1/referrals", json=said, headers=ledger.auth("coal"))
    assert (made.status_code, made.json()["sector"]) == (201, "coal_mine")
    assert (await ledger.get(f"/v1/referrals/{made.json()['referral_id']}", "coal")).status_code == 200
    other = await ledger.client.post("/v1/referrals", json=said | {"sector": "hazchem"}, headers=ledger.auth("coal"))
    assert (other.status_code, other.json()["code"]) == (403, "outside-scope")


def test_of_several_sectors_one_is_named() -> None:
    several = Scope(sector=frozenset({"coal_mine", "hazchem"}))
    assert own_sector("hazchem", several) == "hazchem"
    assert code(own_sector(None, several)) == "outside-scope"
    assert own_sector(None, Scope()) is None
