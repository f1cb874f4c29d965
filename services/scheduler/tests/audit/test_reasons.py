"""Why a deadline that passed may have no event."""

from __future__ import annotations

import pytest

from duban_contracts.testing.calendar import local
from services.scheduler.audit.model import Audit, Comparison, Finding, Reason, explained

MISSED = Finding("hz-1", "JC-hz-1", "140502", 1, local(4), Reason.NOT_RAISED)


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
