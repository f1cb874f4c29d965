"""The one way in which a command changes what services hold: whole or not at all, rehearsed when asked, and on record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import asyncpg
import typer

from services.chassis.storage import trail
from services.chassis.storage.trail import Outcome, TrailRow
from services.cli.output import WRONGLY_CALLED, end
from services.cli.surroundings import database, dsn_of

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
DryRun = Annotated[bool, typer.Option("--dry-run", help="只说明将会怎样，不改动")]


@dataclass(frozen=True, slots=True)
class Act:
    """What an operator does: the command's name as `dead-letters.drop`, and the account. A dry run takes everything back."""

    name: str
    account: str
    dry_run: bool = False


@dataclass(slots=True)
class Change:
    """What an act does in one service; `objects` are what it changed there, none if nothing."""

    service: str
    connection: Connection
    objects: list[str] = field(default_factory=list)


@asynccontextmanager
async def changing(act: Act, services: Sequence[str]) -> AsyncIterator[list[Change]]:
    """Give a connection to each service's database, in a transaction; commit all at the end, or none.

    A dry run does everything and takes it back, so what it says is what would be. Otherwise the audit trail of each service
    in which something was changed has a row of the act, in the same transaction. All are prepared before the first is
    committed: only a database that goes away between two commits leaves some done; the commands may then be repeated.
    Ends the command with 2 when two services are said to have one database: the second would wait for the first.
    """
    if len({dsn_of(service) for service in services}) < len(services):
        end("两个服务的 DSN 相同：每个服务有自己的数据库，请核对环境变量", WRONGLY_CALLED)
    async with AsyncExitStack() as stack:
        changes = [Change(service, await stack.enter_async_context(database(service))) for service in services]
        transactions = [change.connection.transaction() for change in changes]
        for transaction in transactions:
            await transaction.start()
        # What is not committed is taken back when its connection closes.
        yield changes
        if act.dry_run:
            return
        for change in changes:
            if change.objects:
                await trail.write(change.connection, [_row(act, change.objects)])
        for transaction in transactions:
            await transaction.commit()


def _row(act: Act, objects: list[str]) -> TrailRow:
    return TrailRow(
        at=datetime.now(UTC),
        action=f"duban.{act.name}",
        outcome=Outcome.NOTED,
        account=act.account,
        objects=objects,
    )
