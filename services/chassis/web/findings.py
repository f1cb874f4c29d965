"""What HTTP says about the cells of a file that was loaded, or would be."""

from __future__ import annotations

from typing import Annotated, Self

from msgspec import Meta

from duban_contracts.findings import Finding, Weight
from services.chassis.web.documents import Document


class FindingDocument(Document, frozen=True, kw_only=True):
    """One thing about one cell: an error refuses the file, a warning has to be looked at."""

    weight: Weight
    cell: Annotated[str, Meta(description="a JSON path, or a cell of the sheet such as C7")]
    code: str
    rule: str
    value: str | None

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Return a finding as HTTP shows it."""
        return cls(weight=finding.weight, cell=finding.cell, code=finding.code, rule=finding.rule, value=finding.value)
