"""SQL of draws: announced once, drawn once."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from services.chassis.storage.database import Connection
from services.scheduler.draws.model.announcement import Announcement
from services.scheduler.draws.model.drawing import Drawn

_INPUT: Final = msgspec.json.Decoder(Announcement)
_RESULT: Final = msgspec.json.Decoder(Drawn)
_SECRETS: Final = msgspec.json.Decoder(tuple[str, ...])
_SELECT: Final = """SELECT draw_id, input, input_sha256, announced_at, announced_by, result, secrets, drawn_at, drawn_by
  FROM draw """


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """A draw as it stands; the last four fields are None until it is drawn. Instants are UTC, domain time."""

    draw_id: str
    input: Announcement
    input_sha256: str
    announced_at: datetime
    announced_by: str
    result: Drawn | None = None
    secrets: tuple[str, ...] | None = None
    drawn_at: datetime | None = None
    drawn_by: str | None = None


async def insert(connection: Connection, new: Draw) -> bool:
    """Write an announced draw; return False when its document has one already, by its id."""
    status: str = await connection.execute(
        """INSERT INTO draw (draw_id, document_number, draws_on, input, input_sha256, announced_at, announced_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING""",
        new.draw_id,
        new.input.document_number,
        new.input.draws_on,
        msgspec.json.encode(new.input).decode(),
        new.input_sha256,
        new.announced_at,
        new.announced_by,
    )
    return status == "INSERT 0 1"


async def keep_result(connection: Connection, drawn: Draw) -> None:
    """Write the result of a draw that has none."""
    await connection.execute(
        """UPDATE draw SET result = $2, secrets = $3, drawn_at = $4, drawn_by = $5
            WHERE draw_id = $1 AND result IS NULL""",
        drawn.draw_id,
        msgspec.json.encode(drawn.result).decode(),
        msgspec.json.encode(drawn.secrets).decode(),
        drawn.drawn_at,
        drawn.drawn_by,
    )


async def find(connection: Connection, draw_id: str) -> Draw | None:
    """Return a draw, or None."""
    row = await connection.fetchrow(f"{_SELECT} WHERE draw_id = $1", draw_id)
    return None if row is None else _draw(row)


async def lock(connection: Connection, draw_id: str) -> Draw | None:
    """Return a draw, locked until the transaction ends, or None."""
    row = await connection.fetchrow(f"{_SELECT} WHERE draw_id = $1 FOR UPDATE", draw_id)
    return None if row is None else _draw(row)


async def page(connection: Connection, *, after: str, limit: int) -> list[Draw]:
    """Return up to `limit` draws in order of their ids, behind `after`."""
    rows = await connection.fetch(f"{_SELECT} WHERE draw_id > $1 ORDER BY draw_id LIMIT $2", after, limit)
    return [_draw(row) for row in rows]


def _draw(row: asyncpg.Record) -> Draw:
    return Draw(
        draw_id=row["draw_id"],
        input=_INPUT.decode(row["input"]),
        input_sha256=row["input_sha256"],
        announced_at=row["announced_at"],
        announced_by=row["announced_by"],
        result=None if row["result"] is None else _RESULT.decode(row["result"]),
        secrets=None if row["secrets"] is None else _SECRETS.decode(row["secrets"]),
        drawn_at=row["drawn_at"],
        drawn_by=row["drawn_by"],
    )
