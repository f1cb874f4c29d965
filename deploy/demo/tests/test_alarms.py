"""Which alarms the audit asks for, and which it calls false."""

from __future__ import annotations

import pytest

from deploy.demo.audit.alarms import to_be_raised

pytestmark = pytest.mark.pure


def test_a_deadline_that_was_excused_is_asked_for_no_alarm() -> None:
    assert to_be_raised({"a", "b"}, alarmed={"b"}, excused={"a"}) == {"b"}


def test_an_alarm_of_a_hazard_that_was_excused_before_and_missed_its_next_deadline_is_not_false() -> None:
    assert to_be_raised({"a"}, alarmed={"a"}, excused={"a"}) == {"a"}


def test_an_alarm_without_a_deadline_that_passed_is_false_whatever_was_excused() -> None:
    assert {"a"} - to_be_raised(set(), alarmed={"a"}, excused={"a"}) == {"a"}
