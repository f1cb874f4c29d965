"""What became of a letter as a whole, who may sign for it, and which ways it takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.notices import NoticeAcknowledged, NoticeDelivered, NoticeFailed, NoticeRecalled
from duban_contracts.events.types import Subject
from services.notifications.delivery.model.delivery import DeliveryState
from services.notifications.delivery.model.rows import delivery_id
from services.notifications.directory.model import Office
from services.notifications.letters.model.letter import (
    Letter,
    LetterState,
    Signatory,
    Thread,
    evolve,
    is_signed,
    receives,
    travelled,
)
from services.notifications.letters.model.numbering import Number, Series
from services.notifications.letters.model.ways import ways

AT = datetime(2026, 3, 6, 1, tzinfo=UTC)
LETTER = Letter(
    letter_id=UUID(int=3),
    number="晋市安委办督〔2026〕12号",
    place=Number(Series("urging", 2026), 12),
    about=Subject(kind="hazard", id="h-1", number="JC-1"),
    county="140502",
    township=None,
    sector="coal_mine",
    unit="energy_bureau",
    enterprise=None,
    addressee="城区安委办",
    addressee_unit="county_safety_committee",
    due_on=date(2026, 3, 5),
    title="关于督促整改逾期事故隐患（JC-1）的函",
    body="正文\n",
    issued_at=AT,
    thread=Thread("e-1", "c-1", None),
    version=1,
)
OFFICE = "county_safety_committee"
some_states = st.lists(st.sampled_from(DeliveryState), min_size=1, max_size=3)


@given(some_states)
def test_a_letter_is_delivered_as_soon_as_one_channel_took_it(states: list[DeliveryState]) -> None:
    state = travelled(LETTER, states).state
    assert (state is LetterState.DELIVERED) == (DeliveryState.DELIVERED in states)
    assert (state is LetterState.FAILED) == (set(states) == {DeliveryState.FAILED})
    assert travelled(replace(LETTER, acknowledged_at=AT), states).state is LetterState.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (["pending", "uncertain"], "issued"),
        (["sending", "failed"], "issued"),
        (["failed", "uncertain"], "uncertain"),
        (["pending", "delivered"], "delivered"),
    ],
)
def test_what_is_on_its_way_outweighs_doubt_and_doubt_outweighs_failure(states: list[str], state: str) -> None:
    letter = travelled(LETTER, [DeliveryState(each) for each in states])
    assert letter == replace(LETTER, state=LetterState(state))


def test_each_notice_counts_and_a_signature_stays() -> None:
    head = LETTER.head
    delivered = evolve(LETTER, NoticeDelivered(**head, occurred_at=AT, channel="email", attempts=1))
    assert delivered == replace(LETTER, version=2)
    failed = NoticeFailed(**head, occurred_at=AT, channel="webhook", attempts=1, error_code="410")
    assert evolve(delivered, failed).version == 3
    signed = evolve(delivered, NoticeAcknowledged(**head, occurred_at=AT, acknowledged_by="regulator-1"))
    assert signed == replace(
        LETTER, version=3, state=LetterState.ACKNOWLEDGED, acknowledged_at=AT, acknowledged_by="regulator-1"
    )


def test_a_recalled_letter_stays_what_it_was_and_says_since_when_it_no_longer_holds() -> None:
    delivered = replace(LETTER, version=2, state=LetterState.DELIVERED)
    recall = NoticeRecalled(**LETTER.head, occurred_at=AT, cause="e-2", reason="期限更正")
    assert evolve(delivered, recall) == replace(delivered, version=3, recalled_at=AT)


def test_a_notice_of_a_letter_that_is_not_written_is_a_defect() -> None:
    with pytest.raises(ValueError, match="before it is written"):
        evolve(None, NoticeAcknowledged(**LETTER.head, occurred_at=AT, acknowledged_by="regulator-1"))


def test_a_notice_says_which_letter_it_is_about() -> None:
    assert LETTER.head == {
        "letter_id": "00000000-0000-0000-0000-000000000003",
        "number": "晋市安委办督〔2026〕12号",
        "kind": "urging",
        "about": LETTER.about,
        "county": "140502",
        "unit": "energy_bureau",
    }


@pytest.mark.parametrize(
    ("county", "unit", "may"),
    [
        ("140502", "energy_bureau", True),
        ("140502", OFFICE, True),
        ("140502", None, True),
        ("140502", "education_bureau", False),
        ("140521", "energy_bureau", False),
        ("140521", OFFICE, False),
        (None, "energy_bureau", False),
        (None, None, False),
    ],
)
def test_the_receiving_countys_unit_signs_or_whoever_it_was_sent_to(
    county: str | None,
    unit: str | None,
    may: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    assert receives(LETTER, Signatory("a-1", county, unit), OFFICE) is may


@pytest.mark.parametrize(
    ("county", "enterprise", "may"),
    [("140502", "91A", True), ("140502", "91B", False), ("140521", "91A", False), (None, "91A", False)],
)
def test_a_principal_signs_for_letters_about_the_own_enterprise_alone(
    county: str | None,
    enterprise: str,
    may: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    letter = replace(LETTER, enterprise="91A")
    # Whatever unit an account names: a principal signs for no office.
    assert receives(letter, Signatory("p-1", county, OFFICE, enterprise), OFFICE) is may
    assert receives(LETTER, Signatory("p-1", "140502", OFFICE, "91A"), OFFICE) is False


def test_the_receipts_of_office_and_enterprise_stand_beside_each_other() -> None:
    office, principal = Signatory("r-1", "140502", None), Signatory("p-1", "140502", None, "91A")
    said = NoticeAcknowledged(**LETTER.head, occurred_at=AT, acknowledged_by="p-1", by_enterprise=True)
    after = evolve(LETTER, said)
    assert (after.state, after.acknowledged_at, after.enterprise_acknowledged_by) == (LETTER.state, None, "p-1")
    assert (is_signed(after, principal), is_signed(after, office)) == (True, False)
    both = evolve(after, NoticeAcknowledged(**LETTER.head, occurred_at=AT, acknowledged_by="r-1"))
    assert (both.state, both.acknowledged_by, both.enterprise_acknowledged_by) == (
        LetterState.ACKNOWLEDGED,
        "r-1",
        "p-1",
    )
    assert is_signed(both, office)


def test_the_committees_office_signs_for_every_unit_and_the_addressed_office_for_its_own_letters() -> None:
    direct = replace(LETTER, addressee_unit="energy_bureau")
    assert receives(direct, Signatory("a-1", "140502", OFFICE), OFFICE)
    stood_in = replace(LETTER, addressee_unit="fire_rescue")
    assert receives(stood_in, Signatory("a-1", "140502", "fire_rescue"), "another_office")


def test_a_thread_goes_on_from_the_event_that_caused_the_letter() -> None:
    first = CloudEvent(id="e-9", source="/s", type="t", data=b"", traceparent="00-a")
    assert Thread.of(first) == Thread("e-9", "e-9", "00-a")
    later = CloudEvent(id="e-9", source="/s", type="t", data=b"", correlationid="c-0", traceparent="00-a")
    # Nothing is made up of what a letter doesn't keep: what the event was, and what it said.
    assert Thread.of(later).cause() == msgspec.structs.replace(later, source="/duban", type="", data=b"")


def office(**addresses: str) -> Office:
    return Office(county="140502", unit="fire_rescue", name="消防", addresses=addresses)


def test_a_letter_takes_the_channels_of_its_kind_that_reach_the_office_in_their_order() -> None:
    both = office(webhook="http://x/", email="a@x.example")
    assert ways(["email", "webhook"], both) == [("email", "a@x.example"), ("webhook", "http://x/")]
    assert ways(["webhook", "email"], both) == [("webhook", "http://x/"), ("email", "a@x.example")]
    assert ways(["email"], both) == [("email", "a@x.example")]
    assert ways(["email", "webhook"], office(webhook="http://x/")) == [("webhook", "http://x/")]


def test_a_letter_to_nobody_still_has_a_way_that_can_fail_visibly() -> None:
    assert ways(["email", "webhook"], None) == [("email", None)]
    assert ways(["webhook"], office(email="a@x.example")) == [("webhook", None)]


def test_the_delivery_over_a_channel_has_one_id_for_life() -> None:
    assert delivery_id(UUID(int=3), "email") == delivery_id(UUID(int=3), "email")
    assert delivery_id(UUID(int=3), "email") != delivery_id(UUID(int=3), "webhook")
