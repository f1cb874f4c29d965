"""What HTTP says of criteria, and of loading them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Self

from services.chassis.web.documents import Document
from services.chassis.web.findings import FindingDocument
from services.ledger.criteria.handlers import Loaded
from services.ledger.criteria.model.standards import Standard


class CriteriaVersion(Document, frozen=True, kw_only=True):
    """One version of a sector's criteria: it holds from `in_force_on` on, to `until_on` or until a newer one holds."""

    sector: str
    version: str
    title: str
    document: str | None
    in_force_on: date
    until_on: date | None
    clauses: int
    loaded_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return a row as HTTP shows it."""
        return cls(**{name: row[name] for name in cls.__struct_fields__})


class CriteriaClause(Document, frozen=True, kw_only=True):
    """One clause: what it is cited by, and its words."""

    code: str
    text: str


class CriteriaDocument(Document, frozen=True, kw_only=True):
    """One version with every clause in its order."""

    sector: str
    version: str
    title: str
    document: str | None
    in_force_on: date
    until_on: date | None
    clauses: list[CriteriaClause]

    @classmethod
    def of(cls, standard: Standard) -> Self:
        """Return a version as HTTP shows it."""
        head = {name: getattr(standard, name) for name in cls.__struct_fields__ if name != "clauses"}
        clauses = [CriteriaClause(code=clause.code, text=clause.text) for clause in standard.clauses]
        return cls(**head, clauses=clauses)


class LoadedVersion(Document, frozen=True, kw_only=True):
    """A version that a file holds."""

    sector: str
    version: str
    clauses: int

    @classmethod
    def all_of(cls, standards: Iterable[Standard]) -> list[Self]:
        """Return versions in the order of the file."""
        return [cls(sector=each.sector, version=each.version, clauses=len(each.clauses)) for each in standards]


class CriteriaLoaded(Document, frozen=True, kw_only=True):
    """What loading a file did; with `dry_run`, what it would do."""

    dry_run: bool
    created: list[LoadedVersion]
    unchanged: list[LoadedVersion]
    warnings: list[FindingDocument]

    @classmethod
    def of(cls, loaded: Loaded, *, dry_run: bool) -> Self:
        """Return what loading did as HTTP shows it."""
        return cls(
            dry_run=dry_run,
            created=LoadedVersion.all_of(loaded.created),
            unchanged=LoadedVersion.all_of(loaded.unchanged),
            warnings=[FindingDocument.of(each) for each in loaded.faults.warnings],
        )
