"""Coverage: of everybody who was on the roster, who has done it, who has not, and who was never asked (SY07)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from duban_contracts.events.tasks import Member, TaskState
from services.scheduler.tasks.model.task import Task


@dataclass(frozen=True, slots=True)
class MemberCoverage:
    """One member: its task (None: it was never asked), and whether it is done."""

    member: Member
    task: Task | None

    @property
    def done(self) -> bool:
        """Whether its task is accepted."""
        return self.task is not None and self.task.state is TaskState.ACCEPTED


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who of a roster has done what was asked of all. `outside` are tasks of those who are on the roster no more."""

    lines: tuple[MemberCoverage, ...]
    outside: tuple[Task, ...]

    @property
    def total(self) -> int:
        """How many are on the roster."""
        return len({line.member.code for line in self.lines})

    @property
    def done(self) -> int:
        """How many of them have done all that was asked of them; who was never asked has not."""
        undone = {line.member.code for line in self.lines if not line.done}
        return len({line.member.code for line in self.lines} - undone)


def coverage(tasks: Sequence[Task], roster: Sequence[Member] | None) -> Coverage:
    """Return the coverage of `tasks`, those of one duty in one period, over a roster of the time.

    Without a roster everybody who was asked counts.
    """
    standing = [task for task in tasks if task.plan.member is not None and task.state is not TaskState.CANCELLED]
    if roster is None:
        return Coverage(tuple(MemberCoverage(task.plan.member, task) for task in standing if task.plan.member), ())
    by_code: dict[str, list[Task | None]] = {}
    for task in standing:
        if task.plan.member:
            by_code.setdefault(task.plan.member.code, []).append(task)
    lines = [MemberCoverage(member, task) for member in roster for task in by_code.get(member.code, [None])]
    codes = {member.code for member in roster}
    outside = [task for task in standing if task.plan.member and task.plan.member.code not in codes]
    return Coverage(tuple(lines), tuple(outside))
