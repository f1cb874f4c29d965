"""Tips: verified before they were hazards, told, rewarded once; who reported is known to the vault alone (SY33-SY35, P8)."""

from __future__ import annotations

from collections import Counter

from deploy.demo.api import Json
from deploy.demo.audit.case import Case, Line, some, tally
from deploy.demo.tips import OFFICERS, Kind
from services.chassis.testing import searching
from services.chassis.testing.searching import Marked


async def every_tip_went_its_way(case: Case) -> Line:
    """SY33, SY35: what was verified is one hazard, what wasn't is none; everybody was told, and one claim of two was paid."""
    hazards = {hazard["reference"]: hazard for hazard in (await case.evidence()).hazards.values()}
    tips = {tip["number"]: tip async for tip in case.platform.pages("ledger", "/v1/tips", OFFICERS[0], limit=200)}
    wrong = [*case.tips.wrong]
    if tips.keys() != case.tips.tips.keys():
        wrong.append(f"受理 {len(case.tips.tips)} 件，库中 {len(tips)} 件")
    for number, tip in case.tips.tips.items():
        found = hazards.get(f"tip/{number}")
        if (found is None) != (tip.kind is Kind.UNFOUNDED) or (found and found["channel"] != "verified_tip"):
            wrong.append(f"{number} 与台账不符")
        if number in tips and not _is_told(tips[number], tip.kind):
            wrong.append(f"{number} 未反馈或未答复")
    wrong += await _rewards(case)
    states = Counter(case.tips.rewards.values())
    detail = f"受理 {len(tips)} 件，查实 {sum(f'tip/{number}' in hazards for number in tips)} 件，奖励 {tally(states)}"
    return Line("举报查实方为隐患，结果反馈，奖励一次", not wrong and len(tips) > 0, detail + some(wrong))


async def who_reported_is_known_to_the_vault_alone(case: Case) -> Line:
    """SY34, P8: no reporter stands in a topic, a database or a log, and the record of look-ups has each that was made."""
    people = {value for tip in case.tips.tips.values() for value in (tip.name, tip.phone)}
    hits = await _everywhere(case, Marked(sorted(people)))
    # A search that finds nothing proves nothing unless it can find: what everybody may see is found in both places.
    seen = await _everywhere(case, Marked(["duban.hazard.registered.v1"]))
    wrong = [hit.partition(":")[0] for hit in hits]
    if not {"topic", "database"} <= {hit.split()[0] for hit in seen}:
        wrong.append("检索本身无效")
    counted = await case.platform.get("ledger", "/v1/lookups/count", OFFICERS[0])
    # One that was tried and not shown may have been read, its answer lost, or may not have been let in at all.
    if not case.tips.read <= counted["read"] <= min(case.tips.tried, counted["asked"]):
        wrong.append(f"查询 {case.tips.tried} 次，得见 {case.tips.read} 次，留痕 {counted['read']} 次")
    detail = f"{len(people)} 项身份信息在主题、{len(case.places.databases)} 个数据库和日志中均未出现，查询留痕 {counted['read']} 次"
    return Line("举报人信息只在保密库，每次查询留痕", not wrong and bool(people), detail + some(wrong))


def _is_told(tip: Json, kind: Kind) -> bool:
    return tip["told_at"] is not None and (kind is not Kind.REFERRED or tip["answered_at"] is not None)


async def _rewards(case: Case) -> list[str]:
    """Return what is wrong with rewards: each tip has one, and of a person's two about one enterprise one was paid."""
    states = [
        (reward["tip_number"], reward["state"])
        async for reward in case.platform.pages("ledger", "/v1/rewards", OFFICERS[0], limit=200)
    ]
    wrong = [
        f"{number} 奖励 {count} 次" for number, count in Counter(number for number, _ in states).items() if count > 1
    ]
    kinds = {number: tip.kind for number, tip in case.tips.tips.items()}
    twice = sorted(state for number, state in states if kinds[number] in {Kind.MAJOR, Kind.AGAIN})
    if twice != ["paid", "refused"]:
        wrong.append(f"同一人两处申领：{'、'.join(twice)}")
    wanted = sum(kind is not Kind.UNFOUNDED for kind in kinds.values())
    return wrong if len(states) == wanted else [*wrong, f"奖励 {len(states)} 件，应 {wanted} 件"]


async def _everywhere(case: Case, marked: Marked) -> list[str]:
    return [
        *await searching.topics(case.bootstrap, case.places.topic_prefix, marked),
        *await searching.databases(case.places.databases, marked),
        *searching.files(case.places.logs, marked),
    ]
