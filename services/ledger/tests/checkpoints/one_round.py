"""One round of the job as a process of its own, which a failpoint may kill: `python -m … DSN KEY TOPIC`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from services.chassis.process.clock import SystemClock
from services.chassis.storage.database import connect
from services.ledger.checkpoints.handlers import growing
from services.ledger.checkpoints.handlers.keys import SigningKeys
from services.ledger.checkpoints.handlers.signing import Signing
from services.ledger.checkpoints.jobs import make_checkpoint


async def one_round(dsn: str, key: str, topic: str) -> None:
    # So that a few records are several batches.
    growing._BATCH = 2  # type: ignore[misc]
    database = await connect(dsn, application_name="one-round", max_size=2)
    try:
        signing = Signing(clock=SystemClock(), keys=SigningKeys("duban/140500/ledger", Path(key)), topics=[topic])
        assert await make_checkpoint(database, signing=signing)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(one_round(*sys.argv[1:]))
