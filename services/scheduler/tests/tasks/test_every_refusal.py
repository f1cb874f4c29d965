"""Every refusal that a move lists is met, by somebody, of some task; it names a field of the command, and the move. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from typing import Any, Final

import msgspec

from duban_contracts.codes import CODES
from duban_contracts.events.types import Actor
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import local
from services.scheduler.tasks.moves import MOVES, decide, move_of
from services.scheduler.tests.tasks.stage import COLLEAGUE, DIRECTOR, OFFICE, OWNER, due_at, proof
from services.scheduler.tests.tasks.taken import LATE, NOW, PLANNED, SUBMITTED, TAKEN, stamp

# What is refused before a move looks at its own content.
COMMON: Final = {"role-not-allowed", "task-state-conflict", "task-of-another", "own-task"}
# Said by who carries a filing out: a move sees neither the form of a kind nor the city's divisions.
BY_ITS_HANDLER: Final = {
    "form-invalid",
    "form-required",
    "findings-not-taken",
    "finding-repeated",
    "finding-outside-area",
    "found-in-future",
    "date-too-early",
}
TASKS: Final = (*{id(task): task for task, _, _, _ in TAKEN}.values(), PLANNED, SUBMITTED, LATE)
# Who filed it, in a post that accepts: nobody is two hands.
DOUBLE: Final = msgspec.structs.replace(OFFICE, account=OWNER.account)
ELSEWHERE: Final = msgspec.structs.replace(OWNER, unit="water_bureau")
# The city's office where it owes the task itself.
ITS_OWN: Final = msgspec.structs.replace(OFFICE, unit=OWNER.unit)
OBSERVER: Final = Actor(account="nobody", role="observer")
ACTORS: Final = (OWNER, ELSEWHERE, COLLEAGUE, DIRECTOR, OFFICE, DOUBLE, ITS_OWN, OBSERVER)
INSTANTS: Final = (NOW, due_at() + timedelta(hours=2), local(1, month=9))
# What else a field of a command may say, by its name: so a new move is asked for, too.
OTHERWISE: Final[Mapping[str, tuple[Any, ...]]] = {
    "evidence": ((), (proof("照片", "现场照片"),)),
    "figures": ({},),
    "filed_on": (date(2026, 12, 1), None),
    "approval": ("party_committee",),
    "due_on": (date(2026, 5, 1), date(2999, 12, 31)),
}


def asked(command: msgspec.Struct) -> Iterator[msgspec.Struct]:
    yield command
    for field in set(command.__struct_fields__) & OTHERWISE.keys():
        for value in OTHERWISE[field]:
            yield msgspec.structs.replace(command, **{field: value})


def every_refusal() -> Mapping[str, set[Refusal]]:
    """By the name of the move that was asked for."""
    met = defaultdict[str, set[Refusal]](set)
    commands = [each for _, command, _, _ in TAKEN for each in asked(command)]
    for command, actor, at, awaited in product(commands, ACTORS, INSTANTS, ((), ("第1项",))):
        by = stamp(actor, at, awaited=awaited)
        decisions = (decide(task, command, by) for task in TASKS)
        met[move_of(command).name].update(each for each in decisions if isinstance(each, Refusal))
    return met


def test_every_refusal_of_a_move_is_met_and_names_a_field_of_the_command_and_the_move() -> None:
    met = every_refusal()
    for move in MOVES:
        for refused in met[move.name]:
            assert refused.field in {None, *move.command.__struct_fields__}, refused
            assert "None" not in f"{refused.message}{refused.rule}", refused
            assert "{move}" not in CODES[refused.code].zh or move.zh in refused.message, refused
        its_own = {*move.refusals} - BY_ITS_HANDLER
        assert its_own <= {refused.code for refused in met[move.name]} <= its_own | COMMON, move.name


def test_what_is_refused_for_one_field_names_that_field() -> None:
    for task, command, actor, at in TAKEN:
        for field in set(command.__struct_fields__) & OTHERWISE.keys():
            for value in OTHERWISE[field]:
                said = decide(task, msgspec.structs.replace(command, **{field: value}), stamp(actor, at))
                if isinstance(said, Refusal):
                    assert said.field == field, (command, said)
