"""The file of the vault's keys: written for its owner alone, seen when it is replaced, one keeper at a time."""

from __future__ import annotations

import fcntl
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.ledger.vault.handlers.keys import KeyFile
from services.ledger.vault.model import keyring
from services.ledger.vault.model.keyring import UnusableKeyring

pytestmark = pytest.mark.promise("P8")

KEYS = keyring.fresh("k-1", bytes(32), bytes(range(32)))


def test_what_is_written_is_read_back_and_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "vault.keys")
    before = os.umask(0)
    try:
        file.write(KEYS)
    finally:
        os.umask(before)
    assert file.keyring() == KEYS
    assert stat.S_IMODE((tmp_path / "vault.keys").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["vault.keys"]


def test_a_file_that_was_replaced_is_read_again_though_its_time_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "vault.keys"
    reader, keeper, rotated = KeyFile(path), KeyFile(path), keyring.rotated(KEYS, "k-2", bytes(32))
    keeper.write(KEYS)
    os.utime(path, (1_780_000_000, 1_780_000_000))
    assert (reader.keyring(), reader.changed_at()) == (KEYS, datetime.fromtimestamp(1_780_000_000, UTC))
    keeper.write(rotated)
    os.utime(path, (1_780_000_000, 1_780_000_000))
    assert reader.keyring() == rotated


def test_a_file_that_stayed_as_it_was_is_not_read_again(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "vault.keys")
    file.write(KEYS)
    assert file.keyring() is file.keyring()


def test_whoever_changes_the_file_keeps_the_others_out_until_all_is_done(tmp_path: Path) -> None:
    file, beside = KeyFile(tmp_path / "vault.keys"), tmp_path / ".vault.keys.lock"

    def is_stopped_in_the_midst() -> None:
        with file.held():
            assert stat.S_IMODE(beside.stat().st_mode) == 0o600
            with beside.open("wb") as lock, pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        is_stopped_in_the_midst()
    with beside.open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_file_that_is_not_there_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(UnusableKeyring, match=r"vault\.keys can't be read: No such file or directory"):
        KeyFile(tmp_path / "vault.keys").keyring()
    with (
        pytest.raises(UnusableKeyring, match=r"vault\.keys can't be changed: No such file or directory"),
        KeyFile(tmp_path / "nowhere" / "vault.keys").held(),
    ):
        pass
