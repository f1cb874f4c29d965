"""A letter that comes back after it was taken turns 送达 into 失败, once, and nobody else can make it so."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from deploy.local.receivers.mail import delivery_report
from deploy.local.receivers.store import parse
from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.chassis.testing.kafka import eventually
from services.chassis.testing.processes import ROOT, own_tree
from services.notifications.channels.email import EmailCarrier, EmailSettings
from services.notifications.channels.model.answers import Answer, Verdict
from services.notifications.delivery.handlers import mailbox
from services.notifications.delivery.handlers.courier import Courier
from services.notifications.delivery.handlers.report import Outcome, take_message
from services.notifications.delivery.handlers.resolve import retry_delivery
from services.notifications.delivery.jobs import take_reports
from services.notifications.delivery.model.delivery import Delivery, DeliveryState, Fact, bounced
from services.notifications.delivery.tables import reads
from services.notifications.tests.parcels import PARCEL, means
from services.notifications.tests.world import NOW, overdue
from services.notifications.tests.writing import Steered, carrier, carry, deliveries, lines, write

pytestmark = [pytest.mark.promise("P9"), pytest.mark.feature("SY44")]

DOUBT = Answer(Verdict.UNKNOWN, "no-answer")


def report_on(delivery_id: UUID, to: str, *, delayed: bool = False) -> bytes:
    """What a mail server sends about a delivery."""
    settings = EmailSettings()
    letter = EmailCarrier(means(), settings).message(replace(PARCEL, delivery_id=delivery_id), to)
    return delivery_report(parse(letter), to, settings.sender, delayed=delayed)


async def sent(
    database: Database, clock: ManualClock, email: Steered, unit: str = "fire_rescue"
) -> tuple[Courier, UUID, str]:
    """Write a letter and carry it; return the courier, and the e-mail's id and address."""
    await write(database, clock, overdue(unit=unit))
    courier = carrier(database, clock, lines(email))
    await carry(courier)
    [(delivery_id, address)] = [
        (row[0], row[1]) for row in await deliveries(database, "delivery_id, address, channel") if row[2] == "email"
    ]
    assert isinstance(delivery_id, UUID)
    return courier, delivery_id, str(address)


async def told(database: Database) -> list[str]:
    """The letter's notices as they wait to be published, in their order."""
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT * FROM outbox ORDER BY 1")
    return [str(dict(row)) for row in rows]


async def letter_state(database: Database) -> str:
    async with database.acquire() as connection:
        return str(await connection.fetchval("SELECT state FROM letter"))


async def test_a_letter_that_comes_back_was_not_delivered(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    courier, delivery_id, address = await sent(bare, clock, email)
    assert await letter_state(bare) == "delivered"
    assert await take_message(report_on(delivery_id, address), courier.deps) == [Outcome.FAILED]
    assert await deliveries(bare) == [("failed", 1, "5.1.1")]
    assert await letter_state(bare) == "failed"
    notices = await told(bare)
    assert ["issued" in each for each in notices] == [True, False, False]
    assert "notice.delivered" in notices[1]
    assert "notice.failed" in notices[2]
    assert "5.1.1" in notices[2]
    async with bare.acquire() as connection:
        row = await reads.one(connection, delivery_id)
        [attempt] = await reads.attempts_of(connection, [delivery_id])
    assert row is not None
    assert row["detail"] == "smtp; 550 5.1.1 <<address>>: 用户不存在"
    assert attempt["code"] == "250 2.0.0"


async def test_a_report_that_comes_again_is_told_once(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    courier, delivery_id, address = await sent(bare, clock, email)
    report = report_on(delivery_id, address)
    outcomes = [await take_message(each, courier.deps) for each in (report, report, report + b"\r\n")]
    assert outcomes == [[Outcome.FAILED], [Outcome.REPEATED], [Outcome.NOTED]]
    assert len(await told(bare)) == 3


async def test_several_that_take_one_report_at_once_tell_it_once(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    courier, delivery_id, address = await sent(bare, clock, email)
    report = report_on(delivery_id, address)
    outcomes = await asyncio.gather(*(take_message(report, courier.deps) for _ in range(5)))
    assert sorted(outcome for [outcome] in outcomes) == [Outcome.FAILED, *[Outcome.REPEATED] * 4]


async def test_a_letter_that_is_only_late_stays_where_it_is(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    courier, delivery_id, address = await sent(bare, clock, email)
    assert await take_message(report_on(delivery_id, address, delayed=True), courier.deps) == [Outcome.NOTED]
    assert await deliveries(bare) == [("delivered", 1, "250 2.0.0")]
    async with bare.acquire() as connection:
        [kept] = await connection.fetch("SELECT action, status, attempt, failed_it FROM delivery_report")
    assert tuple(kept) == ("delayed", "4.4.1", 1, False)


async def test_a_report_settles_a_doubt(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered(DOUBT)
    courier, delivery_id, address = await sent(bare, clock, email)
    assert await deliveries(bare, "state") == [("uncertain",)]
    assert await take_message(report_on(delivery_id, address), courier.deps) == [Outcome.FAILED]
    assert await deliveries(bare) == [("failed", 1, "5.1.1")]


async def test_another_channel_that_delivered_keeps_the_letter_delivered(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    courier, delivery_id, address = await sent(bare, clock, email, unit="emergency_management")
    assert await take_message(report_on(delivery_id, address), courier.deps) == [Outcome.FAILED]
    assert await letter_state(bare) == "delivered"


async def test_a_report_that_fits_no_delivery_is_kept_out(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    courier, delivery_id, address = await sent(bare, clock, email)
    forged = [report_on(delivery_id, "somebody@x.example"), report_on(UUID(int=1), address)]
    assert [await take_message(each, courier.deps) for each in forged] == [[Outcome.UNMATCHED]] * 2
    assert await take_message(b"Subject: out of office\r\n\r\n", courier.deps) == [Outcome.NO_REPORT]
    assert await deliveries(bare) == [("delivered", 1, "250 2.0.0")]
    async with bare.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM delivery_report") == 0


async def test_after_a_person_sent_it_again_an_old_report_changes_nothing(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    courier, delivery_id, address = await sent(bare, clock, email)
    report = report_on(delivery_id, address)
    await take_message(report, courier.deps)
    async with bare.transaction() as connection:
        assert await retry_delivery(connection, delivery_id, account="operator-1", deps=courier.deps) is None
    assert await take_message(report + b"\r\n", courier.deps) == [Outcome.NOTED]
    await carry(courier)
    assert await take_message(report, courier.deps) == [Outcome.REPEATED]
    assert await deliveries(bare) == [("delivered", 2, "250 2.0.0")]


async def test_a_report_that_is_faster_than_the_answer_waits_for_it(bare: Database, tmp_path: Path) -> None:
    clock, email = ManualClock(NOW), Steered()
    email.gate.clear()
    await write(bare, clock, overdue())
    courier = carrier(bare, clock, lines(email))
    sending = asyncio.create_task(carry(courier))

    def begun() -> None:
        assert email.parcels

    await eventually(begun)
    [(address,)] = await deliveries(bare, "address")
    mailbox.put(tmp_path, report_on(email.parcels[0].delivery_id, str(address)))
    await take_reports(tmp_path, courier.deps)
    assert len(mailbox.waiting(tmp_path)) == 1
    email.gate.set()
    await sending
    await take_reports(tmp_path, courier.deps)
    assert mailbox.waiting(tmp_path) == []
    assert await deliveries(bare) == [("failed", 1, "5.1.1")]


def _count(outcome: Outcome) -> float:
    return REGISTRY.get_sample_value("duban_notice_reports_total", {"outcome": outcome.value}) or 0


async def test_a_mailbox_is_emptied_and_one_bad_mail_stops_no_other(bare: Database, tmp_path: Path) -> None:
    clock, email = ManualClock(NOW), Steered()
    courier, delivery_id, address = await sent(bare, clock, email)
    async with bare.acquire() as connection:
        await connection.execute("ALTER TABLE delivery_report ADD CHECK (status <> '4.4.1')")
    before = _count(Outcome.UNRECORDABLE), _count(Outcome.NO_REPORT), _count(Outcome.FAILED)
    for raw in (
        report_on(delivery_id, address, delayed=True),
        b"\xff\x00 nonsense",
        report_on(delivery_id, address),
    ):
        mailbox.put(tmp_path, raw)
    await take_reports(tmp_path, courier.deps)
    assert mailbox.waiting(tmp_path) == []
    assert sorted(path.name.rpartition(",")[2] for path in (tmp_path / "cur").iterdir()) == ["FS", "S", "S"]
    assert (_count(Outcome.UNRECORDABLE), _count(Outcome.NO_REPORT), _count(Outcome.FAILED)) == tuple(
        count + 1 for count in before
    )
    assert await deliveries(bare) == [("failed", 1, "5.1.1")]


def _piped(directory: Path | None, report: bytes, *arguments: str) -> int:
    environment = own_tree() | ({"DUBAN_BOUNCE_MAILDIR": str(directory)} if directory else {})
    command = [sys.executable, "-m", "services.notifications.delivery", *arguments]
    return subprocess.run(command, input=report, env=environment, cwd=ROOT, capture_output=True, check=False).returncode


@pytest.mark.servers
def test_a_mail_server_can_pipe_a_report(tmp_path: Path) -> None:
    report = report_on(PARCEL.delivery_id, "xiaofang@140502.example")
    assert _piped(tmp_path / "box", report, "bounce") == 0
    [path] = mailbox.waiting(tmp_path / "box")
    assert mailbox.read(path) == report
    assert _piped(None, report, "bounce") == 78
    assert _piped(tmp_path / "box", report) == 64
    (tmp_path / "file").write_bytes(b"")
    assert _piped(tmp_path / "file", report, "bounce") == 75


def test_no_mailbox_holds_no_mail(tmp_path: Path) -> None:
    assert mailbox.waiting(tmp_path / "none") == []
    assert mailbox.read(tmp_path / "none") is None
    mailbox.file_away(tmp_path / "box" / "new" / "none", flagged=False)


@pytest.mark.parametrize("state", DeliveryState)
def test_only_what_was_taken_can_come_back(state: DeliveryState) -> None:
    step = bounced(Delivery("email", state=state, attempts=1, code="250"), "5.1.1")
    if state in (DeliveryState.DELIVERED, DeliveryState.UNCERTAIN):
        assert step is not None
        assert (step.delivery.state, step.delivery.code, step.fact) == (DeliveryState.FAILED, "5.1.1", Fact.FAILED)
    else:
        assert step is None
