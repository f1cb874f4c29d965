"""任务提示函: a task's last day is near and nothing was submitted (DOMAIN §5: "coming task"; SY08). One a reminder.

A city whose profile has no form for it sends none.
"""

from __future__ import annotations

from typing import Final

from duban_contracts.events.tasks import TaskDueSoon
from services.notifications.letters.model.kind import Kind, Words, Writing
from services.notifications.letters.model.tasked import task_matter, task_words
from services.notifications.letters.model.words import days_left


def _occasion(event: TaskDueSoon) -> str:
    return f"{event.task.deadline_number}/{event.days_left}"


def _words(event: TaskDueSoon, writing: Writing) -> Words:
    return task_words(event) | {"days": days_left(event.task.due_on, writing.today)}


TASK_PROMPT: Final = Kind(
    code="task_prompt", event=TaskDueSoon, matter=task_matter, occasion=_occasion, words=_words, is_optional=True
)
