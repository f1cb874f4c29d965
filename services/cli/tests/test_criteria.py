"""`duban criteria load`, asked of a ledger that answers as the real one does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services.cli.command_line import app
from services.cli.output import console

LOADED = {
    "dry_run": True,
    "created": [{"sector": "hazchem", "version": "2023", "clauses": 20}],
    "unchanged": [{"sector": "coal_mine", "version": "2021", "clauses": 15}],
    "warnings": [],
}
REFUSED = {
    "code": "import-refused",
    "detail": "文件有 1 处错误，全部未导入；逐处见 findings",
    "findings": [{"weight": "error", "cell": "G3", "code": "missing-cell", "rule": "must not be empty", "value": None}],
}


@pytest.mark.feature("SY37")
@pytest.mark.parametrize(("status", "body", "code"), [(200, LOADED, 0), (422, REFUSED, 1)])
def test_criteria_are_loaded_or_refused_cell_by_cell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int, body: dict[str, Any], code: int
) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def post(url: str, **more: Any) -> httpx.Response:
        asked.append((url, more))
        return httpx.Response(status, json=body)

    monkeypatch.setattr(httpx, "post", post)
    monkeypatch.setenv("DUBAN_LEDGER_URL", "http://ledger")
    monkeypatch.setenv("DUBAN_KEY", "secret")
    monkeypatch.setattr(console, "width", 200)
    file = tmp_path / "criteria.json"
    file.write_text("{}", encoding="utf-8")
    ran = CliRunner().invoke(app, ["criteria", "load", str(file), "--dry-run"])
    assert ran.exit_code == code
    [(url, more)] = asked
    assert (url, more["params"]) == ("http://ledger/v1/criteria/imports", {"dry_run": "true"})
    wanted = ["将新增 hazchem 2023：20 条", "已有 coal_mine 2021，未变"] if code == 0 else ["G3", "文件有 1 处错误"]
    assert all(text in ran.output for text in wanted)
