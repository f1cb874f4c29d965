"""Which hazard may go on for which, and what merging and taking out again leave behind. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from duban_contracts.events.consultation import Tier
from duban_contracts.events.gathering import FirstLevel, HazardMerged, HazardUnmerged
from duban_contracts.events.types import Channel, Grade, HazardState, Listing, ListingLevel
from duban_contracts.testing.calendar import june
from services.ledger.hazards.model import Hazard, evolve
from services.ledger.hazards.moves import Merge, Unmerge, add_source, remove_source
from services.ledger.tests.telling import (
    CITY,
    CLOSE,
    CONFIRM,
    COUNTY,
    ENTERPRISE,
    FIRST,
    PLAN,
    by,
    closed,
    confirmed,
    does,
    in_review,
    new_hazard,
    noted,
    refusal,
    said,
)

pytestmark = pytest.mark.feature("SY26")


def other(hazard: Hazard, **fields: Any) -> Hazard:
    """The same fault as somebody else reported it."""
    return msgspec.structs.replace(hazard, hazard_id="h-2", number="140502-2026-000002", reference="R-2", **fields)


def into(survivor: Hazard) -> Merge:
    return Merge(reason="同一处隐患", survivor=survivor)


@pytest.mark.parametrize("hazard", [new_hazard(), confirmed(), does(confirmed(), (PLAN, ENTERPRISE))])
def test_a_merged_hazard_is_a_duplicate_and_taken_out_again_it_is_what_it_was(hazard: Hazard) -> None:
    survivor = other(confirmed())
    merged = does(hazard, (into(survivor), CITY))
    assert (merged.state, merged.merged_into, merged.merged_into_number) == (
        HazardState.DUPLICATE,
        survivor.hazard_id,
        survivor.number,
    )
    restored = does(merged, (Unmerge(reason="另一处"), CITY))
    assert restored == msgspec.structs.replace(hazard, version=hazard.version + 2)


def test_what_is_taken_out_says_which_first_level_waits_for_its_second_again() -> None:
    waits = does(SAID_MAJOR, (into(other(SAID_MAJOR)), CITY))
    event = said(waits, Unmerge(reason="另一处"), by(CITY))
    assert isinstance(event, HazardUnmerged)
    assert SAID_MAJOR.first_confirmed_at is not None
    assert event.first_confirmed == FirstLevel(grade=Grade.MAJOR, confirmed_at=SAID_MAJOR.first_confirmed_at)
    plain = said(does(confirmed(), (into(other(confirmed())), CITY)), Unmerge(reason="另一处"), by(CITY))
    assert isinstance(plain, HazardUnmerged)
    assert plain.first_confirmed is None


def test_the_hazard_that_goes_on_counts_its_sources_and_stays_what_it_was() -> None:
    survivor, source = other(confirmed()), new_hazard()
    taken = evolve(survivor, add_source(survivor, source, "同一处隐患", by(CITY)))
    assert taken == msgspec.structs.replace(survivor, version=survivor.version + 1, source_count=1)
    alone = evolve(taken, remove_source(taken, source, "另一处", by(CITY)))
    assert alone == msgspec.structs.replace(survivor, version=survivor.version + 2)


def test_merging_says_which_hazard_goes_on_and_where_the_other_stood() -> None:
    event = said(confirmed(), into(other(confirmed())), by(COUNTY))
    assert isinstance(event, HazardMerged)
    assert (event.survivor.number, event.previous_state) == ("140502-2026-000002", HazardState.CONFIRMED)


SAID_MAJOR = does(new_hazard(Channel.SELF_REPORT), (FIRST, ENTERPRISE))
AT_CITY = msgspec.structs.replace(confirmed(), sent_up_to=Tier.CITY)
LISTED = Listing(
    number=1, level=ListingLevel.CITY, authority="safety_committee", document="督〔2026〕3号", deadline_on=june(20)
)


@pytest.mark.parametrize(
    ("hazard", "survivor", "code"),
    [
        (confirmed(), confirmed(), "merge-with-itself"),
        (confirmed(), other(closed()), "survivor-not-open"),
        (new_hazard(), other(new_hazard(), state=HazardState.REJECTED), "survivor-not-open"),
        (new_hazard(), other(new_hazard(), state=HazardState.DUPLICATE), "survivor-not-open"),
        (msgspec.structs.replace(confirmed(), source_count=1), other(confirmed()), "merge-has-sources"),
        (confirmed(), other(new_hazard()), "survivor-is-milder"),
        (confirmed(Grade.MAJOR), other(confirmed()), "survivor-is-milder"),
        (confirmed(), other(confirmed(), deadline_on=june(12)), "survivor-is-milder"),
        (msgspec.structs.replace(confirmed(), listing=LISTED), other(confirmed()), "survivor-is-milder"),
        (SAID_MAJOR, other(confirmed()), "survivor-is-milder"),
        (AT_CITY, other(confirmed()), "survivor-is-milder"),
        (AT_CITY, other(confirmed(), sent_up_to=Tier.COUNTY), "survivor-is-milder"),
        (noted(confirmed()), other(confirmed()), "survivor-is-milder"),
        (SAID_MAJOR, other(new_hazard()), "survivor-is-milder"),
        (in_review(), other(confirmed()), "state-conflict"),
        (closed(), other(confirmed()), "state-conflict"),
    ],
)
def test_nothing_is_lost_by_merging(hazard: Hazard, survivor: Hazard, code: str) -> None:
    assert refusal(hazard, into(survivor), CITY) == code


def test_who_goes_on_may_be_stricter_and_further_on() -> None:
    for survivor in (confirmed(Grade.MAJOR), SAID_MAJOR):
        assert does(SAID_MAJOR, (into(other(survivor)), CITY)).state is HazardState.DUPLICATE
    assert does(AT_CITY, (into(other(AT_CITY)), CITY)).state is HazardState.DUPLICATE
    for survivor in (noted(confirmed()), AT_CITY):
        assert does(confirmed(), (into(other(survivor)), CITY)).state is HazardState.DUPLICATE
    for survivor in (confirmed(Grade.MAJOR), in_review(), msgspec.structs.replace(confirmed(), deadline_on=june(5))):
        assert does(confirmed(), (into(other(survivor)), COUNTY)).state is HazardState.DUPLICATE


def test_a_major_hazard_leaves_the_list_by_the_citys_hand_only_and_no_enterprise_merges() -> None:
    survivor = other(confirmed(Grade.MAJOR))
    assert refusal(confirmed(Grade.MAJOR), into(survivor), COUNTY) == "city-regulator-required"
    assert refusal(confirmed(), into(survivor), ENTERPRISE) == "role-not-allowed"


def test_nobody_moves_a_merged_hazard_but_by_taking_it_out() -> None:
    merged = does(confirmed(), (into(other(confirmed())), CITY))
    for command in (CONFIRM, PLAN, CLOSE, into(other(confirmed()))):
        assert refusal(merged, command, CITY) == "state-conflict"
    assert refusal(confirmed(), Unmerge(reason="另一处"), CITY) == "state-conflict"
