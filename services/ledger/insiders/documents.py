"""What HTTP says of inside reports. Only `ReportInside` holds a person's data, and no answer does."""

from __future__ import annotations

from datetime import date
from typing import Self
from uuid import UUID

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.ledger.insiders.model import STATES_ZH, InsideReport, Report, ReportFacts
from services.ledger.vault.model.identity import Identity


class ReportInside(Report, frozen=True, kw_only=True):
    """内部报告: what is wrong; `reporter` goes into the vault and is shown to nobody of the enterprise."""

    reporter: Identity | None = None


class InsideReportDocument(ReportFacts, Document, frozen=True, kw_only=True):
    """An inside report as the enterprise sees it: what, where, on which day, and nothing of who."""

    state_zh: str

    @classmethod
    def of(cls, report: InsideReport) -> Self:
        """Return the document of a report."""
        said = {name: getattr(report, name) for name in ReportFacts.__struct_fields__}
        return cls(**said, state_zh=STATES_ZH[report.state])


class ByArrival(Cursor, frozen=True, tag="inside-reports"):
    """Where a page of inside reports ends. Within a day the order says nothing of who came first."""

    received_on: date
    report_id: UUID
