from __future__ import annotations

import asyncio
import json
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from deploy.local import readiness, receivers
from deploy.local.ephemeral import free_ports
from deploy.local.settings import LOOPBACK

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[tuple[int, str]]:
    smtp_port, webhook_port = free_ports(2)
    serving = receivers.serve(directory, host=LOOPBACK, smtp_port=smtp_port, webhook_port=webhook_port, secret=SECRET)
    task = asyncio.create_task(serving)
    url = f"http://{LOOPBACK}:{webhook_port}"
    await readiness.wait_for("receivers", lambda: readiness.http(f"{url}/healthz"), 10, "")
    try:
        yield smtp_port, url
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def letter(to: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "duban@duban.invalid", to, "督办通知书"
    mail["Message-ID"] = "<letter-1@duban.invalid>"
    mail.set_content("请于期限内完成整改。")
    return mail


async def send(port: int, mail: EmailMessage) -> None:
    def blocking() -> None:
        with smtplib.SMTP(LOOPBACK, port, timeout=10) as client:
            client.send_message(mail)

    await asyncio.to_thread(blocking)


async def test_a_mail_is_kept_as_it_came(tmp_path: Path) -> None:
    async with running(tmp_path) as (port, url), httpx.AsyncClient() as client:
        await send(port, letter("unit@county.invalid"))
        kept = (await client.get(f"{url}/received")).json()["mail"]
    assert [(mail["to"], mail["subject"]) for mail in kept] == [("unit@county.invalid", "督办通知书")]
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1


async def test_a_bounce_is_permanent_and_a_delay_is_not(tmp_path: Path) -> None:
    async with running(tmp_path) as (port, _):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            await send(port, letter("bounce@county.invalid"))
        assert refused.value.recipients["bounce@county.invalid"][0] == 550
        with pytest.raises(smtplib.SMTPDataError) as delayed:
            await send(port, letter("later@county.invalid"))
        assert delayed.value.smtp_code == 451
        await send(port, letter("later@county.invalid"))
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1


async def test_a_webhook_is_kept_only_with_a_true_signature(tmp_path: Path) -> None:
    body, now = '{"letter":"督〔2026〕1号"}', datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
    }
    async with running(tmp_path) as (_, url), httpx.AsyncClient() as client:
        forged = await client.post(f"{url}/hooks/unit", content=body + " ", headers=headers)
        true = await client.post(f"{url}/hooks/unit", content=body, headers=headers)
        gone = await client.post(f"{url}/hooks/gone-unit", content=body, headers=headers)
        late = [(await client.post(f"{url}/hooks/later", content=body, headers=headers)).status_code for _ in "12"]
    assert (forged.status_code, true.status_code, gone.status_code, late) == (401, 204, 410, [503, 204])
    kept = [json.loads(path.read_bytes()) for path in sorted((tmp_path / "webhooks").glob("*.json"))]
    assert [(hook["name"], hook["webhook_id"], hook["body"]) for hook in kept] == [
        ("unit", "msg_1", body),
        ("later", "msg_1", body),
    ]
