"""What reminders of tasks (任务到期提醒, 任务催办) say to the kinds of letter that they ask for."""

from __future__ import annotations

from duban_contracts.admissible.texts import made_fit
from duban_contracts.days import chinese_date
from duban_contracts.events.tasks import TaskDueSoon, TaskReminded
from services.notifications.letters.model.cause import Matter
from services.notifications.letters.model.kind import Words


def task_matter(event: TaskDueSoon | TaskReminded) -> Matter:
    """Return the matter of a task's deadline: its owner is written to, helpers are not."""
    task = event.task
    return Matter(about=event.about, county=task.county, sector=task.sector, unit=task.unit, due_on=task.due_on)


def task_words(event: TaskDueSoon | TaskReminded) -> Words:
    """Return what a letter says about a task and its deadline."""
    task = event.task
    return {
        "task_number": made_fit(task.number),
        "task_title": made_fit(task.title),
        "period": made_fit(task.period),
        "deadline": chinese_date(task.due_on),
        "deadline_number": task.deadline_number,
    }
