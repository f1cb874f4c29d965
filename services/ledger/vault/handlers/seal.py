"""Put an identity into the vault, and recognise the same person without naming anybody."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime

from duban_contracts.refusals import Refusal, refusal
from services.ledger.vault.handlers.vault import Vault
from services.ledger.vault.model import envelope
from services.ledger.vault.model.identity import Identity, stands_in
from services.ledger.vault.tables import records


def why_not(vault: Vault | None, reporter: Identity | None, texts: Iterable[str]) -> Refusal | None:
    """Return why this identity can't be taken in beside these texts, or None; `reporter` is None for an anonymous one."""
    if reporter is None:
        return None
    if vault is None:
        return refusal("vault-not-set-up", field="reporter")
    if reporter.is_empty:
        return refusal("identity-empty", field="reporter")
    if any(stands_in(reporter, text) for text in texts):
        return refusal("identity-in-text", field="content")
    return None


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
