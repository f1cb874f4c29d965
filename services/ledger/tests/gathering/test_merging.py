"""One hazard of three reports: merged by people, counted once, every source kept and answered. On PostgreSQL, by HTTP."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from duban_contracts.codec import decode
from duban_contracts.events.feedback import ClaimRecorded, ClaimRejected
from duban_contracts.events.gathering import HazardMerged, HazardSourceAnswered
from duban_contracts.events.types import Channel, Enterprise
from duban_contracts.testing.calendar import june
from duban_contracts.testing.claims import plan, rectification, report
from duban_contracts.topics import feedback_topic
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import FOREIGN

pytestmark = pytest.mark.feature("SY26")
Json = dict[str, Any]


async def merge(ledger: InProcess, hazard: Json, into: Json, who: str = "county", **headers: str) -> httpx.Response:
    body = {"into": into["number"], "reason": "同一处隐患"}
    return await ledger.post(hazard["number"], "merge", body, who, **headers)


async def unmerge(ledger: InProcess, hazard: Json, who: str = "county") -> httpx.Response:
    return await ledger.post(hazard["number"], "unmerge", {"reason": "经核对不是同一处"}, who)


async def merged(ledger: InProcess, hazard: Json, into: Json, who: str = "county") -> Json:
    answer = await merge(ledger, hazard, into, who)
    assert answer.status_code == 200, answer.text
    said: Json = answer.json()
    return said


async def shown(ledger: InProcess, hazard: Json) -> Json:
    found: Json = (await ledger.get(f"/v1/hazards/{hazard['number']}")).json()
    return found


async def told(ledger: InProcess, hazard: Json) -> list[Any]:
    """What the county of a hazard was sent under its reference, in order."""
    events = await ledger.said(feedback_topic(hazard["county"]))
    return [decode(event) for event in events if event.partitionkey == hazard["reference"]]


async def titles(ledger: InProcess, hazard: Json) -> list[str]:
    history = (await ledger.get(f"/v1/hazards/{hazard['number']}/history")).json()["items"]
    return [item["title"] for item in history]


async def of_all_channels(ledger: InProcess, firm: str) -> list[Json]:
    """The same fault as the enterprise, an inspection and a tip reported it."""
    enterprise = Enterprise(name=firm)
    return [await ledger.registered(channel=channel, enterprise=enterprise) for channel in Channel]


async def test_reports_of_all_three_channels_are_one_hazard_counted_once_with_three_sources(ledger: InProcess) -> None:
    survivor, *others = await of_all_channels(ledger, "三渠道示例厂（虚构）")
    before = (await ledger.get("/v1/hazards/count", sector="hazchem")).json()["total"]
    for other in others:
        assert (await merged(ledger, other, survivor))["merged_into"] == survivor["hazard_id"]
    assert (await ledger.get("/v1/hazards/count", sector="hazchem")).json()["total"] == before - 2
    listed = (await ledger.get("/v1/hazards", sector="hazchem", limit=1000)).json()["items"]
    assert len(listed) == before - 2
    assert (await shown(ledger, survivor))["source_count"] == 2
    sources = (await ledger.get(f"/v1/hazards/{survivor['number']}/sources", "county")).json()["items"]
    assert [(one["channel"], one["survives"]) for one in sources] == [
        ("self_report", True),
        ("inspection", False),
        ("verified_tip", False),
    ]
    assert {one["reference"] for one in sources} == {one["reference"] for one in (survivor, *others)}
    # What is looked for by its state or its number is still found.
    for other in others:
        [found] = (await ledger.get("/v1/hazards", reference=other["reference"])).json()["items"]
        assert (found["state"], found["merged_into_number"]) == ("duplicate", survivor["number"])
    twins = (await ledger.get("/v1/hazards", state="duplicate", limit=1000)).json()["items"]
    assert {other["number"] for other in others} <= {one["number"] for one in twins}


async def test_every_source_hears_of_it_and_of_what_becomes_of_the_hazard(ledger: InProcess) -> None:
    survivor, tip, _ = await of_all_channels(ledger, "答复示例厂（虚构）")
    await merged(ledger, tip, survivor)
    await ledger.confirm(survivor)
    await ledger.submit(survivor)
    await ledger.post(survivor["number"], "close", {"review": "现场复查合格"}, "city-2")
    heard = [data for data in await told(ledger, tip) if not isinstance(data, ClaimRecorded)]
    joined, answered = heard
    assert isinstance(joined, HazardMerged)
    assert joined.survivor.number == survivor["number"]
    assert isinstance(answered, HazardSourceAnswered)
    assert (answered.survivor.number, answered.survivor_state) == (survivor["number"], "closed")
    assert await titles(ledger, tip) == ["入账", "归并", "答复来源"]
    assert await titles(ledger, survivor) == ["入账", "并入来源", "确认", "整改完成待审", "销号"]


async def test_taken_out_again_both_are_what_they_were_and_keep_their_histories(ledger: InProcess) -> None:
    survivor, other = await ledger.confirmed(), await ledger.confirmed()
    await merged(ledger, other, survivor)
    answer = await unmerge(ledger, other)
    assert answer.status_code == 200
    assert answer.json() == {**other, "version": other["version"] + 2}
    assert await shown(ledger, survivor) == {**survivor, "version": survivor["version"] + 2}
    assert await titles(ledger, other) == ["入账", "确认", "归并", "拆分"]
    assert await titles(ledger, survivor) == ["入账", "确认", "并入来源", "拆出来源"]


async def test_what_is_named_may_be_merged_itself_and_there_are_no_chains(ledger: InProcess) -> None:
    survivor, first, second = [await ledger.registered() for _ in range(3)]
    await merged(ledger, first, survivor)
    assert (await merged(ledger, second, first))["merged_into"] == survivor["hazard_id"]
    assert (await shown(ledger, first))["source_count"] == 0
    assert (await shown(ledger, survivor))["source_count"] == 2


async def test_what_is_refused_says_why_and_changes_nothing(ledger: InProcess) -> None:
    survivor, other = await ledger.confirmed(), await ledger.confirmed()
    fresh, source = await ledger.registered(), await ledger.registered()
    await merged(ledger, source, survivor)
    refusals = {
        "merge-with-itself": await merge(ledger, other, other),
        "merge-has-sources": await merge(ledger, survivor, other),
        "survivor-is-milder": await merge(ledger, other, fresh),
        "already-merged": await merge(ledger, source, other),
        "state-conflict": await unmerge(ledger, other),
        "role-not-allowed": await merge(ledger, other, survivor, "office"),
        "version-mismatch": await merge(ledger, other, survivor, **{"If-Match": '"1"'}),
        "hazard-not-found": await merge(ledger, other, {"number": "140502-2026-999999"}),
    }
    assert {code: answer.json()["code"] for code, answer in refusals.items()} == {code: code for code in refusals}
    assert refusals["survivor-is-milder"].json()["detail"] == f"{fresh['number']} 不能代替本条：该条尚未确认"
    for hazard in (survivor, other, fresh):
        assert (await shown(ledger, hazard))["merged_into"] is None


async def test_only_the_city_merges_across_counties_and_takes_out_again(ledger: InProcess) -> None:
    mine, theirs = await ledger.registered(), await ledger.registered(county=FOREIGN)
    assert (await merge(ledger, mine, theirs)).json()["field"] == "into"
    await merged(ledger, mine, theirs, "city")
    # The county knows its own report and that it was merged; the other county's hazard stays the other county's.
    assert (await unmerge(ledger, mine)).json()["code"] == "merge-beyond-scope"
    assert [
        one["number"]
        for one in (await ledger.get(f"/v1/hazards/{theirs['number']}/sources", "foreign")).json()["items"]
    ] == [theirs["number"]]
    assert (await unmerge(ledger, mine, "city")).status_code == 200


async def test_what_comes_under_a_merged_reference_goes_to_the_hazard_that_goes_on(ledger: InProcess) -> None:
    survivor, other = await ledger.confirmed(), await ledger.confirmed()
    await merged(ledger, other, survivor)
    await ledger.take(rectification(other["reference"], completed_on=june(1)))
    assert (await shown(ledger, survivor))["state"] == "in_review"
    assert (await shown(ledger, other))["state"] == "duplicate"
    answer = (await told(ledger, other))[-1]
    assert isinstance(answer, ClaimRecorded)
    assert (answer.number, answer.outcome, answer.linked_reference) == (
        survivor["number"],
        "applied",
        survivor["reference"],
    )
    assert answer.message is not None
    assert survivor["number"] in answer.message


async def test_a_merged_report_that_is_sent_again_is_known_and_not_corrected(ledger: InProcess) -> None:
    survivor, other = await ledger.registered(), await ledger.registered()
    await merged(ledger, other, survivor)
    await ledger.take(report(other["reference"]), report(other["reference"], place="另一处"))
    known, refused = (await told(ledger, other))[-2:]
    assert isinstance(known, ClaimRecorded)
    assert (known.outcome, known.number, known.message) == (
        "duplicate",
        other["number"],
        f"该隐患已归并到 {survivor['number']}",
    )
    assert isinstance(refused, ClaimRejected)
    assert (refused.code, refused.field) == ("hazard-merged", "reference")


async def test_a_county_does_not_speak_for_another_countys_hazard(ledger: InProcess) -> None:
    mine, theirs = await ledger.confirmed(), await ledger.confirmed(county=FOREIGN)
    await merged(ledger, mine, theirs, "city")
    await ledger.take(rectification(mine["reference"], completed_on=june(1)))
    refused = (await told(ledger, mine))[-1]
    assert isinstance(refused, ClaimRejected)
    assert refused.code == "hazard-merged"
    assert (await shown(ledger, theirs))["state"] == "confirmed"


async def test_what_waits_goes_along_and_comes_back(ledger: InProcess) -> None:
    survivor, other = await ledger.registered(), await ledger.registered()
    await ledger.take(rectification(other["reference"], completed_on=june(1)))
    await merged(ledger, other, survivor)
    await unmerge(ledger, other)
    await ledger.confirm(survivor)
    assert (await shown(ledger, survivor))["state"] == "confirmed"
    await unmerge(ledger, other)
    await ledger.confirm(other)
    assert (await shown(ledger, other))["state"] == "in_review"


async def test_what_waits_under_a_merged_reference_is_released_by_the_hazard_that_goes_on(ledger: InProcess) -> None:
    survivor, other = await ledger.registered(), await ledger.registered()
    await ledger.take(rectification(other["reference"], completed_on=june(1)), plan(other["reference"]))
    await merged(ledger, other, survivor)
    confirmed = await ledger.confirm(survivor, grade="major")
    assert confirmed.json()["state"] == "in_review"


async def test_what_waits_is_released_at_once_where_the_other_was_confirmed(ledger: InProcess) -> None:
    survivor, other = await ledger.confirmed(), await ledger.registered()
    await ledger.take(rectification(other["reference"], completed_on=june(1)))
    await merged(ledger, other, survivor)
    assert (await shown(ledger, survivor))["state"] == "in_review"


async def test_letters_about_a_source_stand_in_the_timeline_of_the_hazard_that_goes_on(ledger: InProcess) -> None:
    survivor, other = await ledger.confirmed(), await ledger.confirmed()
    await ledger.pool.execute(
        "INSERT INTO hazard_timeline (event_id, hazard_id, type, occurred_at, payload) VALUES ($1, $2, $3, $4, '{}')",
        f"letter-{other['number']}",
        other["hazard_id"],
        "duban.notice.issued.v1",
        ledger.now,
    )
    await merged(ledger, other, survivor)
    items = (await ledger.get(f"/v1/hazards/{survivor['number']}/timeline")).json()["items"]
    assert [item["kind"] for item in items if item["kind"] == "notice"] == ["notice"]


@pytest.mark.promise("P2")
async def test_of_contradicting_commands_one_wins_and_the_others_are_told(ledger: InProcess) -> None:
    for _ in range(5):
        one, other = await ledger.confirmed(), await ledger.confirmed()
        answers = await asyncio.gather(
            merge(ledger, one, other),
            merge(ledger, other, one, "city"),
            merge(ledger, one, other, "county-2"),
            ledger.submit(one),
            ledger.submit(other),
        )
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses.keys() <= {200, 409, 422}, [answer.text for answer in answers]
        states = {(await shown(ledger, hazard))["state"] for hazard in (one, other)}
        counts = [(await shown(ledger, hazard))["source_count"] for hazard in (one, other)]
        assert sum(counts) == ("duplicate" in states)
        assert states != {"duplicate"}


async def test_a_lost_answer_can_be_asked_for_again(ledger: InProcess) -> None:
    survivor, other = await ledger.registered(), await ledger.registered()
    key = {"Idempotency-Key": f"merge-{other['number']}"}
    first, again = [await merge(ledger, other, survivor, **key) for _ in range(2)]
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert (await shown(ledger, survivor))["source_count"] == 1
