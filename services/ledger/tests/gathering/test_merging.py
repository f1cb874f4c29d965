"""One hazard of three reports: merged by people, counted once, every source kept and answered. On PostgreSQL, by HTTP."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from duban_contracts.events.feedback import ClaimRecorded
from duban_contracts.events.gathering import HazardMerged, HazardSourceAnswered
from duban_contracts.events.types import Channel, Enterprise
from services.ledger.tests.gathering.merging import Json, merge, merged, shown, titles, told, unmerge
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import FOREIGN

pytestmark = pytest.mark.feature("SY26")


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


async def test_a_count_of_what_is_looked_for_counts_a_hazard_once_however_often_it_was_reported(
    ledger: InProcess,
) -> None:
    firm = f"一数一条示例厂{ledger.new_reference()}（虚构）"
    survivor, *others = await of_all_channels(ledger, firm)
    apart = await ledger.registered(enterprise=Enterprise(name=firm))
    for other in others:
        await merged(ledger, other, survivor)

    async def counted(**asked: str) -> dict[str | None, int]:
        answer = (await ledger.get("/v1/hazards/count", **asked)).json()
        assert answer["total"] == sum(group["count"] for group in answer["groups"])
        return {group["value"]: group["count"] for group in answer["groups"]}

    assert await counted(q=firm, group_by="state") == {"reported": 2}
    assert await counted(q=firm, group_by="channel") == {survivor["channel"]: 1, apart["channel"]: 1}
    # Who looks for a report by what only it says, or for those that were merged, finds them.
    assert await counted(q=others[0]["number"], group_by="state") == {"duplicate": 1}
    assert await counted(q=firm, state="duplicate", group_by="state") == {"duplicate": 2}
    # What a task found counts as often as there are hazards of it. Their rows are what their histories say again afterwards.
    ids, task = [each["hazard_id"] for each in (survivor, *others, apart)], f"RW2026-{ledger.new_reference()}"
    found_by = (
        "UPDATE hazard SET task_id = $2, task_number = $2, inspecting_unit = $3 WHERE hazard_id = ANY($1::uuid[])"
    )
    await ledger.pool.execute(found_by, ids, task, "fire_rescue")
    try:
        assert await counted(task=task, group_by="state") == {"reported": 2}
    finally:
        await ledger.pool.execute(found_by, ids, None, None)


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


@pytest.mark.feature("SY40")
async def test_a_county_merges_into_and_takes_out_of_nothing_that_was_sent_up_to_the_city(ledger: InProcess) -> None:
    source, other, survivor = [await ledger.confirmed() for _ in range(3)]
    await merged(ledger, source, survivor)
    up = await ledger.post(survivor["number"], "escalate", {"to": "city", "reason": "涉及多个产权单位"}, "county")
    assert up.status_code == 200, up.text
    for answer in (await merge(ledger, other, survivor), await unmerge(ledger, source)):
        assert (answer.status_code, answer.json()["code"]) == (403, "handled-by-city")
    assert (await unmerge(ledger, source, "city")).status_code == 200
    await merged(ledger, other, survivor, "city")


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
