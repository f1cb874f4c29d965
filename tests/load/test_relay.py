"""The bench of the relay on a small outbox: every row is on its topic once; no figure is judged."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from tests.load import relay, relay_page
from tests.load.rig import Rig

HEAD = {
    "measured_at": "2026-11-27T02:00:00+00:00",
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
async def test_a_quick_run_carries_each_row_once_and_measures_all_ways(
    kafka_bootstrap: str, postgres_dsn: str, topic_prefix: str, tmp_path: Path
) -> None:
    servers = Rig(kafka_bootstrap, postgres_dsn, tmp_path)
    try:
        # It raises when a row is not on its topic, or twice.
        found = await relay.measure(servers, relay.QUICK, prefix=topic_prefix, say=lambda _: None)
    finally:
        with suppress(asyncpg.InvalidCatalogNameError):
            await servers.drop_database(f"{topic_prefix.strip('.')}_relay")
    assert {way: len(runs) for way, runs in found["rounds"].items()} == {"relay": 1, "bare_kafka": 1, "bare_outbox": 1}
    assert all(run["rows"] == 2 * relay.QUICK.claims for runs in found["rounds"].values() for run in runs)
    page = relay_page.render({**HEAD, "relay": found})
    assert page.startswith("# The relay of one outbox, 2026-11-27")
    assert page.count("\n| the relay") == 1
