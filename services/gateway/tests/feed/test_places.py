"""Places in a feed: counted without gaps, and never gone on from with a loss."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest

from duban_contracts.cloudevents import CloudEvent
from services.chassis.web.problems import Problem
from services.gateway.feed.documents import ByPlace, FeedPage, greeting, message, place
from services.gateway.feed.handlers import written
from services.gateway.feed.http import _position
from services.gateway.feed.model import End, Kept, Stretch, numbered

pytestmark = pytest.mark.feature("SY64")
HOME, FOREIGN = "140502", "140521"


def test_events_are_numbered_for_each_county_in_the_order_told() -> None:
    told = [(HOME, b"a"), (FOREIGN, b"x"), (HOME, b"b"), (HOME, b"c")]
    assert numbered(told, {HOME: 10, FOREIGN: 1}) == [
        Kept(HOME, 8, b"a"),
        Kept(HOME, 9, b"b"),
        Kept(HOME, 10, b"c"),
        Kept(FOREIGN, 1, b"x"),
    ]


@pytest.mark.parametrize(
    ("end", "after", "start"),
    [
        (End(), None, 0),
        (End(), 0, 0),
        (End(9, 0), 0, 0),
        (End(9, 4), None, 4),
        (End(9, 4), 4, 4),
        (End(9, 4), 9, 9),
        (End(9, 4), 3, None),
        (End(9, 4), 10, None),
        (End(), 1, None),
    ],
)
def test_one_goes_on_from_where_everything_after_is_kept_and_from_nowhere_else(
    end: End, after: int | None, start: int | None
) -> None:
    assert end.start(after) == start


def test_an_event_becomes_one_line_that_reads_back_the_same() -> None:
    event = CloudEvent(id="e-1", source="/s", type="t", data='{\n  "place": "储罐区",\r\n "n": 1.50\n}'.encode())
    line = written(event)
    assert b"\n" not in line
    assert b"\r" not in line
    assert json.loads(line)["data"] == {"place": "储罐区", "n": 1.5}
    assert json.loads(line)["id"] == "e-1"


def test_a_message_has_the_place_to_go_on_from_as_its_id() -> None:
    said = message(Kept(HOME, 7, b'{"id":"e-1"}'))
    assert said == b'id: %s\ndata: {"id":"e-1"}\n\n' % place(HOME, 7).encode()
    assert greeting(HOME, 6) == b"retry: 2000\nid: %s\n\n" % place(HOME, 6).encode()
    assert ByPlace.parse(place(HOME, 7)) == ByPlace(county=HOME, position=7)


def test_a_page_always_says_where_it_goes_on() -> None:
    begun = datetime(2026, 11, 1, tzinfo=UTC)
    empty = FeedPage.of(HOME, Stretch([], 4, begun))
    assert (empty.items, empty.next, empty.since) == ([], place(HOME, 4), begun)
    full = msgspec.to_builtins(FeedPage.of(HOME, Stretch([Kept(HOME, 5, b"{}")], 5)), enc_hook=bytes)
    assert full["next"] == full["items"][0]["cursor"] == place(HOME, 5)


def test_the_last_id_received_outranks_the_address_and_another_countys_place_is_none() -> None:
    assert _position(HOME, place(HOME, 9), ByPlace(county=HOME, position=2)) == 9
    assert _position(HOME, None, ByPlace(county=HOME, position=2)) == 2
    assert _position(HOME, None, None) is None
    for last, after in (("x", None), (place(FOREIGN, 1), None), (None, ByPlace(county=HOME, position=-1))):
        with pytest.raises(Problem) as problem:
            _position(HOME, last, after)
        assert problem.value.refusal.code == "bad-cursor"
