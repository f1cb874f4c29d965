"""`duban checkpoints`: keys to sign with, and what counties verify the signatures by."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.command_line import app

JINCHENG = Path(__file__).parents[3] / "deploy" / "profiles" / "jincheng"


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DUBAN_PROFILE", str(JINCHENG))
    monkeypatch.setenv("DUBAN_CHECKPOINT_KEY", str(tmp_path / "key.pem"))
    return tmp_path / "key.pem"


def duban(*words: str) -> Result:
    return CliRunner().invoke(app, ["checkpoints", *words])


@pytest.mark.promise("P4")
def test_a_second_key_at_the_end_of_the_file_signs_beside_the_first(file: Path) -> None:
    file.write_text(duban("new-key").output)
    [first] = duban("keys").output.splitlines()
    assert first.startswith("duban/140500/ledger+")
    file.write_text(file.read_text() + duban("new-key").output)
    both = duban("keys").output.splitlines()
    assert (len(set(both)), both[0]) == (2, first)


def test_a_log_may_have_a_name_of_its_own(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(duban("new-key").output)
    monkeypatch.setenv("DUBAN_CHECKPOINT_ORIGIN", "duban.example/ledger")
    assert duban("keys").output.startswith("duban.example/ledger+")
    monkeypatch.setenv("DUBAN_CHECKPOINT_ORIGIN", "two words")
    assert (duban("keys").exit_code, "can't name a log" in duban("keys").output) == (1, True)


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_without_a_usable_key_is_told_in_a_sentence(file: Path, text: str) -> None:
    file.write_text(text)
    assert (duban("keys").exit_code, duban("keys").output[:1]) == (1, "✗")
    file.unlink()
    assert "No such file" in duban("keys").output
