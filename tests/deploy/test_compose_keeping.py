"""What `backup.sh keep` does while it archives: PostgreSQL's programs are stand-ins, and hours are told and not waited for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.archiving import Installation
from tests.deploy.composition import COMPOSE, compose

pytestmark = pytest.mark.servers

_PATIENCE_SECONDS: Final = 60.0
# As the real one it ends at an interrupt, which a shell's background processes ignore unless they say otherwise.
_UNTIL_INTERRUPTED: Final = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); signal.pause()"


class Keeping:
    """`keep` with a base backup that always fails, and a clock that is set."""

    def __init__(self, installation: Installation, place: Path) -> None:
        self._tries, self._minutes, self._now = place / "tries", place / "minutes", place / "now"
        for file in (self._tries, self._minutes):
            file.touch()
        self.at(1_000_000)
        installation.stand_in(
            pg_receivewal=f'case "$*" in *--create-slot*) ;; *) exec {sys.executable} -c "{_UNTIL_INTERRUPTED}" ;; esac',
            pg_basebackup=f"echo >> {self._tries}\nexit 1",
            sleep=f"echo >> {self._minutes}\nexec /bin/sleep 0.01",
            date=f'[ "$*" != +%s ] || exec cat {self._now}\nexec /bin/date "$@"',
        )
        self._process = subprocess.Popen(
            ["/bin/sh", str(COMPOSE / "backup.sh"), "keep"],
            env=installation.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def at(self, seconds: int) -> None:
        """Set the clock."""
        new = self._now.with_name("new")
        new.write_text(f"{seconds}\n", encoding="utf-8")
        new.rename(self._now)

    def tries_after(self, minutes: int) -> int:
        """Return how often a base was tried, once so many more minutes were begun."""
        wanted, until = self._count(self._minutes) + minutes, time.monotonic() + _PATIENCE_SECONDS
        while self._count(self._minutes) < wanted:
            assert self._process.poll() is None, "who receives the log is gone"
            assert time.monotonic() < until
            time.sleep(0.02)
        return self._count(self._tries)

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(_PATIENCE_SECONDS)

    @staticmethod
    def _count(file: Path) -> int:
        return len(file.read_text(encoding="utf-8").splitlines())


def test_a_base_for_which_there_is_no_room_is_not_begun(installation: Installation) -> None:
    free = installation.archive / "free"
    free.write_text("1234217727\n", encoding="utf-8")
    refused = installation.run("base")
    assert (refused.returncode, installation.bases) == (1, [installation.first])
    assert "1000000000 bytes" in refused.stderr
    free.write_text("1234217729\n", encoding="utf-8")
    assert installation.run("base").returncode == 0
    assert len(installation.bases) == 2


def test_a_base_that_fails_takes_nobody_down_who_receives_the_log_and_is_tried_again_after_an_hour(
    installation: Installation, tmp_path: Path
) -> None:
    os.utime(installation.first, (0, 0))
    keeping = Keeping(installation, tmp_path)
    try:
        assert keeping.tries_after(10) == 1
        keeping.at(1_003_599)
        assert keeping.tries_after(10) == 1
        keeping.at(1_003_600)
        assert keeping.tries_after(10) == 2
    finally:
        keeping.end()
    assert installation.bases == [installation.first]


def test_a_lock_that_can_not_be_opened_takes_nobody_down_who_receives_the_log(
    installation: Installation, tmp_path: Path
) -> None:
    os.utime(installation.first, (0, 0))
    (installation.archive / "beginning.lock").mkdir()
    keeping = Keeping(installation, tmp_path)
    try:
        assert keeping.tries_after(10) == 0
        (installation.archive / "beginning.lock").rmdir()
        keeping.at(1_003_600)
        assert keeping.tries_after(10) == 1
    finally:
        keeping.end()


def test_how_the_backups_stand_is_told_for_who_scrapes(installation: Installation, tmp_path: Path) -> None:
    watched, told = tmp_path / "watched", tmp_path / "watched" / "backup.prom"
    watched.mkdir()
    os.utime(installation.first, (1000, 1000))
    installation.stand_in(
        pg_receivewal='case "$*" in *--create-slot*) ;; *) exec /bin/sleep 1 ;; esac',
        sleep="exec /bin/sleep 0.1",
        psql='case "$*" in *pg_stat_replication*) echo archived ;; *) echo 1 ;; esac',
        pg_basebackup="exit 1",
        date='[ "$*" != +%s ] || exec echo 2000\nexec /bin/date "$@"',
    )
    # It ends with its receiver, once it has told.
    assert installation.run("keep", WATCHED=str(watched)).returncode == 1
    assert dict(line.split() for line in told.read_text(encoding="utf-8").splitlines()) == {
        "duban_backup_base_timestamp_seconds": "1000",
        "duban_backup_failed_timestamp_seconds": "0",
        "duban_backup_receiving_timestamp_seconds": "2000",
    }


def test_who_looks_at_the_machine_reads_what_who_keeps_the_archive_writes() -> None:
    keeper, node = compose()["services"]["backup"], compose()["services"]["node"]
    assert "watched:/watched" in keeper["volumes"]
    assert keeper["environment"]["WATCHED"] == "/watched"
    assert "watched:/watched:ro" in node["volumes"]
    assert {"--collector.textfile", "--collector.textfile.directory=/watched"} <= set(node["command"])
