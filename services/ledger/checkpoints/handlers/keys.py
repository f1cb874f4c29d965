"""The file of the keys that checkpoints are signed with: one Ed25519 key, or two while one takes over from another.

PEM (PKCS #8), one block a key, as `openssl genpkey -algorithm ed25519` writes it. It is read for every checkpoint, so a
rotation needs no restart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.ledger.checkpoints.model import note

# Where keys are made or read, and not here: a ledger that signs nothing does without the library's memory (7 MB).
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_BLOCK: Final = re.compile(rb"-----BEGIN PRIVATE KEY-----.*?-----END PRIVATE KEY-----", re.DOTALL)


class UnusableKey(Exception):
    """The file of signing keys, or the name they sign under, is not what it should be; the text holds no secret."""


def fresh_key() -> bytes:
    """Return a new key as it stands in the file."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """Signs under the name `origin` with every key of the file at `path`."""

    origin: str
    path: Path

    def verifier_keys(self) -> list[str]:
        """Return the keys by which the signatures are verified, as outsiders are given them; raises UnusableKey."""
        return [note.verifier_key(self.origin, key.public_key().public_bytes_raw()) for key in self._keys()]

    def sign(self, size: int, root: bytes) -> str:
        """Return the signed checkpoint of a tree; raises UnusableKey."""
        text = note.text_of(self.origin, size, root)
        signatures = [(key.public_key().public_bytes_raw(), key.sign(text.encode())) for key in self._keys()]
        return note.signed(text, self.origin, signatures)

    def _keys(self) -> list[Ed25519PrivateKey]:
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

        if not note.is_key_name(self.origin):
            raise UnusableKey(f"{self.origin!r} can't name a log: no spaces, no plus")
        try:
            found = [load_pem_private_key(block, None) for block in _BLOCK.findall(self.path.read_bytes())]
        except OSError as error:
            raise UnusableKey(f"{self.path} can't be read: {error.strerror}") from None
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise UnusableKey(f"{self.path} holds what is no private key in PEM") from None
        keys = [key for key in found if isinstance(key, Ed25519PrivateKey)]
        if not keys or len(keys) < len(found):
            raise UnusableKey(f"{self.path} must hold Ed25519 keys and nothing else")
        return keys


def keys_of(path: Path, city: str, origin: str = "") -> SigningKeys:
    """Return the keys of a file, under `origin` or what the log of the city with this code is called by itself."""
    return SigningKeys(origin or f"duban/{city}/ledger", path)
