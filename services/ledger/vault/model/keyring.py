"""The vault's keys as their file holds them: those that wrap, one of them active, and the one of the blind index."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.not_json import NOT_JSON, reason
from services.ledger.vault.model.algorithms import ACTIVE, ALGORITHMS

INDEX_BYTES: Final = 32

KeyId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$(?!\n)")]


class UnusableKeyring(ValueError):
    """The file of keys can't be used; the sentence names what is wrong and never a key."""


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key that wraps the keys of records; `secret` is base64 in the file."""

    id: KeyId
    algorithm: str
    secret: bytes

    def __repr__(self) -> str:
        """Return which key it is, and not the key."""
        return f"Key({self.id})"


class IndexKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key of the blind index. It wraps nothing, and no wrapping key is one."""

    id: KeyId
    secret: bytes

    def __repr__(self) -> str:
        """Return which key it is, and not the key."""
        return f"IndexKey({self.id})"


class Keyring(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All keys. New records are sealed by the active one; the others still open theirs."""

    active: KeyId
    keys: tuple[Key, ...]
    index: IndexKey

    def key(self, key_id: str) -> Key:
        """Return the key of this id; raises UnusableKeyring when the file has none."""
        for key in self.keys:
            if key.id == key_id:
                return key
        raise UnusableKeyring(f"there is no key {key_id}")

    @property
    def sealing(self) -> Key:
        """The key by which new records are sealed."""
        return self.key(self.active)


def fresh(key_id: str, secret: bytes, index: bytes) -> Keyring:
    """Return the keyring of a new vault."""
    return Keyring(
        active=key_id,
        keys=(Key(id=key_id, algorithm=ACTIVE, secret=secret),),
        index=IndexKey(id=f"{key_id}-index", secret=index),
    )


def rotated(keyring: Keyring, key_id: str, secret: bytes) -> Keyring:
    """Return the keyring with a further key, which is the active one; raises UnusableKeyring when the id is taken."""
    if any(key.id == key_id for key in keyring.keys):
        raise UnusableKeyring(f"there is a key {key_id} already")
    key = Key(id=key_id, algorithm=ACTIVE, secret=secret)
    return msgspec.structs.replace(keyring, active=key_id, keys=(*keyring.keys, key))


def retired(keyring: Keyring, key_id: str) -> Keyring:
    """Return the keyring without a key; raises UnusableKeyring for the active one and one that isn't there."""
    if key_id == keyring.active:
        raise UnusableKeyring(f"{key_id} is the active key")
    gone = keyring.key(key_id)
    return msgspec.structs.replace(keyring, keys=tuple(key for key in keyring.keys if key is not gone))


def parse(text: bytes) -> Keyring:
    """Return the keyring that a file holds; raises UnusableKeyring."""
    try:
        keyring = msgspec.json.decode(text, type=Keyring)
    except NOT_JSON as error:
        raise UnusableKeyring(reason(error)) from None
    for key in keyring.keys:
        known = ALGORITHMS.get(key.algorithm)
        if known is None:
            raise UnusableKeyring(f"key {key.id}: {key.algorithm} is no algorithm of the vault")
        if len(key.secret) != known.key_bytes:
            raise UnusableKeyring(f"key {key.id} must have {known.key_bytes} bytes")
    if len(keyring.index.secret) < INDEX_BYTES:
        raise UnusableKeyring(f"the index key must have {INDEX_BYTES} bytes")
    if any(key.secret == keyring.index.secret for key in keyring.keys):
        raise UnusableKeyring("the index key must be no other key")
    if len({key.id for key in keyring.keys}) != len(keyring.keys):
        raise UnusableKeyring("two keys have one id")
    keyring.key(keyring.active)
    return keyring


def written(keyring: Keyring) -> bytes:
    """Return the file that `parse` reads."""
    return msgspec.json.format(msgspec.json.encode(keyring), indent=2) + b"\n"
