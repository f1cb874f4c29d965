"""Fixtures for every test: real Kafka and PostgreSQL, private ones unless the environment names others."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import secrets
import shutil
import signal
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import hypothesis
import psutil
import pytest

from deploy.local import ephemeral, lending
from services.chassis.storage.schema import migrate
from services.chassis.testing.tiers import left_out, tiers

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from contextlib import AbstractContextManager

pytest_plugins = ["services.chassis.testing.fixtures", "services.chassis.testing.purity"]

# A shared machine may be slow at any moment; a test that judges by time judges the neighbour. And what a change is judged
# by is the same each time: examples follow from the test alone. `search` is for who looks for new ones.
hypothesis.settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
_house = hypothesis.settings.get_profile("house")
# `make unit`, again and again while one works: a tenth of the examples that `make test` tries.
hypothesis.settings.register_profile("unit", _house, max_examples=10)
hypothesis.settings.register_profile("search", _house, max_examples=500, derandomize=False)
hypothesis.settings.load_profile("house")

_FIRST = ("platform", "chaos", "servers", "kafka", "postgres")
# Where the workers of a run find the servers that its controller lends them.
_LENT = "TESTS_LENT_SERVERS"
_lent = contextlib.ExitStack()
# Linux's files in memory. A test's database takes 10 MB, and few are there at a time: whoever has so much free misses none.
_SHM = Path("/dev/shm")  # noqa: S108 - the place is chosen, and the directory there is made by `mkdtemp`
_PLENTY = 4 << 30
# New objects, some megabytes of them.
_SELDOM = 50_000
# What Python writes of an object that says nothing of itself.
_OBJECT = re.compile(r"<(class|function|built-in|bound method)\b| at 0x[0-9a-f]+>")


@contextlib.contextmanager
def _kafka() -> Iterator[str]:
    with ephemeral.kafka(heap="512m") as cluster:
        yield cluster.bootstrap


@contextlib.contextmanager
def _postgres() -> Iterator[str]:
    # Nobody cuts the machine's power: what a killed process had committed is there without a sync to the disk, too.
    with ephemeral.postgres(_memory(), durable=False, max_connections="400", max_wal_size="256MB") as server:
        yield server.dsn


def _memory() -> Path | None:
    """Return where files are kept in memory if there is plenty of it, else None.

    A thousand tests make a database, which is 300 files: to make and drop one takes 0.11 to 0.15 s of the processor on a disk
    and 0.04 s in memory, and on a busy machine a third of the time that passes.
    """
    if not os.access(_SHM, os.W_OK | os.X_OK):
        return None
    return _SHM if min(psutil.virtual_memory().available, shutil.disk_usage(_SHM).free) > _PLENTY else None


def pytest_configure(config: pytest.Config) -> None:
    """Lend one Kafka and one PostgreSQL to all workers, from the process that starts them and outlives them."""
    config.addinivalue_line(
        "markers",
        "platform: starts a whole platform, or weighs as much; of those that are struck (chaos), and of the others, one at a time",
    )
    if getattr(config.option, "dist", "no") != "no" and not hasattr(config, "workerinput"):
        directory = _lent.enter_context(lending.lending({"kafka": _kafka, "postgres": _postgres}))
        os.environ[_LENT] = str(directory)
        # Whoever ends a run ends its servers, too: a plain SIGTERM would leave them behind.
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_unconfigure() -> None:
    """End what was lent."""
    _lent.close()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Look for no garbage in what stays: modules and tests are a million objects. A fifth of a run of `make unit` went there.

    Among tests without servers, which leave nothing open, look seldom afterwards: after each 700 objects, as Python does, it
    took another fourteenth of their time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        if session.config.option.markexpr == "pure":
            gc.set_threshold(_SELDOM)
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Load no file for its pure tests that shows that it has none, unless it is asked for by name."""
    found = yield
    pure = parent.config.option.markexpr == "pure" and not parent.session.isinitpath(file_path)
    return [] if pure and left_out(file_path, parent) else found


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test with its tier and with those that one worker runs with it; put first what takes longest.

    A test whose name shows an object is refused: it has another name where modules are loaded anew, so that no runner
    finds it again (`make mutants` could judge nothing of the contracts by two such tests).
    """
    for item in items:
        if _OBJECT.search(item.name):
            raise pytest.UsageError(f"{item.nodeid}: its name shows an object; say by `ids` what the case is")
        for tier in tiers(item):
            item.add_marker(tier)
        if item.nodeid.startswith("tests/") and "platform" in getattr(item, "fixturenames", ()):
            item.add_marker("platform")
        if hasattr(config, "workerinput"):
            item.add_marker(pytest.mark.xdist_group(_together(item)))
    items.sort(key=lambda item: (_turn(item), -_patience(item)))


def _together(item: pytest.Item) -> str:
    """Name those that one worker runs, one after the other.

    What starts a whole platform has much of the machine's attention: many of those beside each other would wait for each
    other and fail by time, so there is one lane for those that are struck and one for the others. What shares a fixture
    goes where that is made, or each worker would make its own. On Kafka a folder goes together: its tests are alike, and
    four of those at once would all want the same thing. Of the others a file does.
    """
    if item.get_closest_marker("platform"):
        return "struck" if item.get_closest_marker("chaos") else "platform"
    made = item._fixtureinfo.name2fixturedefs.values() if isinstance(item, pytest.Function) else ()  # noqa: SLF001
    if shared := [each[-1].baseid for each in made if each[-1].scope in {"package", "module"}]:
        return min(shared, key=len)
    file = PurePath(item.nodeid.split("::")[0])
    return str(file.parent if item.get_closest_marker("kafka") else file)


def _turn(item: pytest.Item) -> int:
    """Rank a test by what it needs: a run that ends with its longest tests ends with one worker at work."""
    marks = {mark.name for mark in item.iter_markers()}
    return next((nth for nth, name in enumerate(_FIRST) if name in marks), len(_FIRST))


def _patience(item: pytest.Item) -> float:
    """Return how many seconds a test may take by its own mark, 0 without: of its kind the longest begin."""
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark and mark.args else 0.0


@pytest.fixture(scope="session")
def kafka_bootstrap() -> Iterator[str]:
    """Address of a Kafka broker: DUBAN_KAFKA_BOOTSTRAP, or one started for this run."""
    with _server("kafka", "DUBAN_KAFKA_BOOTSTRAP", _kafka) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def postgres_dsn() -> Iterator[str]:
    """Superuser DSN of a PostgreSQL server: DUBAN_POSTGRES_DSN, or one started for this run."""
    with _server("postgres", "DUBAN_POSTGRES_DSN", _postgres) as dsn:
        yield dsn


@contextlib.contextmanager
def _server(name: str, variable: str, start: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """Find a server outside, borrow the run's, or start one."""
    if outside := os.environ.get(variable):
        yield outside
    elif lent := os.environ.get(_LENT):
        yield lending.borrow(Path(lent), name)
    else:
        with start() as address:
            yield address


@pytest.fixture
def make_database(postgres_dsn: str) -> Iterator[Callable[..., str]]:
    """Make fresh databases, empty or as copies of one named, as many as the test asks for; each call returns a DSN."""
    made: list[str] = []

    def make(template: str = "template1") -> str:
        name = f"t_{secrets.token_hex(6)}"
        ephemeral.in_own_loop(_execute(postgres_dsn, f"CREATE DATABASE {name} TEMPLATE {template}"))
        made.append(name)
        return urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))

    yield make
    for name in made:
        ephemeral.in_own_loop(_execute(postgres_dsn, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def migrated(postgres_dsn: str) -> Iterator[Callable[[Path, Iterable[str]], str]]:
    """Name databases with a service's tables, to be copied: each is migrated once, which takes five times what a copy takes."""
    made: dict[Path, str] = {}

    def name_of(directory: Path, slices: Iterable[str]) -> str:
        if directory not in made:
            name = f"m_{secrets.token_hex(6)}"
            ephemeral.in_own_loop(_execute(postgres_dsn, f"CREATE DATABASE {name}"))
            dsn = urlunsplit(urlsplit(postgres_dsn)._replace(path=f"/{name}"))
            ephemeral.in_own_loop(migrate(dsn, directory, slices))
            made[directory] = name
        return made[directory]

    yield name_of
    for name in made.values():
        ephemeral.in_own_loop(_execute(postgres_dsn, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@pytest.fixture
def database(make_database: Callable[..., str]) -> str:
    """DSN of one fresh, empty database, dropped after the test."""
    return make_database()


@pytest.fixture
def topic_prefix() -> str:
    """Return a prefix like `t3fa9c1.` that no other test uses for its topics and consumer groups."""
    return f"t{secrets.token_hex(4)}."


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
