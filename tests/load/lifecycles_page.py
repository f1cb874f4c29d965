"""The page's part about whole lives over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.load.figures import cores_used, mean_cores, median, verdict
from tests.load.lifecycles import own_cap


def lifecycles_page(section: Mapping[str, Any], summary: Mapping[str, Any]) -> list[str]:
    """Return the lines about lives: how many, what each cost, how long its steps took, what the services hold."""
    rounds = section["rounds"]
    lines = [
        "## (c) Lifecycles over HTTP",
        "",
        (
            "report (gateway), search (ledger), confirm, rectified (gateway), read, close; "
            f"{section['callers']} callers, each one hazard at a time, {section['seconds']:g} s a round"
            f"{_before(section)}, all five services "
            f"running. {_asking(section)}"
        ),
        "",
        (
            f"**{summary['lifecycles_per_second']:g} lifecycles/s** "
            f"({', '.join(str(run['lifecycles_per_second']) for run in rounds)}), {summary['requests_per_lifecycle']:g} "
            f"requests each, {summary['requests_per_second']:.0f} requests/s; "
            f"**{summary['processor_ms_per_lifecycle']['all']:.1f} ms of processor each** "
            f"({_milliseconds(summary['processor_ms_per_lifecycle'])})."
        ),
        "",
        "| step | p50 ms | p99 ms |",
        "|---|--:|--:|",
    ]
    for step in rounds[0]["milliseconds"]:
        p50, p99 = (median([run["milliseconds"][step][name] for run in rounds]) for name in ("p50", "p99"))
        lines.append(f"| {step} | {p50:.0f} | {p99:.0f} |")
    lines += ["", f"Cores: {cores_used(mean_cores(rounds))}.", "", "| service | resident MB before | after | private |"]
    lines.append("|---|--:|--:|--:|")
    for name, after in section["memory_after"].items():
        before = section["memory_before"][name]
        lines.append(f"| {name} | {before['resident']:.0f} | {after['resident']:.0f} | {after['private']:.0f} |")
    return [*lines, "", *verdict(summary)]


def ways(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Say of each tree's callers in (c) how many they are, how they wait, and what that alone bounds."""
    told = []
    for name, documents in results.items():
        lives = next((document["lifecycles"] for document in documents if "lifecycles" in document), None)
        if lives is None:
            continue
        # A tree that doesn't say so knows no other way than to ask again.
        cap = own_cap(lives["callers"], waits=lives.get("waits", False))
        way = "wait and bound nothing" if cap is None else f"ask again, which bounds them to {cap:.0f} lives/s"
        told.append(f" (c) {name}: {lives['callers']} callers that {way}.")
    return "".join(told)


def _before(section: Mapping[str, Any]) -> str:
    return f", {section['hazards']:,} hazards in the ledger before" if section["hazards"] else ""


def _asking(section: Mapping[str, Any]) -> str:
    """Say how callers wait for the pipeline, and what that alone bounds."""
    if section["waits"]:
        return "Search and read wait for what comes (`Prefer: wait`), so the callers themselves bound nothing."
    return (
        f"A caller asks again every {section['ask_again_seconds'] * 1000:g} ms until its event has come through; those "
        f"requests count as requests, not as lifecycles. So many callers cannot make more than "
        f"{section['own_cap_per_second']:.0f} lifecycles/s, whatever the platform does."
    )


def _milliseconds(each: Mapping[str, float]) -> str:
    used = sorted(((part, ms) for part, ms in each.items() if part != "all"), key=lambda item: -item[1])
    return ", ".join(f"{part} {ms:.2f}" for part, ms in used if ms >= 0.01)
