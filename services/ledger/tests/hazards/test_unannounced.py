"""What whoever is looked at may read of a closure: all of it but when it is looked at again (DOMAIN §2 unannounced_visit)."""

from __future__ import annotations

import msgspec
import pytest

from duban_contracts.codec import encode, type_of
from duban_contracts.events.hazards import HazardClosed, HazardEvent
from duban_contracts.events.types import Grade
from services.ledger.hazards.model.looking_back import unannounced
from services.ledger.history.model import Record
from services.ledger.tests.telling import CITY, CITY_2, CLOSE, CONFIRM, by, first_reviews, in_review, new_hazard, said

STRUCK_OFF = said(first_reviews(in_review(Grade.MAJOR), CITY, CITY_2), CLOSE, by(CITY_2))
CONFIRMED = said(new_hazard(), CONFIRM, by(CITY))


def record(event: HazardEvent) -> Record:
    return Record("h-1", 5, "e-5", type_of(type(event)).name, "2026-06-01T04:00:00Z", "c-1", encode(event), bytes(32))


@pytest.mark.feature("SY31")
def test_a_closure_is_read_without_its_look_back_and_with_every_other_word_and_its_digest() -> None:
    assert isinstance(STRUCK_OFF, HazardClosed)
    assert STRUCK_OFF.look_back is not None
    shown = unannounced(record(STRUCK_OFF))
    assert msgspec.json.decode(shown.payload, type=HazardClosed) == msgspec.structs.replace(STRUCK_OFF, look_back=None)
    assert b"look_back" not in shown.payload
    assert msgspec.structs.replace(shown, payload=b"") == msgspec.structs.replace(record(STRUCK_OFF), payload=b"")


def test_what_is_no_closure_is_read_as_it_is() -> None:
    assert unannounced(record(CONFIRMED)) == record(CONFIRMED)
