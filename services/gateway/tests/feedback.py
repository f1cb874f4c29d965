"""What the ledger says to a county, as the gateway's tests put it on the county's feedback topic."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from duban_contracts.catalogue import EventData
from duban_contracts.events.feedback import ClaimOutcome, ClaimRecorded, ClaimRejected, ClaimWaiting
from duban_contracts.topics import feedback_topic
from services.chassis.publishing.envelopes import new_event
from services.chassis.testing import kafka as chassis_testing
from services.gateway.tests.world import HOME, Event, World

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)


def about(event: Event | None, receipt_id: str | None, minutes: int = 0, county: str = HOME) -> dict[str, Any]:
    return {
        "county": county,
        "origin": f"county.{county}.v1/0/{secrets.randbelow(10**9)}",
        "receipt_id": receipt_id,
        "claim_id": event and event["id"],
        "claim_source": event and event["source"],
        "claim_type": event and event["type"],
        "reference": event and event["data"]["reference"],
        "answered_at": NOON + timedelta(minutes=minutes),
    }


def recorded(event: Event, receipt_id: str, minutes: int = 0, county: str = HOME) -> ClaimRecorded:
    return ClaimRecorded(
        **about(event, receipt_id, minutes, county),
        hazard_id="h-1",
        number="JC-140502-2026-000001",
        outcome=ClaimOutcome.REGISTERED,
        linked_reference="AQ-1",
    )


def rejected(event: Event | None, receipt_id: str | None, minutes: int = 0) -> ClaimRejected:
    return ClaimRejected(
        **about(event, receipt_id, minutes),
        code="reference-already-confirmed",
        message="该编号的隐患已确认，不能再更正",
        field="$.reference",
        rule="once",
    )


def waiting(event: Event, receipt_id: str, minutes: int = 0) -> ClaimWaiting:
    return ClaimWaiting(**about(event, receipt_id, minutes), waiting_for="report")


async def feed(world: World, answers: Sequence[EventData], county: str = HOME, key: str | None = None) -> None:
    events = [
        new_event(answer, source="/duban/ledger", subject="h-1", key=key or secrets.token_hex(4), time=NOON)
        for answer in answers
    ]
    topic = feedback_topic(county, world.settings.topic_prefix)
    await chassis_testing.publish(world.settings.kafka_bootstrap, topic, events)


async def queued(world: World, event: Event) -> str:
    answer = await world.post(event)
    receipt_id: str = answer.json()["results"][0]["receipt_id"]
    return receipt_id
