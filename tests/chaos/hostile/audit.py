"""The audit of a hostile play: nothing lost, nothing doubled, nothing believed by mistake, and the neighbours served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from deploy.demo.audit.case import AUDITOR, Case, Line, some, tally
from deploy.demo.audit.run import Check
from duban_contracts.admissible.texts import folded
from duban_contracts.codec import decode
from duban_contracts.events.claims import HazardReported
from duban_contracts.events.feedback import ClaimEvent, ClaimRecorded, ClaimRejected, ClaimWaiting
from duban_contracts.topics import claims_topic
from tests.chaos.hostile.answers import Feedback, committed
from tests.chaos.hostile.campaign import AT_GATEWAY, AT_KAFKA, Campaign
from tests.chaos.hostile.latency import by_phase, latencies
from tests.chaos.hostile.mischief import Fate, Record

# Far beyond anything that a machine does by being slow: a county that stops its neighbours is meant.
_STOPPED_SECONDS: Final = 60.0
_ANSWERS: Final = {Fate.RECORDED: ClaimRecorded, Fate.WAITING: ClaimWaiting, Fate.REFUSED: ClaimRejected}


def checks(campaign: Campaign) -> Sequence[Check]:
    """Return the further lines of the audit."""

    async def at_kafka(case: Case) -> Line:
        return await _every_record_has_its_answer(case, campaign)

    async def at_gateway(case: Case) -> Line:
        return await _every_taken_event_has_its_receipt(case, campaign)

    async def hazards(case: Case) -> Line:
        return await _only_what_was_right_became_a_hazard(case, campaign)

    async def served(case: Case) -> Line:
        return await _the_neighbours_were_served(case, campaign)

    async def held(_: Case) -> Line:
        return Line("拒收过多的通道被单独暂停并已恢复", campaign.held > 0, f"暂停并恢复 {campaign.held} 次")

    return [at_kafka, at_gateway, hazards, held, served]


async def _every_record_has_its_answer(case: Case, campaign: Campaign) -> Line:
    """P1, P7: each record that counts is answered by its place, under its own id where that can be read, for what it is."""
    topic, book = campaign.kafka.topic, campaign.kafka.book
    feedback = await Feedback.read(campaign.settings.kafka_bootstrap, AT_KAFKA)
    seen = await committed(campaign.settings.kafka_bootstrap, topic)
    wrong = [
        f"{topic}/0/{offset} 无答复"
        for offset, receipt in seen.items()
        if not _is_answered(feedback, topic, offset, receipt)
    ]
    fates: Counter[str] = Counter()
    for offset, record in book.placed.items():
        said = feedback.at(f"{topic}/0/{offset}")
        fates[record.fate.value] += 1
        if complaint := complaint_about(record, said, topic, counts=offset in seen):
            wrong.append(f"{record.kind} {topic}/0/{offset}: {complaint}")
    wrong += [f"{record.kind} 未入账" for record in book.unplaced if not _recorded(feedback, record, topic)]
    wrong += [name for name in book.done if name.startswith("not delivered")]
    wrong += await _without_receipt(case, campaign)
    doubled = [r for r, said in feedback.by_receipt.items() if sum(isinstance(one, ClaimRecorded) for one in said) > 1]
    wrong += [f"回执 {receipt} 入账两次" for receipt in doubled]
    detail = f"主题中 {len(seen)} 条，答复 {len(feedback.by_origin)} 条（{tally(fates)}）"
    return Line("敌意县区写入 Kafka 的每条记录都有答复", bool(seen) and not wrong, detail + some(wrong))


async def _without_receipt(case: Case, campaign: Campaign) -> list[str]:
    """Return what wrote its own id and source legibly, and finds no answer under the receipt that it can compute."""
    listed = case.platform.pages("gateway", "/v1/receipts", f"county-{AT_KAFKA}", limit=500)
    receipts = {receipt["receipt_id"]: receipt["status"] async for receipt in listed}
    wanted = {Fate.RECORDED: "recorded", Fate.WAITING: "queued", Fate.REFUSED: "rejected", Fate.REPEATED: "recorded"}
    found = []
    for record in campaign.kafka.book.placed.values():
        receipt = _receipt_of(record, campaign.kafka.topic)
        if receipt is not None and record.fate in wanted and receipts.get(receipt) != wanted[record.fate]:
            found.append(f"{record.kind} 回执 {receipt}: {receipts.get(receipt, '没有')}")
    return found


def _is_answered(feedback: Feedback, topic: str, offset: int, receipt: str | None) -> bool:
    return bool(feedback.at(f"{topic}/0/{offset}") or (receipt is not None and feedback.under(receipt)))


def complaint_about(record: Record, said: Sequence[ClaimEvent], topic: str, *, counts: bool) -> str | None:
    """Return what is wrong with the answers to a record, or None; `counts` says that a reader of committed records sees it."""
    if record.fate is Fate.NOTHING:
        return "已撤回而被采信" if said or counts else None
    if record.fate is Fate.REPEATED:
        return None
    wanted = _ANSWERS[record.fate]
    if len([one for one in said if isinstance(one, wanted)]) == 0 or not all(isinstance(one, wanted) for one in said):
        return f"应为 {record.fate.value}，答复 {[type(one).__name__ for one in said]}"
    identity = _receipt_of(record, topic)
    for one in said:
        if one.receipt_id != identity:
            return f"回执 {one.receipt_id}，应为 {identity}"
        if isinstance(one, ClaimRejected) and record.code not in (None, one.code):
            return f"{one.code}，应为 {record.code}"
    return None


def _receipt_of(record: Record, topic: str) -> str | None:
    """Return under which receipt a record is answered: one whose id stands for another event has none of its own."""
    return None if record.event is None or record.code == "id-reused" else str(record.event.identity(topic))


def _recorded(feedback: Feedback, record: Record, topic: str) -> bool:
    assert record.event is not None
    return any(isinstance(one, ClaimRecorded) for one in feedback.under(str(record.event.identity(topic))))


async def _every_taken_event_has_its_receipt(case: Case, campaign: Campaign) -> Line:
    """P1: what the gateway took is recorded, waits or was refused; and all that it said was well said."""
    topic, book = claims_topic(AT_GATEWAY), campaign.http.book
    receipts = {
        receipt["receipt_id"]: receipt
        async for receipt in case.platform.pages("gateway", "/v1/receipts", f"county-{AT_GATEWAY}", limit=500)
    }
    wrong = list(book.wrong)
    for record in book.taken:
        assert record.event is not None
        receipt = receipts.get(str(record.event.identity(topic)), {})
        waits = record.fate is Fate.WAITING and receipt.get("waiting_for")
        if receipt.get("status") != "recorded" and not waits:
            wrong.append(
                f"{record.kind} {record.event.id}: {receipt.get('status', 'missing')} {receipt.get('code', '')}"
            )
    detail = f"网关答复 {tally(book.statuses)}；受理 {len(book.taken)} 件"
    return Line("敌意县区经网关的每个请求都有规范答复", bool(book.taken) and not wrong, detail + some(wrong))


async def _only_what_was_right_became_a_hazard(case: Case, campaign: Campaign) -> Line:
    """P1: of hostile counties, the ledger holds what was right, once, in the words that were written last."""
    wanted = {(AT_KAFKA, folded(reference)) for reference in campaign.kafka.hazards}
    wanted |= {(AT_GATEWAY, reference) for reference in _references(campaign.http.book.taken)}
    found: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    for county in (AT_KAFKA, AT_GATEWAY):
        async for hazard in case.platform.pages("ledger", "/v1/hazards", AUDITOR, county=county, limit=1000):
            found[county, folded(hazard["reference"])] += 1
            text = campaign.kafka.hazards.get(hazard["reference"]) if county == AT_KAFKA else None
            if text not in (None, hazard["description"]):
                wrong.append(f"{hazard['reference']} 不是最后的内容")
    wrong += [f"{c} {r} 丢失" for c, r in wanted - found.keys()]
    wrong += [f"{c} {r} 误入" for c, r in found.keys() - wanted]
    wrong += [f"{c} {r} 重复" for (c, r), number in found.items() if number > 1]
    return Line(
        "敌意县区的台账不多不少", bool(wanted) and not wrong, f"应有 {len(wanted)}，实有 {found.total()}" + some(wrong)
    )


def _references(records: Iterable[Record]) -> set[str]:
    taken = (decode(record.event) for record in records if record.event is not None)
    return {folded(data.reference) for data in taken if isinstance(data, HazardReported)}


async def _the_neighbours_were_served(case: Case, campaign: Campaign) -> Line:
    """A county waits for nobody else: from its topic to its answer, calm against hostile, in one run."""
    spreads = by_phase(await latencies(campaign.settings.kafka_bootstrap, case.senders), campaign.phases)
    detail = "；".join(f"{name}: {spread}" for name, spread in spreads.items())
    calm, hostile = spreads.get("calm"), spreads.get("hostile")
    if calm is None or hostile is None:
        return Line("其他县区照常入账", holds=False, detail=detail or "没有可比的上报")
    ratio = hostile.p95 / max(calm.p95, 0.001)
    verdict = "不超过平时两倍" if ratio <= 2 else "超过平时两倍"
    return Line("其他县区照常入账", hostile.p95 < _STOPPED_SECONDS, f"p95 为平时的 {ratio:.2f} 倍，{verdict}；{detail}")
