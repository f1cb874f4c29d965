"""Envelope encryption: each identity under a key of its own, and that key wrapped by one of the keyring.

Rotation wraps record keys anew and touches no identity. What a record is about, by which algorithm and key, is part of what
is authenticated: a record that was moved to another subject, or relabelled, does not open.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from services.ledger.vault.model.algorithms import ALGORITHMS
from services.ledger.vault.model.identity import Identifier, Identity, identifiers
from services.ledger.vault.model.keyring import Key, Keyring

Randomness = Callable[[int], bytes]
"""Gives so many bytes that nobody can guess: `os.urandom`, or a test's."""

# Lengths tell names apart; whatever is sealed has a multiple of this.
_BLOCK: Final = 512


class BrokenSeal(Exception):
    """A record does not open: it was changed, moved to another subject, or is none of this key's."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the database: both byte strings begin with their nonce.

    `algorithm` sealed the identity; `key_algorithm` is that of the key `key_id`, which wrapped the record's own key.
    """

    algorithm: str
    key_id: str
    key_algorithm: str
    wrapped_key: bytes
    sealed: bytes


def seal(subject: str, identity: Identity, key: Key, random: Randomness) -> Envelope:
    """Return the identity of `subject`, sealed under a fresh key that `key` wraps."""
    algorithm = key.algorithm
    own = random(ALGORITHMS[algorithm].key_bytes)
    text = msgspec.json.encode(identity)
    padded = text.ljust(-(-len(text) // _BLOCK) * _BLOCK)
    return Envelope(
        algorithm=algorithm,
        key_id=key.id,
        key_algorithm=key.algorithm,
        wrapped_key=_encrypt(key.algorithm, key.secret, own, _wrapping(subject, algorithm, key.id), random),
        sealed=_encrypt(algorithm, own, padded, _sealing(subject, algorithm), random),
    )


def open_sealed(subject: str, envelope: Envelope, keyring: Keyring) -> Identity:
    """Return the identity; raises BrokenSeal when the record isn't what was sealed for `subject`."""
    own = _unwrap(subject, envelope, keyring.key(envelope.key_id))
    text = _decrypt(envelope.algorithm, own, envelope.sealed, _sealing(subject, envelope.algorithm))
    return msgspec.json.decode(text, type=Identity)


def rewrap(subject: str, envelope: Envelope, keyring: Keyring, random: Randomness) -> Envelope:
    """Return the record with its key wrapped by the active key; the identity stays sealed as it is."""
    key = keyring.sealing
    own = _unwrap(subject, envelope, keyring.key(envelope.key_id))
    wrapped = _encrypt(key.algorithm, key.secret, own, _wrapping(subject, envelope.algorithm, key.id), random)
    return msgspec.structs.replace(envelope, key_id=key.id, key_algorithm=key.algorithm, wrapped_key=wrapped)


def blind_indices(identity: Identity, keyring: Keyring) -> Mapping[Identifier, bytes]:
    """Return by what the same person is recognised without being named: HMAC-SHA-256 over each identifier."""
    secret = keyring.index.secret
    return {
        kind: hmac.digest(secret, f"{kind}\0{value}".encode(), hashlib.sha256)
        for kind, value in identifiers(identity).items()
    }


def keyed(digest: bytes, keyring: Keyring) -> bytes:
    """Return a digest that nobody can try guesses against who has not the index key."""
    return hmac.digest(keyring.index.secret, b"digest\0" + digest, hashlib.sha256)


def _unwrap(subject: str, envelope: Envelope, key: Key) -> bytes:
    about = _wrapping(subject, envelope.algorithm, key.id)
    return _decrypt(envelope.key_algorithm, key.secret, envelope.wrapped_key, about)


def _encrypt(algorithm: str, secret: bytes, plain: bytes, about: bytes, random: Randomness) -> bytes:
    with_ = ALGORITHMS[algorithm]
    nonce = random(with_.nonce_bytes)
    return nonce + with_.of(secret).encrypt(nonce, plain, about)


def _decrypt(algorithm: str, secret: bytes, sealed: bytes, about: bytes) -> bytes:
    # Where it is needed, as in `algorithms`.
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415

    with_ = ALGORITHMS.get(algorithm)
    if with_ is None:
        raise BrokenSeal(f"{algorithm} is no algorithm of the vault")
    nonce, data = sealed[: with_.nonce_bytes], sealed[with_.nonce_bytes :]
    try:
        return with_.of(secret).decrypt(nonce, data, about)
    except (InvalidTag, ValueError) as error:
        raise BrokenSeal("the record does not open") from error


def _wrapping(subject: str, algorithm: str, key_id: str) -> bytes:
    return f"duban-vault/1 key\0{subject}\0{algorithm}\0{key_id}".encode()


def _sealing(subject: str, algorithm: str) -> bytes:
    return f"duban-vault/1 identity\0{subject}\0{algorithm}".encode()
