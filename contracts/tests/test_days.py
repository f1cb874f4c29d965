from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.days import Zone, chinese_date

SHANGHAI = Zone("Asia/Shanghai")
zones = st.sampled_from([SHANGHAI, Zone("Asia/Urumqi"), Zone("UTC")])
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
instants = st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_a_day_in_shanghai_begins_eight_hours_before_utcs() -> None:
    assert SHANGHAI.day_of(datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC)) == date(2026, 3, 4)
    assert SHANGHAI.day_of(datetime(2026, 3, 4, 16, tzinfo=UTC)) == date(2026, 3, 5)
    assert SHANGHAI.end_of_day(date(2026, 3, 4)) == datetime(2026, 3, 4, 16, tzinfo=UTC)
    assert SHANGHAI.at(date(2026, 3, 4), time(9)) == datetime(2026, 3, 4, 1, tzinfo=UTC)


@given(zones, instants)
def test_an_instant_lies_between_the_ends_of_its_day(zone: Zone, instant: datetime) -> None:
    day = zone.day_of(instant)
    assert zone.start_of_day(day) <= instant < zone.end_of_day(day)
    assert zone.today(instant) == day
    assert zone.local(instant) == instant
    assert zone.local(instant).date() == day


@given(zones, days)
def test_a_day_ends_where_the_next_begins(zone: Zone, day: date) -> None:
    assert zone.end_of_day(day) == zone.start_of_day(day + timedelta(days=1))
    assert zone.day_of(zone.end_of_day(day) - timedelta(microseconds=1)) == day


def test_an_instant_that_is_given_back_is_utc_but_for_printing() -> None:
    noon = SHANGHAI.at(date(2026, 3, 4), time(12))
    assert noon.utcoffset() == timedelta(0)
    assert noon.tzinfo is UTC
    assert SHANGHAI.local(noon).utcoffset() == timedelta(hours=8)
    assert SHANGHAI.info.key == "Asia/Shanghai"


def test_a_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        Zone("Asia/Nowhere")


def test_a_date_stands_in_a_document_without_leading_zeros() -> None:
    assert chinese_date(date(2026, 3, 5)) == "2026年3月5日"
