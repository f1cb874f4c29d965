"""A refused claim is kept longer than its topic keeps the record, and then it goes (promise P7)."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from duban_contracts.refusals import Refusal
from services.chassis.consuming.batches import Refused
from services.chassis.consuming.deliveries import RawRecord
from services.ledger.claims.handlers.take_claims import Claims, refuse_records
from services.ledger.claims.jobs import forget_refused
from services.ledger.tests.in_process import InProcess


@pytest.mark.promise("P7")
async def test_a_refused_claim_goes_with_its_time_and_what_is_younger_stays(ledger: InProcess) -> None:
    now = ledger.clock.wall()
    young = RawRecord("county.140502.v1", 9, next(ledger.offsets), now - timedelta(days=429), b"k", b"no json", [])
    old = msgspec.structs.replace(young, offset=next(ledger.offsets), timestamp=now - timedelta(days=431))
    refused = [Refused(each, None, Refusal("bad-envelope", "x", "specversion", "1.0")) for each in (old, young)]
    async with ledger.database.transaction() as connection:
        await refuse_records(connection, refused, claims=Claims.on(ledger.platform))
    await forget_refused(ledger.database, ledger.clock, keep=timedelta(days=430))
    left = await ledger.pool.fetch('SELECT "offset" FROM rejected_claim WHERE partition = 9')
    assert [row["offset"] for row in left] == [young.offset]
