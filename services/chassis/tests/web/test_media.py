"""Which media type a reader asks for, and which a body may have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from services.chassis.web.media import asks_for, media_type_in

pytestmark = pytest.mark.pure

STREAM = "text/event-stream"
PAGE = "application/json"


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        (None, False),
        ("", False),
        ("*/*", False),
        ("text/*", False),
        ("text/html", False),
        ("application/json", False),
        (STREAM, True),
        ("TEXT/EVENT-STREAM", True),
        ("text/event-stream; charset=utf-8", True),
        ("text/event-stream;q=0", False),
        ("text/event-stream; Q=0.000", False),
        ("text/event-stream;q=0.001", True),
        ("text/event-stream;q=2", False),
        ("text/event-stream-of-others", False),
        ("application/json, text/event-stream", True),
        ("text/event-stream, */*", True),
        ("text/event-stream, */*;q=0.1", True),
        ("text/event-stream;q=0.5, */*;q=0.8", False),
        ("text/event-stream;q=0.5, application/*;q=0.4, */*", True),
        ("text/event-stream;q=0.5, application/json", False),
        ("text/event-stream;q=0.5, application/json;q=0.2", True),
        (" , text/event-stream ,", True),
    ],
)
def test_a_stream_is_for_who_names_it_and_would_not_rather_have_a_page(accept: str | None, *, streams: bool) -> None:
    assert asks_for(accept, STREAM, rather_than=PAGE) is streams


@given(st.integers(0, 1000), st.integers(0, 1000), st.permutations([0, 1]))
def test_the_larger_weight_decides_in_whichever_order_they_stand(wanted: int, other: int, order: list[int]) -> None:
    ranges = [f"{STREAM};q={wanted / 1000:.3f}", f"{PAGE};q={other / 1000:.3f}"]
    accept = ", ".join(ranges[place] for place in order)
    assert asks_for(accept, STREAM, rather_than=PAGE) is (wanted > 0 and wanted >= other)


@given(st.text(max_size=60))
def test_any_text_is_an_answer(accept: str) -> None:
    assert asks_for(accept, STREAM, rather_than=PAGE) is False


@pytest.mark.parametrize("named", [[], ["application/json", "text/plain"], ["application/json", "application/json"]])
def test_a_body_has_the_media_type_that_is_named_once(named: list[str]) -> None:
    assert media_type_in(Headers(raw=[(b"content-type", each.encode()) for each in named])) is None
