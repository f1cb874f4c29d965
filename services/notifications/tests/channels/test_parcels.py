"""What travels over a channel is the letter, its text no longer than the channel takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from duban_contracts.events.types import Subject
from services.notifications.channels.model.channel import Content, Parcel
from services.notifications.channels.model.text import CUT, fitted

LETTER = Content(
    letter_id=UUID(int=1),
    kind="urging",
    number="晋市安督〔2026〕1号",
    title="督促函",
    body="字" * 100,
    about=Subject(kind="hazard", id="h-1", number="JC-140502-2026-000001"),
    county="140502",
    unit="emergency_management",
    due_on=date(2026, 11, 21),
    issued_at=datetime(2026, 11, 22, 1, tzinfo=UTC),
)
PARCEL = Parcel(delivery_id=UUID(int=2), attempt=3, endpoint="office", content=LETTER)


def test_a_parcel_that_a_channel_takes_whole_stays_as_it_is() -> None:
    assert PARCEL.within(None) == PARCEL
    assert PARCEL.within(300) == PARCEL


def test_a_parcel_that_is_too_long_is_cut_in_its_text_alone() -> None:
    shortened = PARCEL.within(200)
    assert shortened.content.body == fitted(LETTER.body, 200, lambda text: len(text.encode()))
    assert shortened.content.body.endswith(CUT)
    assert replace(shortened, content=LETTER) == PARCEL
    assert replace(shortened.content, body=LETTER.body) == LETTER


def test_a_channel_says_what_counts_of_a_letter() -> None:
    def size(content: Content) -> int:
        return len(f"{content.title}\n{content.body}".encode())

    assert PARCEL.within(310, size) == PARCEL
    shortened = PARCEL.within(309, size)
    assert size(shortened.content) <= 309
    assert shortened.content.body.endswith(CUT)
