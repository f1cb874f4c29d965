"""A run that was killed leaves nothing for long: the next one removes what it finds, and only what nobody uses."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local.scratch import scratch

_RUN = """
import sys
from pathlib import Path
from deploy.local import ephemeral

with ephemeral.postgres(Path(sys.argv[1]), durable=False) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""
_ROOT = Path(__file__).parents[3]


def test_what_somebody_uses_stays_and_goes_with_its_user(tmp_path: Path) -> None:
    with scratch("kind", tmp_path) as one, scratch("kind", tmp_path) as other:
        assert sorted(tmp_path.iterdir()) == sorted([one, other])
    assert list(tmp_path.iterdir()) == []


def test_what_says_of_no_owner_is_left_alone(tmp_path: Path) -> None:
    stranger = tmp_path / "duban-kind-x"
    stranger.mkdir()
    with scratch("kind", tmp_path):
        assert stranger.exists()


@pytest.mark.servers
def test_the_server_of_a_killed_run_is_ended_and_its_files_are_removed_by_the_next() -> None:
    # pytest's own directory is private; the account of PostgreSQL must get through.
    with scratch("elsewhere") as place:
        run = subprocess.Popen(
            [sys.executable, "-c", _RUN, str(place)], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert run.stdout is not None
        server = psutil.Process(int(run.stdout.readline()))
        run.send_signal(signal.SIGKILL)
        run.communicate()
        [left] = place.glob("duban-postgres-*")
        assert server.is_running()
        with scratch("another", place):
            assert left.exists()
        with scratch("postgres", place) as mine:
            # At once: by itself PostgreSQL ends, too, some time after its directory is gone.
            assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
            assert set(place.iterdir()) == {place / "owner", mine}
