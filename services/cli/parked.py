"""`duban parked`: events that are ahead of their aggregate's version, and which version they wait for."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.output import NEEDS_A_PERSON, rows
from services.cli.surroundings import SERVICES, database, run

_LIMIT = Annotated[int, typer.Option(min=1, help="最多列出多少个对象")]


def parked(service: Annotated[str | None, typer.Argument(help="只看这个服务")] = None, limit: _LIMIT = 50) -> None:
    """等待前一版本的事件：在等哪个对象的第几版，等了多久。有一项即以 3 退出。"""

    async def fetch() -> list[dict[str, Any]]:
        found = []
        for each in [service] if service else SERVICES:
            async with database(each) as connection:
                listed = await connection.fetch(
                    """SELECT $2::text AS service, consumer, aggregate, count(*) AS events,
                              coalesce(max(known.version), 0) + 1 AS waits_for, min(event.version) AS first,
                              min(parked_at) AS since
                         FROM parked_event AS event LEFT JOIN aggregate_version AS known USING (consumer, aggregate)
                        GROUP BY consumer, aggregate ORDER BY min(parked_at) LIMIT $1""",
                    limit,
                    each,
                )
            found += [dict(row) for row in listed]
        return found

    found = run(fetch())
    columns = {
        "service": "服务",
        "consumer": "消费者",
        "aggregate": "对象",
        "events": "事件",
        "waits_for": "等第几版",
        "first": "手中最早",
        "since": "自",
    }
    rows("parked", columns, found, nothing="没有等待前一版本的事件")
    raise typer.Exit(NEEDS_A_PERSON if found else 0)
