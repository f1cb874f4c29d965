"""What HTTP says of a file that was loaded, or would be."""

from __future__ import annotations

from typing import Self

from services.chassis.web.documents import Document
from services.chassis.web.findings import FindingDocument
from services.scheduler.imports.handlers import Loaded


class PlannedDocument(Document, frozen=True, kw_only=True):
    """What became of the tasks of the duties that were loaded."""

    created: int
    revised: int
    kept: int
    withdrawn: int


class ImportDocument(Document, frozen=True, kw_only=True):
    """What loading a file did; with `dry_run`, what it would do."""

    dry_run: bool
    plans: list[str]
    campaigns: list[str]
    duties_created: list[str]
    duties_changed: list[str]
    duties_unchanged: list[str]
    tasks: PlannedDocument
    warnings: list[FindingDocument]

    @classmethod
    def of(cls, loaded: Loaded, *, dry_run: bool) -> Self:
        """Return what loading did as HTTP shows it."""
        kept, planning = loaded.kept, loaded.planning
        return cls(
            dry_run=dry_run,
            plans=[plan.code for plan in loaded.read.plans],
            campaigns=[campaign.code for campaign in loaded.read.campaigns],
            duties_created=kept.created,
            duties_changed=kept.changed,
            duties_unchanged=kept.unchanged,
            tasks=PlannedDocument(
                created=planning.created, revised=planning.revised, kept=planning.kept, withdrawn=planning.withdrawn
            ),
            warnings=[FindingDocument.of(each) for each in loaded.read.warnings],
        )
