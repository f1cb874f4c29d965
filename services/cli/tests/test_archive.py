"""The archive of backups: only what was checked is a base, and only the log's end is taken for its end."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from services.chassis.testing.workers import ROOT
from services.cli import archive
from services.cli.archive import Base, ProgramFailed, Programs, bases, fetching, instant, lay_out, take
from services.cli.command_line import app
from services.cli.unfinished import Unfinished, clear, unfinished

SEGMENT: Final = "000000010000000000000003"
NOW: Final = datetime(2026, 11, 26, 1, tzinfo=UTC)


def programs(place: Path, *, verified: bool) -> Programs:
    """PostgreSQL's programs for who has none: a base of one file, and a check that ends as it is told."""
    place.mkdir()
    for name, text in {
        "pg_basebackup": 'for each; do case $each in --pgdata=*) mkdir "${each#*=}"; '
        f"""echo 'START WAL LOCATION: 0/3000028 (file {SEGMENT})' > "${{each#*=}}/backup_label"; """
        """echo '{"Files": []}' > "${each#*=}/backup_manifest" ;; esac; done""",
        "pg_verifybackup": f"exit {0 if verified else 1}",
    }.items():
        (place / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (place / name).chmod(0o755)
    return Programs(place)


def receives(place: Path, segment: str = f"{SEGMENT}.partial") -> None:
    """Let somebody receive the log of the archive."""
    (place / "wal").mkdir(parents=True)
    (place / "wal" / segment).touch()


@pytest.mark.servers
def test_a_base_that_the_check_refuses_is_none_and_leaves_nothing(tmp_path: Path) -> None:
    receives(tmp_path / "archive")
    with pytest.raises(ProgramFailed):
        take(programs(tmp_path / "bin", verified=False), tmp_path / "archive", "", "")
    assert bases(tmp_path / "archive") == []
    assert list((tmp_path / "archive" / "base").iterdir()) == []


@pytest.mark.servers
def test_a_base_has_its_name_once_it_is_checked_and_two_of_one_second_are_two(tmp_path: Path) -> None:
    ours = programs(tmp_path / "bin", verified=True)
    receives(tmp_path / "archive")
    taken = [take(ours, tmp_path / "archive", "", "") for _ in range(2)]
    assert [base.path for base in bases(tmp_path / "archive")] == taken
    assert sorted((tmp_path / "archive" / "base").iterdir()) == taken


@pytest.mark.servers
def test_a_base_waits_for_who_receives_the_log_and_is_none_without_the_segment_with_which_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, place = programs(tmp_path / "bin", verified=True), tmp_path / "archive"
    monkeypatch.setattr(archive, "_LOG_SECONDS", 0)
    with pytest.raises(ProgramFailed, match="nobody receives the log"):
        take(ours, place, "", "")
    # Whoever receives it began after the base did, as where the slot was made behind it.
    receives(place, "000000010000000000000004.partial")
    with pytest.raises(ProgramFailed, match="with which the base begins"):
        take(ours, place, "", "")
    assert list((place / "base").iterdir()) == []
    (place / "wal" / SEGMENT).touch()
    taken = take(ours, place, "", "")
    assert [base.path for base in bases(place)] == [taken]


@contextmanager
def taking(place: Path) -> Iterator[subprocess.Popen[str]]:
    """A base backup that is being written, by a program that goes on until its input ends."""
    slow = programs(place / "slow", verified=True)
    script = slow.directory / "pg_basebackup"
    script.write_text(f"{script.read_text(encoding='utf-8')}cat > /dev/null\n", encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from services.cli.archive import Programs, take;"
        "take(Programs(Path(sys.argv[1])), Path(sys.argv[2]), '', '')"
    )
    words = [sys.executable, "-c", code, str(slow.directory), str(place / "archive")]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, text=True) as process:
        try:
            eventually_is(lambda: bool(list((place / "archive").glob("base/*.new/backup_manifest"))))
            yield process
        finally:
            process.kill()


def eventually_is(true: Callable[[], bool]) -> None:
    """Wait for a program, however busy the machine is."""
    for _ in range(6000):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to that")


@pytest.mark.servers
def test_what_a_killed_one_left_is_told_and_removed_and_what_is_being_written_is_let_be(tmp_path: Path) -> None:
    place, ours = tmp_path / "archive", programs(tmp_path / "bin", verified=True)
    receives(place)
    with taking(tmp_path) as process:
        (new,) = place.glob("base/*.new")
        assert unfinished(place) == [Unfinished(new, goes_on=True)]
        process.kill()
        process.wait()
        # Its program goes on, as a child of nobody: what it writes is not taken away.
        assert unfinished(place) == [Unfinished(new, goes_on=True)]
        take(ours, place, "", "")
        assert new.exists()
        environment = {"DUBAN_BACKUPS": str(place)}
        said = CliRunner().invoke(app, ["backup", "list"], env=environment)
        assert f"{new.name}：正在写入" in said.stdout
        assert process.stdin is not None
        process.stdin.close()
        eventually_is(lambda: unfinished(place) == [Unfinished(new, goes_on=False)])
        said = CliRunner().invoke(app, ["backup", "list"], env=environment)
        assert (said.exit_code, f"{new.name}：上次备份中断所留" in said.stdout) == (0, True)
    taken = take(ours, place, "", "")
    assert unfinished(place) == []
    assert [base.path for base in bases(place)][-1] == taken
    assert sorted((place / "base").iterdir()) == [base.path for base in bases(place)], "nothing else is left"


def test_while_another_program_begins_a_base_nothing_is_removed(tmp_path: Path) -> None:
    base = tmp_path / "base"
    left = base / "20260101T000000.1Z.new"
    left.mkdir(parents=True)
    left.with_suffix(".writing").touch()
    with (tmp_path / "beginning.lock").open("a") as beginning:
        fcntl.flock(beginning, fcntl.LOCK_EX)
        # As /proc/locks says it of whoever waits for a lock on this file.
        waits = re.compile(rf"-> FLOCK .*:{os.fstat(beginning.fileno()).st_ino} ")
        clearing = threading.Thread(target=clear, args=(tmp_path, None))
        clearing.start()
        while not waits.search(Path("/proc/locks").read_text(encoding="ascii")):
            assert clearing.is_alive(), "it waits for nobody"
        assert left.exists()
    clearing.join(60)
    assert not clearing.is_alive()
    assert not left.exists()


@pytest.mark.servers
def test_what_nobody_can_tell_of_stays_and_is_told(tmp_path: Path) -> None:
    receives(tmp_path / "archive")
    of_before = tmp_path / "archive" / "base" / "20260101T000000.000000Z.new"
    of_before.mkdir(parents=True)
    take(programs(tmp_path / "bin", verified=True), tmp_path / "archive", "", "")
    assert unfinished(tmp_path / "archive") == [Unfinished(of_before, goes_on=None)]
    said = CliRunner().invoke(app, ["backup", "list"], env={"DUBAN_BACKUPS": str(tmp_path / "archive")})
    assert "无法判断是否仍在写入" in said.stdout


def fetch(wal: Path, to: Path) -> int:
    """Run what a recovering server is told, as it runs it: for one segment."""
    command = fetching(wal).replace("%f", SEGMENT).replace("%p", str(to))
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False).returncode


@pytest.mark.servers
@pytest.mark.parametrize("name", [SEGMENT, f"{SEGMENT}.partial"])
def test_a_segment_is_fetched_whether_it_is_whole_or_still_being_written(tmp_path: Path, name: str) -> None:
    wal, to = tmp_path / "the city's wal", tmp_path / "fetched"
    wal.mkdir()
    assert fetch(wal, to) == 1, "there is no such segment: the log ends before it"
    (wal / name).write_bytes(b"log")
    assert fetch(wal, to) == 0
    assert to.read_bytes() == b"log"


@pytest.mark.servers
@pytest.mark.parametrize("name", [SEGMENT, f"{SEGMENT}.partial"])
def test_a_segment_that_is_there_and_cannot_be_read_or_written_is_no_end_of_the_log(tmp_path: Path, name: str) -> None:
    wal = tmp_path / "wal"
    (wal / name).mkdir(parents=True)
    assert fetch(wal, tmp_path / "fetched") == 126
    (wal / name).rmdir()
    (wal / name).write_bytes(b"log")
    assert fetch(wal, tmp_path / "nowhere" / "fetched") == 126


@pytest.mark.servers
def test_a_log_that_is_not_there_at_all_is_no_end_of_the_log(tmp_path: Path) -> None:
    assert fetch(tmp_path / "wal", tmp_path / "fetched") == 126


def test_a_path_with_any_sign_in_it_is_told_to_the_server_as_it_is(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "postgresql.auto.conf").write_text("restore_command = 'of before'\nwork_mem = '8MB'\n", encoding="utf-8")
    lay_out(Programs(tmp_path), Base(base, NOW, NOW), Path("/the city's/50%"), tmp_path / "data")
    kept, _, command, _ = (tmp_path / "data" / "postgresql.auto.conf").read_text(encoding="utf-8").splitlines()
    assert kept == "work_mem = '8MB'"
    assert "50%%" in command, "a sign of its own to the server"
    assert command.removeprefix("restore_command = '").removesuffix("'").replace("''", "'") == fetching(
        Path("/the city's/50%")
    )


@pytest.mark.parametrize(
    "said",
    ["2026-11-26T08:00:00+08:00", "2026-11-26 08:00:00+08", "2026-11-26 00:00:00.000000+00", "2026-11-26T00:00:00Z"],
)
def test_an_instant_says_its_offset(said: str) -> None:
    assert instant(said, NOW) == datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    "said", ["2026-11-26 08:00:00", "2026-11-26", "08:00", "yesterday", "2026-02-30 08:00:00+08", "2026-11-26 08:00+08"]
)
def test_what_could_be_read_in_two_ways_is_no_instant(said: str) -> None:
    with pytest.raises(ValueError, match=r"2026-11-26 08:00:00\+08"):
        instant(said, NOW)


def test_an_instant_has_been() -> None:
    with pytest.raises(ValueError, match="还没有到"):
        instant("2026-11-26 09:00:01+08", NOW)


def test_a_cluster_that_was_restored_is_read_from_where_it_archives_now_in_the_sizes_that_it_has() -> None:
    words = ("--server-name", "postgres-2", "--storage", "2Ti", "--wal-storage", "50Gi", "--max-connections", "500")
    ended = CliRunner().invoke(app, ["restore", "--format", "cnpg", *words])
    made = json.loads(ended.stdout)
    assert made["metadata"]["name"] == "postgres-restored"
    assert made["spec"]["externalClusters"][0]["plugin"]["parameters"]["serverName"] == "postgres-2"
    assert (made["spec"]["storage"]["size"], made["spec"]["walStorage"]["size"]) == ("2Ti", "50Gi")
    assert made["spec"]["postgresql"]["parameters"]["max_connections"] == "500"
