"""Every refusal that a move lists is met, by somebody, of some hazard; it names a field of the command, and the move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from typing import Any, Final

import msgspec

from duban_contracts.codes import CODES
from duban_contracts.events.consultation import Tier
from duban_contracts.events.types import Actor, Channel, Grade, ListingLevel
from duban_contracts.policies import ClauseDemand, Confirmation, Extension
from duban_contracts.refusals import Refusal
from services.chassis.access.roles import Role
from services.ledger.criteria.model.standards import Clause, Standard
from services.ledger.hazards.model import Post
from services.ledger.hazards.moves import MOVES, Escalate, Stamp, decide, move_of
from services.ledger.tests.hazards.taken import STOP, TAKEN
from services.ledger.tests.telling import (
    CITY,
    CLOSE,
    CONFIRM,
    COUNTY,
    COUNTY_OFFICE,
    DUE,
    ENTERPRISE,
    FIRST,
    MACHINE,
    MAJOR,
    OFFICE,
    RULES,
    SUBMIT,
    TODAY,
    by,
    closed,
    confirmed,
    does,
    in_review,
    listed,
    new_hazard,
)

TOMORROW: Final = TODAY + timedelta(days=1)
# What is refused before a move looks at its own content.
COMMON: Final = {"role-not-allowed", "state-conflict", "city-regulator-required", "handled-by-city"}
# Said by who carries a move out: a move sees one hazard.
BY_ITS_HANDLER: Final = {("merge", "already-merged"), ("unmerge", "merge-beyond-scope")}
STANDARD: Final = Standard(
    sector="hazchem",
    version="2023",
    title="示例判定标准（虚构）",
    in_force_on=date(2023, 5, 15),
    clauses=(Clause(code="3.2", text="示例条款"),),
)
STRICT: Final = msgspec.structs.replace(
    RULES, confirmation=Confirmation(clause=ClauseDemand.ALWAYS), extension=Extension(asked_for=True)
)
OWN: Final = new_hazard(Channel.SELF_REPORT)
SELF_REPORTED: Final = does(OWN, (FIRST, ENTERPRISE))
REGRADED: Final = does(OWN, (CONFIRM, CITY), (FIRST, ENTERPRISE))
FIRE: Final = msgspec.structs.replace(confirmed(Grade.MAJOR), sector="fire_safety")
HAZARDS: Final = (
    *{id(hazard): hazard for hazard, _, _ in TAKEN}.values(),
    SELF_REPORTED,
    does(SELF_REPORTED, (MAJOR, CITY)),
    does(OWN, (CONFIRM, CITY)),
    REGRADED,
    # As where a city lets its bureaux confirm first: a colleague there is no other hand.
    *(msgspec.structs.replace(each, first_confirmed_post=str(Post.of(CITY))) for each in (SELF_REPORTED, REGRADED)),
    FIRE,
    listed(FIRE, COUNTY_OFFICE),
    does(in_review(Grade.MAJOR), (CLOSE, CITY)),
    # As an earlier version let it: major, and nothing was planned.
    msgspec.structs.replace(does(confirmed(), (SUBMIT, ENTERPRISE)), grade=Grade.MAJOR),
    msgspec.structs.replace(in_review(Grade.MAJOR), listing=listed().listing),
    does(confirmed(), (STOP, CITY), (SUBMIT, ENTERPRISE)),
    does(confirmed(), (Escalate(to=Tier.CITY, reason="涉及多个产权单位"), COUNTY)),
    msgspec.structs.replace(confirmed(), source_count=1),
    msgspec.structs.replace(new_hazard(), sent_up_to=Tier.COUNTY),
)
# Who acted before in another post of theirs: nobody is two hands.
DOUBLE: Final = Actor(account=ENTERPRISE.account, role=Role.CITY_REGULATOR)
ACTORS: Final = (CITY, COUNTY, ENTERPRISE, OFFICE, COUNTY_OFFICE, MACHINE, DOUBLE)
# What a path calls a field.
INTO: Final = {"survivor": "into"}
COMMANDS: Final = (*(command for _, command, _ in TAKEN), MAJOR)
# What else a field of a command may say, by its name: so a new move is asked for, too.
OTHERWISE: Final[Mapping[str, tuple[Any, ...]]] = {
    "grade": tuple(Grade),
    "criterion": (None, "3.2"),
    "responsible_unit": ("alchemists",),
    "deadline_on": (DUE, TODAY - timedelta(days=1), date(9999, 12, 31)),
    "completed_on": (TOMORROW, TODAY - timedelta(days=1)),
    "funds_yuan": (None,),
    "part": (None,),
    "since": (TOMORROW,),
    "level": (*ListingLevel,),
    "township_code": (None,),
    "to": tuple(Tier),
    "survivor": (confirmed(), closed(), msgspec.structs.replace(closed(), hazard_id="h-3")),
}


def stamps(actor: Actor) -> Iterator[Stamp]:
    """By the usual rules and by strict ones, with criteria in force and without."""
    yield by(actor)
    for criteria in ((), (STANDARD,)):
        yield msgspec.structs.replace(by(actor), rules=STRICT, criteria=criteria)


def asked(command: msgspec.Struct) -> Iterator[msgspec.Struct]:
    yield command
    for field in set(command.__struct_fields__) & OTHERWISE.keys():
        for value in OTHERWISE[field]:
            yield msgspec.structs.replace(command, **{field: value})


def every_refusal() -> Mapping[str, set[Refusal]]:
    """By the name of the move that was asked for."""
    met = defaultdict[str, set[Refusal]](set)
    commands = {repr(each): each for command in COMMANDS for each in asked(command)}.values()
    for command, actor in product(commands, ACTORS):
        name, by_rules = move_of(command).name, tuple(stamps(actor))
        decisions = (decide(hazard, command, stamp) for hazard, stamp in product(HAZARDS, by_rules))
        met[name].update(each for each in decisions if isinstance(each, Refusal))
    return met


def test_every_refusal_of_a_move_is_met_and_names_a_field_of_the_command_and_the_move() -> None:
    met = every_refusal()
    for move in MOVES:
        fields = {INTO.get(field, field) for field in move.command.__struct_fields__} | {"grade", None}
        for refused in met[move.name]:
            assert refused.field in fields, refused
            assert "None" not in f"{refused.message}{refused.rule}", refused
            assert "{move}" not in CODES[refused.code].zh or move.zh in refused.message, refused
        its_own = {code for code in move.refusals if (move.name, code) not in BY_ITS_HANDLER}
        assert its_own <= {refused.code for refused in met[move.name]} <= its_own | COMMON, move.name


def test_what_is_refused_for_one_field_names_that_field() -> None:
    for hazard, command, actor in TAKEN:
        for field in set(command.__struct_fields__) & OTHERWISE.keys():
            for value in OTHERWISE[field]:
                said = decide(hazard, msgspec.structs.replace(command, **{field: value}), by(actor))
                if isinstance(said, Refusal) and said.code != "state-conflict":
                    assert said.field == INTO.get(field, field), (command, said)
