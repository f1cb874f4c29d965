"""Who was served in a year: principals trained, areas drilled."""

from __future__ import annotations

from typing import Annotated, Self

from msgspec import Meta

from services.chassis.web.documents import Document
from services.scheduler.rosters.model import RosterMember
from services.scheduler.tasks.model.served import Drilled, Trained


class ServedMember(Document, frozen=True, kw_only=True):
    """An enterprise or site of the roster."""

    code: str
    name: str
    county: str

    @classmethod
    def of(cls, member: RosterMember) -> Self:
        """Return the document of a member."""
        return cls(code=member.code, name=member.name, county=member.county)


class TrainingCoverage(Document, frozen=True, kw_only=True):
    """主要负责人培训全覆盖: of `total` enterprises of the target group `trained` had their principal trained in the year."""

    year: int
    roster: str
    trained: int
    total: int
    missing: Annotated[list[ServedMember], Meta(description="enterprises whose principal is still to be trained")]

    @classmethod
    def of(cls, year: int, roster: str, found: Trained) -> Self:
        """Return the coverage of a year."""
        return cls(
            year=year,
            roster=roster,
            trained=len(found.trained),
            total=len(found.trained) + len(found.missing),
            missing=[ServedMember.of(member) for member in found.missing],
        )


class DrillSite(Document, frozen=True, kw_only=True):
    """A site: how many drills it had, and which of its areas had one or none."""

    site: ServedMember
    drills: int
    drilled: tuple[str, ...]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, found: Drilled) -> Self:
        """Return the document of a site."""
        return cls(site=ServedMember.of(found.site), drills=found.drills, drilled=found.drilled, missing=found.missing)


class DrillRegister(Document, frozen=True, kw_only=True):
    """应急演练登记: every site of the roster with its areas, in a year."""

    year: int
    roster: str
    sites: list[DrillSite]
