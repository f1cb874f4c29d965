"""挂牌督办 of a hazard is no flow: books, stock and both reckonings leave it out; the ledger's book of listings counts it."""

from __future__ import annotations

import pytest

from duban_contracts.events.types import Grade
from duban_contracts.testing.listings import delisted, listed, listing_overdue
from duban_contracts.testing.stories import Story
from services.statistics.recompute.model import books_of
from services.statistics.tests.stories import DEADLINE, booked, history_of, hour, open_since

pytestmark = [pytest.mark.promise("P5"), pytest.mark.feature("SY29")]


def flows(story: Story) -> list[str]:
    return [flow.measure.value for step in booked(story).steps for flow in step.flows]


def test_listing_and_lifting_leave_the_books_as_they_are() -> None:
    plain = open_since(1, grade=Grade.MAJOR)
    late = listing_overdue(listed(plain, hour(2), DEADLINE), hour(3))
    told = delisted(late.submitted(hour(4)), hour(5)).closed(hour(6))
    without = plain.submitted(hour(4)).closed(hour(6))
    assert flows(told) == flows(without) == ["registered", "confirmed", "rectified", "closed"]
    assert books_of(history_of([told])).flows == books_of(history_of([without])).flows
    assert [step.open for step in booked(told).steps][-1] is False
