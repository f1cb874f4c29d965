"""Who may release a look-up, who may read it, and until when: on values (SY34, P8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from duban_contracts.refusals import Refusal
from services.ledger.tests.telling import NOON
from services.ledger.vault.model.lookups import READABLE_FOR, About, Lookup, Reason, may_read, may_release

pytestmark = [pytest.mark.feature("SY34"), pytest.mark.promise("P8")]


def lookup(**fields: Any) -> Lookup:
    about = About(subject_id="t-1", number="JB-1", county="140502", township=None, sector="fire_safety")
    said: dict[str, Any] = {"needs_release": True, "asked_by": "officer-1", "asked_at": NOON, **fields}
    return Lookup(lookup_id="l-1", about=about, reason=Reason.REWARD, note="核对", **said)


RELEASED = lookup(released_by="officer-2", released_at=NOON + timedelta(hours=1))
FREE = lookup(needs_release=False)


def code(said: Refusal | None) -> str | None:
    return None if said is None else said.code


def test_another_officer_releases_once_and_only_what_needs_it() -> None:
    assert code(may_release(lookup(), "officer-2")) is None
    assert code(may_release(lookup(), "officer-1")) == "lookup-own-release"
    assert code(may_release(RELEASED, "officer-3")) == "lookup-needs-no-release"
    assert code(may_release(FREE, "officer-2")) == "lookup-needs-no-release"


def test_whoever_asked_reads_once_it_is_released_within_a_day() -> None:
    assert code(may_read(lookup(), "officer-1", NOON)) == "lookup-not-released"
    assert code(may_read(RELEASED, "officer-2", NOON)) == "lookup-of-another"
    for each, begins in ((RELEASED, NOON + timedelta(hours=1)), (FREE, NOON)):
        assert each.readable_until == begins + READABLE_FOR
        assert code(may_read(each, "officer-1", begins + timedelta(hours=24))) is None
        assert code(may_read(each, "officer-1", begins + timedelta(hours=24, seconds=1))) == "lookup-expired"
    assert lookup().readable_until is None
