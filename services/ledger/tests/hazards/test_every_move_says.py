"""What each move records says who did it, when, and every word of the command."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from duban_contracts.codec import encode, lookup, type_of
from duban_contracts.events.consultation import Tier
from duban_contracts.events.hazards import HazardEvent, HazardReopened
from duban_contracts.events.types import HazardState
from duban_contracts.refusals import Refusal
from duban_contracts.validation import check_payload
from services.ledger.hazards.moves import (
    MOVES,
    Escalate,
    MarkFalse,
    Reopen,
    Unmerge,
    add_source,
    decide,
    move_of,
    remove_source,
)
from services.ledger.tests.hazards.taken import LATER, LONGER, MERGE, OTHER, TAKEN, TOWNSHIP, Step
from services.ledger.tests.telling import (
    CITY,
    COUNTY,
    by,
    closed,
    confirmed,
    does,
    new_hazard,
    said,
)


def named(step: Step) -> str:
    return f"{move_of(step[1]).name}-{step[0].grade}"


def told(value: object) -> object:
    return msgspec.to_builtins(value)


def test_every_move_is_tried() -> None:
    assert [move.name for move in MOVES if move.name not in {move_of(step[1]).name for step in TAKEN}] == ["register"]


@pytest.mark.parametrize("step", TAKEN, ids=named)
def test_what_is_recorded_says_who_did_it_when_and_every_word_of_the_command(step: Step) -> None:
    hazard, command, actor = step
    event = said(hazard, command, by(actor, LATER))
    assert (event.actor, event.occurred_at) == (actor, LATER)
    assert event.hazard.hazard_id == hazard.hazard_id
    assert check_payload(lookup(type_of(type(event)).name), encode(event)) == []
    for field in event.__struct_fields__:
        if field in command.__struct_fields__ and field != "survivor":
            assert told(getattr(event, field)) == told(getattr(command, field)), field


def test_only_what_is_marked_false_is_called_so() -> None:
    false, failed = (
        said(closed(), command, by(CITY))
        for command in (MarkFalse(reason="并未整改", deadline_on=LONGER), Reopen(reason="反弹", deadline_on=LONGER))
    )
    assert isinstance(false, HazardReopened)
    assert isinstance(failed, HazardReopened)
    assert (false.false_rectification, failed.false_rectification) == (True, False)


def test_the_hazard_that_goes_on_says_of_which_source_and_why() -> None:
    source, stamp = confirmed(), by(COUNTY, LATER)
    told_of: dict[str, Any] = {}
    for event in (add_source(OTHER, source, "同一处", stamp), remove_source(OTHER, source, "另一处", stamp)):
        assert isinstance(event, HazardEvent)
        assert (event.actor, event.occurred_at, event.hazard.hazard_id) == (COUNTY, LATER, "h-2")
        assert (event.source.hazard_id, event.source.number) == (source.hazard_id, source.number)
        assert (event.source.county, event.source.reference) == (source.county, source.reference)
        assert event.source.channel is source.channel
        told_of[type(event).__name__] = event.reason
    assert told_of == {"HazardSourceAdded": "同一处", "HazardSourceRemoved": "另一处"}


def test_a_merged_hazard_comes_back_to_where_it_stood() -> None:
    for hazard in (new_hazard(), confirmed()):
        back = said(does(hazard, (MERGE, CITY)), Unmerge(reason="另一处"), by(CITY))
        assert back.hazard.state is hazard.state
    assert said(confirmed(), MERGE, by(CITY)).hazard.state is HazardState.DUPLICATE


def test_what_stands_a_level_up_already_is_not_sent_there_again() -> None:
    to_county = Escalate(to=Tier.COUNTY, reason="乡镇无力解决")
    up = does(confirmed(), (to_county, TOWNSHIP))
    for hazard, actor in ((up, TOWNSHIP), (confirmed(), COUNTY)):
        again = decide(hazard, to_county, by(actor))
        assert isinstance(again, Refusal)
        assert (again.code, again.field) == ("already-sent-up", "to")
        assert "县级" in f"{again.message}{again.rule}"
