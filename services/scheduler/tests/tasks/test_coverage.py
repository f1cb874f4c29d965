"""Fan-out and coverage over a roster with a history of its own (SY07). No server but for the first."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from duban_contracts.events.tasks import TaskState
from duban_contracts.testing.calendar import local
from services.scheduler.rosters.model import Renamed, Roster, RosterMember, Rosters, contradictions
from services.scheduler.tasks.model.coverage import coverage
from services.scheduler.tasks.model.task import Task, planned
from services.scheduler.tasks.moves import Accept, Submit
from services.scheduler.tasks.tables import lists
from services.scheduler.tests.tasks.stage import (
    COLLEAGUE,
    OFFICE,
    TWELVE,
    Stage,
    children,
    county,
    due_at,
)


def members(**of: dict[str, object]) -> list[RosterMember]:
    return [
        msgspec.structs.replace(
            RosterMember(code=code, name=f"示例县{code}", county=code, unit="county_safety_committee"),
            **of.get(f"c{code}", {}),
        )
        for code in TWELVE
    ]


def rosters(**of: dict[str, object]) -> Rosters:
    return Rosters({"counties": Roster(name="各县（市、区）", members=tuple(members(**of)))})


def done(tasks: list[Task], undone: int) -> list[Task]:
    kept = len(tasks) - undone
    return [
        msgspec.structs.replace(task, state=TaskState.ACCEPTED) if index < kept else task
        for index, task in enumerate(tasks)
    ]


def tasks() -> list[Task]:
    return [
        msgspec.structs.replace(planned(plan, due_at(plan.due_on)), state=TaskState.ASSIGNED) for plan in children()
    ]


@pytest.mark.feature("SY07")
async def test_a_task_for_every_county_makes_one_child_each_and_reads_11_of_12_until_the_last_is_done(
    stage: Stage,
) -> None:
    every = [member.on(date(2026, 6, 1)) for member in rosters().on("counties", date(2026, 6, 1))]
    batch = children()
    assert (await stage.plan(*batch)).created == 12
    await stage.tick()
    reads = []
    for task in batch:
        await stage.move(task, Submit(summary="已报"), COLLEAGUE)
        await stage.move(task, Accept(review="齐全"), OFFICE)
        async with stage.database.acquire() as connection:
            found = coverage(await lists.of_duty(connection, "progress", "2026-05"), every)
        reads.append((found.done, found.total))
    assert reads == [(n, 12) for n in range(1, 13)]


def test_a_county_that_was_never_asked_is_not_covered() -> None:
    on = [member.on(date(2026, 6, 1)) for member in members()]
    found = coverage(done(tasks(), 0)[:11], on)
    assert (found.done, found.total) == (11, 12)
    assert [line.member.code for line in found.lines if line.task is None] == ["140512"]


def test_a_county_that_was_merged_in_mid_year_counts_until_then_and_its_task_stays() -> None:
    changing = rosters(c140512={"until": date(2026, 6, 30), "became": "140511"})
    before, after = date(2026, 6, 30), date(2026, 7, 1)
    assert (len(changing.on("counties", before)), len(changing.on("counties", after))) == (12, 11)
    found = coverage(done(tasks(), 1), [member.on(after) for member in changing.on("counties", after)])
    assert (found.done, found.total) == (11, 11)
    assert [task.plan.county for task in found.outside] == ["140512"], "nothing of it is lost"


def test_a_county_that_is_renamed_keeps_its_code_and_its_tasks() -> None:
    changing = rosters(c140501={"renamed": (Renamed(since=date(2026, 7, 1), name="新名县"),)})
    [june], [july] = (
        [member.on(day).name for member in changing.on("counties", day) if member.code == "140501"]
        for day in (date(2026, 6, 30), date(2026, 7, 1))
    )
    assert (june, july) == ("示例县140501", "新名县")
    named = children(("140501",))[0]
    renamed = msgspec.structs.replace(named, member=county("140501", "新名县"))
    assert renamed.task_id == named.task_id, "planning again after a renaming makes no second task"


def test_a_county_that_has_two_tasks_has_done_it_with_both() -> None:
    both = [
        msgspec.structs.replace(planned(plan, local(2)), state=state)
        for plan, state in zip(
            [*children(("140501",)), *children(("140501",), ordinal=2)],
            (TaskState.ACCEPTED, TaskState.ASSIGNED),
            strict=True,
        )
    ]
    found = coverage(both, [county("140501", "x")])
    assert (found.done, found.total) == (0, 1)


def test_a_roster_that_contradicts_itself_is_named() -> None:
    wrong = members(
        c140501={"since": date(2026, 7, 1), "until": date(2026, 6, 1)},
        c140502={"became": "149999", "until": date(2026, 6, 1)},
        c140503={"code": "140504"},
    )
    found = contradictions(Roster(name="x", members=tuple(wrong)))
    assert [index for index, _ in found] == [0, 1, 3]
