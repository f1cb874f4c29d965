"""Generated events: anything that a publisher may lawfully send."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

from duban_contracts.admissible.texts import fits_attribute
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.types import Channel, Grade
from duban_contracts.vocabulary import SECTORS

_PLAIN = st.characters(exclude_categories=["Cc", "Cs"])
texts = st.text(_PLAIN, min_size=1, max_size=40).filter(fits_attribute)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

reports: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "county": st.from_regex(r"\A[0-9]{6}\Z"),
        "reference": texts,
        "channel": st.sampled_from([channel.value for channel in Channel]),
        "sector": st.sampled_from([term.code for term in SECTORS]),
        "enterprise": st.fixed_dictionaries({"name": texts}, optional={"uscc": st.none()}),
        "place": texts,
        "description": texts,
        "found_on": st.dates().map(lambda day: day.isoformat()),
    },
    optional={
        "suggested_grade": st.none() | st.sampled_from([grade.value for grade in Grade]),
        "township": st.none() | texts,
    },
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
events = st.builds(
    CloudEvent,
    id=texts,
    source=texts,
    type=st.sampled_from(["duban.hazard.reported.v1", "duban.hazard.rectified.v1"]) | texts,
    data=json_values.map(msgspec.json.encode),
    time=st.none() | instants,
    subject=st.none() | texts,
    dataschema=st.none() | texts,
    partitionkey=st.none() | texts,
    aggregateversion=st.none() | st.integers(1, 2**31 - 1),
    correlationid=st.none() | texts,
    causationid=st.none() | texts,
    traceparent=st.none() | texts,
)
