"""P9: a notice is a fact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from deploy.demo.api import Json
from deploy.demo.audit.alarms import alarms_of_hazards
from deploy.demo.audit.case import AUDITOR, Case, Line, some, tally
from deploy.demo.audit.reckoning import RESET


async def every_overdue_deadline_has_one_letter(case: Case) -> Line:
    """P9: one numbered letter for each 督办逾期, delivered or visibly not, and sent once; and each is marked in the ledger."""
    evidence = await case.evidence()
    raised, _ = await alarms_of_hazards(case)
    # A hazard that was reopened may pass a second deadline, which is another 督办逾期.
    overdue = Counter(hazard for hazard, _ in raised)
    letters: Counter[str] = Counter()
    states: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    async for letter in case.platform.pages("notifications", "/v1/letters", AUDITOR, limit=200):
        numbers[letter["number"]] += 1
        if letter["kind"] == "urging":
            letters[letter["about"]["id"]] += 1
            states[letter["state"]] += 1
    wrong = [f"{hazard} {letters[hazard]} 封" for hazard in overdue | letters if letters[hazard] != overdue[hazard]]
    marked = Counter(record["hazard_id"] for record in evidence.of_type("overdue"))
    wrong += [f"{hazard} 未标记" for hazard in unmarked(overdue, marked, evidence.history)]
    wrong += [f"文号 {number} 重复" for number, count in numbers.items() if count > 1]
    wrong += [f"{count} 封未送" for state, count in states.items() if state in {"issued", "pending"}]
    arrived = (await case.platform.client.get(case.received)).json()
    mails = Counter((mail["subject"], mail["to"]) for mail in arrived["mail"])
    wrong += [f"邮件重复 {subject}" for (subject, _), count in mails.items() if count > 1]
    for number in await _mailed(case):
        if not any(number in subject for subject, _ in mails):
            wrong.append(f"{number} 称已送达而邮箱没有")
    detail = f"督促函 {letters.total()} 封（{tally(states)}），收到邮件 {len(arrived['mail'])} 封、推送 {len(arrived['webhooks'])} 条"
    return Line("每个督办逾期恰好一封督促函", not wrong, detail + some(wrong))


def unmarked(raised: Mapping[str, int], marked: Mapping[str, int], history: Iterable[Json]) -> list[str]:
    """Return the hazards that the ledger marked less often than 督办逾期 was said of them, and that give no reason for it.

    Whoever moves a deadline after it passed, and before the ledger has heard of that, leaves it nothing to mark.
    """
    moved = {record["hazard_id"] for record in history if record["type"].split(".")[2] in RESET | {"reopened"}}
    return [hazard for hazard, times in raised.items() if marked.get(hazard, 0) < times and hazard not in moved]


async def _mailed(case: Case) -> list[str]:
    deliveries = case.platform.pages("notifications", "/v1/deliveries", AUDITOR, state="delivered", limit=200)
    return [delivery["number"] async for delivery in deliveries if delivery["channel"] == "email"]
