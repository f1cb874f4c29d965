"""`duban tasks`, asked of a scheduler that answers as the real one does."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from services.cli.command_line import app
from services.cli.output import console

TASK = {
    "number": "RW2026-SDADBGK8P3",
    "due_on": "2026-06-01",
    "title": "报送[b]进展[/b]",
    "county": "140502",
    "member": {"kind": "county", "code": "140502", "name": "城区"},
    "lead_unit": "fire_rescue",
    "state": "acknowledged",
    "late": True,
}
GAP = {"severity": "hard", "code": "quota-short", "missing": 1, "detail": "12月没有培训"}


class Scheduler:
    """Answers GETs: two pages of tasks, and what a test says."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.tasks, self.gaps, self.status = [TASK, {**TASK, "member": None, "late": False}], [GAP], 200

    def request(
        self, method: str, url: str, *, params: dict[str, str] | None, headers: dict[str, str], timeout: float
    ) -> httpx.Response:
        assert (method, headers, timeout > 0) == ("GET", {"Authorization": "Bearer secret"}, True)
        params = params or {}
        self.asked.append((url.removeprefix("http://scheduler"), params))
        return httpx.Response(self.status, json=self._answer(url, params))

    def _answer(self, url: str, params: dict[str, str]) -> dict[str, Any]:
        if self.status != 200:
            return {"code": "plan-not-found", "detail": "没有找到该任务表"}
        if url.endswith("/count"):
            return {"total": len(self.tasks), "groups": []}
        if url.endswith("/gaps"):
            return {"plan": "nine-ones-2024", "counts": [], "items": self.gaps}
        page = self.tasks[1:] if "after" in params else self.tasks[:1]
        return {"items": page, "next": "p2" if len(self.tasks) > 1 and "after" not in params else None}


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> Scheduler:
    answers = Scheduler()
    monkeypatch.setattr(httpx, "request", answers.request)
    monkeypatch.setenv("DUBAN_SCHEDULER_URL", "http://scheduler")
    monkeypatch.setenv("DUBAN_KEY", "secret")
    monkeypatch.setattr(console, "width", 200)
    return answers


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["tasks", *arguments])


def test_what_is_due_is_read_to_the_last_page_and_shown(scheduler: Scheduler) -> None:
    ran = run("due", "--days", "3", "--on", "2026-05-30", "--unit", "fire_rescue")
    wanted = {"owed": "true", "due_from": "2026-05-30", "due_to": "2026-06-02", "unit": "fire_rescue"}
    assert ran.exit_code == 0, "that something is due is no fault"
    assert [path for path, _ in scheduler.asked] == ["/v1/tasks/count", "/v1/tasks", "/v1/tasks"]
    assert all(wanted.items() <= params.items() for _, params in scheduler.asked)
    assert "报送[b]进展[/b]" in ran.output
    assert "已签收，逾期" in ran.output
    assert "消防救援支队/大队" in ran.output
    assert "共 2 项" in ran.output


def test_what_is_late_ends_with_3_and_nothing_late_with_0(scheduler: Scheduler) -> None:
    assert run("late", "--county", "140502").exit_code == 3
    assert scheduler.asked[0][1] == {"owed": "true", "late": "true", "county": "140502"}
    scheduler.tasks = []
    ran = run("late")
    assert (ran.exit_code, "没有逾期未报的任务" in ran.output) == (0, True)


def test_json_is_alone_on_the_output(scheduler: Scheduler) -> None:
    for command, code in (("due", 0), ("late", 3)):
        told = json.loads(run(command, "--json").stdout)
        assert (told["exit"], [each["number"] for each in told["tasks"]]) == (code, [TASK["number"]] * 2)
        assert TASK.items() <= told["tasks"][0].items()
    (gap,) = json.loads(run("gaps", "nine-ones-2024", "--json").stdout)["gaps"]
    assert GAP.items() <= gap.items()


def test_a_hard_gap_ends_with_3_and_a_soft_one_with_0(scheduler: Scheduler) -> None:
    ran = run("gaps", "nine-ones-2024")
    assert (ran.exit_code, "12月没有培训" in ran.output, "硬缺口" in ran.output) == (3, True, True)
    scheduler.gaps = [{**GAP, "severity": "low"}]
    assert run("gaps", "nine-ones-2024").exit_code == 0
    scheduler.gaps = []
    assert "没有缺口" in run("gaps", "nine-ones-2024").output


def test_a_refusal_ends_with_1_and_a_missing_key_with_2(scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler.status = 404
    ran = run("gaps", "none")
    assert (ran.exit_code, "没有找到该任务表" in ran.output) == (1, True)
    monkeypatch.delenv("DUBAN_KEY")
    assert run("due").exit_code == 2


def test_a_table_is_loaded_as_by_the_duties(scheduler: Scheduler) -> None:
    assert "只校验并说明将会怎样" in run("load", "--help").output
    assert scheduler.asked == []
