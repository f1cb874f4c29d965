"""P4: nothing rewritten."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from deploy.demo.audit.case import Case, Line

_TOOL: Final = Path(__file__).resolve().parents[3] / "tools" / "verify_history" / "verify_history.py"


async def history_verifies_offline(case: Case) -> Line:
    """P4: a tool that shares no code with the service checks the chain of every hazard's and every accident's history."""
    evidence = await case.evidence()
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in evidence.recorded)
        file.flush()
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, str(_TOOL), file.name], capture_output=True, text=True, check=False
        )
    said = (done.stdout or done.stderr).strip().splitlines()
    return Line("历史链离线核验", done.returncode == 0, said[-1] if said else f"exit {done.returncode}")
