"""A campaign (专项行动): its phases or its season, and how they stand on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from duban_contracts.events.types import LongText, ShortText
from services.scheduler.duties.model.duty import PlanCode, Printed
from services.scheduler.duties.model.rules import DaysOfYear, season_of


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """One phase (阶段) of a campaign, from `starts_on` to `ends_on`, both inclusive; `outputs` is what it has to yield."""

    number: Annotated[int, Meta(ge=1)]
    name: ShortText
    starts_on: date
    ends_on: date
    outputs: tuple[LongText, ...] = ()
    printed: Printed = ""


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign wants to have reached by a day (目标)."""

    by: date
    text: LongText


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One action (行动) of a campaign. Its number differs from city to city; reports key on the code."""

    number: int
    code: ShortText
    name: ShortText
    items: int = 0


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign: once, from `starts_on` to `ends_on`, or in a `season` of every year in between (None: without end)."""

    code: PlanCode
    name: ShortText
    document: ShortText
    city: ShortText | None = None
    starts_on: date
    ends_on: date | None = None
    season: DaysOfYear | None = None
    phases: Annotated[tuple[Phase, ...], Meta(max_length=20)] = ()
    goals: Annotated[tuple[Goal, ...], Meta(max_length=50)] = ()
    actions: Annotated[tuple[Measure, ...], Meta(max_length=50)] = ()


class CampaignState(StrEnum):
    """Where a campaign, or a phase, stands on a day: 未开始, 进行中, 已结束."""

    AHEAD = "ahead"
    CURRENT = "current"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days of one run of a campaign, both inclusive; `ends_on` None: open."""

    starts_on: date
    ends_on: date | None


def state_on(day: date, starts_on: date, ends_on: date | None) -> CampaignState:
    """Return where something that lasts from `starts_on` to `ends_on` stands on `day`; both days belong to it."""
    if day < starts_on:
        return CampaignState.AHEAD
    return CampaignState.ENDED if ends_on is not None and day > ends_on else CampaignState.CURRENT


def run_on(campaign: Campaign, day: date) -> Stretch:
    """Return the run of a campaign that counts on `day`: the one that is on, else the last one, else the first ahead.

    A season's run ends where the campaign does, and begins no earlier.
    """
    if campaign.season is None:
        return Stretch(campaign.starts_on, campaign.ends_on)
    runs = [season_of(campaign.season, year) for year in range(campaign.starts_on.year - 1, day.year + 2)]
    within = [
        Stretch(
            max(starts_on, campaign.starts_on),
            ends_on if campaign.ends_on is None else min(ends_on, campaign.ends_on),
        )
        for starts_on, ends_on in runs
        if ends_on >= campaign.starts_on and (campaign.ends_on is None or starts_on <= campaign.ends_on)
    ]
    begun = [run for run in within if run.starts_on <= day]
    return (begun or within[:1] or [Stretch(campaign.starts_on, campaign.ends_on)])[-1]


def campaign_state(campaign: Campaign, day: date) -> CampaignState:
    """Return where a campaign stands on `day`: a season that is over is ended until the next one begins."""
    run = run_on(campaign, day)
    return state_on(day, run.starts_on, run.ends_on)


def current_phase(campaign: Campaign, day: date) -> Phase | None:
    """Return the phase that `day` lies in, or None."""
    return next((phase for phase in campaign.phases if phase.starts_on <= day <= phase.ends_on), None)
