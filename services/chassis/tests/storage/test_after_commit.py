"""Who listens to commits: told of what was committed, once, and of nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from prometheus_client import Counter

from services.chassis.storage.after_commit import Listeners, tell
from services.chassis.storage.counting import count
from services.chassis.storage.database import Database, connect


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    opened = await connect(database, application_name="test", max_size=1)
    yield opened
    await opened.close()


async def test_what_a_transaction_told_is_heard_once_it_is_committed_and_not_before(opened: Database) -> None:
    heard: list[object] = []
    opened.after_commit(str, heard.extend)
    async with opened.transaction() as connection:
        tell(connection, "one")
        tell(connection, 2)
        tell(connection, "three")
        assert heard == []
    assert heard == ["one", "three"]
    async with opened.transaction():
        pass
    assert heard == ["one", "three"]


async def broken(opened: Database) -> None:
    async with opened.transaction() as connection:
        tell(connection, "never")
        raise LookupError


async def test_of_what_was_rolled_back_nobody_hears_and_the_next_on_the_connection_does_not_tell_it(
    opened: Database,
) -> None:
    heard: list[str] = []
    opened.after_commit(str, heard.extend)
    with pytest.raises(LookupError):
        await broken(opened)
    async with opened.transaction() as connection:
        tell(connection, "this")
    assert heard == ["this"]


async def test_what_was_rolled_back_is_not_counted(opened: Database) -> None:
    counter = Counter("test_counted", "Whatever is committed.", registry=None)

    async def counts(*, fails: bool) -> None:
        async with opened.transaction() as connection:
            count(connection, counter, 2)
            if fails:
                raise LookupError

    with pytest.raises(LookupError):
        await counts(fails=True)
    await counts(fails=False)
    assert counter._value.get() == 2


async def test_what_is_told_outside_of_a_transaction_is_forgotten(opened: Database) -> None:
    heard: list[str] = []
    opened.after_commit(str, heard.extend)
    async with opened.acquire() as connection:
        tell(connection, "nothing was committed")
    async with opened.transaction():
        pass
    assert heard == []


@pytest.mark.pure
def test_a_listener_that_fails_keeps_the_word_from_nobody() -> None:
    listeners, heard = Listeners(), list[str]()

    def fails(news: object) -> None:
        raise LookupError(news)

    listeners.add(str, fails)
    listeners.add(str, heard.extend)
    listeners.hear(["one", 2])
    assert heard == ["one"]
