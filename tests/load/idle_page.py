"""The page of a run of `tests.load.idle`, and whether each aim of operations at 300 counties is met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

AIM_WAL_GB_A_DAY: Final = 5
AIM_CORES: Final = 0.3
_DAY_SECONDS: Final = 86_400


def wal_gb_a_day(idle: Mapping[str, Any]) -> float:
    """Return the WAL as it would be in a day."""
    return float(idle["wal_bytes"] / idle["seconds"] * _DAY_SECONDS / 1e9)


def cores(idle: Mapping[str, Any]) -> float:
    """Return the cores that all of the platform's processes use together."""
    return float(sum(used for part, used in idle["cores"].items() if part != "others"))


def render(document: Mapping[str, Any]) -> str:
    """Return the page."""
    idle, machine, counties = document["idle"], document["machine"], document["counties"]
    wal, used, others = wal_gb_a_day(idle), cores(idle), idle["cores"].get("others", 0.0)
    parts = sorted(
        ((part, each) for part, each in idle["cores"].items() if part != "others"), key=lambda each: -each[1]
    )
    lines = [
        f"# {counties} counties that nobody writes to, {document['measured_at'][:10]}",
        "",
        (
            f"`{document['command']}`: {idle['seconds'] / 60:.1f} minutes on {machine['cores']} cores ({machine['processor']}), "
            f"load average before {machine['load_average_before'][0]}, after {document['load_average_after'][0]}; processes foreign to "
            f"the platform kept {others:.2f} cores busy. Duban {document['versions']['duban']}, one process of each service, one broker."
        ),
        "",
        "| | found | aim | |",
        "|---|--:|--:|---|",
        f"| WAL, GB a day | {wal:.2f} | < {AIM_WAL_GB_A_DAY} | {_met(wal < AIM_WAL_GB_A_DAY)} |",
        f"| cores | {used:.2f} | < {AIM_CORES} | {_met(used < AIM_CORES)} |",
        f"| pages | {idle['pages']} | 0 | {_met(not idle['pages'])} |",
        f"| file maps of the broker | {idle['kafka_file_maps']:,} | | |",
        "",
        f"Alerts that fired: {', '.join(idle['alerts']) or 'none'}.",
        "",
        "| process | cores |",
        "|---|--:|",
        *(f"| {part} | {each:.3f} |" for part, each in parts),
    ]
    return "\n".join(lines) + "\n"


def _met(holds: bool) -> str:  # noqa: FBT001 - a word for a truth
    return "met" if holds else "missed"
