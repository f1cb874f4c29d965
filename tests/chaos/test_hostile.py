"""What hostile counties do, looked at without a platform: the same for one seed, and expected to be what the doors say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from duban_contracts.admissible.dates import Present
from duban_contracts.days import Zone
from duban_contracts.events.claims import HazardReported
from duban_contracts.events.feedback import ClaimEvent, ClaimRecorded, ClaimRejected
from duban_contracts.refusals import Refusal
from duban_contracts.topics import claims_topic
from duban_contracts.validation import unreadable
from services.chassis.consuming.deliveries import RawRecord, read
from services.ledger.claims.model.decisions import screen
from tests.chaos.hostile.audit import complaint_about
from tests.chaos.hostile.latency import Phase, by_phase
from tests.chaos.hostile.mischief import Fate, Mischief, Record

COUNTY = "140525"
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
PRESENT = Present.at(NOW, Zone("Asia/Shanghai"))
# What only a ledger with a history can know, and what only a broker can do.
ELSEWHERE = {"id-reused", "unreadable-batch"}


def everything(seed: int = 1) -> list[Record]:
    mischief = Mischief(COUNTY, seed)
    return [*mischief.round(), *mischief.batch("zstd"), *mischief.corrected(), *mischief.flood(20)]


def said(record: Record) -> Refusal | None:
    headers = [(name, value or b"") for name, value in record.headers]
    arrived = RawRecord(claims_topic(COUNTY), 0, 0, NOW, record.key, record.value, headers)
    event, data = read(arrived)
    if isinstance(data, Refusal):
        return unreadable(event, data, COUNTY)
    assert event is not None
    found: object = screen(event, data, COUNTY, PRESENT)
    return found if isinstance(found, Refusal) else None


def test_the_same_seed_writes_the_same_records() -> None:
    assert everything(3) == everything(3)
    assert everything(3) != everything(4)


@pytest.mark.promise("P7")
def test_what_must_become_of_each_record_is_what_the_ledger_says_of_its_bytes() -> None:
    wrong = []
    for record in everything():
        found = said(record)
        code = None if found is None else found.code
        refused = record.fate is Fate.REFUSED and record.code not in ELSEWHERE
        if (code is None) is refused or (refused and record.code not in (None, code)):
            wrong.append(f"{record.kind}: {code}, not {record.code}")
    assert wrong == []


def test_every_hazard_that_must_come_of_it_is_reported_and_no_other() -> None:
    mischief = Mischief(COUNTY, 1)
    records = [*mischief.round(), mischief.taken_back("aborted")]
    reported = set()
    for record in records:
        if record.fate is Fate.RECORDED and record.event is not None:
            _, data = read(RawRecord("t", 0, 0, NOW, None, record.value, [(n, v or b"") for n, v in record.headers]))
            assert isinstance(data, HazardReported)
            reported.add(data.reference)
    assert mischief.hazards.keys() <= reported


def answer(record: Record, kind: type[ClaimEvent], **fields: str) -> ClaimEvent:
    assert record.event is not None
    receipt = str(record.event.identity(claims_topic(COUNTY)))
    named: dict[str, Any] = {"county": COUNTY, "origin": "t/0/1", "receipt_id": receipt, "answered_at": NOW, **fields}
    return kind(**named)


RECORDED = {"hazard_id": "h", "number": "n", "outcome": "registered"}


def test_the_audit_sees_what_is_lost_what_is_believed_and_what_is_refused_for_another_reason() -> None:
    mischief, topic = Mischief(COUNTY, 1), claims_topic(COUNTY)
    right, withdrawn = mischief.right(), mischief.taken_back("aborted")
    (gbk,) = (record for record in mischief.round() if record.kind == "gbk")
    recorded = answer(right, ClaimRecorded, **RECORDED)
    assert complaint_about(right, [recorded], topic, counts=True) is None
    assert complaint_about(right, [], topic, counts=True)
    assert complaint_about(withdrawn, [], topic, counts=False) is None
    assert complaint_about(withdrawn, [answer(withdrawn, ClaimRecorded, **RECORDED)], topic, counts=False)
    refused = {code: answer(gbk, ClaimRejected, code=code, message="编码不符") for code in ("bad-encoding", "not-json")}
    assert complaint_about(gbk, [refused["bad-encoding"]], topic, counts=True) is None
    assert complaint_about(gbk, [refused["not-json"]], topic, counts=True)
    assert complaint_about(gbk, [answer(gbk, ClaimRecorded, **RECORDED)], topic, counts=True)
    elsewhere = answer(right, ClaimRecorded, **RECORDED, receipt_id="another")
    assert complaint_about(right, [elsewhere], topic, counts=True)


def test_latencies_are_told_apart_by_phase() -> None:
    calm, hostile = (
        Phase(name, NOW + timedelta(seconds=s), NOW + timedelta(seconds=s + 10))
        for name, s in (("calm", 0), ("hostile", 10))
    )
    measured = [(NOW + timedelta(seconds=second), float(second)) for second in range(20)]
    spreads = by_phase(measured, [calm, hostile, Phase("storm", NOW + timedelta(days=1), NOW + timedelta(days=2))])
    assert {name: (one.number, one.median, one.p95) for name, one in spreads.items()} == {
        "calm": (10, 4.0, 9.0),
        "hostile": (10, 14.0, 19.0),
    }
