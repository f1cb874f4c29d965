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

from deploy.local import readiness
from deploy.local.ports import free_ports
from deploy.local.receivers.__main__ import serve
from deploy.local.receivers.hooks import endpoint_secret
from deploy.local.settings import LOOPBACK

pytestmark = pytest.mark.servers

SECRET = "a-master-secret-of-this-test"
ENDPOINT = "140521/emergency"


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[tuple[int, str]]:
    smtp_port, webhook_port = free_ports(2)
    serving = serve(directory, smtp_port=smtp_port, webhook_port=webhook_port, master_secret=SECRET)
    task = asyncio.create_task(serving)
    url = f"http://{LOOPBACK}:{webhook_port}"
    await readiness.wait_for("receivers", lambda: readiness.http(f"{url}/healthz"), 120, "")
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
        with smtplib.SMTP(LOOPBACK, port, timeout=120) as client:
            client.send_message(mail)

    await asyncio.to_thread(blocking)


async def test_a_mail_is_kept_as_it_came(tmp_path: Path) -> None:
    async with running(tmp_path) as (port, url), httpx.AsyncClient() as client:
        await send(port, letter("unit@county.invalid"))
        kept = (await client.get(f"{url}/received")).json()["mail"]
    assert [(mail["to"], mail["subject"]) for mail in kept] == [("unit@county.invalid", "督办通知书")]
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1


async def test_an_unknown_mailbox_is_permanent_and_a_greylist_is_not(tmp_path: Path) -> None:
    async with running(tmp_path) as (port, _):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            await send(port, letter("unknown@county.invalid"))
        assert refused.value.recipients["unknown@county.invalid"][0] == 550
        with pytest.raises(smtplib.SMTPRecipientsRefused) as delayed:
            await send(port, letter("greylist@county.invalid"))
        assert delayed.value.recipients["greylist@county.invalid"][0] == 451
        await send(port, letter("greylist@county.invalid"))
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1


async def test_a_webhook_is_kept_only_with_a_true_signature_and_only_once(tmp_path: Path) -> None:
    body, now = '{"letter":"督〔2026〕1号"}', datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(endpoint_secret(SECRET, ENDPOINT)).sign("msg_1", now, body),
    }
    async with running(tmp_path) as (_, url), httpx.AsyncClient() as client:

        async def post(path: str, content: str) -> int:
            return (await client.post(f"{url}/{path}/{ENDPOINT}", content=content, headers=headers)).status_code

        assert await post("hooks", body + " ") == 401
        assert await post("gone", body) == 410
        assert [await post("flaky/1", body) for _ in "123"] == [503, 204, 204]
        assert (await client.get(f"{url}/received")).json()["repeated_webhooks"] == 1
    kept = [json.loads(path.read_bytes()) for path in sorted((tmp_path / "webhooks").glob("*.json"))]
    assert [(hook["endpoint"], hook["webhook_id"]) for hook in kept] == [(ENDPOINT, "msg_1")]


async def test_a_robot_answers_by_the_name_and_number_in_its_path_and_keeps_every_copy(tmp_path: Path) -> None:
    async with running(tmp_path) as (_, url), httpx.AsyncClient() as client:

        async def told(path: str) -> tuple[int, str]:
            answer = await client.post(f"{url}/robots/{path}", json={"text": "督促函"})
            return answer.status_code, answer.text

        assert await told("code/0/group") == await told("code/0/group") == (200, '{"code":0}')
        assert await told("errcode/45009/group") == (200, '{"errcode":45009}')
        assert await told("code/status-502/group") == (502, "")
    kept = [json.loads(path.read_bytes()) for path in sorted((tmp_path / "robots").glob("*.json"))]
    assert [(each["robot"], each["body"]) for each in kept] == [("group", {"text": "督促函"})] * 2
