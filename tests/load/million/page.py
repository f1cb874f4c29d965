"""The page of a measurement of reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.load.figures import percentile
from tests.load.million.cost import AIMS, missed

_KINDS: Final = {"list": "lists", "search": "text searches", "count": "counts"}


def render(document: Mapping[str, Any]) -> str:
    """Return the page: what was asked by kind, then every read."""
    machine, load = document["machine"], document["machine"]["load_average_before"]
    lines = [
        f"# Reads at {document['hazards']:,} hazards, {document['measured_at'][:10]}",
        "",
        (
            f"`{document['command']}`, {document['took_seconds']} s, on {machine['cores']} cores ({machine['processor']}), "
            f"load average before {load[0]}, after {document['load_average_after'][0]}; PostgreSQL "
            f"{document['servers']['postgresql']['server_version']}, Duban {document['versions']['duban']}. "
            f"Each read {document['times']} times, one at a time, by a real service process over HTTP; beside it the same "
            "statements with the same values on one bare session. `/healthz` asks no database: it says what the machine gave at that "
            "hour. Milliseconds; pages of 8 KiB that all statements touch do not depend on it."
        ),
        "",
        "| | reads | aim p95 | median of p50 | worst p50 | reads whose p95 is above | bare: worst p50 |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    rows: Sequence[Mapping[str, Any]] = [row for each in document["reads"].values() for row in each]
    above = missed(rows)
    for kind, aim in AIMS.items():
        mine = [row for row in rows if row["kind"] == kind.name.lower()]
        if mine:
            halves = [row["http"]["p50"] for row in mine]
            late = sum(row in above for row in mine)
            bare = max(row["bare"]["p50"] for row in mine)
            lines.append(
                f"| {_KINDS[kind.name.lower()]} | {len(mine)} | {aim:.0f} | {percentile(halves, 0.5):.1f} | {max(halves):.1f} | {late} | {bare:.1f} |"
            )
    for service, asked in document["reads"].items():
        lines += [
            "",
            f"## {service}",
            "",
            "| read | p50 | p95 | bare p50 | bare p95 | pages |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        lines += [_line(row, row in above) for row in asked]
    return "\n".join(lines) + "\n"


def _line(row: Mapping[str, Any], late: bool) -> str:  # noqa: FBT001 - of one line
    http, bare = row["http"], row.get("bare", {"p50": "", "p95": ""})
    mark = "**" if late else ""
    return f"| `{row['read']}` | {http['p50']} | {mark}{http['p95']}{mark} | {bare['p50']} | {bare['p95']} | {row.get('blocks', 0):,} |"
