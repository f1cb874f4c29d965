"""二级会商: a matter that can't be solved where it stands goes up, with its record. Recorded on `ledger.hazard.v1`."""

from __future__ import annotations

import enum

from duban_contracts.catalogue import event
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import LongText
from duban_contracts.topics import TopicFamily


class Tier(enum.StrEnum):
    """To whom a matter was sent up: the county or the city. Whoever is above decides from then on."""

    COUNTY = "county"
    CITY = "city"


@event("hazard.escalated.v1", family=TopicFamily.HAZARD, title_zh="提交上级")
class HazardEscalated(HazardEvent, frozen=True, kw_only=True):
    """提交上级: the matter stands on the list of `to` now; `reason` says why it can't be solved below, and what was tried.

    State, deadline and responsible unit stay as they are.
    """

    to: Tier
    reason: LongText


@event("hazard.handed_back.v1", family=TopicFamily.HAZARD, title_zh="交回办理")
class HazardHandedBack(HazardEvent, frozen=True, kw_only=True):
    """交回办理: the consultation at `tier` came to `conclusion`, and the matter goes on below."""

    tier: Tier
    conclusion: LongText
