"""Whether a first level waits for its second, the ledger and whoever writes the letters say alike, whatever befalls the hazard.

One report lives at random by the ledger's own moves; notifications reads what it would publish. Pure: no server is asked.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Actor, Channel, Grade, HazardState
from services.chassis.publishing.envelopes import new_event
from services.chassis.testing.tries import tries
from services.ledger.hazards.model import Hazard, evolve
from services.ledger.hazards.moves import Correct, Merge, Regrade, Reopen, Unmerge, decide
from services.ledger.tests.telling import (
    CITY,
    CITY_2,
    CLOSE,
    CONFIRM,
    COUNTY,
    DUE,
    ENTERPRISE,
    FIRST,
    MACHINE,
    MAJOR,
    NOON,
    PLAN,
    REGISTER,
    SUBMIT,
    by,
    confirmed,
    new_hazard,
)
from services.notifications.letters.kinds.confirmation_prompt import Asking, first_level_of
from services.notifications.letters.model.confirming import last_words

SURVIVOR: Final = msgspec.structs.replace(confirmed(Grade.MAJOR), hazard_id="h-2")
REPORT: Final = {name: getattr(REGISTER, name) for name in Correct.__struct_fields__} | {"channel": Channel.SELF_REPORT}
STEPS: Final[tuple[tuple[msgspec.Struct, Actor], ...]] = (
    (FIRST, COUNTY),
    (CONFIRM, COUNTY),
    (MAJOR, CITY),
    (Regrade(grade=Grade.MAJOR, reason="判定标准第三条"), CITY),
    (Regrade(grade=Grade.GENERAL, reason="已降级"), CITY),
    (PLAN, ENTERPRISE),
    (SUBMIT, ENTERPRISE),
    (CLOSE, CITY),
    (CLOSE, CITY_2),
    (Reopen(reason="反弹", deadline_on=DUE), CITY),
    (Merge(reason="同一处", survivor=SURVIVOR), CITY),
    (Unmerge(reason="系两处"), CITY),
    (Correct(**REPORT), MACHINE),
)
Waiting = tuple[Grade | None, object]


def waits_in_the_ledger(hazard: Hazard) -> Waiting | None:
    """What waits there; what is merged waits with nobody until it is taken out."""
    if hazard.first_confirmed_grade is None or hazard.state is HazardState.DUPLICATE:
        return None
    return hazard.first_confirmed_grade, hazard.first_confirmed_at


def waits_for_a_letter(told: list[HazardEvent]) -> Waiting | None:
    words = last_words((new_event(each, source="/x", subject="h", key="h", time=NOON), each) for each in told)
    level = first_level_of(words[0][1]) if words and isinstance(words[0][1], Asking) else None
    return (level.grade, level.confirmed_at) if level else None


@pytest.mark.feature("SY27")
@given(data=st.data())
@settings(max_examples=tries(60), deadline=None)
def test_what_waits_in_the_ledger_has_its_letter_and_nothing_else_has(data: st.DataObject) -> None:
    hazard, told = new_hazard(Channel.SELF_REPORT), list[HazardEvent]()
    for hour in range(14):
        said = [decide(hazard, command, by(actor, NOON + timedelta(hours=hour))) for command, actor in STEPS]
        free = [each for each in said if isinstance(each, HazardEvent)]
        event = data.draw(st.sampled_from(free), label="event")
        hazard = evolve(hazard, event)
        told.append(event)
        assert waits_in_the_ledger(hazard) == waits_for_a_letter(told)
