"""A test of the tier `pure` starts no program, which the root conftest.py loads as a plugin of every run.

Some 240 of 5,690 did, and took a quarter of the time of `make unit`: nothing in a test shows at its place that what it calls
runs a shell.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

# What Python tells of itself before it starts a program, whoever asks: asyncio's and psutil's processes come by the first.
_STARTS: Final = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"})
# The pure test that is running, fixtures and all.
_running: list[str] = []


def _refuse(event: str, _: object) -> None:
    if event in _STARTS and _running:
        # No `Exception`: what takes a program that is missing in its stride would hide it.
        pytest.fail(f"{_running[-1]} starts a program ({event}): mark it `servers`, or let it start none")


@cache
def _listen() -> None:
    """Listen, from the first test on: to load all tests makes 145,000 events. Python forgets no listener, so there is one."""
    # Faust's reader of cron lines asks the program `file` about the interpreter, once, when it is loaded: that is no test's doing.
    import_module("croniter")
    sys.addaudithook(_refuse)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Say whose turn it is."""
    _listen()
    pure = [item.nodeid] if item.get_closest_marker("pure") else []
    _running[:] = pure
    try:
        return (yield)
    finally:
        _running.clear()
