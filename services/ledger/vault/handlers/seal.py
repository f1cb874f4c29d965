"""Put an identity into the vault, and recognise the same person, or a text that names one, without naming anybody."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import datetime

import msgspec

from duban_contracts.refusals import Refusal, refusal
from services.ledger.vault.handlers.vault import Vault
from services.ledger.vault.model import envelope
from services.ledger.vault.model.identity import Identity, naming
from services.ledger.vault.tables import records


def why_not(vault: Vault | None, reporter: Identity | None, said: msgspec.Struct) -> Refusal | None:
    """Return why this identity can't be taken in beside what was said, or None; `reporter` is None for an anonymous one."""
    if reporter is None:
        return None
    if vault is None:
        return refusal("vault-not-set-up", field="reporter")
    if reporter.is_empty:
        return refusal("identity-empty", field="reporter")
    return _named(naming(reporter, said))


async def names_reporter(
    vault: Vault | None, subject_id: str, said: msgspec.Struct, *, known: Collection[str] = ()
) -> Refusal | None:
    """Return why this can't be said of a subject that somebody reported: a text of it names who did. None: none does.

    Texts that are `known` of the subject already are not compared: its own place may hold a name (安宁, 安宁街道).

    The identity is opened, compared and shown to nobody, so that this is no look-up. That a text was refused tells whoever wrote it
    something all the same: ask last, when nothing else stands in the way, so that a guess is either refused, which the audit
    trail keeps, or said. The caller has reached the vault before a transaction of the ledger began.
    """
    if vault is None:
        return refusal("vault-not-set-up")
    async with vault.transaction() as connection:
        sealed = await records.find(connection, subject_id)
    if sealed is None or sealed.envelope is None:
        return None
    return _named(naming(envelope.open_sealed(sealed.subject_id, sealed.envelope, vault.keyring()), said, known))


async def seal(vault: Vault, subject_id: str, identity: Identity, *, kind: str, at: datetime) -> bool:
    """Seal who `subject_id`, a thing of this kind, is from, in a transaction of its own; return False when that subject was sealed before."""
    keyring = vault.keyring()
    sealed = envelope.seal(subject_id, identity, keyring.sealing, os.urandom)
    async with vault.transaction() as connection:
        if not await records.insert(connection, subject_id, kind, sealed, at):
            return False
        await records.index(connection, subject_id, envelope.blind_indices(identity, keyring))
    return True


async def same_person(vault: Vault, subject_id: str) -> list[str]:
    """Return the other subjects that are the same person by phone or identity number, oldest first."""
    async with vault.transaction() as connection:
        return await records.of_same_person(connection, subject_id)


def _named(field: str | None) -> Refusal | None:
    return None if field is None else refusal("identity-in-text", field=field)
