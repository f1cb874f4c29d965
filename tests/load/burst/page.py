"""From a run to a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.load.burst import memory
from tests.load.figures import cores_used
from tests.load.report import AIM_MEGABYTES, head, shared


def render(document: Mapping[str, Any]) -> str:
    """Return the page that stands beside the JSON file."""
    run = document["burst"]
    lines = [
        f"# {'Soak' if document['kind'] == 'soak' else 'Burst'} of {document['measured_at']}",
        "",
        *shared([run], document["machine"]["cores"]),
        *head(document),
        *(_soak(run) if document["kind"] == "soak" else _burst(run)),
        *_audit(run),
        "## Memory",
        "",
        *memory.lines(run["memory"]),
        "",
        _memory_verdict(run),
        "",
        f"Cores: {cores_used(run['cores'])}.",
    ]
    return "\n".join(lines) + "\n"


def verdict(run: Mapping[str, Any]) -> list[str]:
    """Return what a run must not show: errors, and anything lost. No figure of time is among it."""
    return [
        *run["errors"],
        *(f"{c['name']}: {c['found']} of {c['wanted']} {c['wrong']}" for c in run["audit"] if _is_off(c)),
    ]


def _is_off(check: Mapping[str, Any]) -> bool:
    return bool(check["wrong"]) or check["wanted"] != check["found"]


def _burst(run: Mapping[str, Any]) -> list[str]:
    lines = [
        "## What came, and what became of it",
        "",
        (
            f"{_before(run)}{run['lifecycles']:,} lifecycles, {run['requests']:,} requests; at most {run['most_under_way']:,} "
            f"lifecycles under way, {run['callers']:,} of them led at once, the others wait for a caller. "
            f"**{len(run['errors'])} errors.** Refused and repeated: {_codes(run['refused'])}. "
            f"All lifecycles had ended {run['ended_seconds']:g} s after the last phase, and everything stood everywhere "
            f"{run['settled_seconds']:g} s later."
        ),
        "",
        "| phase | s | begun | ended | a lifecycle p50 / p95 s | refused | readers p50 / p95 ms | another county p50 / p95 ms |",
        "|---|--:|--:|--:|---|---|---|---|",
    ]
    for phase in run["phases"]:
        name = f"**{phase['name']}**" if phase["is_burst"] else phase["name"]
        lines.append(
            f"| {name} | {phase['seconds']:g} | {phase['offered']:,} | {phase['ended']:,} | {_two(phase['life_seconds'])} "
            f"| {_codes(phase['refused'])} | {_two(phase['reads_ms'])}{_some(phase['reads_refused'])} "
            f"| {_two(phase['other_county_ms'])}{_some(phase['other_county_refused'])} |"
        )
    calm, burst, after = (run["calm_and_burst"][name] for name in ("calm", "burst", "after"))
    return [
        *lines,
        "",
        (
            f"p95 in calm (the first phase), in the bursts, and in the phases after them: readers {_p95(calm, 'reads_ms')}, "
            f"{_p95(burst, 'reads_ms')}, {_p95(after, 'reads_ms')} ms; another county's events "
            f"{_p95(calm, 'other_county_ms')}, {_p95(burst, 'other_county_ms')}, {_p95(after, 'other_county_ms')} ms."
        ),
        "",
    ]


def _soak(run: Mapping[str, Any]) -> list[str]:
    (phase,) = run["phases"]
    return [
        "## Soak",
        "",
        (
            f"{_before(run)}{phase['name']} lifecycles for {phase['seconds']:g} s: {run['lifecycles']:,} of them, "
            f"{len(run['errors'])} errors, refused and repeated: {_codes(run['refused'])}. A lifecycle took p50 / p95 "
            f"{_two(phase['life_seconds'])} s, a read {_two(phase['reads_ms'])} ms."
        ),
        "",
    ]


def _audit(run: Mapping[str, Any]) -> list[str]:
    rows = [
        f"| {check['name']} | {check['wanted']:,} | {check['found']:,} | {'**no**' if _is_off(check) else 'yes'} |"
        for check in run["audit"]
    ]
    return [
        "## Nothing lost",
        "",
        "| what was accepted stands in | wanted | found | holds |",
        "|---|--:|--:|---|",
        *rows,
        "",
    ]


def _memory_verdict(run: Mapping[str, Any]) -> str:
    above = [name for name, each in run["memory"].items() if each["largest"] > AIM_MEGABYTES]
    return f"Aim: no service above {AIM_MEGABYTES} MB: {'missed by ' + ', '.join(above) if above else 'met'}."


def _before(run: Mapping[str, Any]) -> str:
    return f"{run['hazards']:,} hazards in the ledger before. " if run["hazards"] else ""


def _codes(refused: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} × {code}" for code, count in sorted(refused.items())) or "none"


def _two(spread: Mapping[str, float]) -> str:
    return f"{spread['p50']:g} / {spread['p95']:g}" if spread else "–"


def _p95(of: Mapping[str, Mapping[str, float]], name: str) -> str:
    return f"{of[name]['p95']:g}" if of[name] else "–"


def _some(count: int) -> str:
    return f" ({count} refused)" if count else ""
