"""What HTTP takes and says of plants, their sheets and their checks."""

from __future__ import annotations

from datetime import date
from typing import Self
from uuid import UUID

from duban_contracts.events.types import CountyCode, LongText, Sector, Uscc
from services.chassis.access.scope import Facts
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.scheduler.selfchecks.model import (
    Check,
    CheckFindings,
    CheckLevel,
    LevelSheet,
    Owed,
    Plant,
    PlantLayout,
    State,
)


class RegisterPlant(PlantLayout, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plant to be registered: whose it is, where it lies, and how it is laid out."""

    enterprise: Uscc
    county: CountyCode
    sector: Sector | None = None

    @property
    def place(self) -> Facts:
        """What decides who may see it."""
        return Facts(county=self.county, sector=self.sector, enterprise=self.enterprise)


class ChangePlant(PlantLayout, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plant laid out anew, whole, and why."""

    reason: LongText


def laid_of(command: PlantLayout) -> PlantLayout:
    """Return the layout that a command names."""
    return PlantLayout(**{field: getattr(command, field) for field in PlantLayout.__struct_fields__})


class WithdrawCheck(Document, frozen=True, kw_only=True):
    """Why a check that was filed is none."""

    reason: LongText


class SelfcheckPlant(Document, frozen=True, kw_only=True):
    """A plant with its workshops and teams; `reason` is why this version replaced the one before."""

    plant_id: UUID
    version: int
    enterprise: str
    county: str
    sector: str | None
    layout: PlantLayout
    reason: str | None

    @classmethod
    def of(cls, plant: Plant) -> Self:
        """Return a plant as HTTP shows it."""
        return cls(
            plant_id=plant.plant_id,
            version=plant.version,
            enterprise=plant.enterprise,
            county=plant.county,
            sector=plant.sector,
            layout=plant.laid,
            reason=plant.reason,
        )


class SelfcheckGap(Document, frozen=True, kw_only=True):
    """A check that was owed in a period and not held: of a team, a workshop, or (`part` null) the plant or the group."""

    part: str | None
    name: str
    period: str
    ends_on: date

    @classmethod
    def of(cls, gap: Owed) -> Self:
        """Return a gap as HTTP shows it."""
        return cls(part=gap.part, name=gap.name, period=gap.span.key, ends_on=gap.span.end)


class SelfcheckLevel(Document, frozen=True, kw_only=True):
    """How one level stands; `met` says that nothing is missing at this level so far, whatever others lack."""

    level: CheckLevel
    met: bool
    owed: int
    done: int
    late: int
    no_work: int
    open: int
    missing: int
    gaps: list[SelfcheckGap]

    @classmethod
    def of(cls, one: LevelSheet) -> Self:
        """Return a level as HTTP shows it."""
        return cls(
            level=one.level,
            met=one.met,
            owed=one.owed,
            **{state.value: one.counts[state] for state in State},
            gaps=[SelfcheckGap.of(gap) for gap in one.gaps],
        )


class SelfcheckSheet(Document, frozen=True, kw_only=True):
    """A plant's week, month or quarter: each level whose periods end in it, by itself."""

    plant_id: UUID
    enterprise: str
    county: str
    name: str
    period: str
    levels: list[SelfcheckLevel]

    @classmethod
    def of(cls, plant: Plant, period: str, levels: list[LevelSheet]) -> Self:
        """Return the sheet of a plant."""
        return cls(
            plant_id=plant.plant_id,
            enterprise=plant.enterprise,
            county=plant.county,
            name=plant.laid.name,
            period=period,
            levels=[SelfcheckLevel.of(level) for level in levels],
        )


class SelfcheckDocument(Document, frozen=True, kw_only=True):
    """A check as it was filed; `withdrawn` is the reason why it counts no more."""

    check_id: UUID
    plant_id: UUID
    found: CheckFindings
    filed_on: date
    withdrawn: str | None

    @classmethod
    def of(cls, check: Check) -> Self:
        """Return a check as HTTP shows it."""
        return cls(
            check_id=check.check_id,
            plant_id=check.plant_id,
            found=check.found,
            filed_on=check.filed_on,
            withdrawn=check.withdrawn,
        )


class ByPlant(Cursor, frozen=True, kw_only=True, tag="selfcheck-plants"):
    """Where a page of plants ends."""

    plant_id: UUID


class ByHeldDay(Cursor, frozen=True, kw_only=True, tag="selfchecks"):
    """Where a page of checks ends."""

    held_on: date
    check_id: UUID

    @classmethod
    def of(cls, check: Check) -> Self:
        """Return the cursor behind a check."""
        return cls(held_on=check.found.held_on, check_id=check.check_id)
