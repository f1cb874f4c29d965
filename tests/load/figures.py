"""Small statistics over rounds and samples."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile; `share` from 0 to 1. Raises ValueError when there are no values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, -(-int(share * 1e6) * len(ordered) // 1_000_000) - 1))]


def median(values: Sequence[float]) -> float:
    """Return the median of the rounds."""
    return float(statistics.median(values))


def bound_by(cores: dict[str, float], available: int) -> str:
    """Say in one sentence what was full while `cores` were used, as far as the processor tells."""
    ours = {part: share for part, share in cores.items() if part != "others"}
    busiest = max(ours, key=lambda part: ours[part])
    total = sum(cores.values())
    foreign = f"; processes foreign to the bench took {cores['others']:.2f}" if cores.get("others", 0) > 0.1 else ""
    if busiest not in {"postgres", "kafka"} and ours[busiest] >= 0.85:
        return f"one Python process is full: {busiest} uses {ours[busiest]:.2f} cores{foreign}"
    if total >= 0.9 * available:
        shares = ", ".join(f"{p} {s:.2f}" for p, s in sorted(ours.items(), key=lambda item: -item[1])[:4])
        return f"all {available} cores are in use, most by {shares}{foreign}"
    return f"no core is full: the busiest part, {busiest}, uses {ours[busiest]:.2f} cores; the rest is waiting{foreign}"


def mean_cores(rounds: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return by part the median of the cores that the rounds used."""
    parts = {part for run in rounds for part in run["cores"]}
    return {part: round(median([run["cores"].get(part, 0.0) for run in rounds]), 2) for part in sorted(parts)}


def cores_used(cores: Mapping[str, float]) -> str:
    """Return what was used, the most first."""
    used = sorted(cores.items(), key=lambda item: -item[1])
    return ", ".join(f"{part} {share:.2f}" for part, share in used if share >= 0.01)


def verdict(summary: Mapping[str, Any]) -> list[str]:
    """Return what bounded a figure, and which aims it meets."""
    aims = "; ".join(f"{aim}: {'met' if met else 'missed'}" for aim, met in summary["aims"].items())
    return [f"Bound by: {summary['bound_by']}.", "", f"Aims: {aims}.", ""]
