"""What a drill compares, and when it says that something was lost."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path

import asyncpg
import pytest

from services.cli.comparing import THINGS, Seen, Thing, see, verdict

THING = THINGS[0]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("then", "restored", "now", "missing", "same"),
    [
        ((3, 7), (3, 7), (3, 7), 0, True),
        ((3, 7), (4, 8), (4, 8), 0, True),
        ((3, 7), (2, 5), (3, 7), 1, False),
        ((3, 7), (3, 6), (3, 7), 0, False),
        ((3, 7), (2, 5), (2, 5), 0, True),
        ((0, None), (2, 5), (2, 5), 0, True),
    ],
    ids=[
        "as it was",
        "one was being committed",
        "one is lost",
        "one is another",
        "one went by age",
        "nothing stood there",
    ],
)
def test_what_was_there_has_to_come_back_as_it_was(
    then: tuple[int, int | None],
    restored: tuple[int, int | None],
    now: tuple[int, int | None],
    missing: int,
    same: bool,  # noqa: FBT001
) -> None:
    seen = [Seen(rows, "1", digest) for rows, digest in (then, restored, now)]
    said = verdict(THING, *seen)
    assert (said["missing"], said["same"]) == (missing, same)


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)
async def test_each_thing_is_seen_in_its_services_own_tables(
    thing: Thing, make_database: Callable[..., str], migrated: Callable[[Path, Iterable[str]], str]
) -> None:
    service = importlib.import_module(f"services.{thing.service}.bootstrap")
    connection = await asyncpg.connect(make_database(migrated(service.MIGRATIONS, service.SLICES)))
    try:
        assert await see(connection, thing) == Seen(0, None, None)
        through = "2026-11-26 08:00:00+08" if thing.name in {"numbers", "figures"} else "7"
        assert (await see(connection, thing, through)).rows == 0
    finally:
        await connection.close()
