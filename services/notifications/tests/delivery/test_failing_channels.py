"""Every exception of a channel's client, and every answer that can't be recorded, is one delivery's result."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.notifications.channels.handlers.opening import Line
from services.notifications.channels.model.answers import Answer, Verdict
from services.notifications.channels.model.channel import Parcel
from services.notifications.delivery.handlers.begin import begin_due
from services.notifications.delivery.model.delivery import unrecordable
from services.notifications.tests.world import NOW, overdue
from services.notifications.tests.writing import BUSY, TAKEN, Steered, carrier, carry, deliveries, lines, write

pytestmark = pytest.mark.promise("P9")

STATES = ["delivered", "delivered", "uncertain"]


class Foreign(Steered):
    """A carrier whose client raises, or answers, something of its own with the first letter."""

    def __init__(self, outcome: object) -> None:
        super().__init__()
        self.outcome = outcome

    async def send(self, parcel: Parcel, address: str) -> Answer:
        outcome, self.outcome = self.outcome, TAKEN
        self.parcels.append(parcel)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome  # type: ignore[return-value]


def over(channel: Steered) -> dict[str, Line]:
    return {"email": Line(channel.as_channel("email", drops_repeats=False), channel)}


@pytest.mark.parametrize(
    "outcome",
    [
        UnicodeDecodeError("gbk", b"\xff", 0, 1, "no sign"),
        ValueError("yingji@140502.example"),
        RecursionError(),
        MemoryError(),
        LookupError(),
        AssertionError(),
        TimeoutError(),
        ConnectionResetError(),
        StopAsyncIteration(),
        ExceptionGroup("several", [OSError(), ValueError()]),
        BaseExceptionGroup("several", [asyncio.CancelledError()]),
        asyncio.CancelledError(),
        None,
        "250 OK",
    ],
    ids=repr,
)
async def test_whatever_a_client_does_is_its_own_letters_result(
    bare: Database, capsys: pytest.CaptureFixture[str], outcome: object
) -> None:
    clock = ManualClock(NOW)
    await write(bare, clock, *map(overdue, ("h-1", "h-2", "h-3")))
    await carry(carrier(bare, clock, over(Foreign(outcome)), concurrency=1))
    found = await deliveries(bare)
    assert sorted(str(state) for state, *_ in found) == STATES
    assert [code for state, _, code in found if state == "uncertain"] == ["channel-failed"]
    assert "@140502" not in capsys.readouterr().out


async def test_a_letter_that_does_not_fit_even_when_it_is_cut_was_not_sent_and_says_so(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    narrow = email.as_channel("email", drops_repeats=False, longest=10)
    await write(bare, clock, overdue())
    await carry(carrier(bare, clock, {"email": Line(narrow, email)}))
    found = await deliveries(bare)
    assert {(str(state), code) for state, _, code in found if code != "no-channel"} == {("failed", "letter-too-long")}
    assert not email.parcels


async def test_a_courier_that_is_stopped_for_good_says_so(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    email.gate.clear()
    await write(bare, clock, overdue())
    courier = carrier(bare, clock, lines(email))
    await courier.carry_due(asyncio.Event())
    [task] = courier._on_their_way
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await courier.finish()


async def test_any_foreign_text_is_recorded(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered(Answer(Verdict.PERMANENT, "554\x00\udcff", "\ud800\x00" * 500))
    await write(bare, clock, overdue())
    await carry(carrier(bare, clock, over(email)))
    assert await deliveries(bare) == [("failed", 1, "554 \\udcff")]


async def _refuse(database: Database, table: str, condition: str) -> None:
    """Let the database refuse what a test says: a fault that no cleaning can foresee."""
    async with database.acquire() as connection:
        await connection.execute(
            f"""CREATE FUNCTION refuse_{table}() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF {condition} THEN RAISE data_exception; END IF; RETURN NEW; END $$"""
        )
        await connection.execute(
            f"CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_{table}()"
        )


@pytest.mark.parametrize(
    ("answer", "state"), [(TAKEN, "uncertain"), (BUSY, "pending"), (Answer(Verdict.PERMANENT, "550"), "failed")]
)
async def test_an_answer_that_cant_be_recorded_is_told_as_such(bare: Database, answer: Answer, state: str) -> None:
    clock = ManualClock(NOW)
    await write(bare, clock, overdue())
    await _refuse(bare, "delivery_attempt", f"NEW.code = '{answer.code}'")
    await carry(carrier(bare, clock, over(Steered(answer))))
    assert await deliveries(bare) == [(state, 1, "unrecordable-answer")]


async def test_a_letter_that_cant_be_told_leaves_its_delivery_in_doubt_and_others_arrive(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    await write(bare, clock, *map(overdue, ("h-1", "h-2", "h-3")))
    await _refuse(bare, "letter", "NEW.about_id = 'h-2'")
    await carry(carrier(bare, clock, over(email), concurrency=1))
    assert await deliveries(bare) == [
        ("delivered", 1, "250 2.0.0"),
        ("uncertain", 1, "unrecordable-answer"),
        ("delivered", 1, "250 2.0.0"),
    ]


async def test_a_lost_letter_that_cant_be_told_stops_no_courier(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    await write(bare, clock, *map(overdue, ("h-1", "h-2")))
    heir = carrier(bare, clock, over(email))
    await begin_due(5, heir.deps)
    await _refuse(bare, "letter", "NEW.about_id = 'h-1'")
    clock.advance(timedelta(seconds=31))
    await carry(heir)
    assert await deliveries(bare) == [("uncertain", 1, "unrecordable-answer"), ("uncertain", 1, "lost")]


def test_an_answer_that_cant_be_recorded_never_counts_as_taken() -> None:
    for verdict in Verdict:
        stead = unrecordable(Answer(verdict, "x"))
        assert stead.code == "unrecordable-answer"
        assert stead.verdict is (Verdict.UNKNOWN if verdict is Verdict.ACCEPTED else verdict)
