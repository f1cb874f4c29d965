"""A month by its name, and the counts of all groups: on values."""

from __future__ import annotations

from datetime import date

import pytest

from services.ledger.groups.model import FindingCount, Month, whole


def test_a_month_is_from_its_first_to_its_last_day() -> None:
    assert Month.parse("2024-02") == Month(date(2024, 2, 1), date(2024, 2, 29))
    assert Month.parse("2026-12") == Month(date(2026, 12, 1), date(2026, 12, 31))
    for text in ("2026-13", "2026", "二月"):
        with pytest.raises(ValueError, match=r"isoformat|month|Invalid"):
            Month.parse(text)


def test_every_group_stands_on_the_list_and_what_is_nobodys_at_its_end() -> None:
    counted = [FindingCount(group=None, found=3, open=1), FindingCount(group="G2", found=5, open=2)]
    assert whole(counted, ["G1", "G2"]) == [FindingCount(group="G1", found=0, open=0), counted[1], counted[0]]
    assert whole([], ["G1"]) == [FindingCount(group="G1", found=0, open=0), FindingCount(group=None, found=0, open=0)]
