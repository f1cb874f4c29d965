"""`duban duties load`, asked of a scheduler that answers as the real one does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services.cli.command_line import app
from services.cli.output import console

LOADED = {
    "dry_run": True,
    "duties_created": ["no-2024-01-1"],
    "duties_changed": [],
    "duties_unchanged": [],
    "tasks": {"created": 1, "revised": 0, "kept": 0, "withdrawn": 0},
    "warnings": [
        {"weight": "warning", "cell": "C7", "code": "unknown-unit", "rule": "is no name", "value": "[b]飞碟局[/b]"}
    ],
}
REFUSED = {
    "code": "import-refused",
    "detail": "文件有 1 处错误，全部未导入；逐处见 findings",
    "findings": [{"weight": "error", "cell": "A4", "code": "no-month", "rule": "must be a month", "value": "13月"}],
}


class Scheduler:
    """Answers a post, and remembers it."""

    def __init__(self) -> None:
        self.status, self.body = 200, dict[str, Any](LOADED)
        self.asked: dict[str, Any] = {}

    def post(self, url: str, **asked: Any) -> httpx.Response:
        self.asked = {"url": url, **asked}
        return httpx.Response(self.status, json=self.body)


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> Scheduler:
    answers = Scheduler()
    monkeypatch.setattr(httpx, "post", answers.post)
    monkeypatch.setenv("DUBAN_SCHEDULER_URL", "http://scheduler")
    monkeypatch.setenv("DUBAN_KEY", "secret")
    monkeypatch.setattr(console, "width", 200)
    return answers


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.json"
    path.write_text(json.dumps({"rows": []}), encoding="utf-8")
    return path


def test_a_rehearsal_says_what_would_be_and_what_to_look_at(scheduler: Scheduler, table: Path) -> None:
    ran = CliRunner().invoke(app, ["duties", "load", str(table), "--dry-run", "--year", "2024"])
    assert (ran.exit_code, scheduler.asked["params"]) == (0, {"dry_run": "true", "year": "2024"})
    assert scheduler.asked["headers"] == {"Authorization": "Bearer secret"}
    assert "C7" in ran.output
    assert "[b]飞碟局[/b]" in ran.output
    assert "将新立职责 1 项" in ran.output


def test_a_refused_file_is_told_cell_by_cell_and_ends_with_1(scheduler: Scheduler, table: Path) -> None:
    scheduler.status, scheduler.body = 422, REFUSED
    ran = CliRunner().invoke(app, ["duties", "load", str(table)])
    assert ran.exit_code == 1
    assert "A4" in ran.output
    assert "13月" in ran.output
    assert "文件有 1 处错误" in ran.output


def test_without_a_key_it_says_which_variable_is_missing(
    scheduler: Scheduler, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DUBAN_KEY")
    ran = CliRunner().invoke(app, ["duties", "load", str(table)])
    assert (ran.exit_code, scheduler.asked) == (2, {})
