"""HTTP: read letters and deliveries, sign for letters, decide about deliveries that are stuck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Query

from services.chassis.access.keys import Principal, require
from services.chassis.storage.database import Connection, Database
from services.chassis.web.problems import Problem
from services.notifications.adapters import queries
from services.notifications.adapters.queries import LetterFilter
from services.notifications.application.acknowledge import (
    NotTheReceiverError,
    Signatory,
    UnknownLetterError,
    acknowledge_letter,
)
from services.notifications.application.outcome import Books
from services.notifications.application.resolve import UnknownDeliveryError, confirm_delivery, retry_delivery
from services.notifications.domain.contacts import Directory
from services.notifications.domain.delivery import DeliveryState, StepNotAllowedError
from services.notifications.domain.letters import LetterState
from services.notifications.entrypoints.views import (
    DeliveryPage,
    DeliveryView,
    LetterPage,
    WholeLetterView,
    delivery_view,
    letter_view,
)

# Letters are case data: an operator keeps the platform healthy and does not read them (DOMAIN §10).
_READERS = (
    "enterprise_principal",
    "township_officer",
    "county_regulator",
    "city_regulator",
    "county_office",
    "city_office",
    "committee_director",
    "supervision_group",
    "observer",
    "integrator",
)
_SIGNERS = ("enterprise_principal", "county_regulator", "county_office", "integrator")
_DECIDERS = ("operator", "city_office")

Reader = Annotated[Principal, Depends(require(*_READERS))]
Signer = Annotated[Principal, Depends(require(*_SIGNERS))]
Watcher = Annotated[Principal, Depends(require(*_DECIDERS, "county_office", "county_regulator", "city_regulator"))]
Decider = Annotated[Principal, Depends(require(*_DECIDERS))]
Limit = Annotated[int, Query(ge=1, le=queries.LONGEST_PAGE)]
After = Annotated[int | None, Query(ge=1)]


@dataclass(frozen=True, slots=True)
class Counter:
    """What the endpoints work with."""

    database: Database
    books: Books
    directory: Directory


def router(counter: Counter) -> APIRouter:
    """Return the endpoints under /v1."""
    api = APIRouter(prefix="/v1")
    _add_letters(api, counter)
    _add_deliveries(api, counter)
    return api


def _add_letters(api: APIRouter, counter: Counter) -> None:
    @api.get("/letters", summary="文书列表，最新在前")
    async def list_letters(
        who: Reader,
        hazard_id: str | None = None,
        unit: str | None = None,
        county: str | None = None,
        state: LetterState | None = None,
        after: After = None,
        limit: Limit = 50,
    ) -> LetterPage:
        wanted = LetterFilter(hazard_id, unit, _area(who, county), state, after, limit)
        async with counter.database.acquire() as connection:
            rows = await queries.letters(connection, wanted)
        return LetterPage(items=[letter_view(row) for row in rows], next=_next(rows, limit))

    @api.get("/letters/{letter_id}", summary="文书全文与送达情况")
    async def read_letter(letter_id: UUID, who: Reader) -> WholeLetterView:
        async with counter.database.acquire() as connection:
            return await _whole(connection, letter_id, who)

    @api.post("/letters/{letter_id}/acknowledge", summary="签收")
    async def acknowledge(letter_id: UUID, who: Signer) -> WholeLetterView:
        by = Signatory(who.account, who.area, who.unit)
        office = counter.directory.committee_office
        async with counter.database.transaction() as connection:
            # Another county's letter is as unknown to the caller as one that does not exist.
            await _whole(connection, letter_id, who)
            try:
                await acknowledge_letter(connection, letter_id, by=by, committee_office=office, books=counter.books)
            except UnknownLetterError:
                raise _no_letter() from None
            except NotTheReceiverError:
                raise Problem(
                    403,
                    "not-the-receiver",
                    "只有收文的县（市、区）及其收文单位可以签收",
                    rule="receiving county and unit",
                ) from None
            return await _whole(connection, letter_id, who)


def _add_deliveries(api: APIRouter, counter: Counter) -> None:
    @api.get("/deliveries", summary="送达记录，最新在前")
    async def list_deliveries(
        who: Watcher, state: DeliveryState | None = None, after: After = None, limit: Limit = 50
    ) -> DeliveryPage:
        async with counter.database.acquire() as connection:
            rows = await queries.deliveries(connection, state=state, county=_area(who, None), after=after, limit=limit)
        return DeliveryPage(items=[delivery_view(row) for row in rows], next=_next(rows, limit))

    @api.post("/deliveries/{delivery_id}/retry", summary="重新发送失败或结果不明的送达")
    async def retry(delivery_id: UUID, who: Decider) -> DeliveryView:
        async with counter.database.transaction() as connection:
            try:
                await retry_delivery(
                    connection, delivery_id, account=who.account, directory=counter.directory, books=counter.books
                )
            except (UnknownDeliveryError, StepNotAllowedError) as error:
                raise _refusal(error) from None
            return await _one_delivery(connection, delivery_id)

    @api.post("/deliveries/{delivery_id}/confirm", summary="确认结果不明的送达确已收到")
    async def confirm(delivery_id: UUID, who: Decider) -> DeliveryView:
        async with counter.database.transaction() as connection:
            try:
                await confirm_delivery(connection, delivery_id, account=who.account, books=counter.books)
            except (UnknownDeliveryError, StepNotAllowedError) as error:
                raise _refusal(error) from None
            return await _one_delivery(connection, delivery_id)


def _area(who: Principal, county: str | None) -> str | None:
    """Return the county a caller's list is limited to: its own, or the one a city account asks for."""
    if who.area.endswith("00"):
        return county
    if county not in (None, who.area):
        raise Problem(403, "county-not-covered", "只能查看本县（市、区）的文书", field="county", rule=f"= {who.area}")
    return who.area


async def _whole(connection: Connection, letter_id: UUID, who: Principal) -> WholeLetterView:
    row = await queries.letter(connection, letter_id)
    if row is None or not who.covers(row["county"]):
        raise _no_letter()
    deliveries = [
        delivery_view(each, list(await queries.attempts_of(connection, each["delivery_id"])))
        for each in await queries.deliveries_of(connection, letter_id)
    ]
    return WholeLetterView.model_validate({**dict(row), "deliveries": deliveries})


async def _one_delivery(connection: Connection, delivery_id: UUID) -> DeliveryView:
    row = await queries.delivery(connection, delivery_id)
    if row is None:
        raise _refusal(UnknownDeliveryError())
    return delivery_view(row, list(await queries.attempts_of(connection, delivery_id)))


def _next(rows: object, limit: int) -> str | None:
    page: list[asyncpg.Record] = list(rows)  # type: ignore[call-overload]
    return str(page[-1]["position"]) if len(page) == limit else None


def _no_letter() -> Problem:
    return Problem(404, "letter-not-found", "没有找到该文书", field="letter_id")


def _refusal(error: UnknownDeliveryError | StepNotAllowedError) -> Problem:
    if isinstance(error, StepNotAllowedError):
        return Problem(
            409, "delivery-state-conflict", "该送达当前状态不允许此操作", rule=f"{error.step} from {error.state}"
        )
    return Problem(404, "delivery-not-found", "没有找到该送达记录", field="delivery_id")
