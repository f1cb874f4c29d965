"""Reading checkpoints, verifier keys and proofs (C2SP signed-note, tlog-checkpoint, tlog-proof, tlog-witness)."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from duban_contracts.verify.findings import NotVerified

PROOF: Final = "c2sp.org/tlog-proof@v1\n"
OLD: Final = "old "
_DASH: Final = "\u2014 "
_NUMBER: Final = re.compile("0|[1-9][0-9]{0,18}")
_ED25519: Final = 1
_MOST_SIGNATURES: Final = 16


@dataclass(frozen=True, slots=True)
class Key:
    """Whose signatures count: the key's name, its 4-byte id, its 32 bytes."""

    name: str
    key_id: bytes
    public: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was signed: the log, how many records it holds, and the root over them; `keys` are ids of who signed."""

    origin: str
    size: int
    root: bytes
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """The lines before a checkpoint: `number` is the leaf's index, or the size of the old tree."""

    number: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes = b""


def key_of(text: str) -> Key:
    """Read a verifier key `<name>+<id>+<key>`; raises NotVerified for what is none, or of another kind than Ed25519."""
    name, _, rest = text.strip().partition("+")
    told, _, encoded = rest.partition("+")
    raw = _decoded(encoded, "公钥", "the key")
    if not name or len(raw) != 33 or raw[0] != _ED25519:  # noqa: PLR2004 - one byte of kind, 32 of key
        raise NotVerified("公钥不是 Ed25519 核验公钥", "the key is no Ed25519 verifier key")
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if key_id.hex() != told:
        raise NotVerified("公钥与其标识不符", "the key does not have the id that it is said to have")
    return Key(name, key_id, raw[1:])


def opened(note: str, keys: Sequence[Key]) -> Checkpoint:
    """Return what a checkpoint says; raises NotVerified unless a known key signed it, and every known one rightly.

    A key speaks for the log of its own name alone: else a second history could be signed as another log's, and
    contradict nothing.
    """
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n") or any(c < " " and c != "\n" for c in note):
        raise NotVerified("不是签名检查点", "is no signed checkpoint")
    text += "\n"
    lines = signatures.splitlines()
    if len(lines) > _MOST_SIGNATURES:
        raise NotVerified("签名过多", "has too many signatures")
    signed = [key for line in lines for key in _signer(line, text, keys)]
    if not signed:
        raise NotVerified("没有可信公钥的签名", "is signed by no key that is trusted")
    origin, size, root, *_ = [*text.splitlines(), "", "", ""]
    decoded = _decoded(root, "根散列", "the root")
    if not origin or not _NUMBER.fullmatch(size) or len(decoded) != hashlib.sha256().digest_size:
        raise NotVerified("检查点的内容不合格式", "the checkpoint's text is not one")
    own = [key for key in signed if key.name == origin]
    if not own:
        name = signed[0].name
        raise NotVerified(f"检查点自称属于 {origin}，签名密钥却属于 {name}", f"speaks for {origin}, its key for {name}")
    return Checkpoint(origin, int(size), decoded, tuple(key.key_id.hex() for key in own))


def proof_of(text: str) -> Proof:
    """Read a proof, of inclusion or of consistency; raises NotVerified for a text that is none."""
    head, blank, note = text.partition("\n\n")
    first, *lines = head.removeprefix(PROOF).splitlines() or [""]
    extra = b""
    if first.startswith("extra ") and lines:
        extra, (first, *lines) = _decoded(first.removeprefix("extra "), "附注", "the extra line"), lines
    number = first.removeprefix("index " if text.startswith(PROOF) else OLD)
    if not blank or number == first or not _NUMBER.fullmatch(number):
        raise NotVerified("不是证明", "is no proof")
    return Proof(int(number), tuple(_decoded(line, "证明", "the proof") for line in lines), note, extra)


def _signer(line: str, text: str, keys: Sequence[Key]) -> list[Key]:
    """Return the known key that made this signature, none where it is unknown; raises NotVerified for a false one."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not name or not encoded:
        raise NotVerified("签名行不合格式", "a line of a signature is not one")
    raw = _decoded(encoded, "签名", "the signature")
    for key in keys:
        if (key.name, key.key_id) == (name, raw[:4]):
            try:
                Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], text.encode())
            except InvalidSignature:
                raise NotVerified("签名不对：内容被改动，或不是用该密钥签的", "the signature is false") from None
            return [key]
    return []


def _decoded(text: str, zh: str, en: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise NotVerified(f"{zh}不是合规的 Base64 编码", f"{en} is not base64") from None
