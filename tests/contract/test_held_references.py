"""A reference that a county held before it was kept for tips goes on over HTTPS as on Kafka: the ledger answers, which has it."""

from __future__ import annotations

import msgspec
import pytest

from duban_contracts.admissible.dates import Present
from duban_contracts.cloudevents import to_structured
from duban_contracts.codec import decode
from duban_contracts.testing.calendar import ZONE
from duban_contracts.testing.claims import COUNTY, report, sent
from duban_contracts.topics import claims_topic
from services.gateway.intake.model.claims import Claim
from services.gateway.intake.model.examination import Examiner
from services.ledger.tests.settling import Batch
from services.ledger.tests.telling import NOON

HELD = "tip/AQ-1"


def on_the_books() -> Batch:
    """A ledger with a hazard of the county, registered by a release that kept no references for tips yet."""
    batch = Batch()
    batch.settlement.register(batch.delivery(report(HELD)), report(HELD), f"{COUNTY}-2026-000001")
    return batch


@pytest.mark.feature("SY24")
@pytest.mark.promise("P1")
def test_a_correction_over_https_of_what_was_held_before_reaches_the_ledger_and_corrects() -> None:
    correction = sent(report(HELD, place="储罐区西侧"), event_id="e-corrected")
    gateway = Examiner(COUNTY, claims_topic(COUNTY), None, Present.at(NOON, ZONE))
    taken = gateway.structured(msgspec.json.encode(to_structured(correction)))
    assert isinstance(taken, Claim)
    ledger = on_the_books().take(decode(taken.event))
    assert ledger.told == ["registered", "corrected"]
    hazard = ledger.journal.under(COUNTY, HELD)
    assert hazard is not None
    assert (hazard.place, hazard.version, hazard.is_of_tip) == ("储罐区西侧", 2, False)
