"""What HTTP says of area groups and of what was found in their areas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from duban_contracts.groups import SupervisionGroup
from services.chassis.web.documents import Document
from services.ledger.groups.model import FindingCount
from services.ledger.hazards.documents import HazardDocument


class GroupDocument(Document, frozen=True, kw_only=True):
    """An area group of the city's supervision; `areas` are codes of counties, or of townships."""

    code: str
    name: str
    areas: list[str]

    @classmethod
    def of(cls, group: SupervisionGroup) -> Self:
        """Return the document of a group."""
        return cls(code=group.code, name=group.name, areas=list(group.areas))


class GroupsDocument(Document, frozen=True, kw_only=True):
    """The area groups, in the order of the profile."""

    items: list[GroupDocument]


class GroupFinding(Document, frozen=True, kw_only=True):
    """One finding of the month with the group in whose area it stands; null where that is nobody's."""

    group: str | None
    hazard: HazardDocument


class GroupCount(Document, frozen=True, kw_only=True):
    """How many findings of the month stand in a group's area, and how many of them are open; null: in nobody's."""

    group: str | None
    name: str | None
    found: int
    open: int


class MonthDocument(Document, frozen=True, kw_only=True):
    """The month, group by group. `total` is counted without the groups, `balanced` says that their sum is the same."""

    month: str
    total: int
    balanced: bool
    groups: list[GroupCount]

    @classmethod
    def of(cls, month: str, total: int, counts: Sequence[FindingCount], names: dict[str, str]) -> Self:
        """Return the document of a month."""
        groups = [
            GroupCount(group=each.group, name=names.get(each.group or ""), found=each.found, open=each.open)
            for each in counts
        ]
        return cls(month=month, total=total, balanced=sum(each.found for each in counts) == total, groups=groups)
