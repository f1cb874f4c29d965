from __future__ import annotations

from datetime import datetime, timedelta

from deploy.demo.api import Json
from deploy.demo.audit.reckoning import passed_unsubmitted
from services.chassis.process.clock import ZONE

MONDAY = datetime(2026, 3, 2, 9, tzinfo=ZONE)


def record(version: int, verb: str, at: datetime, **payload: str) -> Json:
    document = {"occurred_at": at.isoformat(), **payload}
    return {"hazard_id": "h1", "version": version, "type": f"duban.hazard.{verb}.v1", "payload": document}


def history(*steps: Json, end: datetime = MONDAY + timedelta(days=30)) -> list[Json]:
    """The steps, and another hazard's event long after them, so that time has gone on."""
    later = {**record(1, "registered", end), "hazard_id": "h2"}
    return [record(1, "registered", MONDAY), record(2, "confirmed", MONDAY, deadline_on="2026-03-04"), *steps, later]


def submitted(version: int, at: datetime) -> Json:
    return record(version, "submitted", at + timedelta(hours=5), submitted_at=at.isoformat())


def test_a_deadline_includes_its_own_day_to_the_last_second() -> None:
    last = datetime(2026, 3, 4, 23, 59, 59, tzinfo=ZONE)
    assert passed_unsubmitted(history(submitted(3, last))) == set()
    assert passed_unsubmitted(history(submitted(3, last + timedelta(seconds=2)))) == {"h1"}


def test_what_is_never_submitted_is_overdue_once_its_day_is_over_and_not_before() -> None:
    assert passed_unsubmitted(history()) == {"h1"}
    assert passed_unsubmitted(history(end=datetime(2026, 3, 4, 23, tzinfo=ZONE))) == set()


def test_a_return_gives_back_what_was_left_rounded_up_to_the_end_of_a_day() -> None:
    at = datetime(2026, 3, 3, 12, tzinfo=ZONE)
    returned = record(4, "returned", datetime(2026, 3, 10, 9, tzinfo=ZONE))
    # One and a half days were left: until the 11th at 21:00, so to the end of the 11th.
    in_time = submitted(5, datetime(2026, 3, 11, 23, tzinfo=ZONE))
    late = submitted(5, datetime(2026, 3, 12, 1, tzinfo=ZONE))
    assert passed_unsubmitted(history(submitted(3, at), returned, in_time)) == set()
    assert passed_unsubmitted(history(submitted(3, at), returned, late)) == {"h1"}


def test_what_is_closed_or_rejected_is_never_overdue() -> None:
    for verb in ("closed", "rejected"):
        assert passed_unsubmitted(history(record(3, verb, MONDAY + timedelta(days=1)))) == set()


def test_an_extension_and_a_reopening_give_a_new_deadline() -> None:
    extended = record(3, "extended", MONDAY + timedelta(days=1), deadline_on="2026-03-20")
    inside = datetime(2026, 3, 20, 23, tzinfo=ZONE)
    assert passed_unsubmitted(history(extended, submitted(4, inside))) == set()
    assert passed_unsubmitted(history(extended, submitted(4, inside + timedelta(hours=2)))) == {"h1"}
    too_late = record(3, "extended", datetime(2026, 3, 6, tzinfo=ZONE), deadline_on="2026-03-20")
    assert passed_unsubmitted(history(too_late, submitted(4, inside))) == {"h1"}
    closed = [submitted(3, MONDAY), record(4, "closed", MONDAY + timedelta(days=1))]
    reopened = record(5, "reopened", MONDAY + timedelta(days=9), deadline_on="2026-03-13")
    assert passed_unsubmitted(history(*closed)) == set()
    assert passed_unsubmitted(history(*closed, reopened)) == {"h1"}


def test_a_return_with_nothing_left_gives_the_day_of_the_return() -> None:
    midnight = datetime(2026, 3, 5, tzinfo=ZONE)
    returned = record(4, "returned", datetime(2026, 3, 10, 9, tzinfo=ZONE))
    last = datetime(2026, 3, 10, 23, tzinfo=ZONE)
    assert passed_unsubmitted(history(submitted(3, midnight), returned, submitted(5, last))) == set()
    assert passed_unsubmitted(history(submitted(3, midnight), returned, submitted(5, last + timedelta(hours=2)))) == {
        "h1"
    }


def test_a_deadline_that_was_set_right_never_passed_and_the_right_one_counts() -> None:
    late = datetime(2026, 3, 6, tzinfo=ZONE)
    later = record(3, "deadline_corrected", late, deadline_on="2026-03-20")
    assert passed_unsubmitted(history(later, submitted(4, datetime(2026, 3, 20, 23, tzinfo=ZONE)))) == set()
    assert passed_unsubmitted(history(later, submitted(4, datetime(2026, 3, 21, 1, tzinfo=ZONE)))) == {"h1"}
    earlier = record(3, "deadline_corrected", MONDAY, deadline_on="2026-03-03")
    assert passed_unsubmitted(history(earlier, submitted(4, datetime(2026, 3, 4, 1, tzinfo=ZONE)))) == {"h1"}
    missed = record(3, "extended", late, deadline_on="2026-03-08")
    again = record(4, "deadline_corrected", late, deadline_on="2026-03-20")
    assert passed_unsubmitted(history(missed, again, submitted(5, datetime(2026, 3, 9, tzinfo=ZONE)))) == {"h1"}
