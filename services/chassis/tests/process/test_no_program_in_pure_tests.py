"""What `make unit` runs starts no program: a test that would is failed by name, whichever of Python's ways it takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from services.chassis.testing.workers import ROOT

pytestmark = pytest.mark.servers

# As the root conftest.py does it: the mark is set where tests are collected, and the plugin is the tree's.
CONFTEST = """
import pytest
pytest_plugins = ["services.chassis.testing.purity"]
def pytest_collection_modifyitems(items):
    for item in items:
        if not item.get_closest_marker("servers"):
            item.add_marker("pure")
"""
TESTS = """
import asyncio, contextlib, os, subprocess, sys
import pytest
def popen(): subprocess.run(["true"], check=False)
def swallowed():
    with contextlib.suppress(Exception): subprocess.run(["no-such-program"], check=False)
def of_asyncio(): asyncio.run(asyncio.create_subprocess_exec("true"))
def in_a_thread(): asyncio.run(asyncio.to_thread(popen))
def shell(): os.system("true")
def fork():
    if not os.fork(): os._exit(0)
def spawn(): os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {})
WAYS = [popen, swallowed, of_asyncio, in_a_thread, shell, fork, spawn]
@pytest.fixture
def made(): popen()
@pytest.mark.parametrize("way", WAYS, ids=[each.__name__ for each in WAYS])
def test_in(way): way()
def test_fixture(made): pass
def test_none(): pass
@pytest.mark.servers
@pytest.mark.parametrize("way", WAYS, ids=[each.__name__ for each in WAYS])
def test_marked(way): way()
"""


@pytest.mark.parametrize("workers", ["0", "1"], ids=["alone", "a-worker"])
def test_a_pure_test_that_starts_a_program_fails_and_is_told_of_the_mark(tmp_path: Path, workers: str) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  pure\n  servers\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "7 failed, 8 passed, 1 error in " in done.stdout, done.stdout
    assert "test_it.py::test_in[swallowed] starts a program (subprocess.Popen): mark it `servers`" in done.stdout
