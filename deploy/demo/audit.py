"""The audit at the end: does every promise hold for what was just played? Each line is a fact that could be false."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.demo.api import Json, Platform
from deploy.demo.life import Story
from deploy.demo.order import out_of_order
from deploy.demo.reckoning import passed_unsubmitted, period_of
from deploy.demo.senders import Sender
from duban_contracts.codec import decode
from duban_contracts.events.supervision import SupervisionOverdue
from services.chassis.testing.kafka import read_all
from services.statistics.recompute import books_of, differences

AUDITOR = "city-office-1"
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the audit: what was checked, whether it holds, and the figures behind it."""

    title: str
    holds: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was refused: whose, which, where, and the reason its county can read."""

    county: str
    reference: str
    where: str
    code: str
    reason: str


@dataclass(frozen=True)
class Evidence:
    """What the ledger itself recorded, read once after everything settled."""

    history: Sequence[Json]
    hazards: Mapping[str, Json]

    def of_type(self, name: str) -> list[Json]:
        """Return the history records of one event, such as `overdue`."""
        return [record for record in self.history if record["type"] == f"duban.hazard.{name}.v1"]


class Audit:
    """Checks the platform against what the players noted for themselves."""

    def __init__(
        self,
        platform: Platform,
        bootstrap: str,
        stories: Mapping[str, Story],
        senders: Mapping[str, Sender],
        received: str,
        patience_seconds: float,
    ) -> None:
        self._platform = platform
        self._bootstrap = bootstrap
        self._stories = stories
        self._senders = senders
        self._received = received
        self._patience_seconds = patience_seconds
        self.refusals: list[Refusal] = []

    async def run(self) -> list[Line]:
        """Return every line; a line that fails is looked at again until the patience ends, for what is on its way."""
        checks: list[Callable[[], Awaitable[Line]]] = [
            self.every_accepted_event_is_accounted_for,
            self.one_hazard_per_reference,
            self.every_hazards_events_stand_in_order,
            self.every_planned_refusal_was_refused,
            self.every_overdue_deadline_was_raised_once,
            self.every_overdue_hazard_has_one_letter,
            self.the_books_balance,
            self.statistics_equal_recomputation,
            self.history_verifies_offline,
            self.nothing_lies_among_the_dead_letters,
        ]
        return [await self._patiently(check) for check in checks]

    async def _patiently(self, check: Callable[[], Awaitable[Line]]) -> Line:
        deadline = asyncio.get_running_loop().time() + self._patience_seconds
        while True:
            line = await check()
            if line.holds or asyncio.get_running_loop().time() > deadline:
                return line
            await asyncio.sleep(1)

    async def evidence(self) -> Evidence:
        """Read the ledger's whole history and its hazards."""
        history = [r async for r in self._platform.pages("ledger", "/v1/history", AUDITOR, limit=5000)]
        hazards = {
            hazard["hazard_id"]: hazard
            async for hazard in self._platform.pages("ledger", "/v1/hazards", AUDITOR, limit=1000)
        }
        return Evidence(history, hazards)

    async def every_accepted_event_is_accounted_for(self) -> Line:
        """P1: each acknowledged event is recorded, or rejected with a reason that its county can read."""
        fates: Counter[str] = Counter()
        lost: list[str] = []
        for county, sender in self._senders.items():
            account = f"county-{county}"
            receipts = {
                receipt["receipt_id"]: receipt
                async for receipt in self._platform.pages("gateway", "/v1/receipts", account, limit=500)
            }
            for receipt_id, event in sender.book.accepted.items():
                receipt = receipts.get(receipt_id)
                status = receipt["status"] if receipt else "missing"
                fates[status] += 1
                settled = status == "recorded" or (status == "rejected" and receipt and receipt["code"])
                if not settled:
                    lost.append(f"{county} {event.subject} {status}")
        detail = f"已受理 {fates.total()}：已入账 {fates['recorded']}，不予受理 {fates['rejected']}"
        return Line("每个已受理的事件都有下落", not lost and fates.total() > 0, detail + _some(lost))

    async def one_hazard_per_reference(self) -> Line:
        """P1: however often a hazard was sent, the ledger holds it once."""
        wanted = Counter(
            (story.county, story.reference) for story in self._stories.values() if story.reaches_the_ledger
        )
        found = Counter((hazard["county"], hazard["reference"]) for hazard in (await self.evidence()).hazards.values())
        wrong = [
            f"{c} {r}: 应 {wanted[c, r]} 实 {found[c, r]}" for c, r in wanted | found if wanted[c, r] != found[c, r]
        ]
        return Line(
            "每个隐患在台账中恰好一条", not wrong, f"上报 {len(wanted)} 条，台账 {found.total()} 条" + _some(wrong)
        )

    async def every_hazards_events_stand_in_order(self) -> Line:
        """P2: a reader of the ledger's topic sees each hazard's versions in order, all of them."""
        versions = {hazard: facts["version"] for hazard, facts in (await self.evidence()).hazards.items()}
        wrong = out_of_order(await read_all(self._bootstrap, "ledger.hazard.v1"), versions)
        detail = f"{len(versions)} 个隐患的 {sum(versions.values())} 个版本"
        return Line("每个隐患的事件在主题中有序而完整", not wrong, detail + _some(wrong))

    async def every_planned_refusal_was_refused(self) -> Line:
        """P7: what was malformed or sent in another county's name was refused, visibly, with a reason."""
        self.refusals = [
            Refusal(county, reference, "网关", code, detail)
            for county, sender in self._senders.items()
            for reference, code, detail in sender.book.refused
        ]
        async for claim in self._platform.pages("ledger", "/v1/rejected-claims", AUDITOR, limit=500):
            reference = claim["reference"] or _reference_in(claim["value_base64"])
            self.refusals.append(Refusal(claim["county"], reference, "台账", claim["code"], claim["message"]))
        refused = {refusal.reference for refusal in self.refusals}
        wanted = {story.reference for story in self._stories.values() if not story.reaches_the_ledger}
        wrong = sorted(wanted - refused) + [f"{r.reference} 无理由" for r in self.refusals if not r.reason]
        reasons = Counter(refusal.code for refusal in self.refusals)
        detail = f"应拒 {len(wanted)} 件，拒绝 {len(self.refusals)} 次：{_tally(reasons)}"
        return Line("不合规的上报均被拒绝并说明理由", not wrong, detail + _some(wrong))

    async def every_overdue_deadline_was_raised_once(self) -> Line:
        """P3: one 督办逾期 for each deadline that passed unsubmitted, none for one that was met."""
        evidence = await self.evidence()
        raised: dict[tuple[str, int], set[str]] = {}
        for event in await read_all(self._bootstrap, "scheduler.supervision.v1"):
            data = decode(event)
            if isinstance(data, SupervisionOverdue):
                raised.setdefault((data.hazard.hazard_id, data.deadline_number), set()).add(event.id)
        twice = [f"{hazard} 两次" for (hazard, _), ids in raised.items() if len(ids) > 1]
        # A hazard that was closed between its deadline and the alarm gets none, and the scheduler says so (P3).
        excused = {
            deadline["hazard_id"]
            async for deadline in self._platform.pages(
                "scheduler", "/v1/deadlines", AUDITOR, state="excused", limit=500
            )
        }
        due = passed_unsubmitted(evidence.history) - excused
        alarmed = {hazard for hazard, _ in raised}
        missed = [f"{hazard} 漏报" for hazard in due - alarmed]
        false = [f"{hazard} 误报" for hazard in alarmed - due]
        wrong = twice + missed + false
        return Line("每个逾期隐患恰好一次督办逾期", not wrong, f"逾期 {len(due)}，督办 {len(raised)}" + _some(wrong))

    async def every_overdue_hazard_has_one_letter(self) -> Line:
        """P9: one numbered letter for each 督办逾期, delivered or visibly not, and sent once."""
        evidence = await self.evidence()
        overdue = {record["hazard_id"] for record in evidence.of_type("overdue")}
        letters: Counter[str] = Counter()
        states: Counter[str] = Counter()
        numbers: Counter[str] = Counter()
        async for letter in self._platform.pages("notifications", "/v1/letters", AUDITOR, limit=200):
            numbers[letter["number"]] += 1
            if letter["kind"] == "urging":
                letters[letter["hazard_id"]] += 1
                states[letter["state"]] += 1
        wrong = [f"{hazard} {letters[hazard]} 封" for hazard in overdue | set(letters) if letters[hazard] != 1]
        wrong += [f"文号 {number} 重复" for number, count in numbers.items() if count > 1]
        wrong += [f"{count} 封未送" for state, count in states.items() if state in {"issued", "pending"}]
        arrived = (await self._platform.client.get(self._received)).json()
        mails = Counter((mail["subject"], mail["to"]) for mail in arrived["mail"])
        wrong += [f"邮件重复 {subject}" for (subject, _), count in mails.items() if count > 1]
        for number in await self._mailed():
            if not any(number in subject for subject, _ in mails):
                wrong.append(f"{number} 称已送达而邮箱没有")
        detail = f"督办函 {letters.total()} 封（{_tally(states)}），收到邮件 {len(arrived['mail'])} 封、推送 {len(arrived['webhooks'])} 条"
        return Line("每个督办逾期恰好一封督办函", not wrong, detail + _some(wrong))

    async def _mailed(self) -> list[str]:
        deliveries = self._platform.pages("notifications", "/v1/deliveries", AUDITOR, state="delivered", limit=200)
        return [delivery["number"] async for delivery in deliveries if delivery["channel"] == "email"]

    async def the_books_balance(self) -> Line:
        """P5: opening + confirmed + reopened + transferred in − closed − transferred out = closing, in every cell."""
        first, last = period_of((await self.evidence()).history)
        answer = await self._platform.get(
            "statistics", "/v1/balance", AUDITOR, **{"from": first, "to": last}, by="county,sector,grade,channel"
        )
        off = [str(item) for item in answer["items"] if not item["balanced"]]
        return Line("账目平衡", bool(answer["items"]) and not off, f"{len(answer['items'])} 格逐格核对" + _some(off))

    async def statistics_equal_recomputation(self) -> Line:
        """P5: every published figure equals a recomputation from the ledger by code that shares nothing with it."""
        evidence = await self.evidence()

        def ask(path: str, parameters: Mapping[str, str]) -> Json:
            url = self._platform.urls["statistics"] + path
            headers = {"Authorization": f"Bearer {self._platform.keys[AUDITOR]}"}
            response = httpx.get(url, params=dict(parameters), headers=headers, timeout=30)
            response.raise_for_status()
            answer: Json = response.json()
            return answer

        found = await asyncio.to_thread(lambda: differences(books_of(evidence.history), ask))
        detail = f"由 {len(evidence.history)} 条台账历史重算，差异 {len(found)} 处"
        return Line("统计数字与台账重算一致", not found, detail + _some(found))

    async def history_verifies_offline(self) -> Line:
        """P4: a tool that shares no code with the service checks the chain of every hazard's history."""
        evidence = await self.evidence()
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in evidence.history)
            file.flush()
            tool = _ROOT / "tools" / "verify_history" / "verify_history.py"
            done = await asyncio.to_thread(
                subprocess.run, [sys.executable, str(tool), file.name], capture_output=True, text=True, check=False
            )
        said = (done.stdout or done.stderr).strip().splitlines()
        return Line("历史链离线核验", done.returncode == 0, said[-1] if said else f"exit {done.returncode}")

    async def nothing_lies_among_the_dead_letters(self) -> Line:
        """P7: the services' own processing gave nothing up; what counties sent malformed is refused, not failed."""
        held: Counter[str] = Counter()
        for service, url in self._platform.urls.items():
            exposition = (await self._platform.client.get(f"{url}/metrics")).text
            for line in exposition.splitlines():
                if line.startswith("duban_parked_events{") or (
                    line.startswith("duban_dead_letters_held{") and "ledger.claims" not in line
                ):
                    held[service] += int(float(line.rsplit(" ", 1)[1]))
        return Line("无死信、无滞留事件", held.total() == 0, _tally(held) if held.total() else "各服务均为 0")


def _reference_in(value_base64: str | None) -> str:
    """Return the reference that a refused record names, as far as it can be read."""
    try:
        document = json.loads(base64.b64decode(value_base64 or ""))
    except ValueError:
        return "?"
    return str(document.get("reference", "?")) if isinstance(document, dict) else "?"


def _tally(counts: Mapping[str, int]) -> str:
    return "，".join(f"{name} {number}" for name, number in sorted(counts.items()))


def _some(wrong: Sequence[str]) -> str:
    return f"；有误 {len(wrong)}：{'；'.join(wrong[:3])}" if wrong else ""
