"""Take what a mail server reports about a letter that it took before: the letter that comes back was not delivered."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Sequence

import structlog

from services.notifications.channels.model.reports import Action, NoReport, Report, read_reports
from services.notifications.delivery.handlers.deps import Deps
from services.notifications.delivery.handlers.settle import record_outcome
from services.notifications.delivery.model.delivery import DeliveryState, bounced
from services.notifications.delivery.tables import queue, reports

_log = structlog.get_logger(__name__)


class Outcome(enum.StrEnum):
    """What became of a report."""

    FAILED = "failed"  # the delivery, by this report
    NOTED = "noted"  # kept, and nothing changed: a delay, or a letter that is not held for delivered
    REPEATED = "repeated"
    LATER = "later"  # the attempt's own answer has to be recorded first
    UNMATCHED = "unmatched"
    NO_REPORT = "no-report"
    UNRECORDABLE = "unrecordable"  # a defect of ours


async def take_message(raw: bytes, deps: Deps) -> Sequence[Outcome]:
    """Take a mail and return what became of each report in it, one at least; safe to repeat."""
    try:
        found = read_reports(raw)
    except NoReport as error:
        _log.info("mail is no report", reason=error.code)
        return [Outcome.NO_REPORT]
    digest = hashlib.sha256(raw).hexdigest()
    return [await _take(report, digest, deps) for report in found]


async def _take(report: Report, digest: str, deps: Deps) -> Outcome:
    """Take one report in one transaction with what follows from it.

    It counts only where it names the delivery and the mailbox that its letter went to: whoever can say both has seen
    the letter.
    """
    async with deps.database.transaction() as connection:
        deliveries = await queue.lock_with_siblings(connection, report.delivery_id)
        address = await reports.address_of(connection, report.delivery_id) if deliveries else None
        if address is None or address.casefold() not in report.recipients:
            _log.warning("report fits no delivery", delivery_id=str(report.delivery_id), status=report.status)
            return Outcome.UNMATCHED
        delivery = deliveries[report.delivery_id].state
        if delivery.state is DeliveryState.SENDING:
            return Outcome.LATER
        step = bounced(delivery, report.status) if report.action is Action.FAILED else None
        kept = await reports.keep(
            connection,
            report,
            digest,
            attempt=delivery.attempts,
            failed_it=step is not None,
            at=deps.clock.wall(),
        )
        if not kept:
            return Outcome.REPEATED
        if step is None:
            return Outcome.NOTED
        await record_outcome(connection, deliveries, report.delivery_id, step, deps)
    _log.info("letter came back", letter_id=str(deliveries[report.delivery_id].letter_id), code=report.status)
    return Outcome.FAILED
