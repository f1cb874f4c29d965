"""The channels against real receivers: signatures, rotation, addresses, troubles on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook

from deploy.local.ephemeral import free_ports
from deploy.local.receivers import hooks
from duban_contracts.events.notices import DeliveryChannel
from services.chassis.process.clock import SystemClock
from services.notifications.adapters.email import EmailChannel, Relay
from services.notifications.adapters.signatures import Signer, endpoint_secret
from services.notifications.adapters.webhook import WebhookChannel
from services.notifications.bootstrap import UnsafeSettingsError, build
from services.notifications.domain.delivery import Verdict
from services.notifications.domain.destinations import DestinationPolicy
from services.notifications.domain.records import Parcel
from services.notifications.settings import Settings
from services.notifications.tests.conftest import receiving
from services.notifications.tests.world import PROFILE, SECRET

PARCEL = Parcel(
    delivery_id=UUID(int=7),
    letter_id=UUID(int=3),
    attempt=1,
    channel=DeliveryChannel.WEBHOOK,
    address=None,
    endpoint="140502/fire_rescue",
    endpoint_closed=False,
    kind="urging",
    number="晋市安委办督〔2026〕12号",
    title="关于督促整改逾期事故隐患（JC-1）的函",
    body="正文\n第二行\n",
    hazard_number="JC-1",
    county="140502",
    unit="fire_rescue",
    deadline_on=date(2026, 3, 5),
    issued_at=datetime(2026, 3, 6, tzinfo=UTC),
)
HERE = DestinationPolicy(frozenset({"127.0.0.1", "localhost"}), loopback=True)


def webhook(*secrets: str, policy: DestinationPolicy = HERE, timeout: float = 5) -> WebhookChannel:
    return WebhookChannel(policy=policy, signer=Signer(secrets), clock=SystemClock(), timeout=timeout)


@pytest.mark.parametrize("secrets", [[SECRET], ["the-new-one", SECRET], [SECRET, "the-old-one"]])
async def test_a_receiver_that_knows_one_of_two_secrets_takes_the_letter(tmp_path: Path, secrets: list[str]) -> None:
    async with receiving(tmp_path) as receivers:
        url = f"http://localhost:{receivers.webhook_port}/hooks/140502/fire_rescue"
        channel = webhook(*secrets)
        answers = [await channel.send(PARCEL, url) for _ in range(2)]
        await channel.close()
        assert [answer.code for answer in answers] == ["204", "204"]
        assert [hook["webhook_id"] for hook in receivers.webhooks()] == [str(PARCEL.delivery_id)]
        assert receivers.hooks.repeated[str(PARCEL.delivery_id)] == 1


async def test_a_wrong_secret_is_refused_by_the_receiver(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receivers:
        url = f"http://127.0.0.1:{receivers.webhook_port}/hooks/140502/fire_rescue"
        answer = await webhook("another").send(PARCEL, url)
        assert (answer.verdict, answer.code) == (Verdict.PERMANENT, "401")
        assert receivers.webhooks() == []


def test_sender_and_receiver_derive_the_same_secret_and_each_endpoint_its_own() -> None:
    assert endpoint_secret(SECRET, "140502/a") == hooks.endpoint_secret(SECRET, "140502/a")
    assert endpoint_secret(SECRET, "140502/a") != endpoint_secret(SECRET, "140502/b")


def test_a_signature_is_right_for_an_instant_in_any_zone() -> None:
    now = datetime.now(UTC)
    for zone in (UTC, timezone(timedelta(hours=8))):
        headers = Signer([SECRET]).headers("e", message_id="m", at=now.astimezone(zone), body="{}")
        Webhook(endpoint_secret(SECRET, "e")).verify("{}", headers)


async def test_a_webhooks_url_is_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with receiving(tmp_path) as receivers:
        url = f"http://127.0.0.1:{receivers.webhook_port}/hooks/140502/fire_rescue"
        assert (await webhook(SECRET).send(PARCEL, url)).code == "204"
    assert "/hooks/" not in caplog.text


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receivers:
        url = f"http://127.0.0.1:{receivers.webhook_port}/redirect/140502/fire_rescue"
        assert (await webhook(SECRET).send(PARCEL, url)).code == "302"
        assert receivers.webhooks() == []


async def test_a_host_outside_the_profile_is_never_called(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receivers:
        url = f"http://127.0.0.1:{receivers.webhook_port}/hooks/140502/fire_rescue"
        strict = DestinationPolicy(frozenset({"127.0.0.1"}), loopback=False)
        answer = await webhook(SECRET, policy=strict).send(PARCEL, url)
        assert (answer.verdict, answer.code) == (Verdict.PERMANENT, "address-loopback")
        assert receivers.webhooks() == []


async def test_a_receiver_that_never_answers_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receivers:
        url = f"http://127.0.0.1:{receivers.webhook_port}/mute/140502/fire_rescue"
        answer = await webhook(SECRET, timeout=0.5).send(PARCEL, url)
        assert (answer.verdict, answer.code) == (Verdict.UNKNOWN, "no-answer")


async def test_a_closed_port_and_an_unknown_host_are_passing_troubles() -> None:
    closed = f"127.0.0.1:{free_ports(1)[0]}"
    assert (await webhook(SECRET).send(PARCEL, f"http://{closed}/")).code == "connect-failed"
    named = DestinationPolicy(frozenset({"nobody.invalid"}))
    answer = await webhook(SECRET, policy=named).send(PARCEL, "http://nobody.invalid/")
    assert (answer.verdict, answer.code) == (Verdict.TRANSIENT, "host-unresolved")


def email(port: int) -> EmailChannel:
    relay = Relay("127.0.0.1", port, "duban@jincheng.example", "晋城市安全生产委员会办公室", timeout=3)
    return EmailChannel(relay, SystemClock())


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
        answer = await email(receivers.smtp_port).send(PARCEL, f"{mailbox}@140502.example")
        assert (answer.verdict, answer.code) == (verdict, code)
        assert "@140502" not in answer.detail


async def test_a_mail_server_that_is_away_is_a_passing_trouble() -> None:
    answer = await email(free_ports(1)[0]).send(PARCEL, "xiaofang@140502.example")
    assert (answer.verdict, answer.code) == (Verdict.TRANSIENT, "connect-failed")


def test_every_attempt_writes_the_same_message_id() -> None:
    channel = email(1)
    mails = [channel.message(replace(PARCEL, attempt=attempt), "a@x.example") for attempt in (1, 2)]
    for mail in mails:
        assert mail.count(f"Message-ID: <{PARCEL.delivery_id}@jincheng.example>".encode()) == 1


async def test_the_demonstrations_secret_does_not_leave_the_machine() -> None:
    settings = Settings(
        postgres_dsn="postgresql://nobody@127.0.0.1:1/none", profile=PROFILE, webhook_base="https://hooks.city.example"
    )
    with pytest.raises(UnsafeSettingsError, match="DUBAN_WEBHOOK_SECRET"):
        await build(settings)
