"""How long a server that refused us is left alone: the rule."""

from __future__ import annotations

from contextlib import suppress

import pytest

from services.notifications.channels.model.answers import Answer, Away, Verdict
from services.notifications.channels.model.pauses import NotAsked, Pause

NO = Answer(Verdict.TRANSIENT, "535 5.7.8", away=Away.UNSERVED)


class Seconds:
    """Monotonic seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_pause_is_twice_the_one_before_up_to_ten_minutes_and_begins_anew_after_a_log_in() -> None:
    steady = Seconds()
    pause, lasted = Pause(steady), []
    for _ in range(8):
        began = steady.now
        pause.begin(NO)
        while pause.lasts():
            steady.now += 1
        lasted.append(steady.now - began)
    assert lasted == [10, 20, 40, 80, 160, 320, 600, 600]
    pause.end()
    assert not pause.refused_before
    pause.begin(NO)
    steady.now += 10
    assert not pause.lasts()


def test_what_is_refused_at_once_is_one_question() -> None:
    steady = Seconds()
    pause = Pause(steady)
    for _ in range(8):
        pause.begin(NO)
    steady.now += 10
    assert not pause.lasts()
    assert pause.refused_before


def test_whoever_asks_in_the_pause_is_told_how_the_one_before_was_refused() -> None:
    steady = Seconds()
    pause = Pause(steady)
    with pause.asking():
        pause.begin(NO)
    with pytest.raises(NotAsked, match="535") as refused, pause.asking():
        pass
    assert refused.value.before == NO
    steady.now += 10
    with pause.asking():
        assert pause.rests()


def test_behind_the_pause_one_asks_for_all_and_whoever_fails_otherwise_leaves_the_turn_to_the_next() -> None:
    steady = Seconds()
    pause = Pause(steady)
    with pause.asking(), pause.asking():
        pause.begin(NO)
    steady.now += 10
    with suppress(ConnectionError), pause.asking():
        with pytest.raises(NotAsked), pause.asking():
            pass
        raise ConnectionError
    with pause.asking():
        pause.end()
    with pause.asking(), pause.asking():
        assert not pause.rests()
