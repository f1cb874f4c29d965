"""Ids of events: of version 7, and all different."""

from __future__ import annotations

from uuid import UUID

from services.chassis.publishing.envelopes import uuid7, uuid7_text


def test_ids_of_a_burst_are_all_different_and_of_version_7() -> None:
    made = [UUID(uuid7_text()) for _ in range(5000)] + [uuid7()]
    assert len(set(made)) == len(made)
    assert {(each.version, each.int >> 62 & 0x3) for each in made} == {(7, 0x2)}
