"""When this host's clock is believed: a reading by a wrong one would move a fence that never goes back (promise P3)."""

from __future__ import annotations

import pytest

from services.chassis.consuming.host_clock import BrokersAhead, HostClock

pytestmark = pytest.mark.promise("P3")


class Host:
    """A host whose wall clock may be set."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_000_000.0, 50.0
        self.clock = HostClock(wall=lambda: self.wall, steady=lambda: self.steady)

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def measures(self, ahead: float = 0.0) -> BrokersAhead:
        return BrokersAhead(ahead, self.wall)


def test_a_clock_that_was_set_is_believed_again_once_it_was_measured_since() -> None:
    for step in (7200.0, -7200.0, 3.0):
        host = Host()
        good = host.measures()
        host.passes(1)
        assert host.clock.is_believed(good)
        host.wall += step
        host.passes(0.4)
        assert not host.clock.is_believed(good), "measured before it was set"
        host.passes(1)
        assert not host.clock.is_believed(host.measures(-step))
        host.passes(1)
        assert not host.clock.is_believed(good)
        host.passes(1)
        assert host.clock.is_believed(host.measures())
        host.passes(3600)
        assert host.clock.is_believed(None)


def test_clocks_that_are_apart_hold_until_a_measurement_says_otherwise_however_old_it_is() -> None:
    host = Host()
    apart = host.measures(1.2)
    assert not host.clock.is_believed(apart)
    host.passes(86400)
    assert not host.clock.is_believed(apart)
    assert host.clock.is_believed(host.measures(-0.9))


@pytest.mark.parametrize("wrong", [7200, -7200])
def test_a_process_that_begins_on_a_host_of_another_time_waits_for_a_measurement(wrong: float) -> None:
    host = Host()
    last = BrokersAhead(0.0, host.wall - wrong)
    host.passes(1)
    assert not host.clock.is_believed(last)
    host.passes(1)
    assert not host.clock.is_believed(host.measures(-wrong))
    assert host.clock.is_believed(host.measures())


def test_a_process_that_begins_where_another_just_measured_waits_for_nothing() -> None:
    host = Host()
    last = host.measures()
    host.passes(3)
    assert host.clock.is_believed(last)
    assert Host().clock.is_believed(None)


def test_who_is_slewed_or_late_was_not_set() -> None:
    host = Host()
    for _ in range(1000):
        host.passes(7)
        host.wall += 0.4
        assert host.clock.is_believed(None)
