"""Findings as they were filed last, and what became of them. Whoever writes a filing holds its task.

Rows are locked in order of task and key by everybody: one of two that meet waits, and none waits for the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

import asyncpg
import msgspec

from duban_contracts.events.findings import FindingRejected
from duban_contracts.events.inspections import InspectionFinding
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.findings.model import FiledFinding, FoundHazard, NotRecorded

Told = tuple[str, str, FoundHazard]
"""A task, the key of a finding, and the hazard that came of it."""


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


_FILED: Final = Columns[FiledFinding](
    {
        "task_id": "text",
        "reference_key": ("text", "key"),
        "filing": "int",
        "filed_at": "timestamptz",
        "finding": ("jsonb", lambda filed: _json(filed.finding)),
    }
)
_KEYS: Final = Columns[tuple[str, str]]({"task_id": ("text", itemgetter(0)), "reference_key": ("text", itemgetter(1))})
_HOLD: Final = f"""
SELECT FROM task_finding JOIN {_KEYS.rows("held")} USING (task_id, reference_key)
 ORDER BY task_id, reference_key FOR UPDATE OF task_finding"""
_FILE: Final = f"""{_FILED.insert("task_finding")}
    ON CONFLICT (task_id, reference_key) DO UPDATE
   SET filing = EXCLUDED.filing, filed_at = EXCLUDED.filed_at, finding = EXCLUDED.finding, refusal = NULL"""  # noqa: S608
_HAZARDS: Final = Columns[Told](
    {
        "task_id": ("text", lambda told: told[0]),
        "reference_key": ("text", lambda told: told[1]),
        "hazard_version": ("int", lambda told: told[2].version),
        "hazard": ("jsonb", lambda told: _json(told[2])),
    }
)
_NOTE: Final = f"""
UPDATE task_finding AS known SET hazard_version = news.hazard_version, hazard = news.hazard
  FROM {_HAZARDS.rows("news")}
 WHERE known.task_id = news.task_id AND known.reference_key = news.reference_key
   AND (known.hazard_version IS NULL OR known.hazard_version < news.hazard_version)"""  # noqa: S608
_REFUSED: Final = Columns[tuple[str, FindingRejected]](
    {
        "task_id": ("text", lambda told: told[1].task.id),
        "reference_key": ("text", lambda told: told[0]),
        "filing": ("int", lambda told: told[1].filing),
        "refusal": ("jsonb", lambda told: _json(NotRecorded.of(told[1]))),
    }
)
# An answer to an earlier filing says nothing of the one that stands.
_REFUSE: Final = f"""
UPDATE task_finding AS known SET refusal = news.refusal
  FROM {_REFUSED.rows("news")}
 WHERE known.task_id = news.task_id AND known.reference_key = news.reference_key
   AND known.filing = news.filing"""  # noqa: S608


async def file(connection: Connection, filed: Sequence[FiledFinding]) -> None:
    """Keep what was filed in place of what stood under the same reference; what became of that before stays known."""
    in_order = sorted(filed, key=lambda each: (each.task_id, each.key))
    await connection.execute(_FILE, *_FILED.arguments(in_order))


async def hold(connection: Connection, keys: Collection[tuple[str, str]]) -> None:
    """Lock these findings, by task and key, until the transaction ends: an UPDATE of several takes them in any order."""
    await connection.execute(_HOLD, *_KEYS.arguments(keys))


async def note_hazards(connection: Connection, told: Sequence[Told]) -> None:
    """Note the hazards that came of findings that are held, each once; what is older than what is known is passed over."""
    await connection.execute(_NOTE, *_HAZARDS.arguments(told))


async def note_refusals(connection: Connection, told: Mapping[tuple[str, str, int], FindingRejected]) -> None:
    """Note what the ledger refused, by task, key and filing, of findings that are held."""
    await connection.execute(_REFUSE, *_REFUSED.arguments([(key, data) for (_, key, _), data in told.items()]))


async def of_tasks(connection: Connection, task_ids: Sequence[str]) -> dict[str, list[FiledFinding]]:
    """Return the findings of these tasks in the order of their references; a task without any is not among them."""
    rows = await connection.fetch(
        """SELECT task_id, finding, filing, filed_at, hazard, refusal FROM task_finding
            WHERE task_id = ANY($1::text[]) ORDER BY task_id, reference_key""",
        task_ids,
    )
    found: dict[str, list[FiledFinding]] = {}
    for row in rows:
        found.setdefault(row["task_id"], []).append(_finding_of(row))
    return found


def _finding_of(row: asyncpg.Record) -> FiledFinding:
    return FiledFinding(
        task_id=row["task_id"],
        finding=msgspec.json.decode(row["finding"], type=InspectionFinding),
        filing=row["filing"],
        filed_at=row["filed_at"],
        hazard=row["hazard"] and msgspec.json.decode(row["hazard"], type=FoundHazard),
        refusal=row["refusal"] and msgspec.json.decode(row["refusal"], type=NotRecorded),
    )
