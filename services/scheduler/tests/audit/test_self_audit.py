from __future__ import annotations

from datetime import timedelta

import pytest

from duban_contracts.events.hazards import HazardClosed
from duban_contracts.events.types import Grade, HazardState, PlannedLookBack
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.listings import listed
from duban_contracts.testing.stories import confirmed
from services.scheduler.tests.bench import Bench, metric
from services.scheduler.tests.followups.told import accident


async def test_the_metrics_show_what_was_raised_and_what_waits(bench: Bench) -> None:
    before = metric("duban_supervision_raised_total", {"about": "hazard", "kind": "overdue"})
    await bench.learn(confirmed().records())
    bench.clock.set(local(4, 1))
    await bench.tick()  # the ledger is silent: the alarm waits and the metric stands still
    assert metric("duban_supervision_oldest_unraised_timestamp_seconds", {"about": "hazard"}) == local(4).timestamp()
    await bench.at(local(4, 1))
    assert metric("duban_supervision_oldest_unraised_timestamp_seconds", {"about": "hazard"}) == local(4, 1).timestamp()
    assert metric("duban_supervision_raised_total", {"about": "hazard", "kind": "overdue"}) == before + 1


def missed(reason: str) -> float:
    return metric("duban_supervision_missed", {"reason": reason})


async def test_the_audit_finds_a_deadline_that_passed_without_its_event(bench: Bench) -> None:
    await bench.learn(confirmed().records())
    bench.clock.set(local(4) + timedelta(seconds=31))
    await bench.hear(local(3))
    audit = await bench.audit()
    assert [(f.hazard_id, f.reason) for f in audit.missed] == [("hz-1", "ledger_behind")]
    # What the ledger does not know yet is held back rightly; it is told apart from what should have been raised.
    assert (missed("ledger_behind"), missed("not_raised")) == (1, 0)
    await bench.hear(local(4, 1))
    assert [f.reason for f in (await bench.audit()).missed] == ["not_raised"]
    assert (missed("ledger_behind"), missed("not_raised")) == (0, 1)
    await bench.tick()
    assert (await bench.audit()).missed_total == 0
    assert (missed("ledger_behind"), missed("not_raised")) == (0, 0)


async def test_the_audit_finds_a_listing_whose_time_passed_without_its_event(bench: Bench) -> None:
    await bench.learn(listed(confirmed(grade=Grade.MAJOR, deadline_on=june(20)), local(2), june(3)).records())
    bench.clock.set(local(4) + timedelta(seconds=31))
    await bench.hear(local(4, 1))
    assert [(f.hazard_id, f.reason) for f in (await bench.audit()).missed] == [("hz-1", "not_raised")]
    await bench.tick()
    assert (await bench.audit()).missed_total == 0


@pytest.mark.feature("SY43")
async def test_the_audit_finds_what_was_owed_after_an_accident_or_a_closing_and_passed_without_its_event(
    bench: Bench,
) -> None:
    look_back = PlannedLookBack(closure=1, due_on=june(3))
    closed = confirmed(grade=Grade.MAJOR).happened(
        HazardClosed, local(2, 1), {"state": HazardState.CLOSED}, review="合格", look_back=look_back
    )
    await bench.learn(closed.records())
    await bench.learn(accident(county="140521").measure(local(1), june(3)).closed(local(2), june(3)).records())
    bench.clock.set(local(4) + timedelta(seconds=31))
    await bench.hear(local(4, 1))
    audit = await bench.audit()
    assert sorted((f.hazard_id, f.number, f.county, f.reason) for f in audit.missed) == [
        ("a-1", "SG-140502-2026-001", "140521", "not_raised"),
        ("a-1", "SG-140502-2026-001/1", "140521", "not_raised"),
        ("hz-1", closed.facts.number, closed.facts.county, "not_raised"),
    ]
    assert missed("not_raised") == audit.missed_total == 3
    await bench.tick()
    assert (await bench.audit()).missed_total == 0


async def test_the_audit_finds_clocks_that_disagree_with_their_alarms(bench: Bench) -> None:
    stories = {name: confirmed(name) for name in ("gone", "held", "moved", "paused", "accused", "sound")}
    stories |= {name: stories[name].submitted(local(2)) for name in ("paused", "accused")}
    await bench.learn([record for story in stories.values() for record in story.records()])
    assert (await bench.audit()).comparison.findings == ()  # type: ignore[union-attr]
    async with bench.database.transaction() as connection:
        for statement in (
            "DELETE FROM alarm WHERE subject_id = 'gone'",
            "UPDATE alarm SET state = 'held' WHERE subject_id = 'held'",
            "UPDATE alarm SET due_at = due_at + interval '1 day' WHERE subject_id = 'moved'",
            "UPDATE alarm SET state = 'armed' WHERE subject_id = 'paused'",
            "UPDATE alarm SET state = 'raised', raised_at = due_at WHERE subject_id = 'accused'",
        ):
            await connection.execute(statement)
    comparison = (await bench.audit()).comparison
    assert comparison is not None
    assert comparison.clocks_checked == 6
    assert {f.hazard_id: f.reason for f in comparison.findings} == {
        "gone": "alarm_missing",
        "held": "not_armed",
        "moved": "due_differs",
        "paused": "armed_though_paused",
        "accused": "raised_in_error",
    }
