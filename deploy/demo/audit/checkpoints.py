"""P4: nothing rewritten, as a county sees it that keeps what it is told."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.demo.api import Json
from deploy.demo.audit.case import AUDITOR, Case, Line

_TOOL: Final = Path(__file__).resolve().parents[3] / "tools" / "verify_history" / "verify_checkpoint.py"
_SIGNED: Final = "duban.ledger.checkpoint_signed.v1"
# The platform's ledger signs every ten seconds, and the county hears of it.
_ROUNDS: Final = 30


async def every_checkpoint_that_a_county_kept_holds(case: Case) -> Line:
    """P4: each checkpoint of a county's feed is the root of the history as it stands now, by a tool that shares no code."""
    recorded = len((await case.evidence()).recorded)
    kept = await _kept(case, recorded)
    keys = (await case.platform.get("ledger", "/v1/checkpoint/keys", AUDITOR))["keys"]
    history = (await case.evidence()).recorded
    title = "县区留存的历史检查点离线核验"
    if not kept or kept[-1]["size"] < recorded:
        covered = kept[-1]["size"] if kept else 0
        return Line(title, holds=False, detail=f"检查点覆盖 {covered} 条，历史 {recorded} 条")
    with tempfile.TemporaryDirectory() as folder:
        files = _written(Path(folder), history, kept)
        words = [*files, *(word for key in keys for word in ("--key", key))]
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-I", str(_TOOL), *words], capture_output=True, text=True, check=False
        )
    said = (done.stdout or done.stderr).strip().splitlines()
    return Line(title, done.returncode == 0, said[-1] if said else f"exit {done.returncode}")


async def _kept(case: Case, records: int) -> list[Json]:
    """Return the checkpoints of one county's feed, waiting a while for one that holds so many records."""
    county, found, after = next(iter(case.senders)), list[Json](), None
    for _ in range(_ROUNDS):
        while True:
            page = await case.platform.get("gateway", "/v1/feed", f"county-{county}", limit=1000, after=after)
            found += [item["event"]["data"] for item in page["items"] if item["event"]["type"] == _SIGNED]
            after = page["next"]
            if not page["items"]:
                break
        if found and found[-1]["size"] >= records:
            break
        await asyncio.sleep(1)
    return found


def _written(folder: Path, history: Sequence[Json], kept: Sequence[Json]) -> list[str]:
    export = folder / "export.jsonl"
    with export.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in history)
    notes = [folder / f"checkpoint-{said['size']}" for said in kept]
    for note, said in zip(notes, kept, strict=True):
        note.write_text(said["note"], encoding="utf-8")
    return [str(file) for file in (export, *notes)]
