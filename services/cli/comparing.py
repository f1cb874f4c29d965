"""What has to be in a restored server of what stood in the platform's: receipts, numbers, history, letters, figures.

Each is a table that only grows, or of which rows go by age alone. Its rows are counted, and a digest is made of what never
changes in them, up to the newest row of the moment at which the drill began: whatever came later is no loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class Thing:
    """What is compared, and the statement that looks at it: $1 is the newest row's place, or null for all."""

    name: str
    in_words: str
    service: str
    statement: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a statement saw: how many rows, the place of the newest in PostgreSQL's words, and the digest of all."""

    rows: int
    newest: str | None
    digest: int | None


THINGS: Final[Sequence[Thing]] = (
    Thing(
        "receipts",
        "回执",
        "gateway",
        """SELECT count(*) AS rows, max(position)::text AS newest, bit_xor(hashtextextended(receipt_id || county, 0)) AS digest
             FROM receipt WHERE $1::text IS NULL OR position <= $1::text::bigint""",
    ),
    Thing(
        "numbers",
        "隐患编号",
        "ledger",
        """SELECT count(*) AS rows, max(registered_at)::text AS newest, bit_xor(hashtextextended(hazard_id || number, 0)) AS digest
             FROM hazard WHERE $1::text IS NULL OR registered_at <= $1::text::timestamptz""",
    ),
    Thing(
        "history",
        "历史",
        "ledger",
        """SELECT count(*) AS rows, max(position)::text AS newest,
                  bit_xor(hashtextextended(event_id || encode(digest, 'hex'), 0)) AS digest
             FROM hazard_history WHERE $1::text IS NULL OR position <= $1::text::bigint""",
    ),
    Thing(
        "letters",
        "文书",
        "notifications",
        """SELECT count(*) AS rows, max(position)::text AS newest, bit_xor(hashtextextended(letter_id || number, 0)) AS digest
             FROM letter WHERE $1::text IS NULL OR position <= $1::text::bigint""",
    ),
    Thing(
        "figures",
        "统计",
        "statistics",
        """SELECT count(*) AS rows, max(occurred_at)::text AS newest,
                  bit_xor(hashtextextended(concat_ws('|', hazard_id, version, county, sector, grade, state), 0)) AS digest
             FROM hazard_step WHERE $1::text IS NULL OR occurred_at <= $1::text::timestamptz""",
    ),
)


async def see(connection: Connection, thing: Thing, through: str | None = None) -> Seen:
    """Look at a thing, up to the place `through`. Raises asyncpg's errors."""
    (row,) = await connection.fetch(thing.statement, through)
    return Seen(row["rows"], row["newest"], row["digest"])


def verdict(thing: Thing, then: Seen, restored: Seen, now: Seen) -> dict[str, Any]:
    """Return what came of a thing. `now` is the platform's after the restore, up to the newest row of `then`.

    What was still being committed at `then`, or went by age since, may be in the restored one or not: it is whole when
    it is as the platform was at either moment. Where nothing stood there is nothing to be lost.
    """
    same = not then.rows or (restored.rows, restored.digest) in {(then.rows, then.digest), (now.rows, now.digest)}
    return {
        "thing": thing.name,
        "in_words": thing.in_words,
        "service": thing.service,
        "rows": then.rows,
        "restored": restored.rows,
        "missing": max(0, min(then.rows, now.rows) - restored.rows),
        "same": same,
    }
