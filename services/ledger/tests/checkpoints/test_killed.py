"""The job is killed at every step, and the log never says two things of one size (promises P4, P6)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Final

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.checkpoints import LedgerCheckpointSigned
from duban_contracts.topics import TopicFamily
from services.chassis.testing.processes import ROOT
from services.ledger.checkpoints.jobs import make_checkpoint
from services.ledger.checkpoints.model.entry import leaf_of
from services.ledger.history.tables.export import Export
from services.ledger.tests.checkpoints.log import Log
from services.ledger.tests.checkpoints.trees import root_by_definition

STEPS: Final = (
    "checkpoint.before_growing_commits#2",
    "checkpoint.grown#2",
    "checkpoint.stored",
    "checkpoint.before_signing_commits",
    "checkpoint.signed",
)


async def killed_at(log: Log, failpoint: str) -> bool:
    """Have another process do a round; return whether it died where it should."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.ledger.tests.checkpoints.one_round",
        log.ledger.platform.settings.postgres_dsn,
        str(log.key),
        TopicFamily.CHECKPOINT,
        cwd=ROOT,
        env={**os.environ, "DUBAN_FAILPOINT": failpoint},
    )
    return await process.wait() == -signal.SIGKILL


@pytest.mark.promise("P4")
@pytest.mark.promise("P6")
async def test_a_job_that_dies_at_any_step_goes_on_and_signs_one_root_a_size(own: Log) -> None:
    for step in STEPS:
        for _ in range(4):
            await own.ledger.registered()
        assert await killed_at(own, step), step
    assert await make_checkpoint(own.ledger.database, signing=own.signing)
    rows = await own.ledger.pool.fetch("SELECT size, root, note FROM checkpoint ORDER BY size")
    leaves = [leaf_of(record) for _, record in await Export(own.ledger.database).page(0, 1000)]
    assert rows[-1]["size"] == len(leaves)
    assert len(rows) == 2  # the one of `stored`, which the next round signs, and the last
    for row in rows:
        assert row["root"] == root_by_definition(leaves[: row["size"]])
        assert row["note"] is not None
    # What was told is what is stored, each once, in order of size.
    said = [
        data
        for e in await own.ledger.said(TopicFamily.CHECKPOINT)
        if isinstance(data := decode(e), LedgerCheckpointSigned)
    ]
    assert [(data.size, data.note) for data in said] == [(row["size"], row["note"]) for row in rows]
