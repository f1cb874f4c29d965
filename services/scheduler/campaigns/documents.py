"""What HTTP says of plans, their rows and gaps, and of campaigns on a day."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from msgspec import Meta

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.scheduler.campaigns.model.campaign import (
    Campaign,
    CampaignState,
    Goal,
    Measure,
    Phase,
    campaign_state,
    current_phase,
    run_on,
    state_on,
)
from services.scheduler.campaigns.model.gaps import Gap, Severity
from services.scheduler.campaigns.model.plan import Plan


class PlanDocument(Plan, Document, frozen=True, kw_only=True):
    """A plan with what it requires of itself."""

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Return a plan as HTTP shows it."""
        return cls(**{name: getattr(plan, name) for name in cls.__struct_fields__})


class ByCode(Cursor, frozen=True, kw_only=True, tag="plans"):
    """Where a page of plans or campaigns ends."""

    code: str

    @classmethod
    def of(cls, found: Plan | Campaign) -> Self:
        """Return the cursor behind a plan or a campaign."""
        return cls(code=found.code)


class GapDocument(Document, frozen=True, kw_only=True):
    """One thing that a plan lacks; `requirement` is the mechanism that asks for it, `rows` are duties."""

    code: str
    severity: Severity
    requirement: int | None
    missing: int
    detail: str
    periods: list[str]
    rows: list[str]

    @classmethod
    def of(cls, gap: Gap) -> Self:
        """Return a gap as HTTP shows it."""
        return cls(
            code=gap.code,
            severity=gap.severity,
            requirement=gap.requirement,
            missing=gap.missing,
            detail=gap.detail,
            periods=list(gap.periods),
            rows=list(gap.rows),
        )


class SeverityCount(Document, frozen=True, kw_only=True):
    """How many gaps weigh that much."""

    severity: Severity
    count: int


class PlanGaps(Document, frozen=True, kw_only=True):
    """What a plan lacks, the hardest first; `counts` are of the whole, whatever is asked for."""

    plan: str
    counts: list[SeverityCount]
    items: list[GapDocument]

    @classmethod
    def of(cls, plan: Plan, found: list[Gap], severity: Severity | None) -> Self:
        """Return the gaps of a plan, all of them or those of one severity."""
        return cls(
            plan=plan.code,
            counts=[
                SeverityCount(severity=each, count=sum(1 for gap in found if gap.severity is each)) for each in Severity
            ],
            items=[GapDocument.of(gap) for gap in found if severity in (None, gap.severity)],
        )


class PhaseDocument(Document, frozen=True, kw_only=True):
    """A phase, and where it stands on the day."""

    phase: Phase
    state: CampaignState


class CampaignDocument(Document, frozen=True, kw_only=True):
    """A campaign as it stands on the day `on`; `current_phase` is the number of the phase that the day lies in.

    A season's `starts_on` and `ends_on` are those of its run that counts on that day.
    """

    code: str
    name: str
    document: str
    city: str | None
    on: date
    state: CampaignState
    starts_on: date
    ends_on: Annotated[date | None, Meta(description="null: no end is set")]
    is_seasonal: bool
    current_phase: int | None
    phases: list[PhaseDocument]
    goals: list[Goal]
    actions: list[Measure]

    @classmethod
    def of(cls, campaign: Campaign, day: date) -> Self:
        """Return a campaign as HTTP shows it on `day`."""
        run, phase = run_on(campaign, day), current_phase(campaign, day)
        return cls(
            code=campaign.code,
            name=campaign.name,
            document=campaign.document,
            city=campaign.city,
            on=day,
            state=campaign_state(campaign, day),
            starts_on=run.starts_on,
            ends_on=run.ends_on,
            is_seasonal=campaign.season is not None,
            current_phase=phase.number if phase else None,
            phases=[
                PhaseDocument(phase=each, state=state_on(day, each.starts_on, each.ends_on)) for each in campaign.phases
            ],
            goals=list(campaign.goals),
            actions=list(campaign.actions),
        )
