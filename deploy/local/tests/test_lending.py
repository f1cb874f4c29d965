"""One server for all workers of a test run: started once, when the first asks, and ended with the run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest

from deploy.local.lending import borrow, lending
from deploy.local.trouble import Trouble


class Servers:
    """Says what was started and what was ended."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def named(self, name: str) -> Callable[[], AbstractContextManager[str]]:
        @contextlib.contextmanager
        def start() -> Iterator[str]:
            self.told.append(f"{name} started")
            yield f"{name}:1"
            self.told.append(f"{name} ended")

        return start


def test_all_who_ask_get_the_one_server_and_it_ends_with_the_run() -> None:
    servers = Servers()
    with lending({"kafka": servers.named("kafka")}) as directory, ThreadPoolExecutor(3) as borrowers:
        assert set(borrowers.map(lambda _: borrow(directory, "kafka"), range(3))) == {"kafka:1"}
        assert servers.told == ["kafka started"]
    assert servers.told == ["kafka started", "kafka ended"]
    assert not directory.exists()


def test_what_nobody_asks_for_is_not_started() -> None:
    servers = Servers()
    with lending({"kafka": servers.named("kafka"), "postgres": servers.named("postgres")}) as directory:
        assert borrow(directory, "postgres") == "postgres:1"
    assert servers.told == ["postgres started", "postgres ended"]


def test_a_server_that_cannot_start_is_told_to_every_borrower() -> None:
    @contextlib.contextmanager
    def broken() -> Iterator[str]:
        raise Trouble("No Java was found.", "Install it.")
        yield ""

    with lending({"kafka": broken}) as directory:
        for _ in range(2):
            with pytest.raises(Trouble, match="No Java was found"):
                borrow(directory, "kafka")


def test_a_server_that_nobody_lends_is_not_waited_for_without_end() -> None:
    with lending({}) as directory, pytest.raises(Trouble, match="was not there"):
        borrow(directory, "kafka", seconds=0)
