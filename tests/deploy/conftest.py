from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.local.trouble import Trouble
from deploy.prometheus import tools


def _tool(name: str) -> Path:
    try:
        return tools.ensure(name)
    except Trouble as trouble:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must run this test, but {trouble}")
        pytest.skip(str(trouble))


@pytest.fixture(scope="session")
def promtool() -> Path:
    return _tool("promtool")


@pytest.fixture(scope="session")
def prometheus() -> Path:
    return _tool("prometheus")


@pytest.fixture(scope="session")
def amtool() -> Path:
    return _tool("amtool")
