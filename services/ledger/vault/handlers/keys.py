"""The file that holds the vault's keys: read again whenever it was changed, written by the keepers' commands alone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from services.ledger.vault.model import keyring
from services.ledger.vault.model.keyring import Keyring, UnusableKeyring


class KeyFile:
    """A keyring's file; a rotation is seen without a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int], Keyring] | None = None

    def keyring(self) -> Keyring:
        """Return the keys as the file has them; raises UnusableKeyring."""
        try:
            found = self._path.stat()
            # A mounted secret is replaced by another file: its inode tells, whatever its time is.
            state = (found.st_mtime_ns, found.st_ino)
            if self._read is None or self._read[0] != state:
                self._read = (state, keyring.parse(self._path.read_bytes()))
        except OSError as error:
            raise UnusableKeyring(f"{self._path} can't be read: {error.strerror}") from None
        return self._read[1]

    def changed_at(self) -> datetime:
        """Return when the file was last changed."""
        return datetime.fromtimestamp(self._path.stat().st_mtime, UTC)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other keeper out: who changes the file reads it and writes it within. Waits for whoever has it.

        The lock is a file beside it that stays: what is replaced can't be locked.
        """
        try:
            lock = os.open(self._path.with_name(f".{self._path.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
        except OSError as error:
            raise UnusableKeyring(f"{self._path} can't be changed: {error.strerror}") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def write(self, changed: Keyring) -> None:
        """Replace the file at once, readable by its owner alone; only while it is `held`."""
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(keyring.written(changed))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
