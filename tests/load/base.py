"""The present tree beside an earlier one, in one run: `make bench BASE=<git ref>`.

Each tree is measured by its own bench, in its own worktree, with servers of its own; a turn is one round of the base and one
of the present, so that a machine that drifts drifts for both. What counts is the ratio within a turn. The base needs a
`tests.load.bench` and runs on this tree's packages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.local.settings import ROOT, load
from tests.load.figures import median
from tests.load.lifecycles_page import ways

# Whatever options the base's bench has or lacks, its plan is a value with these fields.
_ONE_ROUND: Final = """
import sys
from dataclasses import replace
from tests.load import bench
bench.FULL = replace(bench.FULL, ingest_rounds=1, offer_rounds=1, life_rounds=1)
if callers := int(sys.argv.pop(1)):
    bench.FULL, bench.QUICK = replace(bench.FULL, callers=callers), replace(bench.QUICK, callers=callers)
sys.exit(bench.main())
"""
# Within so much the same tree differs from itself.
_DRIFT: Final = 0.03
_BESIDE: Final = frozenset({"bench", "others"})


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a turn; `more_is_better` says what a ratio above 1 means."""

    name: str
    value: float
    more_is_better: bool


@contextmanager
def worktree(ref: str) -> Iterator[Path]:
    """Give a worktree of `ref` while the block runs; raises subprocess.CalledProcessError for an unknown one."""
    with tempfile.TemporaryDirectory(prefix="duban-base-", ignore_cleanup_errors=True) as scratch:
        tree = Path(scratch) / "tree"
        _git("worktree", "add", "--detach", str(tree), ref)
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def commit_of(ref: str) -> str:
    """Return the short name of the commit that `ref` names; raises subprocess.CalledProcessError."""
    return _git("rev-parse", "--short", f"{ref}^{{commit}}")


def measure(tree: Path, parts: str, *, options: Sequence[str] = (), callers: int = 0) -> dict[str, Any]:
    """Return the result of one round of a tree's own bench, with `options` that it knows; raises RuntimeError."""
    with tempfile.TemporaryDirectory(prefix="duban-bench-result-") as output:
        command = [
            sys.executable,
            "-c",
            _ONE_ROUND,
            str(callers),
            "--only",
            parts,
            "--output",
            output,
            *options,
        ]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(tree / "contracts" / "src"), str(tree)]),
            "DUBAN_CACHE": str(load().cache),
        }
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
        results = list(Path(output).glob("*.json"))
        if done.returncode or not results:
            raise RuntimeError(f"the bench of {tree} failed:\n{done.stderr[-3000:]}")
        document: dict[str, Any] = json.loads(results[0].read_text(encoding="utf-8"))
        return document


def figures_of(document: Mapping[str, Any]) -> list[Figure]:
    """Return what is compared of a result: rates and latencies, and the processor time that one piece costs."""
    found: list[Figure] = []
    if ingest := document.get("ingest"):
        (run,), (bare,) = ingest["rounds"]["ledger"], ingest["rounds"]["bare_postgres"]
        rate = run["events_per_second"]
        found += [
            Figure("(a) county topic → ledger, events/s", rate, more_is_better=True),
            Figure("(a) share of bare PostgreSQL", rate / bare["events_per_second"], more_is_better=True),
            Figure(
                "(a) ledger, µs of processor an event", _each(run["cores"]["ledger"], rate) * 1e6, more_is_better=False
            ),
            Figure("(a) all parts, µs of processor an event", _each(_cores(run), rate) * 1e6, more_is_better=False),
        ]
    for offered, rounds in document.get("freshness", {}).get("rounds", {}).items():
        (run,) = rounds
        cost = _each(_cores(run), run["offered_per_second"]) * 1e6
        found += [
            Figure(
                f"(b) at {offered}/s, claim → figure {name} ms",
                run["milliseconds"]["claim_to_figure"][name],
                more_is_better=False,
            )
            for name in ("p50", "p99")
        ]
        found.append(Figure(f"(b) at {offered}/s, all parts, µs of processor an event", cost, more_is_better=False))
    if lives := document.get("lifecycles"):
        (run,) = lives["rounds"]
        rate = run["lifecycles_per_second"]
        resident = sum(sizes["resident"] for sizes in lives["memory_after"].values())
        found += [
            Figure("(c) lifecycles/s", rate, more_is_better=True),
            Figure("(c) all parts, ms of processor a life", _each(_cores(run), rate) * 1e3, more_is_better=False),
            Figure("(c) confirm p99 ms", run["milliseconds"]["confirm"]["p99"], more_is_better=False),
            Figure("(c) five services, resident MB", resident, more_is_better=False),
        ]
    return found


def compare(
    ref: str,
    parts: str,
    *,
    turns: int,
    quick: bool,
    say: Callable[[str], None],
    callers: int = 0,
    polling: bool = False,
) -> dict[str, list[dict[str, Any]]]:
    """Measure base and present in turn; return both lists of results, oldest first.

    Only the present tree is told how its callers wait: a base may know no other way than to ask again.
    """
    plain = ["--quick"] if quick else []
    options = {"base": plain, "present": [*plain, *(["--polling"] if polling else [])]}
    results: dict[str, list[dict[str, Any]]] = {"base": [], "present": []}
    with worktree(ref) as tree:
        for nth in range(turns):
            # Who goes first has the warmer or the colder machine: they take turns in that as well.
            ways = [("base", tree), ("present", ROOT)]
            for name, where in ways if nth % 2 == 0 else reversed(ways):
                results[name].append(measure(where, parts, options=options[name], callers=callers))
                say(f"turn {nth + 1}, {name}: " + _line(figures_of(results[name][-1])))
    return results


def table(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Return by figure the medians of both, and the median of the turns' ratios (present through base)."""
    base, present = ([figures_of(document) for document in results[name]] for name in ("base", "present"))
    rows: list[dict[str, Any]] = []
    for nth, figure in enumerate(base[0]):
        before, now = ([turn[nth].value for turn in side] for side in (base, present))
        ratios = [new / old if old else float("nan") for old, new in zip(before, now, strict=True)]
        rows.append(
            {
                "figure": figure.name,
                "more_is_better": figure.more_is_better,
                "base": median(before),
                "present": median(now),
                "ratio": round(median(ratios), 3),
                "ratios": [round(ratio, 3) for ratio in ratios],
            }
        )
    return rows


def render(document: Mapping[str, Any]) -> str:
    """Return the page of a comparison."""
    lines = [
        f"# Bench of {document['measured_at']} against {document['base']}",
        "",
        (
            f"`{document['command']}`, {document['took_seconds']} s, {document['turns']} turns: base {document['base']}, "
            f"present {document['present']}, one round each, alternately, every tree with its own bench and its own servers. "
            f"Others took {document['others_cores']:.2f} of {document['machine']['cores']} cores (median). The ratio is the "
            "median of the turns' own ratios, present through base; what the figures mean is in [README.md](README.md). A "
            f"loss is called one beyond {_DRIFT:.0%}.{ways(document['results'])}"
        ),
        "",
        "| figure | base | present | ratio | by turn | |",
        "|---|--:|--:|--:|---|---|",
    ]
    for row in document["table"]:
        turns = ", ".join(f"{ratio:.2f}" for ratio in row["ratios"])
        lines.append(
            f"| {row['figure']} | {_short(row['base'])} | {_short(row['present'])} | {row['ratio']:.2f} | {turns} | {_verdict(row)} |"
        )
    return "\n".join(lines) + "\n"


def _verdict(row: Mapping[str, Any]) -> str:
    gain = row["ratio"] - 1 if row["more_is_better"] else 1 - row["ratio"]
    return "gain" if gain > _DRIFT else "loss" if gain < -_DRIFT else "the same"


def others_cores(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> float:
    """Return how many cores processes foreign to the bench used: the median of all rounds."""
    runs = [run for documents in results.values() for document in documents for run in _runs(document)]
    return round(median([run["cores"].get("others", 0.0) for run in runs]), 2)


def _runs(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    runs = list(document.get("ingest", {}).get("rounds", {}).get("ledger", []))
    runs += [run for rate in document.get("freshness", {}).get("rounds", {}).values() for run in rate]
    return [*runs, *document.get("lifecycles", {}).get("rounds", [])]


def _each(cores: float, rate: float) -> float:
    """Return the processor seconds that one piece costs; not a number where none was done."""
    return cores / rate if rate else float("nan")


def _cores(run: Mapping[str, Any]) -> float:
    """Return how many cores the platform used: its services and servers, without the load generator and others."""
    return float(sum(share for part, share in run["cores"].items() if part not in _BESIDE))


def _line(figures: Sequence[Figure]) -> str:
    return ", ".join(f"{figure.name} {_short(figure.value)}" for figure in figures)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
