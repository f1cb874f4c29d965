"""The kinds of letter that the platform sends by itself, one file each; a new kind is a new file and its line here.

Each needs its form in contacts.json (sign and channels) and its templates in the profile; an optional one that has no
form isn't written.
"""

from __future__ import annotations

from typing import Final

from services.notifications.letters.kinds.confirmation_prompt import CONFIRMATION_PROMPT
from services.notifications.letters.kinds.correction import CORRECTION
from services.notifications.letters.kinds.follow_up_urging import FOLLOW_UP_URGING
from services.notifications.letters.kinds.listing_prompt import LISTING_PROMPT
from services.notifications.letters.kinds.listing_urging import LISTING_URGING
from services.notifications.letters.kinds.prompt import PROMPT
from services.notifications.letters.kinds.task_prompt import TASK_PROMPT
from services.notifications.letters.kinds.task_urging import TASK_URGING
from services.notifications.letters.kinds.urging import URGING
from services.notifications.letters.model.kind import AnyKind

KINDS: Final[tuple[AnyKind, ...]] = (
    URGING,
    PROMPT,
    CORRECTION,
    LISTING_PROMPT,
    LISTING_URGING,
    FOLLOW_UP_URGING,
    TASK_PROMPT,
    TASK_URGING,
    CONFIRMATION_PROMPT,
)
