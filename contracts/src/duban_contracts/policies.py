"""What a city decides about the life of its hazards: fields of :class:`duban_contracts.profile.City`, DOMAIN's readings first."""

from __future__ import annotations

import enum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from duban_contracts.events.types import Channel, Grade

FirstConfirmer = Literal["enterprise_user", "enterprise_principal", "county_regulator", "city_regulator"]
"""The roles that may confirm a hazard at the first level."""


class TwoLevels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hazards that two levels confirm (两级确认, S4 item 6): of this channel and grade, first by one of the roles `first`.

    The second level is whoever confirms hazards of that grade anyway (DOMAIN §10).
    """

    channel: Channel
    grade: Grade
    first: Annotated[tuple[FirstConfirmer, ...], Meta(min_length=1)] = (
        "enterprise_user",
        "enterprise_principal",
        # Not every enterprise has an account: its county speaks in its stead, and the city is still another.
        "county_regulator",
    )


class ClauseDemand(enum.StrEnum):
    """When confirming as major has to cite a clause of the criteria (判定标准, S4 item 21)."""

    ALWAYS = "always"
    """Without criteria in force for its sector nothing is confirmed as major."""
    WHERE_LISTED = "where_listed"
    """Where criteria for its sector are in force on that day; elsewhere any words are taken."""
    NEVER = "never"


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a city confirms: which hazards need two levels, and whether a clause is cited.

    What no entry names is confirmed by one level. DOMAIN §3 row 4: an enterprise's own major hazard by two, the findings
    of an inspection by the regulator alone.
    """

    two_levels: tuple[TwoLevels, ...] = (TwoLevels(channel=Channel.SELF_REPORT, grade=Grade.MAJOR),)
    clause: ClauseDemand = ClauseDemand.WHERE_LISTED

    def first_level(self, channel: Channel, grade: Grade) -> frozenset[str]:
        """Return the roles that confirm first, none where one level is enough."""
        asked = (each for each in self.two_levels if each.channel is channel and each.grade is grade)
        return frozenset(role for each in asked for role in each.first)


class LookBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which closed hazards are looked at again (回头看, P4 item 13 and 16), and how long after: per cent by grade, in days.

    No source document gives figures; these are the city's to set.
    """

    general_percent: Annotated[int, Meta(ge=0, le=100)] = 10
    major_percent: Annotated[int, Meta(ge=0, le=100)] = 100
    days: Annotated[int, Meta(ge=1, le=730)] = 90

    def percent(self, grade: Grade | None) -> int:
        """Return how many of a hundred closed hazards of this grade are looked at again."""
        return self.major_percent if grade is Grade.MAJOR else self.general_percent


class Review(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a city closes: hazards of the grades `two_reviewers` are checked by two, and some are looked at again (`look_back`).

    The source documents don't say who closes; DOMAIN §10 reads: a major closure needs a second reviewer.
    """

    two_reviewers: tuple[Grade, ...] = (Grade.MAJOR,)
    look_back: LookBack = LookBack()


class Extension(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a city extends deadlines: with `asked_for` only where somebody asked for it, and always by another account.

    As delivered a regulator may also extend without being asked; whoever asked never decides.
    """

    asked_for: bool = False


class Planning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a 整改方案 has to say beside measures and post, of a major hazard (S2 item 6, S4 part 5(2), P4 item 7)."""

    major: tuple[Literal["funds_yuan", "contingency"], ...] = ("funds_yuan", "contingency")


Yuan = Annotated[int, Meta(ge=0, le=1_000_000)]


class TipRewards(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a city pays for a verified tip, in whole yuan, by the hazard's grade; for a major one more (P4 item 36, S2.23).

    The source documents name no sums; these are examples.
    """

    general: Yuan = 500
    major: Yuan = 5000

    def of(self, grade: Grade) -> int:
        """Return what a hazard of this grade is worth."""
        return self.major if grade is Grade.MAJOR else self.general


class Tips(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a city deals with tips (举报) and with who gave them.

    `second_release` says whether a look-up of a reporter needs another officer's release, `kept_days` for how many days
    after a tip's end the reporter's identity is kept.
    """

    second_release: bool = True
    kept_days: Annotated[int, Meta(ge=30, le=36500)] = 1095
    rewards: TipRewards = TipRewards()


class Accidents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a city follows accidents up: within `look_back_days` after 结案 it evaluates what came of the measures.

    The source documents ask for the evaluation (P2 item 7, P4 item 31) and give no time; a year is what 中发〔2016〕32号 asks for.
    """

    look_back_days: Annotated[int, Meta(ge=30, le=730)] = 365
