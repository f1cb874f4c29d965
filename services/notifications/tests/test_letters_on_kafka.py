"""From a supervision event on Kafka to the mailbox and the county's system, and what the platform is told."""

from __future__ import annotations

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.notices import (
    NoticeAcknowledged,
    NoticeDelivered,
    NoticeFailed,
    NoticeIssued,
)
from services.chassis.testing.kafka import eventually
from services.notifications.tests.installation import ENTERPRISE
from services.notifications.tests.world import World, due_soon, overdue

pytestmark = [pytest.mark.feature("SY44"), pytest.mark.promise("P9")]


async def test_one_cause_makes_one_letter_under_however_many_event_ids(world: World) -> None:
    for _ in range(3):
        await world.say(overdue(), overdue(), due_soon())
    await world.say(overdue(), overdue(), event_id=f"the-same-id-{world.tag}")
    letters = await world.settled(2)
    year = letters[0]["issued_at"][:4]
    numbers = {letter["kind"]: letter["number"].rpartition("〕")[0] for letter in letters}
    assert numbers == {"urging": f"晋市安委办督〔{year}", "prompt": f"晋市安委办提〔{year}"}
    # A new deadline is a new cause.
    await world.say(overdue(deadline_number=2))
    assert len(await world.settled(3)) == 3
    assert len(await world.mails()) == 3
    assert len(await world.webhooks()) == 2
    assert world.receivers.hooks.repeated.total() == 0
    assert await world.told() == ["delivered"] * 5 + ["issued"] * 3


async def test_the_letter_arrives_as_a_chinese_mail_and_as_a_signed_webhook(world: World) -> None:
    await world.say(overdue(reference="{{ 7*7 }}"))
    [letter] = await world.settled()
    [mail] = await world.mails()
    assert mail["To"] == "xiaofang@140502.example"
    assert mail["Subject"] == f"关于督促整改逾期事故隐患（JC-2026-000123）的函（{letter['number']}）"
    body = mail.get_content().replace("\r\n", "\n")
    assert body.strip() == letter["body"].strip()
    assert "{{ 7*7 }}" in body
    email_delivery = next(each for each in letter["deliveries"] if each["channel"] == "email")
    assert mail["Message-ID"].startswith(f"<{email_delivery['delivery_id']}@")
    # The receiver keeps a webhook only when its signature verifies.
    [hook] = await world.webhooks()
    assert hook["body"]["data"]["number"] == letter["number"]
    assert hook["body"]["data"]["text"] == letter["body"]
    assert letter["state"] == "delivered"


async def test_the_notices_of_a_letter_form_one_gapless_thread(world: World) -> None:
    await world.say(overdue())
    [letter] = await world.settled()
    await world.ask("unit", "POST", f"/v1/letters/{letter['letter_id']}/acknowledge")
    events = await world.notices()
    assert [event.aggregateversion for event in events] == [1, 2, 3, 4]
    models = [type(decode(event)) for event in events]
    assert models[0] is NoticeIssued
    assert models[-1] is NoticeAcknowledged
    assert models[1:3] == [NoticeDelivered, NoticeDelivered]
    assert len({event.correlationid for event in events}) == 1
    assert {event.partitionkey for event in events} == {letter["letter_id"]}


async def test_a_refused_mailbox_is_a_visible_failure_until_the_contact_is_put_right(world: World) -> None:
    await world.say(overdue(unit="transport"))
    [letter] = await world.settled()
    [delivery] = letter["deliveries"]
    assert (letter["state"], delivery["state"], delivery["code"]) == ("failed", "failed", "550 5.1.1")
    assert delivery["detail"] == "5.1.1 <<address>>: no such mailbox"
    failed = next(decode(event) for event in await world.notices() if event.type == "duban.notice.failed.v1")
    assert isinstance(failed, NoticeFailed)
    assert (failed.error_code, failed.attempts) == ("550 5.1.1", 1)
    listed = (await world.ask("operator", "GET", "/v1/deliveries?state=failed")).json()["items"]
    assert delivery["delivery_id"] in [each["delivery_id"] for each in listed]
    # The wrong address is still in the profile: the operator's retry fails once more, and is told once more.
    answer = await world.ask("operator", "POST", f"/v1/deliveries/{delivery['delivery_id']}/retry")
    assert (answer.status_code, answer.json()["state"]) == (200, "pending")
    [letter] = await world.settled()
    assert [each["code"] for each in letter["deliveries"][0]["history"]] == ["550 5.1.1"] * 2
    assert await world.told() == ["failed", "failed", "issued"]


async def test_a_passing_trouble_is_retried_until_the_letter_arrives(world: World) -> None:
    await world.say(overdue(unit="market_regulation"))
    [letter] = await world.settled()
    histories = {each["channel"]: [a["code"] for a in each["history"]] for each in letter["deliveries"]}
    assert histories == {"email": ["452 4.2.2", "452 4.2.2", "250 2.0.0"], "webhook": ["503", "503", "204"]}
    assert len(await world.mails()) == 1
    assert len(await world.webhooks()) == 1
    assert await world.told() == ["delivered", "delivered", "issued"]


async def test_retries_end_and_the_failure_shows_the_last_answer(world: World) -> None:
    await world.say(overdue(unit="commerce_bureau"))
    [letter] = await world.settled()
    [delivery] = letter["deliveries"]
    assert (delivery["state"], delivery["code"], delivery["attempts"]) == ("failed", "452 4.2.2", 4)
    assert await world.told() == ["failed", "issued"]


async def test_every_channels_own_refusal_is_read(world: World) -> None:
    units = ["energy_bureau", "water_bureau", "sports_bureau", "forestry_bureau"]
    await world.say(*(overdue(f"h-{unit}", unit=unit) for unit in units))
    letters = await world.settled(4)
    codes = {(x["unit"], d["channel"]): (d["state"], d["code"]) for x in letters for d in x["deliveries"]}
    assert codes == {
        ("energy_bureau", "email"): ("failed", "552 5.2.2"),
        ("energy_bureau", "webhook"): ("failed", "errcode-93000"),
        ("water_bureau", "webhook"): ("failed", "302"),
        ("sports_bureau", "webhook"): ("failed", "address-forbidden"),
        # Its URL names another endpoint than the office's: the receiver's key does not fit the signature.
        ("forestry_bureau", "webhook"): ("failed", "401"),
    }
    assert await world.webhooks() == []


async def test_an_endpoint_that_is_gone_is_left_alone_until_an_operator_retries(world: World) -> None:
    await world.say(overdue("h-1", unit="civil_affairs"))
    [first] = await world.settled()
    await world.say(overdue("h-2", unit="civil_affairs"))
    _, second = await world.settled(2)
    assert first["deliveries"][0]["code"] == "410"
    assert second["deliveries"][0]["code"] == "endpoint-closed"
    await world.ask("operator", "POST", f"/v1/deliveries/{second['deliveries'][0]['delivery_id']}/retry")
    _, second = await world.settled(2)
    assert second["deliveries"][0]["code"] == "410"


async def test_a_letter_to_nobody_is_issued_and_visibly_undelivered(world: World) -> None:
    await world.say(overdue(county="140581", unit="fire_rescue"))
    [letter] = await world.settled()
    [delivery] = letter["deliveries"]
    assert (letter["state"], delivery["state"], delivery["code"]) == ("failed", "failed", "no-contact")
    assert "高平市消防救援" in letter["body"]
    assert await world.told() == ["failed", "issued"]


async def test_an_unknown_unit_is_reached_through_the_committees_office(world: World) -> None:
    await world.say(overdue(unit="education_bureau"))
    [letter] = await world.settled()
    assert letter["addressee_unit"] == "county_safety_committee"
    assert letter["unit"] == "education_bureau"
    assert (await world.mails())[0]["To"] == "anweiban@140502.example"


async def test_a_mail_server_that_hangs_up_after_the_letter_leaves_doubt_and_a_person_decides(world: World) -> None:
    await world.say(overdue(unit="health_commission"))
    [letter] = await world.settled()
    [delivery] = letter["deliveries"]
    assert (letter["state"], delivery["state"], delivery["code"]) == ("uncertain", "uncertain", "no-answer")
    assert len(await world.mails()) == 1
    assert await world.told() == ["issued"]
    for _ in range(2):
        await world.ask("operator", "POST", f"/v1/deliveries/{delivery['delivery_id']}/confirm")
    [letter] = await world.settled()
    assert letter["state"] == "delivered"
    assert await world.told() == ["delivered", "issued"]
    assert len(await world.mails()) == 1


@pytest.mark.feature("SY65")
async def test_each_sees_the_letters_of_its_county_its_sector_or_its_enterprise(world: World) -> None:
    gas = overdue("h-3", sector="town_gas", enterprise_uscc=ENTERPRISE)
    await world.say(overdue("h-1"), overdue("h-2", county="140521"), gas)
    letters = {letter["about"]["id"].removeprefix(f"{world.tag}-"): letter for letter in await world.settled(3)}
    seen = {
        who: {letter["about"]["id"].removeprefix(f"{world.tag}-") for letter in await world.letters(who)}
        for who in ("city", "county", "coal", "gas", "enterprise", "foreign")
    }
    assert seen == {
        "city": {"h-1", "h-2", "h-3"},
        "county": {"h-1", "h-3"},
        "coal": {"h-1"},
        "gas": {"h-3"},
        "enterprise": {"h-3"},
        "foreign": {"h-2"},
    }
    for who, hazard in (("county", "h-2"), ("coal", "h-3"), ("gas", "h-1"), ("enterprise", "h-1")):
        answer = await world.ask(who, "GET", f"/v1/letters/{letters[hazard]['letter_id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "letter-not-found")
    # What lies outside is as if it did not exist.
    assert (await world.ask("county", "GET", "/v1/letters?county=140521")).json()["items"] == []
    assert (await world.ask("operator", "GET", "/v1/letters")).status_code == 403


async def test_lists_are_paged_and_filtered(world: World) -> None:
    await world.say(*(overdue(f"h-{number}") for number in range(5)))
    await world.settled(5)
    seen: list[str] = []
    after = ""
    while True:
        page = (await world.ask("city", "GET", f"/v1/letters?limit=2{after}")).json()
        seen += [letter["about"]["id"] for letter in page["items"] if letter["about"]["id"].startswith(world.tag)]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [letter["about"]["id"] for letter in await world.letters()]
    assert len(set(seen)) == 5
    wanted = f"about_kind=hazard&about_id={world.tag}-h-3&unit=fire_rescue&state=delivered"
    one = (await world.ask("city", "GET", f"/v1/letters?{wanted}")).json()
    assert [letter["about"]["id"] for letter in one["items"]] == [f"{world.tag}-h-3"]
    assert (await world.ask("city", "GET", "/v1/letters?state=lost")).status_code == 422


async def test_no_address_leaves_through_events_pages_or_metrics(world: World) -> None:
    await world.say(overdue("h-1"), overdue("h-2", unit="transport"), overdue("h-3", unit="energy_bureau"))
    letters = await world.settled(3)
    events = "".join(event.data.decode() for event in await world.notices())
    pages = "".join(str(letter) for letter in letters)
    pages += (await world.ask("operator", "GET", "/v1/deliveries")).text
    metrics = (await world.client.get("/metrics")).text
    for text in (events, pages, metrics):
        assert "@140502" not in text
        assert "/hooks/" not in text


async def test_the_gauges_tell_what_waits_and_what_is_stuck(world: World) -> None:
    await world.say(overdue("h-1"), overdue("h-2", unit="transport"))
    await world.settled(2)

    async def shown() -> None:
        lines = (await world.client.get("/metrics")).text.splitlines()
        assert 'duban_notice_pending_deliveries{channel="email"} 0.0' in lines
        stuck = await world.connection.fetchval(
            "SELECT count(*) FROM delivery WHERE channel = 'email' AND state = 'failed'"
        )
        assert f'duban_notice_unresolved_deliveries{{channel="email",state="failed"}} {stuck}.0' in lines
        assert any(
            line.startswith('duban_notice_oldest_pending_timestamp_seconds{channel="email"} 1.') for line in lines
        )
        assert any('duban_notice_deliveries_total{channel="webhook",outcome="delivered"}' in line for line in lines)

    await eventually(shown)
