"""What may be asked of a hazard, at random: every command that there is, by anybody, with anything in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from duban_contracts.events.consultation import Tier
from duban_contracts.events.types import Actor, Grade, StopKind, StopScope
from duban_contracts.testing.calendar import june
from duban_contracts.testing.claims import plan, rectification
from services.chassis.access.roles import Role
from services.ledger.claims.model.decisions import FollowUp
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves import MOVES, Door
from services.ledger.tests.telling import NOON, closed, confirmed, new_hazard

actors = st.builds(
    Actor,
    account=st.sampled_from(["a", "b", "c"]),
    role=st.sampled_from(
        [
            Role.COUNTY_REGULATOR,
            Role.CITY_REGULATOR,
            Role.TOWNSHIP_OFFICER,
            Role.ENTERPRISE_USER,
            Role.INTEGRATOR,
            Role.CITY_OFFICE,
            "system",
        ]
    ),
)
words = st.sampled_from(["甲", "乙"])
days = st.dates(june(1) - timedelta(days=2), june(1) + timedelta(days=30))
grades = st.sampled_from(Grade)
instants = st.integers(0, 60 * 24).map(lambda hours: NOON + timedelta(hours=hours))
units = st.sampled_from(["fire_rescue", "no_such_unit"])
# What a field of a command may say, by its name; any other says a word. So a new move is asked for, too.
CONTENTS: Final[Mapping[str, st.SearchStrategy[object]]] = {
    "grade": grades,
    "responsible_unit": units,
    "deadline_on": days,
    "completed_on": days,
    "due_at": instants,
    "to": st.sampled_from(Tier),
    "funds_yuan": st.none() | st.integers(0, 10**6),
    "contingency": st.none() | words,
    "survivor": st.sampled_from(
        [msgspec.structs.replace(each, hazard_id="h-2") for each in (new_hazard(), confirmed(Grade.MAJOR), closed())]
    ),
    "number": st.integers(1, 2),
    "kind": st.sampled_from(StopKind),
    "scope": st.sampled_from(StopScope),
    "part": st.none() | words,
    "since": days,
}
# A report registers a hazard or corrects it, and is told as a claim.
COMMANDED: Final = [move for move in MOVES if move.doors != {Door.CLAIM}]


def said_of(command: type[msgspec.Struct], contents: Mapping[str, Any], word: Any) -> dict[str, Any]:
    """What each field of a command says that has to say something, or of which `contents` knows what it may say."""
    return {
        field.name: contents.get(field.name, word)
        for field in msgspec.structs.fields(command)
        if field.required or field.name in contents
    }


def right_contents(hazard: Hazard, today: date, grade: Grade, ahead: int, word: str) -> dict[str, object]:
    """What the fields of a command say where it shall be refused for no field of its own."""
    return {
        "grade": grade,
        "responsible_unit": "fire_rescue",
        "deadline_on": max(hazard.deadline_on or today, today) + timedelta(days=ahead),
        "completed_on": today,
        "to": Tier.CITY,
        "funds_yuan": ahead,
        "contingency": word,
        "kind": StopKind.USE,
        "scope": StopScope.WHOLE,
        "since": today,
    }


commands: st.SearchStrategy[msgspec.Struct] = st.one_of(
    [st.builds(move.command, **said_of(move.command, CONTENTS, words)) for move in COMMANDED]
)
follow_ups: st.SearchStrategy[FollowUp] = st.one_of(
    st.builds(lambda m, d: rectification(measures=m, completed_on=d, submitted_by="a"), words, days),
    st.builds(lambda m: plan(measures=m, submitted_by="a"), words),
)
