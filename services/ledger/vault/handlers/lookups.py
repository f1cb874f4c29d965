"""Look an identity up. What is recorded of it is committed before anything is shown, and stays."""

from __future__ import annotations

from datetime import datetime

import msgspec

from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.acting import Acting, Now
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Facts
from services.chassis.publishing.envelopes import uuid7_text
from services.chassis.storage.locks import hold_names
from services.ledger import metrics
from services.ledger.vault.handlers.vault import Vault
from services.ledger.vault.model import envelope
from services.ledger.vault.model.identity import Identity
from services.ledger.vault.model.lookups import About, Ask, Lookup, LookupStep, may_read, may_release
from services.ledger.vault.tables import lookups, records


async def ask(vault: Vault, about: About, said: Ask, *, needs_release: bool, acting: Acting) -> Lookup | Refusal:
    """Ask for an identity; refused where none was given, or where it is gone."""
    lookup = Lookup(
        lookup_id=uuid7_text(),
        about=about,
        reason=said.reason,
        note=said.note,
        needs_release=needs_release,
        asked_by=acting.account,
        asked_at=acting.at,
    )
    async with vault.transaction() as connection:
        sealed = await records.find(connection, about.subject_id)
        if sealed is None:
            return refusal("reporter-unknown")
        if sealed.envelope is None:
            return refusal("reporter-erased")
        await lookups.insert(connection, lookup)
    metrics.VAULT_LOOKUPS.labels("asked").inc()
    return lookup


async def release(vault: Vault, lookup_id: str, *, now: Now) -> Lookup | Refusal:
    """Let whoever asked read the identity: by another officer, once; that one asking again is told the same."""
    async with vault.transaction() as connection:
        await hold_names(connection, "lookup", [lookup_id])
        lookup, acting = await lookups.find(connection, lookup_id), now()
        if lookup is None or not acting.caller.finds(facts_of(lookup)):
            return refusal("lookup-not-found", field="lookup_id")
        if lookup.released_by == acting.account:
            return lookup
        if against := may_release(lookup, acting.account):
            return against
        await lookups.add_step(connection, lookup_id, LookupStep.RELEASED, acting.account, acting.at)
    metrics.VAULT_LOOKUPS.labels("released").inc()
    return msgspec.structs.replace(lookup, released_by=acting.account, released_at=acting.at)


async def read(vault: Vault, lookup_id: str, *, acting: Acting) -> tuple[Lookup, Identity] | Refusal:
    """Return the identity that was asked for; that it was read is committed first."""
    async with vault.transaction() as connection:
        lookup = await lookups.find(connection, lookup_id)
        if lookup is None or not acting.caller.finds(facts_of(lookup)):
            return refusal("lookup-not-found", field="lookup_id")
        if against := may_read(lookup, acting.account, acting.at):
            return against
    # Not inside a transaction: what that one holds, whoever this reader waits for may wait for.
    async with vault.reading(acting.caller.scope, account=acting.account) as reader:
        sealed = await records.find(reader, lookup.about.subject_id)
    if sealed is None or sealed.envelope is None:
        return refusal("reporter-erased")
    identity = envelope.open_sealed(sealed.subject_id, sealed.envelope, vault.keyring())
    async with vault.transaction() as connection:
        await lookups.add_step(connection, lookup_id, LookupStep.READ, acting.account, acting.at)
    metrics.VAULT_LOOKUPS.labels("read").inc()
    return _read_again(lookup, acting.at), identity


async def page(vault: Vault, caller: Caller, *, before: str | None, limit: int) -> list[Lookup]:
    """Return up to `limit` look-ups within the caller's scope, newest first."""
    async with vault.reading(caller.scope) as connection:
        return await lookups.page(connection, caller.scope, before=before, limit=limit)


async def count(vault: Vault, caller: Caller) -> list[tuple[str, int, int]]:
    """Return (account, asked, read) within the caller's scope."""
    async with vault.reading(caller.scope) as connection:
        return await lookups.count(connection, caller.scope)


def facts_of(lookup: Lookup) -> Facts:
    """Return what decides who may see a look-up: what its tip is about."""
    about = lookup.about
    return Facts(county=about.county, township=about.township, sector=about.sector)


def _read_again(lookup: Lookup, at: datetime) -> Lookup:
    return msgspec.structs.replace(lookup, read=lookup.read + 1, last_read_at=at)
