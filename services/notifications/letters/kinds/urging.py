"""督促函: a hazard's deadline passed without 整改完成 (DOMAIN §5: "lagging work", S4 part 6(5), S2 part 3(6)).

Not a 函告 (`letter`): that is the first step of the printed ladder 函告、通报、约谈、曝光, and a step of the ladder is proposed
by the platform and sent by an authorised person. 督促函 stands before the ladder as a standing measure ("多发督促函"), so
the platform may send it by itself. A new deadline of the hazard is a new cause.
"""

from __future__ import annotations

from typing import Final

from duban_contracts.events.supervision import SupervisionOverdue
from services.notifications.letters.model.kind import Kind, Words, Writing
from services.notifications.letters.model.supervised import hazard_matter
from services.notifications.letters.model.words import days_late, deadline_words, hazard_words, last_day


def _occasion(event: SupervisionOverdue) -> str:
    return str(event.deadline_number)


def _words(event: SupervisionOverdue, writing: Writing) -> Words:
    late = days_late(last_day(event, writing.city), writing.today)
    words = deadline_words(event, writing.city) | {"days": late}
    return words | (hazard_words(event.hazard) if event.hazard else {})


URGING: Final = Kind(code="urging", event=SupervisionOverdue, matter=hazard_matter, occasion=_occasion, words=_words)
