"""What the self-audit of tasks looks for."""

from __future__ import annotations

from datetime import datetime
from operator import itemgetter
from typing import Final

from services.chassis.consuming.progress import Reading
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables.rows import task_of

_SINCE: Final = Columns[tuple[str, datetime]](
    {"county": ("text", itemgetter(0)), "since": ("timestamptz", itemgetter(1))}
)
_PASSED_BEYOND: Final = f"""
SELECT task_id FROM alarm JOIN task ON task_id = subject_id JOIN {_SINCE.rows("known", first=2)} USING (county)
 WHERE subject_kind = 'task' AND alarm.kind = 'overdue' AND alarm.state = 'armed'
   AND fires_at < $1 AND fires_at >= since"""  # noqa: S608 - the names of our own columns


async def stand_still(connection: Connection) -> None:
    """Show the transaction one state of the database, whatever is committed meanwhile. To be said first."""
    await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


async def unopened(connection: Connection, before: datetime, limit: int) -> list[Task]:
    """Return planned tasks whose window opened before this instant: their units have not been told."""
    found = await connection.fetch(
        "SELECT task FROM task WHERE state = 'planned' AND opens_at < $1 ORDER BY opens_at LIMIT $2", before, limit
    )
    return [task_of(row["task"]) for row in found]


async def unmarked(connection: Connection, before: datetime, limit: int) -> list[Task]:
    """Return tasks that are owed or were filed late, whose deadline passed before this instant without 任务逾期.

    A deadline that had passed before the task was assigned has none: nobody was asked in time.
    """
    found = await connection.fetch(
        """SELECT task FROM (
               SELECT task, due_at FROM task
                WHERE state IN ('assigned', 'acknowledged', 'returned') AND due_at < $1
                  AND due_at > (task ->> 'owed_since')::timestamptz
                  AND NOT EXISTS (SELECT FROM alarm WHERE subject_kind = 'task' AND subject_id = task_id
                                     AND alarm.deadline_number = task.deadline_number AND alarm.kind = 'overdue'
                                     AND alarm.state = 'raised')
                UNION ALL
               SELECT task, fires_at FROM alarm JOIN task ON task_id = subject_id
                WHERE subject_kind = 'task' AND alarm.kind = 'overdue' AND alarm.state = 'armed' AND fires_at < $1
                  AND task.state IN ('submitted', 'accepted') AND submitted_at > task.due_at
           ) AS silent ORDER BY due_at LIMIT $2""",
        before,
        limit,
    )
    return [task_of(row["task"]) for row in found]


async def passed_beyond(connection: Connection, reading: Reading) -> list[str]:
    """Return the tasks of counties that are behind whose deadline lies before what is known of all others.

    A deadline before what is known of the county itself is not among them.
    """
    found = await connection.fetch(_PASSED_BEYOND, reading.applied_through, *_SINCE.arguments(reading.behind.items()))
    return [row["task_id"] for row in found]


async def accused(connection: Connection, since: datetime, limit: int) -> list[Task]:
    """Return tasks that 任务逾期 was raised about since this instant and that are not marked late."""
    found = await connection.fetch(
        """SELECT task FROM alarm JOIN task ON task_id = subject_id
            WHERE subject_kind = 'task' AND alarm.kind = 'overdue' AND alarm.state = 'raised' AND NOT late
              AND raised_at >= $1
            ORDER BY task_id LIMIT $2""",
        since,
        limit,
    )
    return [task_of(row["task"]) for row in found]


async def still_armed(connection: Connection, limit: int) -> list[Task]:
    """Return tasks that have ended, and about which something is still to be said beside 任务逾期 of what was filed late."""
    found = await connection.fetch(
        """SELECT DISTINCT task_id, task::text AS task FROM alarm JOIN task ON task_id = subject_id
            WHERE subject_kind = 'task' AND alarm.state IN ('armed', 'held')
              AND task.state IN ('accepted', 'waived', 'cancelled')
              AND NOT (alarm.kind = 'overdue' AND alarm.state = 'armed'
                       AND task.state = 'accepted' AND submitted_at > task.due_at)
            ORDER BY task_id LIMIT $1""",
        limit,
    )
    return [task_of(row["task"]) for row in found]


async def contradicting(connection: Connection, limit: int) -> tuple[int, list[Task]]:
    """Return how many tasks are owed or wait for their acceptance, and those whose alarm is not what that calls for.

    What was said or let go is final. Reminders are not compared: an edited calendar moves them. Reckoned by SQL alone, so
    that a fault in what calls for alarms is found, too.
    """
    compared: int = await connection.fetchval(
        "SELECT count(*) FROM task WHERE state IN ('assigned', 'acknowledged', 'returned', 'submitted')"
    )
    found = await connection.fetch(
        """SELECT task FROM task LEFT JOIN alarm
                  ON subject_kind = 'task' AND subject_id = task_id AND alarm.kind = 'overdue'
                 AND alarm.deadline_number = task.deadline_number
            WHERE task.state IN ('assigned', 'acknowledged', 'returned', 'submitted')
              AND task.due_at > (task ->> 'owed_since')::timestamptz
              AND (alarm.state IS NULL
                   OR alarm.state NOT IN ('raised', 'lapsed', 'excused')
                      AND (alarm.state, alarm.fires_at) IS DISTINCT FROM
                          (CASE WHEN task.state = 'submitted' AND submitted_at <= task.due_at THEN 'held'
                                ELSE 'armed' END, task.due_at))
            ORDER BY task_id LIMIT $1""",
        limit,
    )
    return compared, [task_of(row["task"]) for row in found]


async def basis(connection: Connection) -> bytes | None:
    """Return the fingerprint of the profile files by which reminders were planned last, or None."""
    found: bytes | None = await connection.fetchval("SELECT fingerprint FROM task_planning_basis")
    return found


async def save_basis(connection: Connection, fingerprint: bytes) -> None:
    """Remember that the reminders stand by the files with this fingerprint."""
    await connection.execute(
        """INSERT INTO task_planning_basis (fingerprint) VALUES ($1)
           ON CONFLICT (singleton) DO UPDATE SET fingerprint = excluded.fingerprint""",
        fingerprint,
    )
