"""A letter as channels get it, and what they are opened with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from duban_contracts.events.types import Subject
from services.chassis.process.clock import SystemClock
from services.notifications.channels.model.channel import Content, Means, Parcel
from services.notifications.channels.model.destinations import DestinationPolicy

PARCEL = Parcel(
    delivery_id=UUID(int=7),
    attempt=1,
    endpoint="140502/fire_rescue",
    content=Content(
        letter_id=UUID(int=3),
        kind="urging",
        number="晋市安委办督〔2026〕12号",
        title="关于督促整改逾期事故隐患（JC-1）的函",
        body="正文\n第二行\n",
        about=Subject(kind="hazard", id="h-1", number="JC-1"),
        county="140502",
        unit="fire_rescue",
        due_on=date(2026, 3, 5),
        issued_at=datetime(2026, 3, 6, tzinfo=UTC),
    ),
)
HERE = DestinationPolicy(frozenset({"127.0.0.1", "localhost"}), loopback=True)


def means(policy: DestinationPolicy = HERE, addresses: Sequence[str] = ()) -> Means:
    return Means(
        wall=SystemClock().wall,
        steady=time.monotonic,
        issuer="晋城市安全生产委员会办公室",
        destinations=policy,
        addresses=addresses,
    )
