"""The bench's machinery, not its figures: nothing here depends on how fast anything is."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.local.settings import ROOT
from tests.load import base, lifecycles, lifecycles_page
from tests.load.figures import bound_by, percentile

pytestmark = pytest.mark.servers


@pytest.mark.load
@pytest.mark.platform
def test_a_quick_run_writes_a_whole_result(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.load.bench", "--quick", "--output", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    (page,) = tmp_path.glob("*.md")
    result = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert {"measured_at", "command", "machine", "versions", "servers", "summary"} <= result.keys()
    assert set(result["ingest"]["rounds"]) == {"ledger", "bare_postgres", "bare_kafka"}
    assert all(run["events_per_second"] > 0 for runs in result["ingest"]["rounds"].values() for run in runs)
    (fresh,) = (run for runs in result["freshness"]["rounds"].values() for run in runs)
    spread = fresh["milliseconds"]["claim_to_figure"]
    assert fresh["milliseconds"]["claim_to_ledger"]["p50"] < spread["p50"] <= spread["p99"] <= spread["max"]
    (life,) = result["lifecycles"]["rounds"]
    assert {"report", "search", "confirm", "rectified", "read", "close"} <= life["milliseconds"].keys()
    assert life["requests_per_lifecycle"] >= 6
    assert life["processor_ms_per_lifecycle"].keys() >= {"ledger", "gateway", "postgres", "kafka", "all"}
    assert len(result["lifecycles"]["memory_after"]) == 5
    assert all(section["bound_by"] for section in (result["summary"]["ingest"], result["summary"]["lifecycles"]))
    assert "## (a)" in page.read_text(encoding="utf-8")


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]
    assert percentile([7.0], 0.5) == 7.0


@pytest.mark.parametrize(
    ("cores", "said"),
    [
        ({"ledger": 0.95, "postgres": 0.3, "kafka": 0.1}, "one Python process is full: ledger"),
        ({"ledger": 0.7, "postgres": 0.8, "kafka": 0.45}, "all 2 cores are in use, most by postgres 0.80"),
        ({"ledger": 0.3, "postgres": 0.2}, "no core is full"),
        ({"ledger": 0.3, "postgres": 0.2, "others": 1.5}, "processes foreign to the bench took 1.50"),
    ],
)
def test_what_bounds_a_figure_is_read_from_the_cores_in_use(cores: dict[str, float], said: str) -> None:
    assert said in bound_by(cores, 2)


def _ingested(rate: int, ledger: float) -> dict[str, Any]:
    run = {"events_per_second": rate, "cores": {"ledger": ledger, "postgres": 0.2, "bench": 0.5, "others": 0.1}}
    return {"ingest": {"rounds": {"ledger": [run], "bare_postgres": [{"events_per_second": 10_000}]}}}


def test_a_base_is_compared_turn_by_turn() -> None:
    results = {
        "base": [_ingested(4000, 0.4), _ingested(2000, 0.4)],
        "present": [_ingested(5000, 0.4), _ingested(2600, 0.39)],
    }
    rate, share, cost, whole = base.table(results)
    assert (rate["base"], rate["present"], rate["ratio"], rate["ratios"]) == (3000, 3800, 1.275, [1.25, 1.3])
    assert share["ratio"] == 1.275
    assert cost["ratios"] == [0.8, 0.75]
    assert whole["base"] == pytest.approx((0.6 / 4000 + 0.6 / 2000) / 2 * 1e6)
    assert base.others_cores(results) == 0.1
    head = {"measured_at": "2026-11-26", "base": "b", "present": "p", "command": "c", "took_seconds": 1, "turns": 2}
    made = {"machine": {"cores": 2}, "others_cores": 0.1, "table": base.table(results), "results": results}
    page = base.render(head | made)
    assert "| (a) county topic → ledger, events/s | 3,000 | 3,800 | 1.27 | 1.25, 1.30 | gain |" in page


@pytest.mark.parametrize(
    ("ratio", "more_is_better", "said"),
    [(1.2, True, "gain"), (0.9, True, "loss"), (0.98, True, "the same"), (1.2, False, "loss"), (0.9, False, "gain")],
)
def test_a_loss_is_called_one_whichever_way_is_better(ratio: float, more_is_better: bool, said: str) -> None:  # noqa: FBT001
    row = {"ratio": ratio, "more_is_better": more_is_better}
    assert base._verdict(row) == said


def test_a_base_stands_in_a_worktree_of_its_own_that_goes_away() -> None:
    with base.worktree("HEAD") as tree:
        assert (tree / "tests" / "load" / "bench.py").exists()
        assert tree != ROOT
    assert not tree.exists()


def test_a_life_costs_what_the_platforms_parts_used_and_the_generator_is_told_apart() -> None:
    cores = {"ledger": 0.5, "postgres": 0.3, "bench": 0.2, "others": 0.4}
    each = lifecycles.processor_of_each(cores, 80)
    assert each == {"ledger": 6.25, "postgres": 3.75, "bench": 2.5, "all": 10.0}
    assert math.isnan(lifecycles.processor_of_each(cores, 0)["all"])


def test_callers_who_ask_again_bound_themselves_and_those_who_wait_do_not() -> None:
    assert lifecycles.own_cap(64, waits=False) == 128
    assert lifecycles.own_cap(64, waits=True) is None


def test_a_comparison_says_how_many_callers_each_tree_had_and_what_their_way_of_waiting_bounds() -> None:
    lives = [{"lifecycles": {"callers": 64}}], [{"lifecycles": {"callers": 64, "waits": True}}]
    assert lifecycles_page.ways(dict(zip(("base", "present"), lives, strict=True))) == (
        " (c) base: 64 callers that ask again, which bounds them to 128 lives/s."
        " (c) present: 64 callers that wait and bound nothing."
    )
    assert lifecycles_page.ways({"base": [_ingested(1, 1)]}) == ""
