"""Reports that look alike are shown to people, a moment after registration and at once to whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from duban_contracts.events.types import Enterprise
from services.chassis.access.scope import Scope
from services.chassis.storage.database import Connection, connect
from services.chassis.storage.locks import hold_names
from services.chassis.testing.kafka import eventually
from services.chassis.testing.plans import plan_of
from services.ledger.gathering.handlers import compare
from services.ledger.gathering.handlers.compare import Deps, compare_new
from services.ledger.gathering.model import keys_of
from services.ledger.gathering.tables import look_alikes as tables
from services.ledger.gathering.tables import uncompared
from services.ledger.hazards.model import Hazard
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import FOREIGN, HOME

pytestmark = pytest.mark.feature("SY26")
Json = dict[str, Any]


async def compared(ledger: InProcess) -> None:
    """Everything that was reported so far is compared."""
    while await compare_new(deps=Deps(ledger.database, ledger.clock)):
        pass


async def pairs(ledger: InProcess, who: str = "county") -> dict[tuple[str, str], float]:
    items = (await ledger.get("/v1/look-alikes", who, limit=1000)).json()["items"]
    return {(item["hazard"]["number"], item["other"]["number"]): item["likeness"] for item in items}


async def of(ledger: InProcess, firm: str, **said: Any) -> Json:
    """A report about this enterprise, at a place of its own."""
    return await ledger.registered(enterprise=Enterprise(name=firm), **{"place": f"{firm[:5]}储罐区"} | said)


async def test_a_report_that_looks_like_another_is_taken_and_shown_beside_it(ledger: InProcess) -> None:
    first = await of(ledger, "疑似示例厂（虚构）", channel="self_report")
    again = await of(ledger, "疑似示例厂(虚构)", channel="verified_tip", description="可燃气体探测器已失效，没有校验")
    other = await of(ledger, "疑似示例厂（虚构）", description="灭火器过期", place="办公楼")
    assert again["state"] == "reported"
    await compared(ledger)
    found = await pairs(ledger)
    assert found[again["number"], first["number"]] > 0.55
    assert not any(other["number"] in pair for pair in found)
    alike = (await ledger.get(f"/v1/hazards/{first['number']}/look-alikes", "county")).json()["items"]
    assert [one["hazard"]["number"] for one in alike] == [again["number"]]
    # Nobody merged them: both stand and are counted.
    assert first["state"] == again["state"] == "reported"


async def test_what_was_merged_or_decided_is_no_longer_suggested(ledger: InProcess) -> None:
    one, two, three = [await of(ledger, "已处理示例厂（虚构）") for _ in range(3)]
    await compared(ledger)
    mine = {one["number"], two["number"], three["number"]}
    assert len([pair for pair in await pairs(ledger) if mine >= set(pair)]) == 3
    await ledger.post(two["number"], "merge", {"into": one["number"], "reason": "同一处隐患"}, "county")
    await ledger.post(three["number"], "reject", {"reason": "不构成隐患"}, "county")
    assert [pair for pair in await pairs(ledger) if mine & set(pair)] == []
    # Nor is anything kept of it.
    ids = [each["hazard_id"] for each in (one, two, three)]
    await compared(ledger)
    kept = [
        await ledger.pool.fetchval(f"SELECT count(*) FROM {table} WHERE hazard_id = ANY($1::uuid[])", ids[1:])  # noqa: S608
        for table in ("look_alike", "hazard_key", "uncompared")
    ]
    assert kept == [0, 0, 0]


async def test_the_newest_is_compared_first_and_all_of_a_full_queue_in_one_go(ledger: InProcess) -> None:
    await compared(ledger)
    first, *_, last = [await of(ledger, f"排队示例厂{each}（虚构）") for each in range(25)]
    async with ledger.database.transaction() as connection:
        assert await uncompared.take(connection, 1) == [last["hazard_id"]]
        await uncompared.add(connection, [last["hazard_id"]])
    assert first["hazard_id"] < last["hazard_id"]
    assert await compare_new(deps=Deps(ledger.database, ledger.clock)) == 25


async def test_two_instances_that_compare_at_once_miss_no_pair(ledger: InProcess) -> None:
    await compared(ledger)
    first = await of(ledger, "同时示例厂（虚构）")
    deps = Deps(ledger.database, ledger.clock)
    async with ledger.database.transaction() as connection:
        # One instance is about to commit what it compared.
        await hold_names(connection, "comparing", ["any"])
        await uncompared.take(connection, 1000)
        second = await of(ledger, "同时示例厂（虚构）")
        other = asyncio.create_task(compare_new(deps=deps))
        await eventually(ledger.somebody_waits)
        hazards = await tables.of_hazards(connection, [first["hazard_id"]])
        await tables.keep_keys(connection, {hazard.hazard_id: keys_of(hazard) for hazard in hazards})
    assert await other == 1
    assert (second["number"], first["number"]) in await pairs(ledger)


async def test_a_corrected_report_is_compared_anew(ledger: InProcess) -> None:
    first = await of(ledger, "更正示例厂（虚构）")
    second = await of(ledger, "更正示例厂（虚构）", description="灭火器过期", place="办公楼")
    await compared(ledger)
    assert (second["number"], first["number"]) not in await pairs(ledger)
    await of(ledger, "更正示例厂（虚构）", reference=second["reference"])
    await compared(ledger)
    assert (second["number"], first["number"]) in await pairs(ledger)
    await of(ledger, "更正示例厂（虚构）", reference=first["reference"], description="灭火器过期", place="办公楼")
    await compared(ledger)
    assert (second["number"], first["number"]) not in await pairs(ledger)


async def test_another_countys_double_is_shown_to_whoever_sees_both(ledger: InProcess) -> None:
    code = "91140502MA0EXAMP04"
    mine = await ledger.registered(enterprise=Enterprise(name="跨县示例公司（虚构）", uscc=code), place="南库")
    firm = Enterprise(name="跨县分公司（虚构）", uscc=code)
    theirs = await ledger.registered(county=FOREIGN, enterprise=firm, place="南库")
    await compared(ledger)
    assert (theirs["number"], mine["number"]) not in await pairs(ledger, "city")
    path = f"/v1/hazards/{mine['number']}/look-alikes"
    seen = {who: (await ledger.get(path, who)).json()["items"] for who in ("city", "county")}
    assert theirs["number"] in {one["hazard"]["number"] for one in seen["city"]}
    assert theirs["number"] not in {one["hazard"]["number"] for one in seen["county"]}


async def test_what_other_counties_report_of_an_enterprise_hides_nothing_of_the_own(
    ledger: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "_MEETING", 2)
    firm = partial(Enterprise, uscc="91140502MA0EXAMP20")
    mine = await ledger.registered(enterprise=firm(name="多县总公司（虚构）"), place="北仓库")
    for nth in range(3):
        await ledger.registered(county=FOREIGN, enterprise=firm(name=f"外县分公司{nth}（虚构）"), place=f"{nth}号站")
    await compared(ledger)
    again = await ledger.registered(enterprise=firm(name="多县本地部（虚构）"), place="北仓库一")
    await compared(ledger)
    assert (again["number"], mine["number"]) in await pairs(ledger)


async def test_what_is_decided_makes_room_for_what_is_open_however_much_an_enterprise_has_had(
    ledger: InProcess,
) -> None:
    firm = "旧案示例厂（虚构）"
    old = await of(ledger, firm)
    decided = [await of(ledger, firm) for _ in range(4)]
    await compared(ledger)
    for hazard in decided:
        await ledger.post(hazard["number"], "reject", {"reason": "不构成隐患"}, "county")
    newest = await of(ledger, firm)
    await compared(ledger)
    assert (newest["number"], old["number"]) in await pairs(ledger)
    kept = await ledger.pool.fetchval(
        "SELECT count(DISTINCT hazard_id) FROM hazard_key WHERE hazard_id = ANY($1::uuid[])",
        [hazard["hazard_id"] for hazard in decided],
    )
    assert kept == 0


async def _looked(connection: Connection, hazard: Hazard, scope: Scope) -> None:
    """Ask what `look` asks, all of it of one connection."""
    met = {each.hazard_id for each in await tables.newest(connection, keys_of(hazard))}
    await tables.of_hazards(connection, met, scope, 30)


class Between:
    """A connection between whose first and second question something is done."""

    def __init__(self, connection: Connection, something: Callable[[], Awaitable[object]]) -> None:
        self._connection, self._something, self._asked = connection, something, 0

    async def fetch(self, query: str, *values: Any) -> Any:
        self._asked += 1
        if self._asked == 2:
            await self._something()
        return await self._connection.fetch(query, *values)


async def test_a_pair_of_which_one_is_decided_while_it_is_read_is_passed_over(ledger: InProcess) -> None:
    one, two = [await of(ledger, "同时示例厂（虚构）") for _ in range(2)]
    await compared(ledger)

    async def rejected() -> None:
        answer = await ledger.post(two["number"], "reject", {"reason": "不构成隐患"}, "county")
        assert answer.status_code == 200, answer.text

    async with ledger.database.acquire() as connection:
        asked: Any = Between(connection, rejected)
        scope = Scope(county=frozenset({HOME}))
        found = await tables.page(asked, scope, after=None, limit=1000)
    assert {one["number"], two["number"]} not in [{first.number, second.number} for first, second, _ in found]


async def test_a_report_is_looked_at_by_what_it_meets_however_many_are_open(
    ledger: InProcess, shared_database: str
) -> None:
    report = await of(ledger, "计划示例厂（虚构）")
    hazard = await ledger.find(report["number"])
    assert hazard is not None
    scope = Scope(county=frozenset({hazard.county}))
    # A table of a few rows would be read whole, whatever is asked.
    database = await connect(shared_database, application_name="plans", settings={"enable_seqscan": "off"})
    try:
        found = await plan_of(database, partial(_looked, hazard=hazard, scope=scope))
    finally:
        await database.close()
    conditions = {str(node["Index Name"]): str(node.get("Index Cond")) for node in found if "Index Name" in node}
    assert "hazard_key_pkey" in conditions
    # Of a few rows any of the hazards' indexes that hold the id costs the same: what counts is that the id is asked for.
    assert all("hazard_id" in asked for name, asked in conditions.items() if name != "hazard_key_pkey"), conditions
