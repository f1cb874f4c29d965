"""Makes the servers ready for one city: its topics, the services' tables, the accounts' API keys."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

from deploy.local import provision, secrets_store, security
from deploy.local.done import Done
from deploy.local.migrations import migrate_service
from deploy.local.trouble import Trouble
from duban_contracts import profile
from duban_contracts.kafka_users import ADMIN, city_users, load_quotas
from duban_contracts.topics import city_topics
from services.chassis.access import keys as api_keys
from services.chassis.access.accounts import Account, load_accounts
from services.chassis.process.kafka import addresses
from services.chassis.publishing import topics, users
from services.chassis.publishing.topics import TooFewBrokers
from services.chassis.storage.readers import OthersRole, TooMighty, admit_readers, reader_of
from services.chassis.storage.schema import MigrationError, RowsBreakConstraint, TablesLocked
from services.chassis.trail.keeping import take_over

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from deploy.local.security import Security
    from deploy.local.settings import Settings
    from duban_contracts.kafka_users import User
    from duban_contracts.topics import Topic
    from services.chassis.process.kafka import Broker


async def divide_rights(superuser_dsn: str, dsns: Mapping[str, str]) -> None:
    """Divide the rights on tables that are there by now, as whoever is named in `superuser_dsn`, who gets each audit trail.

    The service may add to its trail and read it; where its tables stand behind the second wall, the role that people's reads come
    as is made.
    """
    for service, dsn in dsns.items():
        owned = urlunsplit(urlsplit(superuser_dsn)._replace(path=f"/{provision.role_of(service)}"))
        await take_over(owned, provision.role_of(service))
        await let_read(owned, dsn)


async def let_read(owned: str, dsn: str) -> None:
    """Make the role that people's reads of a database come as, as whoever `owned` names. Raises `Trouble`."""
    try:
        await admit_readers(owned, dsn)
    except (TooMighty, OthersRole) as error:
        raise Trouble(
            f"The role that people's reads come as can't be used: {error}.", "Then provision again."
        ) from error
    except asyncpg.InsufficientPrivilegeError as error:
        role, why = reader_of(unquote(urlsplit(dsn).username or "")), str(error).splitlines()[0]
        raise Trouble(
            f"The role that people's reads come as, {role}, can't be made or given its rights: {why}.",
            "Give the login of DUBAN_POSTGRES_DSN the right to make roles (ALTER ROLE … CREATEROLE); it must also own the tables, "
            "or be a member of the role that does.",
        ) from error


async def everything(
    settings: Settings,
    dsns: Mapping[str, str],
    broker: Broker | str | None = None,
    *,
    topics_given: bool = False,
    with_keys: bool = True,
) -> Done:
    """Apply topics, users and rights, migrate the databases in `dsns`, store keys; returns what was done.

    `broker` is the cluster as its administrator reaches it, this platform's own when none is given. `topics_given` means
    that somebody else makes them, and that they only have to be as declared. New constraints that rows break keep nothing else
    from being done. Raises `Trouble`.
    """
    broker = broker or security.broker(settings, ADMIN)
    try:
        city = profile.load_city(settings.profile)
        accounts = load_accounts(settings.profile, city)
        quotas = load_quotas(settings.profile, [county.code for county in city.counties])
    except (OSError, profile.ProfileError) as error:
        raise Trouble(
            f"The city profile cannot be used: {error}.",
            "Correct it, or name another with DUBAN_PROFILE.",
            lasting=True,
        ) from error
    counties = [county.code for county in city.counties]
    declared = city_topics(counties, settings.topic_prefix)
    changes = await _topics(broker, declared, settings.topic_replication, given=topics_given)
    secured = security.of(settings)
    admitted = await _admit(broker, secured, city_users(counties, settings.topic_prefix, quotas)) if secured else []
    keys = issue_keys(settings.credentials / "keys.json", accounts) if with_keys else []
    applied = await asyncio.gather(*(_migrate_and_store(name, dsn, keys) for name, dsn in dsns.items()))
    topics_line = f"{city.name}: {len(declared)} topics, {len(changes.missing)} of them new"
    if changes.replication:
        topics_line += f", {len(changes.replication)} with fewer copies than declared (duban topics check)"
    migrations = sum(len(names) for names, _ in applied)
    line = f"{topics_line}; {migrations} new migrations; keys of {len(keys)} accounts"
    return Done((line, *admitted), tuple(broken for _, broken in applied if broken))


async def _topics(
    broker: Broker | str, declared: Sequence[Topic], replication: int, *, given: bool
) -> topics.Differences:
    try:
        changes = await (topics.differences if given else topics.apply)(broker, declared, replication)
    except TooFewBrokers as error:
        raise Trouble(
            f"Topics can't be made: {error}.",
            "Wait for the brokers, or say with DUBAN_TOPIC_REPLICATION that fewer copies will do.",
        ) from error
    if given and changes:
        raise Trouble(
            f"Topics are not as declared: {'; '.join(changes.lines()[:10])}.",
            "Wait for the operator that keeps them, or give it what `duban topics list --format strimzi` prints.",
        )
    return changes


async def _admit(broker: Broker | str, secured: Security, declared: Sequence[User]) -> list[str]:
    names = [user.name for user in declared]
    secured.write_client_files(names, addresses(broker))
    changes = await users.apply(broker, declared, {name: secured.password(name) for name in names}, remove_others=True)
    return [f"Kafka: {len(names)} users, {len(changes.lines())} changes of users, rights and quotas"]


def issue_keys(file: Path, accounts: tuple[Account, ...]) -> list[api_keys.NewKey]:
    """One key per account, made on first use and kept in `file`: {account: {key, role, area, …}}."""
    kept: dict[str, Any] = secrets_store.read_json(file)
    issued = {
        account.account: {
            "key": kept.get(account.account, {}).get("key") or api_keys.new_token(),
            "role": account.role,
            "area": account.area,
            "unit": account.unit,
            "sectors": list(account.sectors),
            "enterprise": account.enterprise,
        }
        for account in accounts
    }
    if issued != kept:
        secrets_store.write_json(file, issued)
    return [api_keys.NewKey(who.principal, str(issued[who.account]["key"])) for who in accounts]


async def _migrate_and_store(service: str, dsn: str, keys: list[api_keys.NewKey]) -> tuple[list[str], str | None]:
    """Return which migrations were applied, and which new constraints rows break, in words."""
    broken = None
    try:
        applied = await migrate_service(service, dsn)
    except RowsBreakConstraint as error:
        applied = error.applied
        broken = f"in the database of {service} {error}"
    except MigrationError as error:
        raise Trouble(
            f"The database of {service} cannot be migrated: {error}.",
            "Take the matching code, or `make reset` to forget this machine's data.",
            lasting=not isinstance(error, TablesLocked),
        ) from error
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await api_keys.store(connection, keys)
    finally:
        await connection.close()
    return applied, broken
