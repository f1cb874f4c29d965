"""What counties' events change can be traced to their topic, its offsets and its owner (SY66)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from duban_contracts.cloudevents import CloudEvent
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.consuming.provenance import rows_of

pytestmark = [pytest.mark.feature("SY66")]

AT = datetime(2026, 3, 1, tzinfo=UTC)


def delivery(topic: str, offset: int) -> Delivery:
    record = RawRecord(topic, 0, offset, AT + timedelta(seconds=offset), None, b"", ())
    event = CloudEvent(id=f"e{offset}", source="/county", type="t", data=b"{}")
    return Delivery(record, event, cast("object", None))  # type: ignore[arg-type] # nobody looks at it


def test_a_batch_of_a_countys_events_is_one_row_with_their_ids_and_offsets() -> None:
    (row,) = rows_of("ledger.claims", [delivery("x.county.140502.v1", offset) for offset in (9, 7, 8)])
    assert row.source == "x.county.140502.v1/0@7-9"
    assert row.account == "county-140502"
    assert (row.events, row.times, row.at) == (["e7", "e8", "e9"], 3, AT + timedelta(seconds=7))


def test_each_county_has_its_own_row_and_our_own_topics_have_none() -> None:
    topics = ["county.140502.v1", "county.140521.v1", "ledger.hazard.v1", "county.140502.feedback.v1"]
    rows = rows_of("ledger.claims", [delivery(topic, nth) for nth, topic in enumerate(topics)])
    assert [row.account for row in rows] == ["county-140502", "county-140521"]
