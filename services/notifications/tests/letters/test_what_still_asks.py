"""For how long a first level may still ask for its second, and when it asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.letters.kinds.confirmation_prompt import asked_at
from services.notifications.letters.model.confirming import is_news

pytestmark = pytest.mark.feature("SY27")
NOW = datetime(2026, 11, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "asks"),
    [
        (timedelta(), True),
        (timedelta(days=3), True),
        (timedelta(days=3, microseconds=1), False),
        # The broker's clock may be ahead of ours.
        (-timedelta(seconds=5), True),
    ],
)
def test_what_the_broker_took_more_than_three_days_ago_asks_nobody_any_more(age: timedelta, *, asks: bool) -> None:
    assert is_news(NOW - age, NOW) is asks


def test_when_a_letter_was_asked_for_stands_in_its_occasion() -> None:
    assert asked_at("major/2026-11-10T08:00:00Z") == NOW
