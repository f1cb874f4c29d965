"""The steps of one hazard's way through the five services, each asked of whoever has to answer for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import msgspec

from deploy.local import ephemeral
from deploy.local.settings import LOOPBACK
from duban_contracts.cloudevents import to_structured
from duban_contracts.codec import decode
from duban_contracts.events.claims import HazardRectified, HazardReported
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import Channel, Enterprise
from duban_contracts.topics import claims_topic
from services.chassis.process.clock import ZONE
from services.chassis.publishing.envelopes import new_event
from services.chassis.testing.kafka import publish, read_all
from tests.deploy import running
from tests.system.asking import OFFICE, command, differing, hazard_where, timeline_of, verify_offline

COUNTY = "140502"
REFERENCE = "YH2026-02-0001"
INTEGRATOR = f"county-{COUNTY}"
SUBMITTER, REVIEWER = f"regulator-{COUNTY}-1", f"regulator-{COUNTY}-2"
CITY = "city-regulator-1"
SOURCE = f"/county/{COUNTY}/hazard-system"
STRUCTURED = {"Content-Type": "application/cloudevents+json"}
# Everything that takes a hop over Kafka, and a deadline of a day or two, is there within this many wall seconds.
SOON = 150


def reported_over_http(platform: running.Platform) -> dict[str, Any]:
    """隐患上报 through the gateway; the receipt becomes `recorded` and names the hazard."""
    data = HazardReported(
        county=COUNTY,
        reference=REFERENCE,
        channel=Channel.INSPECTION,
        sector="hazchem",
        enterprise=Enterprise(name="城区示例二号燃气站（虚构）"),
        place="储罐区东侧",
        description="可燃气体探测器失效，未及时校验",
        found_on=date(2026, 3, 1),
    )
    event = to_structured(new_event(data, source=SOURCE, subject=REFERENCE, key=REFERENCE, time=datetime.now(ZONE)))
    content = msgspec.json.encode(event)
    answer = platform.call("POST", "gateway", "/v1/events", INTEGRATOR, content=content, headers=STRUCTURED)
    path = f"/v1/receipts/{answer['results'][0]['receipt_id']}"

    def recorded() -> dict[str, Any]:
        receipt: dict[str, Any] = platform.call("GET", "gateway", path, INTEGRATOR)
        assert receipt["status"] == "recorded", receipt
        return receipt

    receipt = running.until(recorded, seconds=SOON)
    assert receipt["hazard_id"]
    assert receipt["number"]
    again = platform.call("POST", "gateway", "/v1/events", INTEGRATOR, content=content, headers=STRUCTURED)
    assert again["results"][0]["receipt_id"] == answer["results"][0]["receipt_id"]
    return receipt


def confirmed(platform: running.Platform, hazard_id: str) -> dict[str, Any]:
    """认定, with tomorrow's end as the deadline."""
    hazard = hazard_where(platform, {"hazard_id": hazard_id}, state="reported")

    def by_tomorrow() -> dict[str, Any]:
        # Days are short here: one that was near when it was chosen may be over when it is sent.
        body = {
            "grade": "general",
            "responsible_unit": "emergency_management",
            "deadline_on": (platform.today() + timedelta(days=1)).isoformat(),
        }
        return command(platform, hazard, "confirm", SUBMITTER, body)

    answer = running.until(by_tomorrow, seconds=SOON)
    assert (answer["state"], answer["grade"], answer["overdue"]) == ("confirmed", "general", False)
    return answer


def raised_once(platform: running.Platform, hazard: Mapping[str, Any]) -> None:
    """One 督办逾期 on the topic, and the clock's own account of it."""
    topic = f"{platform.settings.topic_prefix}scheduler.supervision.v1"
    events = ephemeral.in_own_loop(read_all(platform.settings.kafka_bootstrap, topic))
    raised = [data for data in map(decode, events) if isinstance(data, SupervisionOverdue)]
    assert [(data.about.id, data.deadline_number) for data in raised] == [(hazard["hazard_id"], 1)]
    assert raised[0].deadline_on == date.fromisoformat(hazard["deadline_on"])
    clock = platform.call("GET", "scheduler", f"/v1/clocks/{hazard['hazard_id']}", OFFICE)
    assert [deadline["outcome"] for deadline in clock["deadlines"]] == ["passed"]
    states = [(alarm["kind"], alarm["state"]) for alarm in clock["alarms"] if alarm["kind"] == "overdue"]
    assert states == [("overdue", "raised")]


def urged_once(platform: running.Platform, hazard: Mapping[str, Any]) -> str:
    """One numbered 督促函, delivered by mail and webhook to the real receivers; return its number."""

    def delivered() -> dict[str, Any]:
        query = {"about_id": hazard["hazard_id"]}
        items = platform.call("GET", "notifications", "/v1/letters", OFFICE, params=query)["items"]
        letters = [letter for letter in items if letter["kind"] == "urging"]
        assert len(letters) == 1
        assert letters[0]["state"] == "delivered", letters
        letter: dict[str, Any] = letters[0]
        return letter

    letter = running.until(delivered, seconds=SOON)
    arrived = httpx.get(f"http://{LOOPBACK}:{platform.settings.port('webhook')}/received").json()
    mails = [mail for mail in arrived["mail"] if letter["number"] in mail["subject"]]
    assert [mail["to"] for mail in mails] == ["yingji@140502.example"]
    endpoint = f"{COUNTY}/emergency_management"
    assert [hook["endpoint"] for hook in arrived["webhooks"]] == [endpoint]
    number: str = letter["number"]
    return number


def rectified_over_kafka(platform: running.Platform, hazard: Mapping[str, Any]) -> None:
    """整改完成 straight into the county's own topic."""
    data = HazardRectified(
        county=COUNTY,
        reference=REFERENCE,
        measures="更换探测器并完成标定，验收记录已归档",
        completed_on=date.fromisoformat(hazard["deadline_on"]),
        submitted_by=SUBMITTER,
    )
    event = new_event(data, source=SOURCE, subject=REFERENCE, key=REFERENCE, time=datetime.now(ZONE))
    topic = claims_topic(COUNTY, platform.settings.topic_prefix)
    ephemeral.in_own_loop(publish(platform.settings.kafka_bootstrap, topic, [event]))
    running.until(lambda: hazard_where(platform, hazard, state="in_review"), seconds=SOON)


def closed_by_somebody_else(platform: running.Platform, hazard: Mapping[str, Any]) -> None:
    """Whoever handed in the rectification may not close it; a colleague may."""
    body = {"review": "经现场复查，整改到位，同意销号"}
    path = f"{platform.url('ledger')}/v1/hazards/{hazard['hazard_id']}/close"
    headers = {"Authorization": f"Bearer {platform.keys[SUBMITTER]}"}
    refused = httpx.post(path, json=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "submitter-may-not-review")
    assert command(platform, hazard, "close", REVIEWER, body)["state"] == "closed"


def reopened_with_a_wrong_deadline_that_is_corrected(platform: running.Platform, hazard: Mapping[str, Any]) -> None:
    """反弹 with a day that passes, 更正期限 by the city: flag, clock, letters and figures follow, and nothing is hidden."""
    path = f"/v1/clocks/{hazard['hazard_id']}"

    def reopened() -> date:
        # Days are short here: one that was near when it was read may be over when it is sent.
        now = datetime.fromisoformat(platform.call("GET", "scheduler", path, OFFICE)["as_of"])
        today = now.astimezone(ZONE).date()
        wrong = (today + timedelta(days=2)).isoformat()
        command(platform, hazard, "reopen", REVIEWER, {"reason": "回头看发现反弹", "deadline_on": wrong})
        return today

    today = running.until(reopened, seconds=SOON)
    running.until(lambda: hazard_where(platform, hazard, overdue=True), seconds=SOON)
    body = {"reason": "年份录入有误", "deadline_on": (today + timedelta(days=400)).isoformat()}
    assert command(platform, hazard, "correct-deadline", CITY, body)["overdue"] is False

    def followed() -> None:
        clock = platform.call("GET", "scheduler", path, OFFICE)
        assert [deadline["outcome"] for deadline in clock["deadlines"]] == ["passed", "corrected", "open"]
        recalled = {alarm["deadline_number"] for alarm in clock["alarms"] if alarm["recalled_at"]}
        assert recalled == {2}
        query = {"about_id": hazard["hazard_id"]}
        letters = platform.call("GET", "notifications", "/v1/letters", OFFICE, params=query)["items"]
        urging = [letter["recalled_at"] is not None for letter in letters if letter["kind"] == "urging"]
        assert urging == [True, False]
        names = [item["type"] for item in timeline_of(platform, hazard)]
        assert {"duban.hazard.deadline_corrected.v1", "duban.notice.recalled.v1"} <= set(names)
        assert differing(platform) == []

    running.until(followed, seconds=SOON)


def timeline_tells_everything(platform: running.Platform, hazard: Mapping[str, Any], number: str) -> None:
    """The ledger's timeline holds history and letter together, and its history verifies offline."""

    def complete() -> list[dict[str, Any]]:
        items = timeline_of(platform, hazard)
        names = [item["type"].removeprefix("duban.").removesuffix(".v1") for item in items]
        for name in ("registered", "confirmed", "overdue", "rectified", "submitted", "closed"):
            assert names.count(f"hazard.{name}") <= 1
        for name in ("hazard.registered", "hazard.confirmed", "hazard.overdue", "hazard.closed", "notice.delivered"):
            assert name in names, names
        return items

    items = running.until(complete, seconds=SOON)
    assert number in json.dumps(items, ensure_ascii=False)


def counted_and_balanced(platform: running.Platform, hazard: Mapping[str, Any]) -> None:
    """Statistics show one of each, the books balance, and everything equals recomputation from the history."""
    history = platform.call("GET", "ledger", "/v1/history?limit=5000", OFFICE)["items"]
    instants = [datetime.fromisoformat(json.loads(item["payload"])["occurred_at"]) for item in history]
    days = [instant.astimezone(ZONE).date().isoformat() for instant in instants]
    period = {"from": min(days), "to": max(days)}

    def counted() -> None:
        (flows,) = platform.call("GET", "statistics", "/v1/flows", OFFICE, params=period)["items"]
        wanted = {"registered": 1, "confirmed": 1, "overdue": 1, "closed": 1, "returned": 0, "reopened": 0}
        assert {name: flows[name] for name in wanted} == wanted

    running.until(counted, seconds=SOON)
    split = period | {"by": "county,sector,grade,channel"}
    (cell,) = platform.call("GET", "statistics", "/v1/balance", OFFICE, params=split)["items"]
    assert (cell["confirmed"], cell["closed"], cell["closing"], cell["balanced"]) == (1, 1, 0, True)
    assert differing(platform) == []
    verify_offline(platform, history)
