"""`make restore` leaves a platform that runs, whatever it ends with: told by a supervisor that only notes what it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.local import readiness, recovery
from deploy.local.trouble import Trouble

pytestmark = pytest.mark.pure
INSTANT = datetime(2026, 11, 26, tzinfo=UTC)


@dataclass
class Machine:
    """Supervisor and archive in one: what was asked, in order, and what is to fail."""

    fails: str = ""
    asked: list[str] = field(default_factory=list)
    server: Any = field(default_factory=lambda: SimpleNamespace(dsn=lambda: "postgresql://nowhere"))

    def states(self) -> list[Any]:
        return [SimpleNamespace(name=name) for name in ("kafka", "postgres", "backup", "ledger", "gateway")]

    def stop(self, row: Any) -> None:
        self.asked.append(f"stop {row.name}")

    def start(self, row: Any) -> None:
        self.asked.append(f"start {row.name}")

    def _do(self, what: str) -> str:
        if what == self.fails:
            raise Trouble(f"{what} fails.", "Mend it.")
        self.asked.append(what)
        return what

    def lay_out(self, _: datetime | None) -> str:
        return self._do("lay out")

    def put_in_place(self, _: object) -> str:
        return self._do("put in place")

    def begin_anew(self) -> str:
        return self._do("begin anew")

    def receiver(self) -> None:
        pass

    def take(self) -> str:
        return self._do("take")

    def is_up(self) -> set[str]:
        """What runs after all that was asked."""
        up = {row.name for row in self.states()}
        for word, _, name in (each.partition(" ") for each in self.asked):
            up = up - {name} if word == "stop" else up | {name} if word == "start" else up
        return up


def restored(monkeypatch: pytest.MonkeyPatch, machine: Machine, until: datetime | None) -> Machine:
    async def wait_for(*_: object) -> None:
        machine._do("wait")

    monkeypatch.setattr(recovery, "_archive", lambda _: machine)
    monkeypatch.setattr(recovery, "Supervisor", lambda _: machine)
    monkeypatch.setattr(readiness, "wait_for", wait_for)
    processes = [SimpleNamespace(name=name) for name in ("ledger", "gateway")]
    settings: Any = SimpleNamespace(processes=processes)
    if not machine.fails:
        recovery.restore(settings, until, lambda _: None)
        return machine
    with pytest.raises(Trouble, match=machine.fails):
        recovery.restore(settings, until, lambda _: None)
    return machine


@pytest.mark.parametrize("until", [None, INSTANT])
def test_what_can_not_be_laid_out_stops_nothing(monkeypatch: pytest.MonkeyPatch, until: datetime | None) -> None:
    assert restored(monkeypatch, Machine("lay out"), until).asked == []


@pytest.mark.parametrize("until", [None, INSTANT])
def test_what_can_not_be_put_in_place_goes_on_as_before_the_server_first(
    monkeypatch: pytest.MonkeyPatch, until: datetime | None
) -> None:
    machine = restored(monkeypatch, Machine("put in place"), until)
    assert machine.is_up() == {"kafka", "postgres", "backup", "ledger", "gateway"}
    assert machine.asked.index("start postgres") < machine.asked.index("start backup")


@pytest.mark.parametrize("fails", ["wait", "begin anew", "take"])
def test_services_are_started_again_though_what_comes_after_the_restore_fails(
    monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    assert restored(monkeypatch, Machine(fails), INSTANT).is_up() >= {"kafka", "postgres", "ledger", "gateway"}


def test_a_restore_lays_out_first_and_starts_everything_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    assert restored(monkeypatch, Machine(), INSTANT).asked == [
        "lay out",
        "stop ledger",
        "stop gateway",
        "stop backup",
        "stop postgres",
        "put in place",
        "start postgres",
        "wait",
        "begin anew",
        "start backup",
        "take",
        "start ledger",
        "start gateway",
    ]
    assert "stop ledger" not in restored(monkeypatch, Machine(), None).asked, "services wait for the server"
