"""The chain: one digest a record, over everything that the record says and the record before (promise P4)."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from duban_contracts.testing import stories
from duban_contracts.testing.calendar import local
from services.ledger.history.model import GENESIS, link, seal

pytestmark = pytest.mark.promise("P4")
RECORD = {
    "hazard_id": "h-1",
    "version": 1,
    "event_id": "e-1",
    "event_type": "duban.hazard.registered.v1",
    "time": "2026-06-01T04:00:00Z",
    "cause_id": "",
    "payload": b"{}",
}


def test_the_digest_is_what_the_definition_says() -> None:
    parts = [
        b"duban-history-1",
        GENESIS,
        b"h-1",
        b"1",
        b"e-1",
        b"duban.hazard.registered.v1",
        b"2026-06-01T04:00:00Z",
        b"",
        b"{}",
    ]
    written_out = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    assert link(GENESIS, **RECORD) == hashlib.sha256(written_out).digest()  # type: ignore[arg-type]


@pytest.mark.parametrize("field", sorted(RECORD))
def test_no_field_can_change_unnoticed(field: str) -> None:
    other = {**RECORD, field: {"version": 2, "payload": b"{} "}.get(field, "x")}
    assert link(GENESIS, **other) != link(GENESIS, **RECORD)  # type: ignore[arg-type]
    assert link(bytes([1] * 32), **RECORD) != link(GENESIS, **RECORD)  # type: ignore[arg-type]


def test_a_record_seals_what_was_published_and_the_record_before() -> None:
    first, second = stories.confirmed().records()
    caused = msgspec.structs.replace(second, causationid="claim-1")
    one = seal(GENESIS, first, 1)
    two = seal(one.digest, caused, 2)
    assert (two.hazard_id, two.version, two.event_id, two.type) == ("hz-1", 2, second.id, second.type)
    assert (two.payload, two.cause_id, one.cause_id) == (second.data, "claim-1", "")
    assert two.time == "2026-06-01T02:00:00Z"
    assert two.digest == link(
        one.digest,
        hazard_id="hz-1",
        version=2,
        event_id=second.id,
        event_type=second.type,
        time=two.time,
        cause_id="claim-1",
        payload=second.data,
    )
    assert second.time == local(1, 10)


def test_what_an_event_does_not_say_is_sealed_as_empty() -> None:
    first = stories.confirmed().records()[0]
    record = seal(GENESIS, msgspec.structs.replace(first, subject=None, time=None, causationid=None), 1)
    assert (record.hazard_id, record.time, record.cause_id) == ("", "", "")
