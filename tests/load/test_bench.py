"""The bench's machinery, not its figures: nothing here depends on how fast anything is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.settings import ROOT
from tests.load.figures import bound_by, percentile

pytestmark = pytest.mark.servers


@pytest.mark.load
@pytest.mark.platform
def test_a_quick_run_writes_a_whole_result(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.load.bench", "--quick", "--output", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
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
