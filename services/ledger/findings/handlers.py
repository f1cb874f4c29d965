"""Taking in what inspections found, a batch at a time, in the transaction of the consumer's inbox (promise P1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import structlog

from duban_contracts.events.claims import HazardReported
from duban_contracts.events.findings import TaskFindingReported, report_of
from duban_contracts.profile import City
from duban_contracts.refusals import Refusal
from duban_contracts.topics import TopicFamily, feedback_topic
from duban_contracts.validation import kept_reference
from services.chassis.consuming.deliveries import Delivery
from services.chassis.publishing.envelopes import new_event, uuid7_text
from services.chassis.storage.database import Connection
from services.ledger.claims.handlers.settlement import Settlement
from services.ledger.claims.handlers.take_claims import Claims, numbers_for
from services.ledger.claims.model import decisions
from services.ledger.claims.model.decisions import ClaimDecision, Recorded
from services.ledger.claims.tables import waiting
from services.ledger.claims.tables.rejected import RejectedClaim
from services.ledger.findings.model import inspection, inspector, rejection, screen
from services.ledger.hazards.handlers.journal import Journal, keys_of, writing
from services.ledger.hazards.handlers.numbers import Numbers
from services.ledger.history.model import SOURCE

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What taking findings needs: the claims, whose decisions they share, and the city that is inspected."""

    claims: Claims
    city: City


class Found(msgspec.Struct, frozen=True):
    """A finding as it came, and the report that it is, or why it can't be one."""

    delivery: Delivery
    data: TaskFindingReported
    report: HazardReported | Refusal


async def take_findings(connection: Connection, deliveries: Sequence[Delivery], *, findings: Findings) -> None:
    """Record the findings among `deliveries`, in their order, in the caller's transaction; the rest is not the ledger's.

    Raises Retryable when another instance registered one of the hazards meanwhile.
    """
    found = [
        Found(delivery, delivery.data, screen(delivery.data, findings.city))
        for delivery in deliveries
        if isinstance(delivery.data, TaskFindingReported)
    ]
    if not found:
        return
    claims = findings.claims
    reports = [one.report for one in found if not isinstance(one.report, Refusal)]
    references = sorted({key for report in reports for key in keys_of(report.county, report.reference)})
    async with writing(connection, ledger=claims.ledger, references=references) as journal:
        settlement = claims.settlement(journal, await waiting.under(connection, references))
        numbers = await numbers_for(connection, journal, reports)
        refused = [kept for one in found if (kept := _take(one, journal, settlement, findings, numbers)) is not None]
        settlement.rejected.extend(refused)
        await settlement.save(connection)


def _take(
    found: Found, journal: Journal, settlement: Settlement, findings: Findings, numbers: Numbers
) -> RejectedClaim | None:
    """Record one finding; return it as a claim to be kept where it was refused, and tell its task."""
    report, event = found.report, found.delivery.event
    decision = report if isinstance(report, Refusal) else _decide(found.data, report, journal, findings.claims, numbers)
    if isinstance(decision, Refusal):
        return _refuse(found, decision, journal, findings.city)
    if isinstance(decision, Recorded):
        # What a county had said of the hazard before it was there waits for its confirmation now.
        settlement.release(journal.enter(decision.event, event))
    return None


def _decide(
    data: TaskFindingReported, report: HazardReported, journal: Journal, claims: Claims, numbers: Numbers
) -> ClaimDecision:
    """Decide as on a county's report; what counts is when it was filed."""
    hazard = journal.under(report.county, report.reference)
    stamp = journal.stamp(inspector(data), hazard, data.occurred_at)
    township = claims.townships.code(report.county, report.township)
    if hazard is None and (refused := kept_reference(report)):
        return refused
    if hazard is None:
        number = next(numbers[report.county])
        return decisions.report(report, uuid7_text(), number, township, stamp, found_by=inspection(data))
    return decisions.report_again(hazard, report, township, stamp, found_by=inspection(data))


def _refuse(found: Found, refusal: Refusal, journal: Journal, city: City) -> RejectedClaim:
    """Tell the task, and its county, why a finding can't be recorded; return it as a claim to be kept."""
    data, event = found.data, found.delivery.event
    _log.warning("finding refused", task=data.task.number, code=refusal.code, field=refusal.field)
    answer = rejection(data, refusal, journal.at)
    task_id = data.task.task_id
    told = new_event(answer, source=SOURCE, subject=task_id, key=task_id, time=answer.rejected_at, cause=event)
    journal.send(f"{journal.topic_prefix}{TopicFamily.HAZARD}", told)
    if any(data.task.county == county.code for county in city.counties):
        # Its county filed it, or has it filed: it hears of it under the task's number, as of everything about the task.
        copy = msgspec.structs.replace(told, partitionkey=data.task.number)
        journal.send(feedback_topic(data.task.county, journal.topic_prefix), copy)
    reference = report_of(data.finding, data.task.number).reference
    return RejectedClaim(data.finding.county, found.delivery.record, event, reference, refusal, journal.at)
