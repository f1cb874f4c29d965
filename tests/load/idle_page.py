"""The page of a run of `tests.load.idle`, and whether each aim of operations at 300 counties is met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

AIM_WAL_GB_A_DAY: Final = 5
AIM_CORES: Final = 0.3
# The freshness objective (deploy/prometheus/rules/objectives.rules.yml).
AIM_FRESH: Final = 0.99
_DAY_SECONDS: Final = 86_400


def wal_gb_a_day(idle: Mapping[str, Any]) -> float:
    """Return the WAL as it would be in a day."""
    return float(idle["wal_bytes"] / idle["seconds"] * _DAY_SECONDS / 1e9)


def cores(idle: Mapping[str, Any]) -> float:
    """Return the cores that all of the platform's processes use together."""
    return float(sum(used for part, used in idle["cores"].items() if part != "others"))


def render(document: Mapping[str, Any]) -> str:
    """Return the page."""
    machine, said = document["machine"], "that nobody writes to" if "idle" in document else "that write"
    lines = [
        f"# {document['counties']} counties {said}, {document['measured_at'][:10]}",
        "",
        (
            f"`{document['command']}` on {machine['cores']} cores ({machine['processor']}), load average before "
            f"{machine['load_average_before'][0]}, after {document['load_average_after'][0]}, "
            f"{machine['speed_loops_per_second']:,} turns a second of the loop by which machines are compared. "
            f"Duban {document['versions']['duban']}, Python {document['versions']['python']}, one process of each service, one broker."
        ),
        "",
    ]
    lines += _idle(document["idle"]) if "idle" in document else []
    lines += _offered(document["offered"], document["counties"]) if "offered" in document else []
    return "\n".join(lines).rstrip("\n") + "\n"


def _idle(idle: Mapping[str, Any]) -> list[str]:
    wal, used = wal_gb_a_day(idle), cores(idle)
    return [
        (
            f"Nothing was asked of it for {idle['seconds'] / 60:.1f} minutes, in which processes foreign to the platform kept "
            f"{idle['cores'].get('others', 0.0):.2f} cores busy."
        ),
        "",
        "| | found | aim | |",
        "|---|--:|--:|---|",
        f"| WAL, GB a day | {wal:.2f} | < {AIM_WAL_GB_A_DAY} | {_met(wal < AIM_WAL_GB_A_DAY)} |",
        f"| cores | {used:.2f} | < {AIM_CORES} | {_met(used < AIM_CORES)} |",
        f"| pages | {idle['pages']} | 0 | {_met(not idle['pages'])} |",
        f"| file maps of the broker | {idle['kafka_file_maps']:,} | | |",
        f"| transactions a second in PostgreSQL | {idle['transactions'] / idle['seconds']:.0f} | | |",
        "",
        *_alerts(idle),
        *_parts(idle, digits=3),
    ]


def _offered(found: Mapping[str, Any], counties: int) -> list[str]:
    share, late = found["share_within_5_s"], found["share_of_time_with_a_late_heartbeat"]
    once = found["sent"] == found["recorded"] and found["counties"] == counties
    return [
        f"## {found['rate']:,} claims a second, the counties in turn",
        "",
        (
            f"{found['sent']:,} claims at {found['sent_per_second']:,.0f} a second, straight into the counties' topics; the platform used "
            f"{cores(found):.2f} cores until the figures were whole, {found['figures_whole_after_seconds']:.1f} s after the last claim; "
            f"processes foreign to it, the publisher among them, {found['cores'].get('others', 0.0):.2f}."
        ),
        "",
        "| | found | aim | |",
        "|---|--:|--:|---|",
        f"| claims in the ledger within 5 s | {_share(share)} | {AIM_FRESH:.0%} | {_met(share is not None and share >= AIM_FRESH)} |",
        f"| time with a heartbeat older than 5 s | {_share(late)} | < 1% | {_met(late is not None and late < 1 - AIM_FRESH)} |",
        f"| hazards recorded, one for each claim, of all counties | {found['recorded']:,} | {found['sent']:,} | {_met(once)} |",
        f"| pages | {found['pages']} | 0 | {_met(not found['pages'])} |",
        "",
        *_alerts(found),
        "| age of an event when its reader took it | p50 s | p99 s |",
        "|---|--:|--:|",
        *(f"| {reader} | {_word(each['p50'])} | {_word(each['p99'])} |" for reader, each in found["seconds"].items()),
        "",
        *_parts(found, digits=2),
    ]


def _alerts(found: Mapping[str, Any]) -> list[str]:
    return [f"Alerts that fired: {', '.join(found['alerts']) or 'none'}.", ""]


def _parts(found: Mapping[str, Any], *, digits: int) -> list[str]:
    parts = sorted(((used, part) for part, used in found["cores"].items() if part != "others"), reverse=True)
    return ["| process | cores |", "|---|--:|", *(f"| {part} | {used:.{digits}f} |" for used, part in parts), ""]


def _share(share: float | None) -> str:
    return "nothing was counted" if share is None else f"{share:.2%}"


def _word(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f}"


def _met(holds: bool) -> str:  # noqa: FBT001 - a word for a truth
    return "met" if holds else "missed"
