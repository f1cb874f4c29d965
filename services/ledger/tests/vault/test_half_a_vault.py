"""A vault is a database and a file of keys; one without the other is a slip, and the ledger does not start without its vault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from services.chassis.process.secret_files import UnusableSetting
from services.chassis.testing.processes import ROOT, own_tree
from services.ledger.settings import Settings

DSN = "postgresql://duban_vault:hush@nowhere/duban_vault"
ELSE = {"postgres_dsn": "postgresql://nowhere/x", "kafka_bootstrap": "nowhere:9092"}


def test_both_are_a_vault_and_neither_is_none() -> None:
    assert Settings(vault_postgres_dsn=DSN, vault_keyring=Path("/k"), **ELSE).vault == (DSN, Path("/k"))  # type: ignore[arg-type]
    for dsn, keyring in ((None, None), ("", Path())):
        assert Settings(vault_postgres_dsn=dsn, vault_keyring=keyring, **ELSE).vault is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dsn", "keyring", "sentence"),
    [
        (None, Path("/k"), "DUBAN_VAULT_KEYRING is given, which needs DUBAN_VAULT_POSTGRES_DSN"),
        ("", Path("/k"), "DUBAN_VAULT_KEYRING is given, which needs DUBAN_VAULT_POSTGRES_DSN"),
        (DSN, None, "DUBAN_VAULT_POSTGRES_DSN is given, which needs DUBAN_VAULT_KEYRING"),
        (DSN, Path(), "DUBAN_VAULT_POSTGRES_DSN is given, which needs DUBAN_VAULT_KEYRING"),
    ],
)
def test_one_without_the_other_is_refused_by_name(dsn: str | None, keyring: Path | None, sentence: str) -> None:
    settings = Settings(vault_postgres_dsn=dsn, vault_keyring=keyring, **ELSE)  # type: ignore[arg-type]
    with pytest.raises(UnusableSetting, match=sentence) as said:
        settings.go_together()
    assert "hush" not in str(said.value)


@pytest.mark.servers
def test_a_ledger_whose_secret_has_a_slip_in_its_name_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "DUBAN_VAULT_POSTGRES_DNS").write_text(DSN, encoding="utf-8")
    told = {f"DUBAN_{name.upper()}": value for name, value in ELSE.items()}
    told |= {"DUBAN_SECRETS": str(tmp_path), "DUBAN_VAULT_KEYRING": "/k", **own_tree()}
    command = [sys.executable, "-m", "services.ledger"]
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "ledger can't be started: DUBAN_VAULT_KEYRING is given, which needs DUBAN_VAULT_POSTGRES_DSN" in done.stderr
