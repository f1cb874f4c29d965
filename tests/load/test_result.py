"""A bench's result: headed alike, and kept beside its page."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.load import result


@pytest.mark.servers
def test_a_result_says_when_by_which_command_on_what_and_with_which_versions() -> None:
    head = result.head("python -m tests.load.bench --only a")
    assert head["command"] == "python -m tests.load.bench --only a"
    assert datetime.fromisoformat(head["measured_at"]).utcoffset() is not None
    assert head["machine"]["cores"] >= 1
    assert head["versions"]["asyncpg"]


def test_a_result_and_its_page_stand_beside_each_other_and_somebody_is_told_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stem = tmp_path / "new" / "relay-300-2026-11-27"
    result.put(stem, {"行": 1}, "# 一页\n")
    assert json.loads(stem.with_suffix(".json").read_text(encoding="utf-8")) == {"行": 1}
    assert stem.with_suffix(".md").read_text(encoding="utf-8") == "# 一页\n"
    assert str(stem) in capsys.readouterr().out
