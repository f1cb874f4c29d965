"""Counties' claims through real Kafka: once each, in any order, answered always."""

from __future__ import annotations

import asyncio

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.feedback import ClaimOutcome, ClaimRecorded, ClaimRejected, ClaimWaiting
from duban_contracts.events.hazards import HazardConfirmed, HazardEvent, HazardRegistered, HazardSubmitted
from duban_contracts.events.heartbeat import LedgerHeartbeat
from duban_contracts.topics import TopicFamily, claims_topic
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.testing import kafka as chassis_testing
from services.ledger.tests.world import (
    FOREIGN,
    HOME,
    World,
    envelope,
    new_reference,
    planned,
    rectified,
    reported,
)


async def test_a_report_is_one_hazard_however_often_and_under_however_many_ids_it_is_sent(world: World) -> None:
    reference = new_reference()
    first = envelope(reported(reference))
    await world.claim(first, first, envelope(reported(reference)), first, envelope(reported(reference)))
    answers = await world.answers(reference, 3)
    assert [a.outcome for a in answers if isinstance(a, ClaimRecorded)] == [
        ClaimOutcome.REGISTERED,
        ClaimOutcome.DUPLICATE,
        ClaimOutcome.DUPLICATE,
    ]
    hazard = await world.hazard(reference)
    assert hazard["version"] == 1
    assert hazard["number"].startswith(f"{HOME}-")
    assert {a.number for a in answers if isinstance(a, ClaimRecorded)} == {hazard["number"]}
    assert answers[0].receipt_id == str(first.identity(claims_topic(HOME, world.settings.topic_prefix)))


async def test_numbers_of_a_county_are_serial_and_without_gaps(world: World) -> None:
    references = [new_reference() for _ in range(7)]
    await world.claim(*(reported(reference) for reference in references))
    for reference in references:
        await world.hazard(reference)
    rows = await world.pool.fetch("SELECT number FROM hazard WHERE county = $1 ORDER BY number", HOME)
    serials = [int(row["number"].rsplit("-", 1)[1]) for row in rows]
    assert serials == list(range(1, len(serials) + 1))


async def test_other_content_under_the_same_reference_corrects_while_it_is_only_reported(world: World) -> None:
    reference = new_reference()
    await world.claim(reported(reference), reported(reference, place="储罐区西侧", sector="industry_trade"))
    hazard = await world.hazard(reference, version=2)
    assert (hazard["place"], hazard["sector"], hazard["state"]) == ("储罐区西侧", "industry_trade", "reported")
    answers = await world.answers(reference, 2)
    assert [a.outcome for a in answers if isinstance(a, ClaimRecorded)] == ["registered", "corrected"]


async def test_other_content_after_confirmation_is_refused_and_changes_nothing(world: World) -> None:
    hazard = await world.confirmed()
    await world.claim(reported(hazard["reference"], place="别处"))
    answer = (await world.answers(hazard["reference"], 2))[-1]
    assert isinstance(answer, ClaimRejected)
    assert answer.code == "reference-already-confirmed"
    assert await world.hazard(hazard["reference"]) == hazard


async def test_a_submission_before_its_report_waits_visibly_and_applies_at_confirmation(world: World) -> None:
    reference = new_reference()
    await world.claim(rectified(reference), planned(reference))
    answers = await world.answers(reference, 2)
    assert [a.waiting_for for a in answers if isinstance(a, ClaimWaiting)] == ["report", "report"]
    waiting = (await world.get("/v1/waiting-claims", "county", limit=1000)).json()["items"]
    assert [w["waiting_for"] for w in waiting if w["reference"] == reference] == ["report", "report"]
    hazard = await world.registered(reference)
    confirmed = (await world.confirm(hazard, grade="major")).json()
    # The plan was sent last and a major hazard needs it first.
    assert (confirmed["state"], confirmed["version"]) == ("in_review", 4)
    assert confirmed["submitted_at"] < confirmed["confirmed_at"]
    answers = await world.answers(reference, 7)
    told = [a.outcome if isinstance(a, ClaimRecorded) else a.waiting_for for a in answers]  # type: ignore[attr-defined]
    assert told == ["report", "report", "registered", "confirmation", "confirmation", "applied", "applied"]
    waiting = (await world.get("/v1/waiting-claims", "county", limit=1000)).json()["items"]
    assert reference not in {w["reference"] for w in waiting}


async def test_a_claim_that_waits_is_refused_when_the_report_is_rejected(world: World) -> None:
    hazard = await world.registered()
    await world.claim(rectified(hazard["reference"]))
    await world.answers(hazard["reference"], 2)
    answer = await world.post(hazard["hazard_id"], "reject", {"reason": "经核实不构成隐患"})
    assert answer.json()["state"] == "rejected"
    last = (await world.answers(hazard["reference"], 3))[-1]
    assert isinstance(last, ClaimRejected)
    assert last.code == "hazard-rejected"


async def test_a_major_hazard_without_a_plan_takes_no_submission(world: World) -> None:
    hazard = await world.confirmed("major")
    reference = hazard["reference"]
    await world.claim(rectified(reference))
    answer = (await world.answers(reference, 2))[-1]
    assert isinstance(answer, ClaimRejected)
    assert answer.code == "plan-required"
    await world.claim(planned(reference), rectified(reference))
    assert (await world.hazard(reference, version=4))["state"] == "in_review"


async def test_a_second_submission_under_review_is_a_duplicate_or_refused(world: World) -> None:
    hazard = await world.confirmed()
    reference = hazard["reference"]
    await world.claim(rectified(reference), rectified(reference), rectified(reference, measures="另一种措施"))
    applied, duplicate, refused = (await world.answers(reference, 4))[1:]
    assert isinstance(applied, ClaimRecorded)
    assert isinstance(duplicate, ClaimRecorded)
    assert (applied.outcome, duplicate.outcome) == ("applied", "duplicate")
    assert isinstance(refused, ClaimRejected)
    assert refused.code == "already-in-review"
    assert (await world.hazard(reference))["version"] == 3


async def test_a_field_that_the_contract_does_not_know_is_refused_on_a_countys_own_topic_too(world: World) -> None:
    reference = new_reference()
    event = envelope(reported(reference))
    document = {**msgspec.json.decode(event.data), "severity": "严重"}
    await world.claim(msgspec.structs.replace(event, data=msgspec.json.encode(document)))
    answer = (await world.answers(reference, 1))[0]
    assert isinstance(answer, ClaimRejected)
    assert answer.field == "$.severity"
    assert (await world.get("/v1/hazards", reference=reference)).json()["items"] == []


async def test_a_claim_in_another_countys_name_is_refused_to_the_one_who_spoke(world: World) -> None:
    reference = new_reference()
    await world.claim(reported(reference, county=HOME), county=FOREIGN)
    answer = (await world.answers(reference, 1, FOREIGN))[0]
    assert isinstance(answer, ClaimRejected)
    assert (answer.code, answer.county, answer.field) == ("county-mismatch", FOREIGN, "$.county")
    assert (await world.get("/v1/hazards", reference=reference)).json()["items"] == []
    kept = (await world.get("/v1/rejected-claims", "foreign", limit=1000)).json()["items"]
    assert [k["code"] for k in kept if k["reference"] == reference] == ["county-mismatch"]
    hidden = (await world.get("/v1/rejected-claims", "county", limit=1000)).json()["items"]
    assert reference not in {k["reference"] for k in hidden}


async def test_an_unknown_sector_is_refused_and_a_neighbour_goes_on(world: World) -> None:
    wrong, right = new_reference(), new_reference()
    await world.claim(reported(wrong, sector="no_such_sector"), reported(right))
    answer = (await world.answers(wrong, 1))[0]
    assert isinstance(answer, ClaimRejected)
    assert (answer.code, answer.field) == ("unknown-sector", "$.sector")
    assert (await world.hazard(right))["state"] == "reported"


async def test_what_is_no_event_is_kept_with_its_bytes_and_answered(world: World) -> None:
    topic = claims_topic(HOME, world.settings.topic_prefix)
    garbage = f"not json {new_reference()}".encode()
    broken = envelope(reported(new_reference()))
    broken = msgspec.structs.replace(broken, data=b'{"county": "140502"}')
    foreign_type = msgspec.structs.replace(broken, id="t-1", type="duban.no.such.v1", data=b"{}")
    producer = ReliableProducer(world.settings.kafka_bootstrap, "test")
    assert await producer.publish([OutboxMessage(topic, b"k", garbage, [])]) == [None]
    await producer.stop()
    await world.claim(broken, foreign_type)

    async def check() -> None:
        rows = await world.pool.fetch("SELECT * FROM rejected_claim WHERE event_id IS NULL AND value = $1", garbage)
        assert [row["code"] for row in rows] == ["not-a-cloudevent"]
        codes = await world.pool.fetch("SELECT code FROM rejected_claim WHERE event_id = ANY($1)", [broken.id, "t-1"])
        assert {row["code"] for row in codes} == {"missing-field", "unknown-event-type"}
        answers = [
            a
            for e in world.feedback()
            if isinstance(a := decode(e), ClaimRejected) and a.claim_id in {broken.id, "t-1"}
        ]
        assert len(answers) == 2

    await chassis_testing.eventually(check)


async def test_a_ledger_event_sent_by_a_county_is_refused(world: World) -> None:
    forged = envelope(LedgerHeartbeat(applied_through=(await world.pool.fetchval("SELECT now()"))))
    await world.claim(forged)

    async def check() -> None:
        code = await world.pool.fetchval("SELECT code FROM rejected_claim WHERE event_id = $1", forged.id)
        assert code == "not-a-claim"

    await chassis_testing.eventually(check)


async def test_the_hazard_topic_tells_the_history_in_order_and_the_county_gets_its_copy(world: World) -> None:
    hazard = await world.confirmed()
    await world.claim(rectified(hazard["reference"]))
    await world.hazard(hazard["reference"], version=3)

    def check() -> tuple[list[CloudEvent], list[CloudEvent]]:
        told = [e for e in world.topic(TopicFamily.HAZARD) if e.subject == hazard["hazard_id"]]
        copies = [
            e for e in world.feedback() if isinstance(decode(e), HazardEvent) and e.subject == hazard["hazard_id"]
        ]
        assert len(told) == 3
        assert len(copies) == 2
        return told, copies

    told, copies = await chassis_testing.eventually(check)
    assert [type(decode(e)) for e in told] == [HazardRegistered, HazardConfirmed, HazardSubmitted]
    assert [e.aggregateversion for e in told] == [1, 2, 3]
    assert {e.partitionkey for e in told} == {hazard["hazard_id"]}
    assert [(e.id, e.data) for e in copies] == [(e.id, e.data) for e in told[1:]]
    history = (await world.get(f"/v1/hazards/{hazard['number']}/history")).json()["items"]
    assert [item["event_id"] for item in history] == [e.id for e in told]


async def test_two_keys_of_one_reference_taken_at_once_are_still_one_hazard(world: World) -> None:
    # A county may write under any record key, so that two partitions, and two instances, meet one reference.
    reference = new_reference()
    events = [msgspec.structs.replace(envelope(reported(reference)), partitionkey=f"k{i}") for i in range(12)]
    await asyncio.gather(*(world.claim(event) for event in events))
    answers = await world.answers(reference, 12)
    outcomes = sorted(a.outcome for a in answers if isinstance(a, ClaimRecorded))
    assert outcomes == ["duplicate"] * 11 + ["registered"]
