"""责令停产停业、停止使用 (DOMAIN §3 row 14; S4 item 32, P6 item 9) and 准予恢复. Recorded in the hazard's own history."""

from __future__ import annotations

from duban_contracts.catalogue import event
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import LongText, StopOrder
from duban_contracts.topics import TopicFamily


@event("enterprise.stopped.v1", family=TopicFamily.HAZARD, title_zh="责令停产停业")
class EnterpriseStopped(HazardEvent, frozen=True, kw_only=True):
    """责令停产停业: an authority ordered that production, or the use of something, stops; its hazard can't be closed meanwhile.

    State, deadline and responsible unit stay as they are.
    """

    order: StopOrder


@event("enterprise.resumed.v1", family=TopicFamily.HAZARD, title_zh="准予恢复")
class EnterpriseResumed(HazardEvent, frozen=True, kw_only=True):
    """准予恢复: who had ordered it, or the authority above, reviewed what was mended and lifted the order."""

    order: StopOrder
    review: LongText
