"""How the command ends: who reads its exit code never takes a fault for a difference."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from services.statistics.recompute import __main__ as command
from services.statistics.tests.stories import history_of, open_since

pytestmark = pytest.mark.promise("P5")


@pytest.mark.parametrize(
    ("lines", "ends"),
    [("no JSON", 3), (json.dumps({"hazard_id": "h", "version": 1}), 3), (None, 2)],
    ids=["no record", "half a record", "a gap"],
)
def test_what_could_not_be_told_is_no_difference(
    lines: str | None, ends: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = tmp_path / "history.jsonl"
    history.write_text(lines or json.dumps(history_of([open_since(1)])[1]), encoding="utf-8")
    monkeypatch.setattr(
        sys, "argv", ["recompute", "--ledger-history", str(history), "--statistics", "http://127.0.0.1:1"]
    )
    assert command.main() == ends


def test_statistics_that_do_not_answer_are_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = tmp_path / "history.jsonl"
    history.write_text("\n".join(json.dumps(record) for record in history_of([open_since(1)])), encoding="utf-8")
    monkeypatch.setattr(
        sys, "argv", ["recompute", "--ledger-history", str(history), "--statistics", "http://127.0.0.1:1"]
    )
    assert command.main() == 3
