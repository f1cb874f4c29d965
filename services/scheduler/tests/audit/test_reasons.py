"""Why a deadline that passed may have no event."""

from __future__ import annotations

import pytest

from duban_contracts.testing.calendar import local
from duban_contracts.testing.stories import confirmed, registered
from services.scheduler.audit.model import Audit, ClockDiscrepancy, Comparison, Reason, Unapplied, explained, unreckoned

MISSED = ClockDiscrepancy("hz-1", "JC-hz-1", "140502", 1, local(4), Reason.NOT_RAISED)


@pytest.mark.parametrize(
    ("through", "in_doubt", "reason"),
    [
        (None, {"hz-1"}, Reason.LEDGER_BEHIND),
        (local(3), set(), Reason.LEDGER_BEHIND),
        (local(4), {"hz-1"}, Reason.LEDGER_BEHIND),  # what came at that very instant may still be on its way
        (local(4, 0, 1), {"hz-1"}, Reason.HISTORY_INCOMPLETE),
        (local(4, 0, 1), {"hz-2"}, Reason.NOT_RAISED),
    ],
)
def test_a_missed_deadline_is_explained(through: object, in_doubt: set[str], reason: Reason) -> None:
    assert explained(MISSED, through, in_doubt).reason is reason  # type: ignore[arg-type]


def test_an_audit_is_sound_when_nothing_is_missed_and_nothing_contradicts() -> None:
    clean = Comparison(local(4), 1, ())
    assert Audit(local(5), None, 0, (), 0, None).sound
    assert Audit(local(5), None, 0, (), 3, clean).sound
    assert not Audit(local(5), None, 1, (MISSED,), 0, clean).sound
    assert not Audit(local(5), None, 0, (), 0, Comparison(local(4), 1, (MISSED,))).sound
    assert not Audit(local(5), None, 0, (), 0, clean, (MISSED,)).sound


def test_a_confirmed_hazard_without_clock_is_a_finding_and_an_unconfirmed_one_is_none() -> None:
    facts, early = confirmed("hz-1").facts, registered("hz-2").facts
    found = unreckoned([Unapplied("hz-2", early), Unapplied("hz-1", facts)], {})
    assert found == [ClockDiscrepancy("hz-1", facts.number, facts.county, 0, None, Reason.CLOCK_MISSING)]


def test_what_cant_be_read_may_be_a_confirmation() -> None:
    facts = confirmed("hz-1").facts
    assert unreckoned([Unapplied("hz-1", None)], {}) == [
        ClockDiscrepancy("hz-1", "", "", 0, None, Reason.CLOCK_MISSING)
    ]
    for events in ([None, facts], [facts, None]):
        [finding] = unreckoned([Unapplied("hz-1", each) for each in events], {})
        assert finding.number == facts.number


def test_a_clock_that_lacks_an_event_is_a_finding_once() -> None:
    [finding] = unreckoned([Unapplied("hz-1", None), Unapplied("hz-1", confirmed().facts)], {"hz-1": MISSED})
    assert finding == ClockDiscrepancy("hz-1", "JC-hz-1", "140502", 1, local(4), Reason.CLOCK_BEHIND)
