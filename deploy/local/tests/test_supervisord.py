from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.program import Program
from deploy.local.settings import Settings
from deploy.local.supervisord import ProcessState, Supervisor, alive

pytestmark = pytest.mark.servers
_DEADLINE = 120.0
# Says when it starts and when it is told to stop, in a file shared by all programs of the test.
_SCRIPT = """
import signal, sys, time
name, diary = sys.argv[1:]
def note(what):
    with open(diary, "a") as file:
        print(name, what, file=file, flush=True)
def stop(*_):
    note("stops")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
note("starts")
time.sleep(600)
"""


@pytest.fixture
def supervisor(settings: Settings) -> Iterator[Supervisor]:
    supervisor = Supervisor(settings)
    yield supervisor
    supervisor.shutdown()


def program(name: str, diary: Path, priority: int) -> Program:
    script = diary.with_name("program.py")
    script.write_text(_SCRIPT)
    command = [sys.executable, str(script), name, str(diary)]
    return Program(name, command, priority, environment={"SECRET": "50%, not more"}, start_seconds=0)


def until(supervisor: Supervisor, name: str, *, other_than: int = 0) -> ProcessState:
    deadline = time.monotonic() + _DEADLINE
    while time.monotonic() < deadline:
        for state in supervisor.states():
            if state.name == name and state.state == "RUNNING" and state.pid != other_than:
                return state
        time.sleep(0.05)
    raise AssertionError(f"{name} did not run within {_DEADLINE} s")


def wait_for_lines(diary: Path, count: int) -> list[str]:
    deadline = time.monotonic() + _DEADLINE
    while time.monotonic() < deadline:
        if diary.exists() and len(lines := diary.read_text().splitlines()) >= count:
            return lines
        time.sleep(0.05)
    raise AssertionError(f"{diary} has fewer than {count} lines")


def test_what_dies_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    worker = program("worker", tmp_path / "diary", 10)
    supervisor.configure([worker])
    supervisor.start(worker)
    first = until(supervisor, "worker")
    os.kill(first.pid, signal.SIGKILL)
    assert until(supervisor, "worker", other_than=first.pid).pid != first.pid


def test_services_stop_before_what_they_stand_on(supervisor: Supervisor, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    programs = [program("server", diary, 10), program("service", diary, 30)]
    supervisor.configure(programs)
    for each in programs:
        supervisor.start(each)
    wait_for_lines(diary, 2)
    pid = supervisor.pid()
    assert supervisor.shutdown()
    assert diary.read_text().splitlines()[2:] == ["service stops", "server stops"]
    assert pid is not None
    assert not alive(pid)


def test_a_second_configuration_restarts_only_what_changed(supervisor: Supervisor, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    steady, moved = program("steady", diary, 10), program("moved", diary, 20)
    supervisor.configure([steady, moved])
    supervisor.start(steady)
    supervisor.start(moved)
    wait_for_lines(diary, 2)
    before = until(supervisor, "steady")
    supervisor.configure([steady, replace(moved, environment={"RATE": "60"})])
    assert until(supervisor, "steady").pid == before.pid
    assert [state.state for state in supervisor.states() if state.name == "moved"] == ["STOPPED"]


def test_the_configuration_with_its_passwords_is_private(supervisor: Supervisor, settings: Settings) -> None:
    supervisor.configure([program("worker", settings.home.parent / "diary", 10)])
    assert (settings.home / "supervisord.conf").stat().st_mode & 0o077 == 0
