"""The page about an idle city, and the counting on whatever runs; no figure is judged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.load import idle_page
from tests.load.rig import Usage

pytestmark = pytest.mark.pure

IDLE: dict[str, Any] = {
    "seconds": 600.0,
    "wal_bytes": 7_000_000,
    "cores": {"kafka": 0.1, "ledger": 0.05, "others": 1.5},
    "kafka_file_maps": 1992,
    "transactions": 30_000,
    "alerts": [],
    "pages": 0,
}
DOCUMENT: dict[str, Any] = {
    "measured_at": "2026-11-26T04:00:00+00:00",
    "command": "c",
    "machine": {"cores": 2, "processor": "p", "load_average_before": [0.1, 0.1, 0.1], "speed_loops_per_second": 60_000},
    "versions": {"duban": "1", "python": "3.11.2 (optimised)"},
    "counties": 300,
    "load_average_after": [0.2, 0.2, 0.2],
    "idle": IDLE,
}


def test_a_day_is_reckoned_from_what_was_measured_and_foreign_processes_are_not_the_platforms() -> None:
    assert idle_page.wal_gb_a_day(IDLE) == pytest.approx(1.008)
    assert idle_page.cores(IDLE) == pytest.approx(0.15)


def test_the_page_says_which_aim_is_met_and_which_is_missed() -> None:
    page = idle_page.render(DOCUMENT)
    assert page.startswith("# 300 counties that nobody writes to, 2026-11-26")
    assert page.count("| met |") == 3
    assert "missed" not in page
    assert "| transactions a second in PostgreSQL | 50 |" in page
    loud = {**IDLE, "wal_bytes": 70_000_000, "pages": 1, "alerts": ["DubanPipelineStale"]}
    page = idle_page.render({**DOCUMENT, "idle": loud})
    assert page.count("| missed |") == 2
    assert "DubanPipelineStale" in page


def test_a_page_of_counties_that_write_says_whether_the_objective_held_and_each_claim_was_recorded_once() -> None:
    offered: dict[str, Any] = {
        "rate": 1000,
        "sent": 180_000,
        "recorded": 180_000,
        "counties": 300,
        "sent_per_second": 999.6,
        "figures_whole_after_seconds": 1.2,
        "share_within_5_s": 0.9991,
        "share_of_time_with_a_late_heartbeat": 0.0,
        "seconds": {"ledger.claims": {"p50": 0.1, "p99": 0.4}, "statistics.hazards": {"p50": None, "p99": None}},
        "cores": {"kafka": 0.5, "ledger": 0.4, "others": 0.2},
        "alerts": [],
        "pages": 0,
    }
    page = idle_page.render({**DOCUMENT, "offered": offered})
    assert page.count("| met |") == 7
    assert "| ledger.claims | 0.10 | 0.40 |" in page
    wrong = {**offered, "share_within_5_s": 0.98, "recorded": 179_999, "pages": 1}
    alone = {name: each for name, each in DOCUMENT.items() if name != "idle"}
    page = idle_page.render({**alone, "offered": wrong})
    assert page.startswith("# 300 counties that write, 2026-11-26")
    assert page.count("| missed |") == 3
    assert idle_page.render({**alone, "offered": {**wrong, "share_within_5_s": None}}).count("| missed |") == 3


def test_what_the_machine_did_beside_is_what_no_process_of_ours_used() -> None:
    before = Usage(0, {"kafka": 1.0, "gone": 5.0}, 100)
    assert before.until(Usage(10, {"kafka": 2.0}, 111), digits=3) == {"kafka": 0.1, "others": pytest.approx(1.0)}
