"""Take an inside report without keeping who sent it, and let the enterprise handle and reward it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.acting import Acting, Now
from services.chassis.storage.database import Connection
from services.chassis.storage.locks import hold_names
from services.chassis.web.preconditions import Precondition
from services.ledger.insiders import tables
from services.ledger.insiders.model import NUMBERS, InsideReport, Report, ReportState, digest_of, number_of
from services.ledger.tips.handlers.office import TipOffice
from services.ledger.vault.handlers.seal import seal, why_not
from services.ledger.vault.model.identity import Identity

# Of which kind the vault's subjects are that this slice seals.
SUBJECTS: Final = "inside_report"


async def report_inside(
    connection: Connection, said: Report, reporter: Identity | None, *, office: TipOffice, now: Now
) -> InsideReport | Refusal:
    """Take a report in for the caller's own enterprise, in the caller's transaction; the same code again is the same report.

    The account that sends it is asked for its enterprise and written nowhere.
    """
    caller = now().caller
    enterprise = next(iter(caller.scope.enterprise or ()), None)
    if enterprise is None:
        return refusal("inside-report-no-enterprise")
    county = caller.county or office.city
    if against := why_not(office.vault, reporter, said):
        return against
    digest = digest_of(said.claim_code)
    await hold_names(connection, "inside-report", [f"{enterprise}/{digest.hex()}"])
    known = await tables.of_code(connection, enterprise, digest)
    if known is not None:
        same = (known.place, known.content) == (said.place, said.content)
        return known if same else refusal("claim-code-used", field="claim_code")
    acting = now()
    report = InsideReport(
        # Random and not ordered by time: an id that grows with time holds the millisecond that sent it.
        report_id=str(uuid4()),
        number=await _drawn(connection, county, acting.today.year),
        version=1,
        state=ReportState.RECEIVED,
        enterprise=enterprise,
        county=county,
        place=said.place,
        content=said.content,
        received_on=acting.today,
        has_reporter=reporter is not None,
        code_digest=digest,
    )
    await tables.insert(connection, report)
    if reporter is not None and office.vault is not None:
        await seal(office.vault, report.report_id, reporter, kind=SUBJECTS, at=acting.at)
    return report


async def _drawn(connection: Connection, county: str, year: int) -> str:
    while await tables.is_taken(connection, number := number_of(county, year, secrets.randbelow(NUMBERS))):
        pass
    return number


async def change_report(
    connection: Connection,
    report_id: str,
    change: Callable[[InsideReport, Acting], InsideReport | Refusal],
    *,
    expecting: Precondition,
    now: Now,
) -> InsideReport | Refusal:
    """Let `change` go on with a report, in the caller's transaction; it is told who acts once the report is held."""
    report = await tables.lock(connection, report_id)
    acting = now().after(*(report.handled_at, report.rewarded_at) if report else ())
    if report is None or not acting.caller.finds(tables.facts_for(acting.caller)(report)):
        return refusal("inside-report-not-found", field="report_id")
    if unmet := expecting.unmet(report.version):
        return unmet
    after = change(report, acting)
    if not isinstance(after, Refusal):
        await tables.update(connection, after)
    return after
