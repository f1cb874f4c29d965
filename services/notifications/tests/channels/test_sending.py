"""The channels against real receivers: signatures, rotation, addresses, troubles on the way."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.local.ports import free_ports
from services.notifications.channels.email import EmailCarrier, EmailSettings
from services.notifications.channels.handlers.posting import HttpCarrier
from services.notifications.channels.model.answers import Away, Verdict
from services.notifications.channels.model.destinations import DestinationPolicy
from services.notifications.channels.webhook import WebhookSettings, open_webhooks
from services.notifications.tests.installation import receiving
from services.notifications.tests.parcels import HERE, PARCEL, means
from services.notifications.tests.world import SECRET

pytestmark = pytest.mark.servers


def webhook(*secrets: str, policy: DestinationPolicy = HERE, timeout: float = 25) -> HttpCarrier:
    settings = WebhookSettings(secret=SecretStr(",".join(secrets)), timeout=timeout)
    return open_webhooks(means(policy), settings)


@pytest.mark.parametrize("secrets", [[SECRET], ["the-new-one", SECRET], [SECRET, "the-old-one"]])
async def test_a_receiver_that_knows_one_of_two_secrets_takes_the_letter(tmp_path: Path, secrets: list[str]) -> None:
    async with receiving(tmp_path) as receivers:
        url = f"http://localhost:{receivers.webhook_port}/hooks/140502/fire_rescue"
        carrier = webhook(*secrets)
        answers = [await carrier.send(PARCEL, url) for _ in range(2)]
        await carrier.close()
        assert [answer.code for answer in answers] == ["204", "204"]
        assert [hook["webhook_id"] for hook in receivers.webhooks()] == [str(PARCEL.delivery_id)]
        assert receivers.hooks.repeated[str(PARCEL.delivery_id)] == 1


async def test_a_wrong_secret_is_refused_by_the_receiver(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receivers:
        url = f"http://127.0.0.1:{receivers.webhook_port}/hooks/140502/fire_rescue"
        answer = await webhook("another").send(PARCEL, url)
        assert (answer.verdict, answer.code) == (Verdict.PERMANENT, "401")
        assert receivers.webhooks() == []


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receivers:
        url = f"http://127.0.0.1:{receivers.webhook_port}/redirect/140502/fire_rescue"
        assert (await webhook(SECRET).send(PARCEL, url)).code == "302"
        assert receivers.webhooks() == []


async def unresolved(*_: object, **__: object) -> None:
    """Answer as a resolver without this name does, whatever the machine's own would say."""
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def test_a_closed_port_and_an_unknown_host_are_passing_troubles(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = f"127.0.0.1:{free_ports(1)[0]}"
    refused = await webhook(SECRET).send(PARCEL, f"http://{closed}/")
    assert (refused.code, refused.away) == ("connect-failed", Away.UNREACHED)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unresolved)
    named = DestinationPolicy(frozenset({"nobody.invalid"}))
    answer = await webhook(SECRET, policy=named).send(PARCEL, "http://nobody.invalid/")
    assert (answer.verdict, answer.code, answer.away) == (Verdict.TRANSIENT, "host-unresolved", Away.UNREACHED)
    assert not await webhook(SECRET, policy=named).reachable("http://nobody.invalid/")


async def test_a_host_is_reached_without_a_word_and_stands_for_all_its_addresses(tmp_path: Path) -> None:
    closed = free_ports(1)[0]
    async with receiving(tmp_path) as receivers:
        url = f"http://127.0.0.1:{receivers.webhook_port}/hooks/140502/fire_rescue"
        carrier = webhook(SECRET)
        assert await carrier.reachable(url)
        assert receivers.webhooks() == []
        assert not await carrier.reachable(f"http://127.0.0.1:{closed}/hooks/140502/fire_rescue")
        strict = DestinationPolicy(frozenset({"127.0.0.1"}), loopback=False)
        assert not await webhook(SECRET, policy=strict).reachable(url), "what may not be called is not asked"
        assert carrier.place(url, Away.UNREACHED) == carrier.place(f"{url}2", Away.UNREACHED)
        assert carrier.place(url, Away.UNSERVED) != carrier.place(f"{url}2", Away.UNSERVED)


def email(port: int, timeout: float = 25) -> EmailCarrier:
    return EmailCarrier(means(), EmailSettings(port=port, timeout=timeout))


@pytest.mark.parametrize(
    ("mailbox", "verdict", "code"),
    [
        ("xiaofang", Verdict.ACCEPTED, "250 2.0.0"),
        ("unknown", Verdict.PERMANENT, "550 5.1.1"),
        ("overquota", Verdict.PERMANENT, "552 5.2.2"),
        ("full", Verdict.TRANSIENT, "452 4.2.2"),
        ("greylist", Verdict.TRANSIENT, "451 4.7.1"),
        ("spam", Verdict.PERMANENT, "554 5.7.1"),
        ("mute", Verdict.UNKNOWN, "no-answer"),
    ],
)
async def test_a_mail_servers_own_answer_is_read(tmp_path: Path, mailbox: str, verdict: Verdict, code: str) -> None:
    async with receiving(tmp_path) as receivers:
        patience = 3 if mailbox == "mute" else 25
        answer = await email(receivers.smtp_port, patience).send(PARCEL, f"{mailbox}@140502.example")
        assert (answer.verdict, answer.code) == (verdict, code)
        assert "@140502" not in answer.detail
