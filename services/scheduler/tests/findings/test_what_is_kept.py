"""What the scheduler keeps of a finding's hazard. Pure."""

from __future__ import annotations

import pytest

from duban_contracts.events.types import Grade, HazardState
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.stories import confirmed
from services.scheduler.findings.model import FoundHazard

pytestmark = pytest.mark.feature("SY09")


def test_of_a_hazard_is_kept_where_it_stands_and_by_when_it_is_to_be_mended() -> None:
    story = confirmed(grade=Grade.MAJOR, deadline_on=june(9))
    assert FoundHazard.of(story.facts, 3) == FoundHazard(
        hazard_id="hz-1",
        number="JC-hz-1",
        version=3,
        state=HazardState.CONFIRMED,
        grade=Grade.MAJOR,
        deadline_on=june(9),
        overdue=False,
    )
    assert FoundHazard.of(story.overdue(local(10)).facts, 4).overdue
