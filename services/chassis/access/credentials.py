"""What a caller shows: a key, which machines and scripts have, or a token of the provider by which people sign in."""

from __future__ import annotations

from services.chassis.access.keys import Authenticator
from services.chassis.access.principal import Principal
from services.chassis.access.signin import opening
from services.chassis.access.signin.refusals import looks_like_token


class Credentials:
    """Tells the two apart by their form; both end in the same `Principal`. Without `sign_in` there are keys alone."""

    def __init__(self, keys: Authenticator, sign_in: opening.SignIn | None = None) -> None:
        self._keys = keys
        self._sign_in = sign_in

    async def authenticate(self, header: str | None) -> Principal:
        """Return who shows this `Authorization` header; raises Problem 401, and 503 while no token can be judged."""
        scheme, _, text = (header or "").partition(" ")
        if self._sign_in is not None and scheme.lower() == "bearer" and looks_like_token(text):
            return await self._sign_in.authenticate(text)
        return await self._keys.authenticate(header)
