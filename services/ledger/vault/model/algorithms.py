"""By what the vault seals. Every record and every key names its algorithm, so another (SM4) is one more entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Algorithm(msgspec.Struct, frozen=True, kw_only=True):
    """An algorithm: the sizes of its keys and nonces in bytes, and what makes it of a key."""

    key_bytes: int
    nonce_bytes: int
    of: Callable[[bytes], AESGCM]


ACTIVE: Final = "AES-256-GCM"
"""What new keys and records are made with."""
ALGORITHMS: Final[Mapping[str, Algorithm]] = {ACTIVE: Algorithm(key_bytes=32, nonce_bytes=12, of=AESGCM)}
