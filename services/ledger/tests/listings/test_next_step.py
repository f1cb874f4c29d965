"""A listing that is late proposes the next step of the ladder, until it is lifted (DOMAIN §5). On values."""

from __future__ import annotations

from datetime import datetime

import pytest

from duban_contracts.events.types import HazardState, ListingLevel
from duban_contracts.testing.calendar import june
from services.ledger.listings.model import KeptListing
from services.ledger.tests.telling import NOON


def listing(overdue_at: datetime | None, lifted_at: datetime | None) -> KeptListing:
    return KeptListing(
        hazard_id="h-1",
        number="140502-2026-000001",
        county="140502",
        sector="hazchem",
        state=HazardState.RECTIFYING,
        responsible_unit=None,
        listing=1,
        level=ListingLevel.CITY,
        authority="safety_committee",
        authority_county=None,
        document="晋市安委督〔2026〕3号",
        deadline_on=june(20),
        listed_at=NOON,
        overdue_at=overdue_at,
        lifted_at=lifted_at,
        conclusion=None,
    )


@pytest.mark.feature("SY45")
def test_only_what_is_late_and_not_lifted_proposes_an_interview() -> None:
    assert listing(NOON, None).proposed_step == "interview"
    for overdue_at, lifted_at in ((None, None), (None, NOON), (NOON, NOON)):
        assert listing(overdue_at, lifted_at).proposed_step is None
