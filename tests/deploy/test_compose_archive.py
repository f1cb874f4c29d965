"""What backup.sh does with an archive and with data, without a server: PostgreSQL's programs are stand-ins."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.composition import COMPOSE, compose

SEGMENT: Final = "000000010000000000000003"
PROGRAMS: Final = {
    "pg_basebackup": """
        for each; do case $each in --pgdata=*) target=${each#*=} ;; esac; done
        mkdir "$target"
        touch "$target/backup_manifest"
        echo "START WAL LOCATION: 0/3000028 (file 000000010000000000000003)" > "$target/backup_label" """,
    "pg_verifybackup": "[ ! -e $BACKUPS/damaged ]",
    "pg_archivecleanup": 'echo "$2" > $BACKUPS/cleaned',
    # The data's size; how much is free stands in a file.
    "psql": "echo 1000000000",
    "df": 'echo Avail; cat "$BACKUPS/free" 2> /dev/null || echo 2000000000',
    # As `find` and `cp` of who can't read, or whose disk is full.
    "cp": '[ ! -e "$BACKUPS/full" ] || exit 1\nexec /bin/cp "$@"',
    # A server that has nothing to take up.
    "postgres": 'rm "$2/recovery.signal"',
}


class Installation:
    """An archive with one base of a week ago, and data of a server."""

    def __init__(self, place: Path) -> None:
        self.archive, self.data, programs = place / "archive", place / "18" / "docker", place / "bin"
        programs.mkdir()
        for name, text in PROGRAMS.items():
            (programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            (programs / name).chmod(0o755)
        (self.archive / "wal").mkdir(parents=True)
        (self.archive / "wal" / SEGMENT).write_bytes(b"log")
        self.data.mkdir(parents=True)
        (self.data / "PG_VERSION").write_text("what lay there\n", encoding="utf-8")
        self.environment = {
            "PATH": f"{programs}:/usr/bin:/bin",
            "BACKUPS": str(self.archive),
            "PGDATA": str(self.data),
            "KEEP_BASES": "2",
        }
        self.first = self.base(timedelta(days=7))

    @property
    def bases(self) -> list[Path]:
        return sorted((self.archive / "base").iterdir())

    def base(self, age: timedelta) -> Path:
        """Put a base of this age there."""
        began = datetime.now(UTC) - age
        made = self.archive / "base" / began.strftime("%Y%m%dT%H%M%S.%f000Z")
        made.mkdir(parents=True)
        (made / "backup_manifest").touch()
        os.utime(made / "backup_manifest", (began.timestamp(), began.timestamp()))
        (made / "backup_label").write_text(f"START WAL LOCATION: 0/3000028 (file {SEGMENT})\n", encoding="utf-8")
        (made / "postgresql.auto.conf").write_text("restore_command = 'of before'\n", encoding="utf-8")
        (made / "PG_VERSION").write_text("of the base\n", encoding="utf-8")
        return made

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(COMPOSE / "backup.sh"), *words],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def untouched(self) -> bool:
        return (self.data / "PG_VERSION").read_text(encoding="utf-8") == "what lay there\n" and self.first in self.bases


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def test_who_keeps_the_archive_has_the_servers_data_not_at_all() -> None:
    keeper = compose()["services"]["backup"]
    assert [volume for volume in keeper["volumes"] if volume.startswith("postgres:")] == []
    assert keeper["environment"]["SERVICE"] == "backup"


@pytest.mark.parametrize("word", ["restore", "beside"])
def test_who_keeps_the_archive_restores_nothing(installation: Installation, word: str) -> None:
    assert installation.run(word, SERVICE="backup").returncode == 2
    assert installation.untouched()


def test_without_a_word_nothing_begins(installation: Installation) -> None:
    assert installation.run().returncode == 2
    assert installation.run("").returncode == 2


def test_a_second_database_never_takes_the_place_of_data_that_it_did_not_make(installation: Installation) -> None:
    refused = installation.run("beside")
    assert (refused.returncode, installation.untouched()) == (2, True), refused
    own = str(installation.data.parent / "beside")
    for _ in range(2):
        made = installation.run("beside", PGDATA=own)
        assert made.returncode == 0, made.stderr
        assert (Path(own) / "PG_VERSION").read_text(encoding="utf-8") == "of the base\n"


@pytest.mark.parametrize("word", ["restore", "beside"])
@pytest.mark.parametrize(
    "instant",
    [
        "2026-01-01 08:00:00",
        "2026-01-01",
        "yesterday",
        "2026-02-30 08:00:00+08",
        "2999-01-01 08:00:00+08",
        "2026-01-01 08:00+08",
    ],
)
def test_an_instant_without_its_offset_or_still_to_come_is_refused_before_anything_moves(
    installation: Installation, word: str, instant: str
) -> None:
    installation.environment["PGDATA"] += "" if word == "restore" else "-beside"
    assert installation.run(word, instant).returncode == 2
    assert installation.untouched()


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S+00", "%Y-%m-%d %H:%M:%S+00:00", "%Y-%m-%dT%H:%M:%S.%f+00:00"])
def test_the_server_is_told_the_instant_and_gets_the_base_from_before_it(installation: Installation, form: str) -> None:
    later = installation.base(timedelta(hours=1))
    instant = (datetime.now(UTC) - timedelta(hours=2)).strftime(form)
    done = installation.run("restore", instant)
    assert done.returncode == 0, done.stderr
    told = (installation.data / "postgresql.auto.conf").read_text(encoding="utf-8")
    assert f"recovery_target_time = '{instant}'" in told
    assert later.name not in done.stdout
    assert installation.first.name in done.stdout


def test_a_restore_that_fails_has_moved_nothing_and_is_repeated(installation: Installation) -> None:
    full = installation.archive / "full"
    full.touch()
    assert installation.run("restore").returncode != 0
    assert installation.untouched()
    full.unlink()
    done = installation.run("restore")
    assert done.returncode == 0, done.stderr
    assert (installation.data / "PG_VERSION").read_text(encoding="utf-8") == "of the base\n"
    (aside,) = installation.data.parent.glob("docker-before-*")
    assert (aside / "PG_VERSION").read_text(encoding="utf-8") == "what lay there\n"


def test_a_restore_that_was_broken_off_between_its_moves_is_repeated(installation: Installation) -> None:
    # The archive is aside, the data are not yet in their place.
    aside = installation.archive / "before-20260101T000000Z"
    aside.mkdir()
    (installation.archive / "base").rename(aside / "base")
    new = installation.data.with_name("docker.new")
    new.mkdir()
    (installation.data.parent / "docker.new.from").write_text(f"{aside}\n", encoding="utf-8")
    done = installation.run("restore")
    assert done.returncode == 0, done.stderr
    assert (installation.data / "PG_VERSION").read_text(encoding="utf-8") == "of the base\n"
    assert not new.exists()


def test_nobody_restores_from_an_archive_that_is_being_kept(installation: Installation) -> None:
    with (installation.archive / "keeping.lock").open("w") as keeping:
        fcntl.flock(keeping, fcntl.LOCK_EX)
        assert installation.run("restore").returncode == 2
        assert installation.run("keep").returncode == 2
    assert installation.untouched()


@pytest.mark.parametrize(
    ("found", "code"), [("nothing", 1), ("whole", 0), ("partial", 0), ("unreadable", 126), ("no log at all", 126)]
)
def test_the_server_takes_only_the_end_of_the_log_for_its_end(
    installation: Installation, tmp_path: Path, found: str, code: int
) -> None:
    assert installation.run("restore").returncode == 0
    line = (installation.data / "postgresql.auto.conf").read_text(encoding="utf-8").splitlines()[1]
    command = line.removeprefix("restore_command = '").removesuffix("'").replace("%f", SEGMENT)
    (wal,) = installation.archive.glob("before-*/wal")
    segment = wal / SEGMENT
    match found:
        case "nothing":
            segment.unlink()
        case "partial":
            segment.rename(wal / f"{SEGMENT}.partial")
        case "unreadable":
            segment.unlink()
            segment.mkdir()
        case "no log at all":
            segment.unlink()
            wal.rmdir()
    fetched = tmp_path / "fetched"
    done = subprocess.run(["/bin/sh", "-c", command.replace("%p", str(fetched))], capture_output=True, check=False)
    assert (done.returncode, fetched.exists()) == (code, code == 0)


def test_a_base_that_the_check_refuses_is_none_and_leaves_nothing(installation: Installation) -> None:
    (installation.archive / "damaged").touch()
    assert installation.run("base").returncode != 0
    assert installation.bases == [installation.first]


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
    counts = {name: tmp_path / name for name in ("tries", "minutes", "now")}
    counts["now"].write_text("1000000\n", encoding="utf-8")
    waiting = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); signal.pause()"
    programs = {
        # As the real one it ends at an interrupt, which a shell's background processes ignore unless they say otherwise.
        "pg_receivewal": f'case "$*" in *--create-slot*) ;; *) exec {sys.executable} -c "{waiting}" ;; esac',
        "pg_basebackup": f"echo >> {counts['tries']}\nexit 1",
        # Minutes and hours are told and not waited for.
        "sleep": f"echo >> {counts['minutes']}\nexec /bin/sleep 0.01",
        "date": f'[ "$*" != +%s ] || exec cat {counts["now"]}\nexec /bin/date "$@"',
    }
    for name, text in programs.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        program.chmod(0o755)

    def times(name: str) -> int:
        return len(counts[name].read_text(encoding="utf-8").splitlines()) if counts[name].exists() else 0

    def after(minutes: int) -> int:
        """How often a base was tried, once so many more minutes were begun."""
        wanted, until = times("minutes") + minutes, time.monotonic() + 60
        while times("minutes") < wanted:
            assert keeper.poll() is None, "the receiver is gone with it"
            assert time.monotonic() < until
            time.sleep(0.02)
        return times("tries")

    keeper = subprocess.Popen(
        ["/bin/sh", str(COMPOSE / "backup.sh"), "keep"],
        env=installation.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert after(10) == 1
        counts["now"].write_text("1003599\n", encoding="utf-8")
        assert after(10) == 1
        counts["now"].write_text("1003600\n", encoding="utf-8")
        assert after(10) == 2
    finally:
        keeper.terminate()
        keeper.wait(60)
    assert installation.bases == [installation.first]


def test_how_the_backups_stand_is_told_for_who_scrapes(installation: Installation, tmp_path: Path) -> None:
    watched, told = tmp_path / "watched", tmp_path / "watched" / "backup.prom"
    watched.mkdir()
    os.utime(installation.first, (1000, 1000))
    for name, text in {
        "pg_receivewal": 'case "$*" in *--create-slot*) ;; *) exec /bin/sleep 1 ;; esac',
        "sleep": "exec /bin/sleep 0.1",
        "psql": 'case "$*" in *pg_stat_replication*) echo archived ;; *) echo 1 ;; esac',
        "pg_basebackup": "exit 1",
    }.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    # It ends with its receiver.
    assert installation.run("keep", WATCHED=str(watched)).returncode == 1
    said = {line.split()[0]: float(line.split()[1]) for line in told.read_text(encoding="utf-8").splitlines()}
    now = time.time()
    assert said.pop("duban_backup_base_timestamp_seconds") == 1000
    assert said.keys() == {"duban_backup_failed_timestamp_seconds", "duban_backup_receiving_timestamp_seconds"}
    assert all(now - 3600 < each <= now for each in said.values())


def test_who_looks_at_the_machine_reads_what_who_keeps_the_archive_writes() -> None:
    keeper, node = compose()["services"]["backup"], compose()["services"]["node"]
    assert "watched:/watched" in keeper["volumes"]
    assert keeper["environment"]["WATCHED"] == "/watched"
    assert "watched:/watched:ro" in node["volumes"]
    assert {"--collector.textfile", "--collector.textfile.directory=/watched"} <= set(node["command"])


def test_many_bases_of_one_day_cost_no_day_of_the_past(installation: Installation) -> None:
    for hours in range(5):
        installation.base(timedelta(hours=hours, minutes=1))
    yesterday = installation.base(timedelta(days=1))
    assert installation.run("base").returncode == 0
    assert installation.first not in installation.bases, "older than two days, and more than two are newer"
    assert yesterday in installation.bases
    assert len(installation.bases) == 7


def test_an_old_base_stays_while_too_few_are_newer(installation: Installation) -> None:
    assert installation.run("base").returncode == 0
    assert installation.first in installation.bases
    assert installation.run("base").returncode == 0
    assert installation.first not in installation.bases
    assert (installation.archive / "cleaned").read_text(encoding="utf-8").strip() == SEGMENT


def test_nothing_goes_while_a_second_database_is_being_made(installation: Installation) -> None:
    with (installation.archive / "reading.lock").open("w") as reading:
        fcntl.flock(reading, fcntl.LOCK_SH)
        for _ in range(3):
            assert installation.run("base").returncode == 0
        assert installation.first in installation.bases
    assert installation.run("base").returncode == 0
    assert installation.first not in installation.bases
