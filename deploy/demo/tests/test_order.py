"""The audit's eye for order must see what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deploy.demo.audit.out_of_order import out_of_order
from duban_contracts.cloudevents import CloudEvent


def event(version: int | None, *, hazard: str = "h", event_id: str = "") -> CloudEvent:
    return CloudEvent(
        id=event_id or f"{hazard}-{version}",
        source="/duban/ledger",
        type="duban.hazard.registered.v1",
        data=b"{}",
        time=datetime(2026, 3, 2, tzinfo=UTC),
        subject=hazard,
        partitionkey=hazard,
        aggregateversion=version,
    )


def test_events_in_order_with_repetitions_and_heartbeats_are_fine() -> None:
    events = [event(1), event(None), event(1, hazard="g"), event(2), event(1), event(2), event(3)]
    assert out_of_order(events, {"h": 3, "g": 1}) == []


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([event(1), event(3), event(2)], id="reordered"),
        pytest.param([event(1), event(2)], id="lost at the end"),
        pytest.param([event(2), event(3)], id="lost at the beginning"),
        pytest.param([event(1), event(2), event(2, event_id="other"), event(3)], id="one version twice"),
        pytest.param([], id="nothing at all"),
    ],
)
def test_what_is_missing_doubled_or_reordered_is_named(events: list[CloudEvent]) -> None:
    assert out_of_order(events, {"h": 3})
