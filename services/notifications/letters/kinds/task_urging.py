"""任务督促函: a task's last day is over and nothing was submitted (DOMAIN §5: "lagging work"; SY08). One for each deadline.

It follows 任务催办, which the scheduler says on a working day in working hours, and not the deadline's own midnight. A city
whose profile has no form for it sends none.
"""

from __future__ import annotations

from typing import Final

from duban_contracts.events.tasks import TaskReminded
from services.notifications.letters.model.kind import Kind, Words, Writing
from services.notifications.letters.model.tasked import task_matter, task_words
from services.notifications.letters.model.words import days_late


def _occasion(event: TaskReminded) -> str:
    return str(event.task.deadline_number)


def _words(event: TaskReminded, writing: Writing) -> Words:
    return task_words(event) | {"days": days_late(event.task.due_on, writing.today)}


TASK_URGING: Final = Kind(
    code="task_urging", event=TaskReminded, matter=task_matter, occasion=_occasion, words=_words, is_optional=True
)
