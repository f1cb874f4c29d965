"""The `duban` command for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
from typer import testing

from services.chassis.testing.in_process import InProcess
from services.chassis.testing.worker import MIGRATIONS
from services.cli.tests.running import Duban, InThisProcess

# Typer's runner makes the tree of all commands anew for each call, which takes longer than most calls.
testing._get_command = cache(testing._get_command)  # type: ignore[attr-defined]


@pytest.fixture
def duban(in_process: InProcess, database: str) -> Duban:
    """The command as operators run it, on a database that has what all services have."""
    return Duban(in_process, database)


@pytest.fixture
def quick(in_process: InProcess, database: str) -> Duban:
    """The same command within this process: no second Python starts."""
    return InThisProcess(in_process, database)


@pytest.fixture
def everywhere(
    duban: Duban, make_database: Callable[..., str], migrated: Callable[[Path, Iterable[str]], str]
) -> Duban:
    """Give each other service a database of its own, too, with what all services have."""
    for name in ("GATEWAY", "SCHEDULER", "NOTIFICATIONS", "STATISTICS"):
        duban.environment[f"DUBAN_{name}_DSN"] = make_database(migrated(MIGRATIONS, ()))
    return duban


@pytest.fixture
def quick_everywhere(quick: Duban, everywhere: Duban) -> Duban:
    """The command within this process, where each service has a database."""
    quick.environment |= everywhere.environment
    return quick
