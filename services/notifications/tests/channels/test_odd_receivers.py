"""Mail servers that speak GBK and receivers whose bodies are nonsense: what the status says decides."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.notifications.channels.email import CHANNEL, EmailCarrier, EmailSettings
from services.notifications.channels.handlers.opening import Line
from services.notifications.channels.model.answers import Answer, Verdict
from services.notifications.channels.model.pauses import FIRST_SECONDS
from services.notifications.channels.webhook import WebhookSettings, open_webhooks
from services.notifications.tests.parcels import PARCEL, means
from services.notifications.tests.scripted import MailServer, http_server, mail_server
from services.notifications.tests.world import NOW, SECRET, overdue
from services.notifications.tests.writing import carrier, carry, deliveries, write

pytestmark = [pytest.mark.promise("P9"), pytest.mark.servers]

REFUSED = "拒绝访问：不在许可名单内"


def gbk(reply: str) -> bytes:
    return f"{reply} {REFUSED}".encode("gbk")


def email(server: MailServer, steady: Callable[[], float] = time.monotonic) -> EmailCarrier:
    settings = EmailSettings(port=server.port, timeout=2, username="duban", password=SecretStr("wrong"))
    return EmailCarrier(replace(means(), steady=steady), settings)


@pytest.mark.parametrize(
    ("said", "verdict", "code"),
    [
        ({"greeting": gbk("554 5.7.1")}, Verdict.TRANSIENT, "554 5.7.1"),
        ({"greeting": gbk("421")}, Verdict.TRANSIENT, "421"),
        ({"AUTH": gbk("535 Error:")}, Verdict.TRANSIENT, "535"),
        ({"AUTH": gbk("535 5.7.8")}, Verdict.TRANSIENT, "535 5.7.8"),
        ({"MAIL": gbk("451 4.3.0")}, Verdict.TRANSIENT, "451 4.3.0"),
        ({"MAIL": gbk("553 5.1.8")}, Verdict.PERMANENT, "553 5.1.8"),
        ({"RCPT": gbk("550 5.1.1")}, Verdict.PERMANENT, "550 5.1.1"),
        ({"RCPT": gbk("452 4.2.2")}, Verdict.TRANSIENT, "452 4.2.2"),
        ({"DATA": gbk("554 5.7.1")}, Verdict.PERMANENT, "554 5.7.1"),
        ({"end": gbk("554 5.7.1")}, Verdict.PERMANENT, "554 5.7.1"),
        ({"end": gbk("451 4.7.1")}, Verdict.TRANSIENT, "451 4.7.1"),
        ({"end": gbk("250 2.0.0")}, Verdict.ACCEPTED, "250 2.0.0"),
        ({"end": gbk("251")}, Verdict.ACCEPTED, "251"),
    ],
)
async def test_a_mail_servers_words_in_gbk_are_read_like_any_others(
    said: dict[str, bytes], verdict: Verdict, code: str
) -> None:
    async with mail_server(**said) as server:
        answer = await email(server).send(PARCEL, "xiaofang@140502.example")
    assert (answer.verdict, answer.code) == (verdict, code)
    assert answer.detail.endswith(REFUSED)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"greeting": b""}, Answer(Verdict.TRANSIENT, "connect-failed")),
        ({"greeting": "欢迎".encode("gbk")}, Answer(Verdict.TRANSIENT, "connect-failed")),
        ({"RCPT": b""}, Answer(Verdict.TRANSIENT, "connect-failed")),
        ({"RCPT": "不知所云".encode("gbk")}, Answer(Verdict.TRANSIENT, "connect-failed")),
        ({"RCPT": b"550 5.1.1 " + b"x" * 100_000}, Answer(Verdict.TRANSIENT, "connect-failed")),
        ({"end": b""}, Answer(Verdict.UNKNOWN, "no-answer")),
        ({"end": "不知所云".encode("gbk")}, Answer(Verdict.UNKNOWN, "no-answer")),
    ],
)
async def test_what_is_no_reply_is_transient_until_the_letter_is_handed_over(
    said: dict[str, bytes], expected: Answer
) -> None:
    async with mail_server(**said) as server:
        answer = await email(server).send(PARCEL, "xiaofang@140502.example")
    assert (answer.verdict, answer.code) == (expected.verdict, expected.code)


async def test_a_letter_arrives_when_a_mail_server_that_refused_in_gbk_is_well_again(bare: Database) -> None:
    clock = ManualClock(NOW)
    await write(bare, clock, overdue())
    async with mail_server(greeting=gbk("554 5.7.1")) as server:
        courier = carrier(bare, clock, {"email": Line(CHANNEL, email(server, lambda: clock.wall().timestamp()))})
        await carry(courier)
        assert await deliveries(bare) == [("pending", 1, "554 5.7.1")]
        server.says[""] = b"220 ready"
        clock.advance(timedelta(seconds=FIRST_SECONDS))
        await carry(courier)
        assert server.taken == 1
    assert await deliveries(bare) == [("delivered", 2, "250 2.0.0")]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (None, "duban@jincheng.example"),
        ("bounces@city.example", "bounces@city.example"),
        ("bounces+{delivery}@city.example", f"bounces+{PARCEL.delivery_id}@city.example"),
    ],
)
async def test_a_letter_says_where_reports_about_it_go(path: str | None, told: str) -> None:
    async with mail_server() as server:
        carrier = EmailCarrier(means(), EmailSettings(port=server.port, return_path=path))
        assert (await carrier.send(PARCEL, "xiaofang@140502.example")).code == "250 2.0.0"
    assert next(heard for heard in server.heard if heard.startswith(b"MAIL")).split()[1] == f"FROM:<{told}>".encode()


def response(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def answered(answer: bytes, *, hold: bool = False) -> Answer:
    async with http_server(answer, hold=hold) as port:
        webhook = open_webhooks(means(), WebhookSettings(secret=SecretStr(SECRET), timeout=1))
        try:
            return await webhook.send(PARCEL, f"http://127.0.0.1:{port}/")
        finally:
            await webhook.close()


@pytest.mark.parametrize(
    ("answer", "verdict", "code"),
    [
        (response("200 OK", "已收到".encode("gbk")), Verdict.ACCEPTED, "200"),
        (response("200 OK", b"<html>", "Content-Type: application/json; charset=no-such"), Verdict.ACCEPTED, "200"),
        (response("200 OK", b"no gzip", "Content-Encoding: gzip"), Verdict.ACCEPTED, "200"),
        (
            response("200 OK", gzip.compress(b'{"errcode":93000}'), "Content-Encoding: gzip"),
            Verdict.PERMANENT,
            "errcode-93000",
        ),
        (response("200 OK", gzip.compress(b"0" * 20_000_000), "Content-Encoding: gzip"), Verdict.ACCEPTED, "200"),
        (response("200 OK", b"x" * 3_000_000), Verdict.ACCEPTED, "200"),
        (response("202 Accepted", b"breaks off", length=1_000_000), Verdict.ACCEPTED, "202"),
        (response("200 \u597d".encode("gbk").decode("latin-1"), b""), Verdict.ACCEPTED, "200"),
        (response("200 OK", b"", "Retry-After: \u4e00".encode("gbk").decode("latin-1")), Verdict.ACCEPTED, "200"),
        (response("500 Oops", b'{"errcode":0,"errmsg":"ok"}'), Verdict.TRANSIENT, "500"),
        (response("503 Busy", b"breaks off", "Retry-After: 5", length=99), Verdict.TRANSIENT, "503"),
        (response("403 Forbidden", '{"errcode":0,"errmsg":"成功"}'.encode("gbk")), Verdict.PERMANENT, "403"),
        (b"", Verdict.UNKNOWN, "no-answer"),
        (b"\xb2\xbb\xd6\xaa\xcb\xf9\xd4\xc6\r\n\r\n", Verdict.UNKNOWN, "no-answer"),
    ],
    ids=range(14),
)
async def test_the_status_decides_whatever_the_body_is(answer: bytes, verdict: Verdict, code: str) -> None:
    got = await answered(answer)
    assert (got.verdict, got.code) == (verdict, code)


async def test_a_body_that_never_ends_does_not_put_its_status_in_doubt() -> None:
    got = await answered(response("200 OK", b"begins", length=1_000_000), hold=True)
    assert (got.verdict, got.code) == (Verdict.ACCEPTED, "200")


async def test_a_host_that_can_be_no_hosts_name_is_refused_for_good() -> None:
    webhook = open_webhooks(means(), WebhookSettings(secret=SecretStr(SECRET)))
    answer = await webhook.send(PARCEL, f"http://{'a' * 70}.example/")
    assert (answer.verdict, answer.code) == (Verdict.PERMANENT, "url-malformed")
