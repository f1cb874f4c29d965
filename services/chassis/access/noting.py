"""What the trail is told of who asks for what (SY66). It is written elsewhere."""

from __future__ import annotations

import hashlib
from typing import Final

from services.chassis.access.principal import Principal
from services.chassis.telemetry import acts
from services.chassis.web.known import recognised

_KEY: Final = "dbk_"
_KEY_ID_DIGITS: Final = 16


def note_asked(action: str, *, protected: bool, veiled: bool) -> None:
    """Note what the request asks for, before anything is known of who asks."""
    if (act := acts.current()) is not None:
        act.action, act.is_protected, act.is_veiled = action, protected, veiled


def note_caller(principal: Principal, header: str | None) -> None:
    """Note who asks, and by which credential: what signs in with it first is told once. It has seats of its own from then on."""
    recognised()
    if (act := acts.current()) is not None:
        act.account, act.role = principal.account, principal.role
        act.credential = credential_of(header)


def credential_of(header: str | None) -> str:
    """Return by what a key or token can be told from others and not be used: a key's id, or a digest of a token."""
    text = (header or "").partition(" ")[2].strip()
    if text.startswith(_KEY):
        return f"key {text[len(_KEY) : len(_KEY) + _KEY_ID_DIGITS]}"
    return f"token {hashlib.sha256(text.encode()).hexdigest()[:32]}"
