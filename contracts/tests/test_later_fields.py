"""An event that is sent again after its type got a field is the event that was sent before: its digest stays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from duban_contracts.catalogue import EventData
from duban_contracts.codec import digest_of
from duban_contracts.events.marks import called, later
from duban_contracts.events.types import Channel

TYPE = "duban.drill.held.v1"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    name: str


class Drill(EventData, frozen=True, kw_only=True):
    reference: str
    held_on: date
    began_at: datetime
    channel: Channel = Channel.INSPECTION
    figures: dict[str, float] = msgspec.field(default_factory=dict)
    first: Place | None = None
    places: tuple[Place, ...] = ()


class RicherPlace(msgspec.Struct, frozen=True, kw_only=True):
    depth: Annotated[int, Meta(ge=0), later(), called("深度")] | None = None
    name: str


class RicherDrill(EventData, frozen=True, kw_only=True):
    people: Annotated[int, Meta(ge=0), later()] = 12
    reference: str
    notes: Annotated[tuple[str, ...], later()] = ()
    held_on: date
    began_at: datetime
    channel: Channel = Channel.INSPECTION
    figures: dict[str, float] = msgspec.field(default_factory=dict)
    first: RicherPlace | None = None
    places: Annotated[tuple[RicherPlace, ...], Meta(max_length=9)] = ()
    by: Annotated[dict[str, float], later()] = msgspec.field(default_factory=dict)


BEFORE = Drill(
    reference="YL-1",
    held_on=date(2026, 6, 1),
    began_at=datetime(2026, 6, 1, 8, 30, tzinfo=UTC),
    figures={"people_trained": 1.5},
    first=Place(name="储罐区"),
    places=(Place(name="装卸区"), Place(name="罐区“东”侧")),
)
AFTER = msgspec.json.decode(msgspec.json.encode(BEFORE), type=RicherDrill)


def test_a_field_that_came_later_and_is_not_said_leaves_the_digest_of_what_was_sent_before() -> None:
    assert digest_of(TYPE, AFTER) == digest_of(TYPE, BEFORE)
    said = msgspec.structs.replace(AFTER, people=12, notes=(), by={})
    assert digest_of(TYPE, said) == digest_of(TYPE, BEFORE)


@pytest.mark.parametrize(
    "said",
    [
        msgspec.structs.replace(AFTER, people=13),
        msgspec.structs.replace(AFTER, notes=("第一次",)),
        msgspec.structs.replace(AFTER, by={"a": 1.0}),
        msgspec.structs.replace(AFTER, first=RicherPlace(name="储罐区", depth=0)),
        msgspec.structs.replace(AFTER, places=(AFTER.places[0], RicherPlace(name="罐区“东”侧", depth=3))),
        msgspec.structs.replace(AFTER, channel=Channel.SELF_REPORT),
    ],
    ids=["a number", "a list", "a table", "in a part", "in one of several", "a field of before"],
)
def test_what_a_field_says_counts_whenever_it_came(said: RicherDrill) -> None:
    assert digest_of(TYPE, said) != digest_of(TYPE, BEFORE)
    again = msgspec.json.decode(msgspec.json.encode(said), type=RicherDrill)
    assert digest_of(TYPE, again) == digest_of(TYPE, said)
