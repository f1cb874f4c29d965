"""A service as a process of its own, for tests that kill it at a failpoint or from outside."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]


def own_tree() -> dict[str, str]:
    """Return PATH, and a PYTHONPATH that finds the packages of this tree, whosever environment runs the tests of it.

    A clone's tests may be run by another tree's interpreter, which knows that tree's contract.
    """
    own = [str(ROOT), str(ROOT / "contracts" / "src")]
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(own)}


@asynccontextmanager
async def process(
    service: str, environment: Mapping[str, str], *, roles: str, failpoint: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run these roles of `services.<service>` while the block runs; it ends by SIGTERM unless it has died before.

    `environment` is all that it is told beside `own_tree`; `failpoint` is where it kills itself (see
    `services.chassis.process.failpoints`).
    """
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"services.{service}",
        "--roles",
        roles,
        cwd=ROOT,
        env={**own_tree(), **environment, "DUBAN_FAILPOINT": failpoint},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
        await started.wait()
