"""The bench of alarms on a small table: each deadline is said once; no figure is judged."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from tests.load import alarms, alarms_page
from tests.load.rig import Rig

HEAD = {
    "measured_at": "2026-11-26T04:00:00+00:00",
    "command": "c",
    "took_seconds": 1,
    "machine": {"cores": 2, "processor": "p", "memory_gb": 1, "system": "s", "load_average_before": [0.1]},
    "servers": {
        "postgresql": dict.fromkeys(("server_version", "fsync", "synchronous_commit", "shared_buffers"), "on"),
        "kafka": {"version": "4", "java": 17, "heap": "512m", "options": []},
    },
    "versions": {},
}


@pytest.mark.load
@pytest.mark.platform
@pytest.mark.promise("P3")
@pytest.mark.timeout(900)
async def test_a_quick_run_says_each_deadline_once_and_measures_all_parts(
    kafka_bootstrap: str, postgres_dsn: str, topic_prefix: str, tmp_path: Path
) -> None:
    servers = Rig(kafka_bootstrap, postgres_dsn, tmp_path)
    names = [f"{topic_prefix.strip('.')}_{name}" for name in ("empty", "armed")]
    try:
        # It raises when a deadline is said twice or never.
        found = await alarms.measure(servers, alarms.QUICK, prefix=topic_prefix, say=lambda _: None)
    finally:
        for name in names:
            with suppress(asyncpg.InvalidCatalogNameError):
                await servers.drop_database(name)
    assert [len(found[way]) for way in ("steady", "beating", "midnight", "bare")] == [1, 1, 1, 1]
    (steady,), (midnight,) = found["steady"], found["midnight"]
    assert steady["alarms"] == alarms.QUICK.rate * alarms.QUICK.seconds
    assert midnight["alarms"] == found["bare"][0]["claimed"] == alarms.QUICK.midnight
    assert 0 < steady["milliseconds"]["p50"] <= steady["milliseconds"]["p99"] <= steady["milliseconds"]["max"]
    assert found["tasks"][0]["alarms"] == alarms.QUICK.tasks
    assert "scheduler" in found["idle_armed"]
    assert set(found["idle_empty"]) == set(found["idle_armed"])
    page = alarms_page.render({**HEAD, "alarms": found})
    assert page.startswith("# 2,000 armed alarms, 2026-11-26")
    assert [line[:6] for line in page.splitlines() if line.startswith("## ")] == ["## (a)", "## (b)", "## (c)"]
