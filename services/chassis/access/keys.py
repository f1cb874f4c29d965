"""Who is calling: bearer keys, of which only a digest is stored.

A key reads `dbk_<key id>_<secret>`. The secret is 256 random bits, so one SHA-256 is as good as a slow hash.
An account has at most two live keys, so that a key can be rotated without a pause.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.chassis.access.principal import Principal
from services.chassis.storage.database import Connection, Database
from services.chassis.web.problems import Problem

_FORMAT: Final = re.compile(r"dbk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})\Z")
_CACHE_SECONDS: Final = 5.0
LIVE_KEYS: Final = 2


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be stored: the principal it speaks for and its token."""

    principal: Principal
    token: str


def new_token() -> str:
    """Return a fresh key."""
    return f"dbk_{secrets.token_hex(8)}_{secrets.token_urlsafe(32)}"


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


async def store(connection: Connection, keys: Sequence[NewKey]) -> None:
    """Store keys (idempotent); the oldest live keys of an account beyond two are revoked. Raises ValueError.

    A key that is stored already takes on what its account is now (role, area, unit, sectors, enterprise); a revoked one
    stays revoked.
    """
    for key in keys:
        match = _FORMAT.match(key.token)
        if match is None:
            raise ValueError(f"the key of {key.principal.account} does not read dbk_<16 hex>_<43 characters>")
        who = key.principal
        await connection.execute(
            """INSERT INTO api_key (key_id, digest, account, role, area, unit, sectors, enterprise, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp())
               ON CONFLICT (key_id) DO UPDATE
                  SET role = EXCLUDED.role, area = EXCLUDED.area, unit = EXCLUDED.unit, sectors = EXCLUDED.sectors,
                      enterprise = EXCLUDED.enterprise
                WHERE api_key.digest = EXCLUDED.digest AND api_key.account = EXCLUDED.account""",
            match.group(1),
            _digest(match.group(2)),
            who.account,
            who.role,
            who.area,
            who.unit,
            list(who.sectors),
            who.enterprise,
        )
        await connection.execute(
            """UPDATE api_key SET revoked_at = now() WHERE key_id IN
                 (SELECT key_id FROM api_key WHERE account = $1 AND revoked_at IS NULL
                   ORDER BY created_at DESC, key_id OFFSET $2)""",
            who.account,
            LIVE_KEYS,
        )


async def revoke(connection: Connection, key_id: str) -> bool:
    """End a key at once (other processes notice within 5 seconds); return whether it was live."""
    status: str = await connection.execute(
        "UPDATE api_key SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL", key_id
    )
    return status == "UPDATE 1"


class Authenticator:
    """Finds the principal of a bearer token; remembers live keys for `seconds` (wall time)."""

    def __init__(self, database: Database, *, seconds: float = _CACHE_SECONDS) -> None:
        self._database = database
        self._seconds = seconds
        self._known: dict[str, tuple[float, bytes, Principal]] = {}

    async def authenticate(self, header: str | None) -> Principal:
        """Return who calls; raises Problem 401 for a missing, malformed, wrong or revoked key."""
        scheme, _, token = (header or "").partition(" ")
        match = _FORMAT.match(token) if scheme.lower() == "bearer" else None
        if match is None:
            raise _unauthenticated()
        entry = self._known.get(match.group(1))
        if entry is None or time.monotonic() - entry[0] > self._seconds:
            entry = await self._look_up(match.group(1))
        if not hmac.compare_digest(entry[1], _digest(match.group(2))):
            raise _unauthenticated()
        return entry[2]

    async def _look_up(self, key_id: str) -> tuple[float, bytes, Principal]:
        self._known.pop(key_id, None)
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(
                """SELECT digest, account, role, area, unit, sectors, enterprise FROM api_key
                    WHERE key_id = $1 AND revoked_at IS NULL""",
                key_id,
            )
        if row is None:
            raise _unauthenticated()
        principal = Principal(
            row["account"], row["role"], row["area"], row["unit"], tuple(row["sectors"]), row["enterprise"]
        )
        self._known[key_id] = entry = (time.monotonic(), row["digest"], principal)
        return entry


def _unauthenticated() -> Problem:
    return Problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"})
