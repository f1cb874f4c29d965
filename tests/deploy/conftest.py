"""The programs that deployment is tested with, as they are pinned, and an installation that ships its backups."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.trouble import Trouble
from deploy.prometheus import tools
from tests.deploy import shipper
from tests.deploy.archiving import Installation


def _tool(name: str) -> Path:
    return _had(lambda: tools.ensure(name))


def _had(get: Callable[[], Path]) -> Path:
    try:
        return get()
    except Trouble as trouble:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must run this test, but {trouble}")
        pytest.skip(str(trouble))


@pytest.fixture(scope="session")
def promtool() -> Path:
    """The pinned promtool, fetched when it is missing; skips where it can't be had."""
    return _tool("promtool")


@pytest.fixture(scope="session")
def prometheus() -> Path:
    """The pinned Prometheus, likewise."""
    return _tool("prometheus")


@pytest.fixture(scope="session")
def amtool() -> Path:
    """The pinned amtool, likewise."""
    return _tool("amtool")


@pytest.fixture(scope="session")
def rsyslog() -> Path:
    """A program that ships logs by syslog, likewise."""
    return _had(shipper.ensure)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """An archive with one base of a week ago, and the data of a server, in a directory of their own."""
    return Installation(tmp_path)
