"""What backup.sh does with an archive and with data, without a server: PostgreSQL's programs are stand-ins."""

from __future__ import annotations

import fcntl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.deploy.archiving import SEGMENT, Installation
from tests.deploy.composition import compose

pytestmark = pytest.mark.servers


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
