"""What a token may be refused for, and what looks like one. A process in which nobody signs in knows this and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# Every kind of bad token has its code; so OpenAPI says of each route.
TOKEN_CODES: Final = (
    "token-malformed",
    "token-unsupported",
    "token-issuer-unknown",
    "token-signature-invalid",
    "token-audience-wrong",
    "token-expired",
    "token-not-yet-valid",
    "token-account-unknown",
    "token-claims-unusable",
)
AWAY: Final = "sign-in-unavailable"
CODES: Final = (*TOKEN_CODES, AWAY)
"""What a request with a token may be answered with, beside what any request may."""

_PARTS: Final = 3

Claims = Mapping[str, Any]


class TokenRefused(Exception):
    """A token is not taken: `code` is one of TOKEN_CODES, `claim` and `rule` say what of it is wrong where that helps."""

    def __init__(self, code: str, *, claim: str | None = None, rule: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.claim = claim
        self.rule = rule


def looks_like_token(text: str) -> bool:
    """Return whether `text` has the form of a signed token, whatever is in it."""
    return text.count(".") >= _PARTS - 1
