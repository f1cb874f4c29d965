"""`duban waiting`: claims of counties that came before what they need."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.output import note, rows
from services.cli.surroundings import database, run

_WORDS = {"report": "隐患上报", "confirmation": "隐患确认", "plan": "整改方案"}


def waiting(
    county: Annotated[str | None, typer.Option(help="只看这个县区，六位代码")] = None,
    limit: Annotated[int, typer.Option(min=1, help="最多列出多少条")] = 50,
) -> None:
    """先于所需到达、正在等待的上报：等什么，等了多久（不显示内容）。"""

    async def fetch() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        async with database("ledger") as connection:
            counts = await connection.fetch(
                """SELECT county, waiting_for, count(*) AS claims, min(received_at) AS since FROM waiting_claim
                    WHERE $1::text IS NULL OR county = $1 GROUP BY county, waiting_for ORDER BY county, waiting_for""",
                county,
            )
            listed = await connection.fetch(
                """SELECT county, reference, waiting_for, type, event_id, received_at FROM waiting_claim
                    WHERE $1::text IS NULL OR county = $1 ORDER BY id LIMIT $2""",
                county,
                limit,
            )
        return [_told(dict(row)) for row in counts], [_told(dict(row)) for row in listed]

    counts, listed = run(fetch())
    rows(
        "counts",
        {"county": "县区", "in_words": "等待", "claims": "条数", "since": "最早"},
        counts,
        nothing="没有等待中的上报",
    )
    if listed:
        columns = {"county": "县区", "reference": "编号", "in_words": "等待", "type": "类型", "received_at": "到达"}
        rows("claims", columns, listed)
        note("等到即自动办理；久等的，请与县区核对是否漏报")


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "in_words": _WORDS.get(row["waiting_for"], row["waiting_for"])}
