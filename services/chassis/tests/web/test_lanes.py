"""Lanes: what finds no seat is turned away at once, and no flood takes the seats of others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.web.lanes import LONGEST_RETRY, Lane, Seat

pytestmark = pytest.mark.pure

PARTIES = st.sampled_from([b"flood", b"another", b"third"])


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def lane(most: int, time: Time | None = None) -> Lane:
    return Lane("reads", most, now=time or Time())


def taken(by: bytes, of: Lane, most: int = 1000) -> list[Seat]:
    """Take seats until there is none for this party."""
    seats: list[Seat] = []
    while len(seats) < most and (seat := of.seat(by, 0)) is not None:
        seats.append(seat)
    return seats


def test_a_flood_leaves_a_seat_to_whoever_comes_with_little() -> None:
    of = lane(64)
    assert len(taken(b"flood", of)) == 32
    assert len(taken(b"second flood", of)) == 16
    assert len(taken(b"third flood", of)) == 8
    assert of.seat(b"a county", 0) is not None


@given(st.lists(st.tuples(PARTIES, st.integers(0, 400_000), st.booleans()), max_size=80), st.integers(1, 40))
def test_whatever_comes_no_more_than_the_seats_are_held_and_all_come_back(
    asked: list[tuple[bytes, int, bool]], most: int
) -> None:
    of, held = lane(most), list[Seat]()
    for party, size, leaves in asked:
        seat = of.seat(party, size)
        assert of._taken <= most
        if seat is not None:
            held.append(seat)
            seat.weigh(size)
            assert of._taken <= most
        if leaves and held:
            held.pop(0).give_back()
    for seat in held:
        seat.give_back()
        seat.give_back()
    assert of._taken == 0
    assert not of._held
    # However small the lane, it takes somebody when nobody is there; however large the body, it finds a place.
    assert of.seat(b"flood", 4 * 1024 * 1024) is not None


def test_a_large_body_takes_seats_as_its_bytes_come_and_none_for_what_it_only_announces() -> None:
    of = lane(64)
    assert of.seat(b"a", 1024) is not None
    seat = of.seat(b"a", 600 * 1024)
    assert seat is not None
    assert of._taken == 2
    assert [(seat.weigh(size), of._taken) for size in (10, 64 * 1024, 600 * 1024)] == [(True, 2), (True, 3), (True, 11)]
    seat.leave()
    assert of._taken == 1


def test_large_bodies_leave_the_last_seats_to_whoever_comes_with_little() -> None:
    of = lane(64)
    large = [of.seat(b"bogus %d" % each, 0) for each in range(6)]
    assert [seat is not None and seat.weigh(4 * 1024 * 1024) for seat in large] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert of.seat(b"a seventh", 4 * 1024 * 1024) is None
    assert of._taken <= 48
    assert of.seat(b"a county", 0) is not None


def test_a_seat_that_was_left_is_not_taken_again_by_what_ends_behind_its_request() -> None:
    of = lane(4)
    seat = of.seat(b"a", 0)
    assert seat is not None
    seat.give_back()
    seat.leave()
    seat.take()
    assert of._taken == 0


def test_who_is_turned_away_may_come_back_behind_those_before_at_the_pace_of_what_is_served() -> None:
    time = Time()
    of = lane(4, time)
    assert of.seat(b"a", 0) is not None
    of.turn_away()
    for _ in range(99):
        of.served()
    time.now += 1
    of.served()
    told = [of.turn_away() for _ in range(250)]
    assert (told[0], told[90], told[110], told[-1]) == (1, 1, 2, 3)
    assert [of.turn_away() for _ in range(10_000)][-1] == LONGEST_RETRY
    time.now += 60
    assert of.turn_away() == 1


def test_a_quiet_time_does_not_pass_for_a_slow_one() -> None:
    time = Time()
    of = lane(256, time)
    for _ in range(3):
        seat = of.seat(b"a", 0)
        assert seat is not None
        seat.leave()
        of.served()
        time.now += 60
    assert {of.turn_away() for _ in range(256)} == {1}
    seats = taken(b"a", of)
    of.turn_away()
    for seat in seats:
        of.served()
        seat.leave()
    time.now += 60
    of.served()
    assert of.turn_away() == 1
    assert [of.turn_away() for _ in range(256)][-1] == 2
