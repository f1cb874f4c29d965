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


@asynccontextmanager
async def process(
    service: str, environment: Mapping[str, str], *, roles: str, failpoint: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run these roles of `services.<service>` while the block runs; it ends by SIGTERM unless it has died before.

    `environment` is all that it is told beside PATH and PYTHONPATH; `failpoint` is where it kills itself (see
    `services.chassis.process.failpoints`).
    """
    inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"services.{service}",
        "--roles",
        roles,
        cwd=ROOT,
        env={**inherited, **environment, "DUBAN_FAILPOINT": failpoint},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
        await started.wait()
