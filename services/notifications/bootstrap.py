"""The only place that knows which parts notifications is made of."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from duban_contracts.events.notices import DeliveryChannel
from duban_contracts.profile import load_city
from services.chassis.process.service import Service
from services.chassis.publishing.relay import Relay as OutboxRelay
from services.chassis.storage import database as chassis_database
from services.chassis.storage.schema import migrate
from services.chassis.web import app as http
from services.notifications.adapters import contacts_file
from services.notifications.adapters.delivery_store import PostgresDeliveries
from services.notifications.adapters.email import EmailChannel, Relay
from services.notifications.adapters.letter_store import PostgresLetters
from services.notifications.adapters.signatures import Signer
from services.notifications.adapters.templates import TemplateStationery
from services.notifications.adapters.webhook import WebhookChannel
from services.notifications.application.deliver import Courier, CourierOptions
from services.notifications.application.issue import LetterDesk
from services.notifications.application.observe import keep_reporting
from services.notifications.application.outcome import Books
from services.notifications.domain.profile import LetterProfile
from services.notifications.entrypoints.events import supervision_consumer
from services.notifications.entrypoints.http import Counter, router
from services.notifications.settings import DEMONSTRATION_SECRET, Settings

NAME: Final = "notifications"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class UnsafeSettingsError(ValueError):
    """These settings must not run."""


async def build(settings: Settings) -> Service:
    """Bring the database up to date, connect, and wire the roles; nothing runs yet.

    Raises ProfileError for a wrong profile and UnsafeSettingsError for a published secret outside loopback.
    """
    profile = contacts_file.load(settings.profile, webhook_base=settings.webhook_base)
    _check_secret(settings, profile)
    await migrate(settings.postgres_dsn, MIGRATIONS)
    database = await chassis_database.connect(settings.postgres_dsn, application_name=f"duban-{NAME}", max_size=16)
    clock = settings.clock()
    letters, deliveries = PostgresLetters(), PostgresDeliveries()
    books = Books(letters, deliveries, clock, settings.topic_prefix)
    desk = LetterDesk(
        city=load_city(settings.profile),
        profile=profile,
        stationery=TemplateStationery(settings.profile / "templates"),
        letters=letters,
        deliveries=deliveries,
        clock=clock,
        topic_prefix=settings.topic_prefix,
    )
    signer = Signer(settings.master_secrets())
    webhook = WebhookChannel(policy=profile.destinations, signer=signer, clock=clock)
    courier = Courier(
        database=database,
        books=books,
        channels={
            DeliveryChannel.EMAIL: EmailChannel(_relay(settings, profile), clock),
            DeliveryChannel.WEBHOOK: webhook,
        },
        schedule=profile.schedule,
        chance=random.SystemRandom().random,
        options=CourierOptions(settings.delivery_concurrency, settings.delivery_lease_seconds),
    )
    consumer = supervision_consumer(bootstrap=settings.kafka_bootstrap, database=database, clock=clock, desk=desk)
    outbox_relay = OutboxRelay(database=database, bootstrap=settings.kafka_bootstrap, service=NAME, clock=clock)
    counter = Counter(database, books, profile.directory)
    app = http.create_app(NAME, title="Duban notifications 通知", database=database, routers=[router(counter)])

    async def serve(stopping: asyncio.Event) -> None:
        await http.serve(app, host=settings.http_host, port=settings.http_port, stopping=stopping)

    async def deliver(stopping: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(courier.run(stopping))
            group.create_task(keep_reporting(database, books, stopping))

    async def close() -> None:
        await webhook.close()
        await database.close()

    roles = {"http": serve, "consumer": consumer.run, "delivery": deliver, "relay": outbox_relay.run}
    return Service(NAME, roles, close)


def _relay(settings: Settings, profile: LetterProfile) -> Relay:
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    return Relay(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_sender,
        sender_name=profile.issuer,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=password,
    )


def _check_secret(settings: Settings, profile: LetterProfile) -> None:
    """Refuse the demonstration's secret as soon as a webhook leaves this machine: anybody could sign letters."""
    if DEMONSTRATION_SECRET not in settings.master_secrets():
        return
    outside = [host for url in profile.directory.webhooks() if (host := urlsplit(url).hostname) not in _LOOPBACK]
    if outside:
        raise UnsafeSettingsError(
            f"set DUBAN_WEBHOOK_SECRET: webhooks go to {outside[0]}, and the demonstration's secret is public"
        )
