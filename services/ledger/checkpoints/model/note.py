"""Texts that outsiders read: checkpoints, verifier keys, proofs.

Sources: C2SP signed-note (1.0.0), tlog-checkpoint, tlog-proof; a consistency proof has the form of a request to a witness
(tlog-witness, add-checkpoint), so that it can be handed to one as it is.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Final

_ED25519: Final = b"\x01"
_PROOF: Final = "c2sp.org/tlog-proof@v1"


def is_key_name(name: str) -> bool:
    """Return whether `name` can name a key and be an origin: no spaces, no control characters, no plus."""
    return bool(name) and name.isprintable() and "+" not in name and not any(map(str.isspace, name))


def text_of(origin: str, size: int, root: bytes) -> str:
    """Return what is signed of a tree: its origin, its number of leaves, its root."""
    return f"{origin}\n{size}\n{_base64(root)}\n"


def key_id(name: str, public: bytes) -> bytes:
    """Return the 4 bytes that identify the Ed25519 key `public` (32 bytes) of `name`."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def verifier_key(name: str, public: bytes) -> str:
    """Return the key as verifiers are given it: name, id and key, by plus signs."""
    return f"{name}+{key_id(name, public).hex()}+{_base64(_ED25519 + public)}"


def signed(text: str, name: str, signatures: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the note of `text` under `signatures` of `name`: pairs of a public key and its signature of the text."""
    lines = (f"\u2014 {name} {_base64(key_id(name, public) + signature)}\n" for public, signature in signatures)
    return f"{text}\n{''.join(lines)}"


def inclusion_proof(index: int, hashes: Sequence[bytes], checkpoint: str, *, about: str) -> str:
    """Return the proof that leaf `index` is in the tree of `checkpoint`: a tlog-proof.

    `about` says which record it is and proves nothing.
    """
    return f"{_PROOF}\nextra {_base64(about.encode())}\nindex {index}\n{_lines(hashes)}\n{checkpoint}"


def consistency_proof(old: int, hashes: Sequence[bytes], checkpoint: str) -> str:
    """Return the proof that the tree of `checkpoint` has grown from one of `old` leaves."""
    return f"old {old}\n{_lines(hashes)}\n{checkpoint}"


def _lines(hashes: Iterable[bytes]) -> str:
    return "".join(f"{_base64(each)}\n" for each in hashes)


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
