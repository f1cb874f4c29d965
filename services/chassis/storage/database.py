"""PostgreSQL through asyncpg: one pool a service, transactions as context managers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from types import MappingProxyType
from typing import ClassVar, Final, TypeAlias, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from services.chassis.storage import leaving, trail
from services.chassis.storage.after_commit import Listeners, WaitingCommits, begin_with, let_hear, told_of
from services.chassis.storage.beginning import FOR_A_REQUEST
from services.chassis.storage.counting import Counted, add_up
from services.chassis.storage.opening import Opening
from services.chassis.storage.walls import Pools, Readers, Within, be
from services.chassis.telemetry import acts

T = TypeVar("T")
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

# What a retry can mend: the server went away, is starting, is out of something, refuses our login, or chose us as a deadlock's victim.
_RETRYABLE: Final = (
    asyncpg.PostgresConnectionError,
    # NOLOGIN, another password, a role that is not there (yet): mended in the server, and no process is younger for having died of it.
    asyncpg.InvalidAuthorizationSpecificationError,
    # Its answer to our ROLLBACK while it still reads a dying server's last words, in place of the first error.
    asyncpg.InternalClientError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    # A migration changed a table under a prepared statement; asyncpg forgets the statement and the next try works.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    OSError,
    TimeoutError,
)

# asyncpg says InterfaceError of a session that ended under our hands and of a statement that is wrong ("the server
# expects 3 arguments"). Only the first is worth a retry, and only its words tell the two apart.
_ENDED_SESSION: Final = (
    "connection is closed",
    "another operation is in progress",
    "another operation is cancelling",
    "connection has been released back to the pool",
    "pool is closing",
    "pool is closed",
)


def is_retryable(error: BaseException) -> bool:
    """Return whether trying again can help: what failed is the server or the session, and not the statement."""
    if isinstance(error, asyncpg.InterfaceError):
        return any(words in str(error) for words in _ENDED_SESSION)
    return isinstance(error, _RETRYABLE)


# After these nobody knows whether a COMMIT that was under way went through. Every other answer of the server means that
# the transaction is rolled back.
_UNKNOWN: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    OSError,
    TimeoutError,
)


def may_have_committed(error: BaseException) -> bool:
    """Return whether the transaction that `error` ended may have been committed all the same."""
    return isinstance(error, _UNKNOWN) and not isinstance(error, asyncpg.QueryCanceledError)


# A quarter of a pool's connections is kept for reads outside a transaction (`acquire`): where commands and batches hold all the
# others, lists and probes still get one.
_LEFT_TO_READS: Final = 4


class Database:
    """A service's own database. One that `keeps_trail` has the chassis' tables, and what commands do stands in its trail.

    At most so many `transactions` at once take connections from the pool.
    """

    for_a_request: ClassVar[Mapping[str, str]] = FOR_A_REQUEST

    def __init__(
        self,
        pool: asyncpg.Pool[asyncpg.Record],
        *,
        keeps_trail: bool = True,
        asking: asyncpg.Pool[asyncpg.Record] | None = None,
        readers: Readers | None = None,
        transactions: int = 8,
    ) -> None:
        self.pool = pool
        self._asking = asking or pool
        self._readers = readers
        # A flood of commands leaves connections to reads.
        self._turns = asyncio.Semaphore(transactions)
        self._keeps_trail = keeps_trail
        self._commits = WaitingCommits()
        self._listeners = Listeners()
        self._listeners.add(Counted, add_up)

    def after_commit(self, kind: type[T], listener: Callable[[Sequence[T]], None]) -> None:
        """Call `listener` with what a transaction of this process told of type `kind`, once it is committed."""
        self._listeners.add(kind, listener)

    @asynccontextmanager
    async def transaction(
        self, *, waits: Callable[[], None] | None = None, settings: Mapping[str, str] = MappingProxyType({})
    ) -> AsyncIterator[Connection]:
        """Give a connection inside a transaction: committed at the end, rolled back on any exception.

        The requests whose work it is get their rows of the trail in it, and its locks are waited for as `for_a_request` says. Raises
        ClientLeft where a client hangs up while its request waits for a connection and has begun nothing before. A COMMIT may wait for the
        archive for as long as that is away; `waits` is called about once a second meanwhile, also where others' COMMITs leave no connection.
        `settings` are the transaction's own (`storage.beginning`), stand before `for_a_request`, and cost it no round trip.
        """
        async with AsyncExitStack() as held:
            with leaving.in_line(), self._commits.hearing(waits):
                await held.enter_async_context(self._turns)
                connection = await held.enter_async_context(self.pool.acquire())
            leaving.begun()
            begin_with(connection, {**self.for_a_request, **settings} if acts.under_way() else settings)
            let_hear(connection, partial(self._commits.wait, waits))
            told = told_of(connection)
            if told:
                told.clear()  # of a transaction that was rolled back
            under_way = acts.under_way() if self._keeps_trail else ()
            marks = [act.mark() for act in under_way]
            try:
                async with connection.transaction():
                    yield connection
                    traced = await trail.write_effects(connection, under_way) if under_way else ()
            except BaseException:
                for act, mark in zip(under_way, marks, strict=True):
                    act.undone(mark)
                raise
            for act in traced:
                act.committed()
            if told:
                self._listeners.hear(tuple(told))
                told.clear()

    async def tell(self) -> None:
        """Write the row of a command whose effect is committed in another database, before the command is answered."""
        async with self.transaction() as connection:
            # By this the transaction counts as one that has written something.
            await connection.execute("SELECT pg_current_xact_id()")

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """Give a connection outside a transaction, for reads."""
        async with AsyncExitStack() as held:
            with leaving.in_line():
                connection = await held.enter_async_context(self.pool.acquire())
            yield connection

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[Connection]:
        """Give a connection outside a transaction, for a read that is filtered by whatever its caller asks for.

        Each question is planned with its own values. From the sixth on PostgreSQL would take one plan for all values of
        a statement: 245 ms in place of 6 for a search at a million hazards.
        """
        async with self._asking.acquire() as connection:
            yield connection

    @property
    def is_walled(self) -> bool:
        """Whether what a person reads comes through the second wall."""
        return self._readers is not None and self._readers.pools is not None

    @asynccontextmanager
    async def reading(
        self, scope: Within | None, *, unit: str | None = None, account: str | None = None, asks: bool = False
    ) -> AsyncIterator[Connection]:
        """Give a connection outside a transaction for what a person of this scope reads, with `asks` as `asking` does.

        `unit` and `account` are the reader's, where a policy asks for them. PostgreSQL itself shows it no row outside (`0013_walls.sql`): the connection is of a role that owns no table, and says
        whose it is. That costs a round trip only where the one who had it before was of another scope. None: the statement says
        itself whose each row is.
        """
        walled = self._readers.now_or_later() if self._readers else None
        through = walled or Pools(self.pool, self._asking)
        async with AsyncExitStack() as held:
            with leaving.in_line():
                connection = await held.enter_async_context((through.asking if asks else through.pool).acquire())
            if scope is not None:
                await be(connection, scope, unit, account)
            yield connection

    @asynccontextmanager
    async def beside(self, connection: Connection) -> AsyncIterator[Connection]:
        """Give a connection of the service's own to whoever holds `connection` of `reading`: that one itself where no wall is.

        Nobody takes a second connection of a pool while holding one: as many as it has who do so wait for each other for ever.
        """
        if not self.is_walled:
            yield connection
            return
        async with self.acquire() as own:
            yield own

    async def close(self) -> None:
        """Close the pools; connections still in use after 5 seconds are cut."""
        pools = {self.pool, self._asking, *(await self._readers.close() if self._readers else ())}
        try:
            async with asyncio.timeout(5):
                await asyncio.gather(*(pool.close() for pool in pools))
        except TimeoutError:
            for pool in pools:
                pool.terminate()


async def connect(
    dsn: str,
    *,
    application_name: str,
    max_size: int = 10,
    settings: Mapping[str, str] | None = None,
    keeps_trail: bool = True,
    walled: bool = False,
) -> Database:
    """Open the pool of a service; `settings` are PostgreSQL session settings. Without the chassis' tables it keeps no trail.

    With `walled` people's reads come as a role of their own, as soon as provisioning has made it.
    """
    pools = Opening({"application_name": application_name, **(settings or {})})
    # A crowd of searches takes no connection from commands.
    few = max(2, max_size // 3)
    readers = Readers(dsn, partial(Pools.of_readers, most=few, make=pools.open)) if walled else None
    async with pools:
        asking = await pools.open(dsn, 0, few, plan_cache_mode="force_custom_plan")
        if readers is not None:
            await readers.ask()
        own = await pools.open(dsn, 1, max_size)
    transactions = max_size - max_size // _LEFT_TO_READS
    return Database(own, keeps_trail=keeps_trail, asking=asking, readers=readers, transactions=transactions)
