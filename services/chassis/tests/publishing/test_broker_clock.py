"""The brokers' clocks: what a stamp between our sending and its answer says of them."""

from __future__ import annotations

import math

import pytest
from prometheus_client import REGISTRY

from services.chassis.publishing.broker_clock import BrokerClock

pytestmark = pytest.mark.promise("P3")


@pytest.mark.parametrize(("stamp", "offset"), [(1000.05, 0.0), (880.05, -120.0), (1120.05, 120.0)])
def test_a_stamp_tells_how_far_the_brokers_clock_is_from_ours(stamp: float, offset: float) -> None:
    clock = BrokerClock()
    clock.note(1000.0, 1000.1, [stamp])
    assert clock.last is not None
    assert clock.last.offset == pytest.approx(offset, abs=0.001)
    assert REGISTRY.get_sample_value("duban_broker_clock_offset_seconds") == pytest.approx(offset, abs=0.001)


def test_of_several_brokers_the_one_farthest_off_is_told() -> None:
    clock = BrokerClock()
    clock.note(1000.0, 1000.0, [1000.1, 997.0, 1001.0])
    assert clock.last is not None
    assert clock.last.offset == -3.0


def test_who_published_nothing_for_a_minute_says_nothing_of_the_brokers_clock() -> None:
    now = 50.0
    clock = BrokerClock(steady=lambda: now)
    clock.note(1000.0, 1000.0, [1120.0])
    assert REGISTRY.get_sample_value("duban_broker_clock_offset_seconds") == 120.0
    now += 61
    assert math.isnan(REGISTRY.get_sample_value("duban_broker_clock_offset_seconds") or 0.0)
    clock.note(1061.0, 1061.0, [1061.0])
    assert REGISTRY.get_sample_value("duban_broker_clock_offset_seconds") == 0.0


def test_what_took_long_or_was_not_stamped_by_a_broker_tells_nothing() -> None:
    clock = BrokerClock()
    clock.note(1000.0, 1009.0, [1000.1])
    clock.note(1000.0, 1000.1, [])
    assert clock.last is None
