"""What a city decided about tips, `tips.json` of its profile; without the file the defaults below hold."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class TipPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a look-up needs a second officer's release, and for how many days after a tip's end an identity is kept."""

    second_release: bool = True
    kept_days: Annotated[int, Meta(ge=30, le=36500)] = 1095
