"""An inspection on a stage: who files it over HTTP, what the ledger says of its findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode, encode, type_of
from duban_contracts.events.findings import FindingRejected, TaskFindingReported
from duban_contracts.events.types import FoundBy
from duban_contracts.testing.calendar import local
from duban_contracts.testing.findings import finding
from duban_contracts.testing.stories import Story, confirmed
from services.chassis.access import keys as api_keys
from services.chassis.access.keys import NewKey
from services.chassis.access.principal import Principal
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tasks.model.task import number_of
from services.scheduler.tests.bench import Bench
from services.scheduler.tests.tasks.stage import COUNTY, Stage, report

UNIT = "emergency_management"
TASK = report(duty_id="checks", kind="inspection", title="节日前安全生产检查", lead_unit=UNIT, sectors=("coal_mine",))
NUMBER = number_of(TASK.task_id, TASK.period_start.year)
KEYS = {
    "unit": NewKey(Principal("regulator-1", "county_regulator", COUNTY, UNIT), api_keys.new_token()),
    "coal": NewKey(
        Principal("regulator-2", "county_regulator", COUNTY, UNIT, sectors=("coal_mine",)), api_keys.new_token()
    ),
    "office": NewKey(
        Principal("city-office-1", "city_office", "140500", "safety_committee_office"), api_keys.new_token()
    ),
}


@dataclass
class Inspection:
    """An inspection that was assigned, and those who file it, return it and look at it over HTTP."""

    stage: Stage
    bench: Bench
    client: httpx.AsyncClient

    async def post(self, who: str, move: str, body: dict[str, Any]) -> httpx.Response:
        return await self.client.post(f"/v1/tasks/{TASK.task_id}/{move}", json=body, headers=headers(who))

    async def file(self, *findings: dict[str, Any], who: str = "unit") -> httpx.Response:
        return await self.post(who, "submit", {"summary": "检查 3 家", "findings": list(findings)})

    async def send_back(self) -> None:
        answer = await self.post("office", "return", {"reason": "补充现场情况"})
        assert answer.status_code == 200, answer.text

    async def shown(self, who: str = "unit") -> list[dict[str, Any]]:
        answer = await self.client.get(f"/v1/tasks/{NUMBER}", headers=headers(who))
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["findings"]
        return found

    async def form(self, who: str = "unit") -> list[str]:
        """References of what was found, as the form in the task's history says."""
        answer = await self.client.get(f"/v1/tasks/{NUMBER}/history", headers=headers(who))
        assert answer.status_code == 200, answer.text
        return [each["reference"] for each in answer.json()["form"]["findings"]]

    async def lacking(self) -> list[str]:
        """What the task still lacks, as its document says."""
        answer = await self.client.get(f"/v1/tasks/{NUMBER}", headers=headers("unit"))
        found: list[str] = answer.json()["lacking"]
        return found

    async def said(self) -> list[tuple[str, int, str]]:
        """What the ledger is told: reference, filing, place."""
        events = [decode(event) for event in await self.stage.said(TASK)]
        told = [data for data in events if isinstance(data, TaskFindingReported)]
        return [(data.finding.reference, data.filing, data.finding.place) for data in told]


def headers(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {KEYS[who].token}"}


def said(reference: str = "1", **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(finding(reference, **fields))
    return body


def hazard_of(task: PlannedTask, reference: str = "1", **facts: Any) -> Story:
    """What the ledger made of a finding: registered, then confirmed with 3 June as its last day."""
    by = FoundBy(task_id=task.task_id, task_number=NUMBER, unit=task.lead_unit)
    return confirmed(f"hz-{reference}", reference=f"{NUMBER}/{reference}", found_by=by, **facts)


def rejection(reference: str, filing: int) -> CloudEvent:
    data = FindingRejected(
        task={"kind": "task", "id": TASK.task_id, "number": NUMBER},  # type: ignore[arg-type]
        reference=reference,
        filing=filing,
        code="reference-already-confirmed",
        message="该编号的隐患已入账且状态为“已确认”，内容不能再更正",
        field="reference",
        rule="content can be corrected while the hazard is reported only",
        rejected_at=local(1, 13),
    )
    return CloudEvent(
        id=f"rejected-{reference}-{filing}",
        source="/duban/ledger",
        type=type_of(FindingRejected).name,
        data=encode(data),
        subject=TASK.task_id,
        partitionkey=TASK.task_id,
    )
