"""The page of a run of `tests.load.alarms`: medians, every round, and whether each aim is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.load.figures import bound_by, median
from tests.load.report import head, shared

AIM_P99_MILLISECONDS: Final = 1000
AIM_MIDNIGHT_SECONDS: Final = 30


def render(document: Mapping[str, Any]) -> str:
    """Return the page."""
    found, cores = document["alarms"], document["machine"]["cores"]
    lines = [f"# {found['alarms']:,} armed alarms, {document['measured_at'][:10]}", "", *head(document)]
    lines += shared([run for way in ("steady", "beating", "midnight") for run in found[way]], cores)
    lines += [*_steady(found, cores), *_midnight(found, cores), *_idle(found)]
    return "\n".join(lines) + "\n"


def _steady(found: Mapping[str, Any], cores: int) -> list[str]:
    lines = [
        f"## (a) {found['rate']} a second for {found['seconds']:g} s: from the instant until the broker has 督办逾期",
        "",
        "| the ledger | p50 ms | p90 ms | p99 ms | worst ms | p99 by round |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for way, words in (("steady", "is through"), ("beating", "says once a second how far it is")):
        runs = [run["milliseconds"] for run in found[way]]
        spread = " | ".join(f"{median([run[name] for run in runs]):.0f}" for name in ("p50", "p90", "p99", "max"))
        lines.append(f"| {words} | {spread} | {', '.join(str(run['p99']) for run in runs)} |")
    p99 = median([run["milliseconds"]["p99"] for run in found["steady"]])
    return [
        *lines,
        "",
        (
            "The first row is the scheduler's own time: the clock role's pause of half a second, its claim, the outbox, the "
            "relay, the broker. The second has what promise P3 costs beside: nothing is raised before the ledger has said "
            "that everything until that instant is applied, and it says so once a second."
        ),
        "",
        f"{_cores(found['steady'], cores)} Aim: p99 of the first within {AIM_P99_MILLISECONDS} ms: {_met(p99 <= AIM_P99_MILLISECONDS)}.",
        "",
    ]


def _midnight(found: Mapping[str, Any], cores: int) -> list[str]:
    drained = [run["drained_seconds"] for run in found["midnight"]]
    bare = [run["seconds"] for run in found["bare"]]
    number = found["bare"][0]["claimed"]
    return [
        f"## (b) A midnight of {number:,}, in {found['counties']} counties",
        "",
        "| way | median s | a second | rounds |",
        "|---|--:|--:|---|",
        f"| from the instant until the broker has the last 督办逾期 | {median(drained):.1f} | {number / median(drained):,.0f} | {_rounds(drained)} |",
        f"| bare PostgreSQL: the same rows claimed by 500 (`SKIP LOCKED`, `RETURNING`), no event | {median(bare):.1f} | {number / median(bare):,.0f} | {_rounds(bare)} |",
        *(
            f"| {tasks['alarms']:,} tasks: marked late with their history, 任务逾期 of each | {tasks['drained_seconds']:.1f} | {tasks['alarms'] / tasks['drained_seconds']:,.0f} | once |"
            for tasks in found["tasks"]
        ),
        "",
        (
            f"{_cores(found['midnight'], cores)} Aim: under {AIM_MIDNIGHT_SECONDS} s: "
            f"{_met(median(drained) < AIM_MIDNIGHT_SECONDS)}. What was said was counted in every round: each deadline once."
        ),
        "",
    ]


def _idle(found: Mapping[str, Any]) -> list[str]:
    parts = ("scheduler", "postgres", "kafka")
    lines = [
        "## (c) What is not due",
        "",
        "Processor seconds a minute while nothing falls due, the self-audits included:",
        "",
        f"| table | {' | '.join(parts)} |",
        f"|---|{'--:|' * len(parts)}",
    ]
    for key, words in (("idle_empty", "empty"), ("idle_armed", f"{found['alarms']:,} armed")):
        used = " | ".join(f"{found[key][part]:.2f}" if part in found[key] else "–" for part in parts)
        lines.append(f"| {words} | {used} |")
    return [*lines, ""]


def _cores(runs: Sequence[Mapping[str, Any]], cores: int) -> str:
    parts = sorted({part for run in runs for part in run["cores"]})
    used = {part: round(median([run["cores"].get(part, 0.0) for run in runs]), 2) for part in parts}
    shares = ", ".join(
        f"{part} {share:.2f}" for part, share in sorted(used.items(), key=lambda item: -item[1]) if share >= 0.01
    )
    return f"Cores: {shares}. Bound by: {bound_by(used, cores)}."


def _rounds(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in values)


def _met(met: bool) -> str:  # noqa: FBT001 - a word for a truth
    return "met" if met else "missed"
