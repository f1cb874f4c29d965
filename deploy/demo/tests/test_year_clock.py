from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.demo.year.clock import SteppedClock, Steps

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(tmp_path / "steps", BEGIN)


def test_every_clock_on_the_steps_reads_the_last_one_also_when_it_is_made_later(steps: Steps) -> None:
    early = SteppedClock(steps.file)
    assert early.now() == BEGIN
    steps.move(BEGIN + HOUR)
    assert early.now() == SteppedClock(steps.file).now() == BEGIN + HOUR


def test_a_clock_never_goes_back(steps: Steps) -> None:
    steps.move(BEGIN + HOUR)
    with pytest.raises(ValueError, match="never goes back"):
        steps.move(BEGIN)


def test_a_wall_instant_reads_what_the_clock_read_then(steps: Steps) -> None:
    clock = SteppedClock(steps.file)
    before = clock.wall()
    steps.move(BEGIN + HOUR)
    assert clock.at(before) == BEGIN
    assert clock.at(before - HOUR) == BEGIN
    assert clock.at(clock.wall()) == BEGIN + HOUR


def test_an_instant_was_reached_with_the_first_step_that_reads_it_or_a_later_one(steps: Steps) -> None:
    clock = SteppedClock(steps.file)
    before = clock.wall()
    steps.move(BEGIN + 2 * HOUR)
    after = clock.wall()
    assert before <= clock.wall_at(BEGIN + HOUR) <= after
    assert clock.wall_at(BEGIN + 3 * HOUR) >= after


def test_a_step_that_is_half_written_is_not_read(steps: Steps) -> None:
    clock = SteppedClock(steps.file)
    half = f"{datetime.now(UTC).isoformat()} 2024-01-01T0"
    with steps.file.open("a") as file:
        file.write(half)
    assert clock.now() == BEGIN
    with steps.file.open("a") as file:
        file.write("5:00:00+00:00\n")
    assert clock.now() == BEGIN + 5 * HOUR
