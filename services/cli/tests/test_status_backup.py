from __future__ import annotations

import pytest

from services.cli import backup, status

pytestmark = pytest.mark.pure


def test_who_is_not_told_where_backups_are_says_that_it_does_not_know(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(backup.PLACE, raising=False)
    worries: list[str] = []
    status._backup(worries)
    assert "最近一次备份：未知" in capsys.readouterr().out
    assert worries == []
