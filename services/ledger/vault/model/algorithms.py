"""By what the vault seals. Every record and every key names its algorithm, so another (SM4) is one more entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Algorithm(msgspec.Struct, frozen=True, kw_only=True):
    """An algorithm: the sizes of its keys and nonces in bytes, and what makes it of a key."""

    key_bytes: int
    nonce_bytes: int
    of: Callable[[bytes], AESGCM]


def _aes_gcm(key: bytes) -> AESGCM:
    # Here and not above: a ledger that seals no identity does without the library's memory (7 MB).
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM(key)


ACTIVE: Final = "AES-256-GCM"
"""What new keys and records are made with."""
ALGORITHMS: Final[Mapping[str, Algorithm]] = {ACTIVE: Algorithm(key_bytes=32, nonce_bytes=12, of=_aes_gcm)}
