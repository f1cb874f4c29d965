"""What HTTP says and takes: documents of answers, bodies of commands."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from duban_contracts.events.types import Channel, Evidence, Grade, HazardState
from services.ledger.domain import commands
from services.ledger.domain.hazard import Hazard

# The contract's own limits (ShortText, LongText): what is taken here is published there.
Short = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Long = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$")]
# A hazard's id or number, as a path names it.
Name = Annotated[str, Path(max_length=64, pattern=r"^[0-9A-Za-z-]+$", description="隐患标识或编号")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,62}$")]


class EnterpriseDocument(BaseModel):
    """生产经营单位."""

    name: str
    uscc: str | None


class HazardDocument(BaseModel):
    """One entry of the 隐患台账; instants are UTC, `deadline_on` is inclusive in Asia/Shanghai."""

    hazard_id: str
    number: str
    version: int
    county: str
    reference: str
    channel: Channel
    sector: str
    state: HazardState
    grade: Grade | None
    responsible_unit: str | None
    deadline_on: date | None
    overdue: bool
    enterprise: EnterpriseDocument
    place: str
    description: str
    township: str | None
    found_on: date
    suggested_grade: Grade | None
    registered_at: datetime
    confirmed_at: datetime | None
    submitted_at: datetime | None
    closed_at: datetime | None
    returned_count: int
    reopened_count: int

    @classmethod
    def of(cls, hazard: Hazard) -> HazardDocument:
        """Return the document of a hazard; its values are checked already."""
        values = {name: getattr(hazard, name) for name in cls.model_fields if name != "enterprise"}
        enterprise = EnterpriseDocument(name=hazard.enterprise.name, uscc=hazard.enterprise.uscc)
        return cls.model_construct(enterprise=enterprise, **values)


class HazardPage(BaseModel):
    """A page of hazards, newest first; `next` goes into `after` for the following page."""

    items: list[HazardDocument]
    next: str | None


class CountGroup(BaseModel):
    """How many hazards have this value; null stands for not yet set."""

    value: str | None
    count: int


class CountDocument(BaseModel):
    """How many hazards there are."""

    total: int
    groups: list[CountGroup]


class Body(BaseModel):
    """The body of a command: an unknown field is a mistake to be told about."""

    model_config = ConfigDict(extra="forbid")


class ConfirmBody(Body):
    """确认."""

    grade: Grade
    responsible_unit: Code
    deadline_on: date
    criterion: Short | None = None

    def command(self, _: datetime) -> commands.Confirm:
        """Return the command."""
        return commands.Confirm(
            grade=self.grade,
            responsible_unit=self.responsible_unit,
            deadline_on=self.deadline_on,
            criterion=self.criterion,
        )


class RejectBody(Body):
    """不予认定."""

    reason: Long

    def command(self, _: datetime) -> commands.Reject:
        """Return the command."""
        return commands.Reject(reason=self.reason)


class PlanBody(Body):
    """整改方案."""

    measures: Long
    responsible_post: Short

    def command(self, _: datetime) -> commands.Plan:
        """Return the command."""
        return commands.Plan(measures=self.measures, responsible_post=self.responsible_post)


class EvidenceBody(Body):
    """A proof kept by the publisher."""

    name: Short
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class SubmitBody(Body):
    """整改完成."""

    measures: Long
    completed_on: date
    evidence: Annotated[list[EvidenceBody], Field(max_length=100)] = []

    def command(self, at: datetime) -> commands.Submit:
        """Return the command; it counts as submitted at `at`."""
        return commands.Submit(
            measures=self.measures,
            completed_on=self.completed_on,
            submitted_at=at,
            evidence=tuple(Evidence(name=item.name, sha256=item.sha256) for item in self.evidence),
        )


class ReturnBody(Body):
    """退回."""

    reason: Long

    def command(self, _: datetime) -> commands.Return:
        """Return the command."""
        return commands.Return(reason=self.reason)


class CloseBody(Body):
    """销号."""

    review: Long

    def command(self, _: datetime) -> commands.Close:
        """Return the command."""
        return commands.Close(review=self.review)


class ReopenBody(Body):
    """反弹."""

    reason: Long
    deadline_on: date

    def command(self, _: datetime) -> commands.Reopen:
        """Return the command."""
        return commands.Reopen(reason=self.reason, deadline_on=self.deadline_on)


class ExtendBody(Body):
    """延期."""

    reason: Long
    deadline_on: date

    def command(self, _: datetime) -> commands.Extend:
        """Return the command."""
        return commands.Extend(reason=self.reason, deadline_on=self.deadline_on)


class RegradeBody(Body):
    """调级."""

    grade: Grade
    reason: Long

    def command(self, _: datetime) -> commands.Regrade:
        """Return the command."""
        return commands.Regrade(grade=self.grade, reason=self.reason)
