"""后续事项督促函: a measure of an accident, its evaluation or a look-back is owed past its day (SY43, SY31; P1 item 7, P4 item 31).

It goes to whoever may do what is owed: the city evaluates what is graver than 一般. One for each: such a day is set once. A city whose profile has no form for it sends none.
"""

from __future__ import annotations

from typing import Final

from duban_contracts.events.supervision import SupervisionOverdue
from services.notifications.letters.model.followed import follow_up_matter, follow_up_words
from services.notifications.letters.model.kind import Kind, Words, Writing
from services.notifications.letters.model.words import days_late, last_day


def _occasion(event: SupervisionOverdue) -> str:
    return str(event.deadline_number)


def _words(event: SupervisionOverdue, writing: Writing) -> Words:
    return follow_up_words(event, writing) | {"days": days_late(last_day(event, writing.city), writing.today)}


FOLLOW_UP_URGING: Final = Kind(
    code="follow_up_urging",
    event=SupervisionOverdue,
    matter=follow_up_matter,
    occasion=_occasion,
    words=_words,
    is_optional=True,
)
