"""HTTP reads of the ledger: hazards, counts, history, timeline, claims that wait or were refused, the export."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from duban_contracts.codec import lookup
from duban_contracts.events.types import Channel, Grade, HazardState
from services.chassis.access.keys import Principal, require
from services.chassis.storage.database import Database
from services.ledger.adapters import history, register, timeline
from services.ledger.adapters.history import Export, Record
from services.ledger.adapters.register import Filter, Group, Scope
from services.ledger.application.scope import CITY_READERS, CLAIM_READERS, READERS, scope_of, within
from services.ledger.domain.chain import ALGORITHM
from services.ledger.domain.hazard import Hazard
from services.ledger.entrypoints.documents import CountDocument, CountGroup, HazardDocument, HazardPage, Name
from services.ledger.entrypoints.problems import county_outside_scope, no_such_hazard, outside_scope

_JSON: Final = "application/json"
_JSON_LINES: Final = "application/x-ndjson"

Reader = Annotated[Principal, Depends(require(*READERS))]
ClaimReader = Annotated[Principal, Depends(require(*CLAIM_READERS))]
CityReader = Annotated[Principal, Depends(require(*CITY_READERS))]
Text = Annotated[str, Query(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
Limit = Annotated[int, Query(ge=1, le=1000)]
ExportLimit = Annotated[int, Query(ge=1, le=5000)]
Position = Annotated[int, Query(ge=0)]


# Asynchronous, though it waits for nothing: FastAPI hands a plain function to a thread, at several times its cost.
async def _filter(
    county: Annotated[str | None, Query(pattern=r"^[0-9]{6}$")] = None,
    sector: Text | None = None,
    grade: Grade | None = None,
    state: HazardState | None = None,
    channel: Channel | None = None,
    responsible_unit: Text | None = None,
    overdue: bool | None = None,  # noqa: FBT001 - a query parameter
    reference: Text | None = None,
    q: Annotated[Text | None, Query(description="在编号、企业、地点、描述中查找")] = None,
) -> Filter:
    return Filter(
        county=county,
        sector=sector,
        grade=grade,
        state=state,
        channel=channel,
        responsible_unit=responsible_unit,
        overdue=overdue,
        reference=reference,
        text=q,
    )


Wanted = Annotated[Filter, Depends(_filter)]


class Reads:
    """Answers reads within what the caller may see."""

    def __init__(self, database: Database, counties: Sequence[str]) -> None:
        self._database = database
        self._counties = counties
        self._export = Export(database)

    def _scope(self, principal: Principal, county: str | None) -> Scope:
        scope = scope_of(principal, self._counties)
        if county is not None and scope.counties is not None and county not in scope.counties:
            raise county_outside_scope(county)
        return scope

    async def page(
        self,
        principal: Reader,
        wanted: Wanted,
        after: Annotated[UUID | None, Query(description="上一页的 next")] = None,
        limit: Limit = 50,
    ) -> Response:
        """Return a page of hazards, newest first."""
        scope = self._scope(principal, wanted.county)
        async with self._database.acquire() as connection:
            hazards = await register.page(connection, scope, wanted, after=after, limit=limit)
        following = hazards[-1].hazard_id if len(hazards) == limit else None
        document = HazardPage.model_construct(items=[HazardDocument.of(h) for h in hazards], next=following)
        return Response(document.model_dump_json(), media_type=_JSON)

    async def count(self, principal: Reader, wanted: Wanted, group_by: Group | None = None) -> CountDocument:
        """Return how many hazards there are, by value of `group_by`."""
        scope = self._scope(principal, wanted.county)
        async with self._database.acquire() as connection:
            rows = await register.count(connection, scope, wanted, group_by)
        groups = [CountGroup(value=value, count=number) for value, number in rows] if group_by else []
        return CountDocument(total=sum(number for _, number in rows), groups=groups)

    async def one(self, principal: Reader, name: Name) -> Response:
        """Return one hazard by id or number."""
        hazard = await self._find(principal, name)
        return Response(
            HazardDocument.of(hazard).model_dump_json(),
            media_type=_JSON,
            headers={"ETag": f'"{hazard.version}"'},
        )

    async def history(self, principal: Reader, name: Name) -> Response:
        """Return a hazard's history, oldest first."""
        hazard = await self._find(principal, name)
        async with self._database.acquire() as connection:
            records = await history.of_hazard(connection, hazard.hazard_id)
        return _json({"items": [_history_item(record) for record in records]})

    async def timeline(self, principal: Reader, name: Name) -> Response:
        """Return a hazard's history and the letters about it, in order of time."""
        hazard = await self._find(principal, name)
        async with self._database.acquire() as connection:
            records = await history.of_hazard(connection, hazard.hazard_id)
            notices = await timeline.of_hazard(connection, hazard.hazard_id)
        items = [{"kind": "history", **_history_item(record)} for record in records]
        items += [
            {
                "kind": "notice",
                "event_id": notice.event_id,
                "type": notice.type,
                "title": lookup(notice.type).title_zh,
                "time": notice.occurred_at.isoformat().replace("+00:00", "Z"),
                "payload": msgspec.Raw(notice.payload),
            }
            for notice in notices
        ]
        # History comes first among equals; its own order is that of its versions, whatever the instants say.
        items.sort(key=lambda item: str(item["time"])[:19])
        return _json({"items": items})

    async def waiting_claims(self, principal: ClaimReader, after: Position = 0, limit: Limit = 100) -> Response:
        """Return claims that wait for their report or its confirmation."""
        counties = self._scope(principal, None).counties
        async with self._database.acquire() as connection:
            rows = await register.waiting_claims(connection, counties, after, limit)
        return _claims(rows, principal, limit)

    async def rejected_claims(self, principal: ClaimReader, after: Position = 0, limit: Limit = 100) -> Response:
        """Return refused claims with the reason, the origin and the bytes."""
        counties = self._scope(principal, None).counties
        async with self._database.acquire() as connection:
            rows = await register.rejected_claims(connection, counties, after, limit)
        return _claims(rows, principal, limit)

    async def export(
        self,
        principal: CityReader,
        after: Position = 0,
        limit: ExportLimit = 1000,
        format: Literal["json", "jsonl"] = "json",  # noqa: A002 - the query parameter's name
    ) -> Response:
        """Return the whole history page by page, for audits: nothing can later appear before what was read.

        `payload` is the published JSON as text, so that its bytes stay what the digest was made over.
        """
        scope = self._scope(principal, None)
        if scope.counties is not None or scope.sectors is not None:
            raise outside_scope()
        items = [_export_item(position, record) for position, record in await self._export.page(after, limit)]
        if format == "jsonl":
            return Response(b"".join(msgspec.json.encode(i) + b"\n" for i in items), media_type=_JSON_LINES)
        return _json({"items": items, "next": items[-1]["position"] if len(items) == limit else None})

    async def _find(self, principal: Principal, name: str) -> Hazard:
        async with self._database.acquire() as connection:
            hazard = await register.one(connection, name)
        if hazard is None:
            raise no_such_hazard(name)
        if not within(scope_of(principal, self._counties), hazard):
            raise outside_scope()
        return hazard


def router(database: Database, counties: Sequence[str]) -> APIRouter:
    """Return the routes of all reads."""
    reads = Reads(database, counties)
    routes = APIRouter(tags=["reads"])
    get = routes.add_api_route
    get("/v1/hazards", reads.page, summary="隐患列表", response_model=HazardPage)
    get("/v1/hazards/count", reads.count, summary="隐患计数")
    get("/v1/hazards/{name}", reads.one, summary="一条隐患（按标识或编号）", response_model=HazardDocument)
    get("/v1/hazards/{name}/history", reads.history, summary="一条隐患的全部历史")
    get("/v1/hazards/{name}/timeline", reads.timeline, summary="一条隐患的历史与文书")
    get("/v1/waiting-claims", reads.waiting_claims, summary="等待中的上报")
    get("/v1/rejected-claims", reads.rejected_claims, summary="不予受理的上报")
    get("/v1/history", reads.export, summary="全部历史，供审计导出")
    return routes


def _json(document: Any) -> Response:
    return Response(msgspec.json.encode(document), media_type=_JSON)


def _history_item(record: Record) -> dict[str, Any]:
    return {
        "version": record.version,
        "event_id": record.event_id,
        "type": record.type,
        "title": lookup(record.type).title_zh,
        "time": record.time,
        "cause_id": record.cause_id or None,
        "payload": msgspec.Raw(record.payload),
        "digest": record.digest.hex(),
    }


def _export_item(position: int, record: Record) -> dict[str, Any]:
    return {
        "position": position,
        "algorithm": ALGORITHM,
        "hazard_id": record.hazard_id,
        "version": record.version,
        "event_id": record.event_id,
        "type": record.type,
        "time": record.time,
        "cause_id": record.cause_id,
        "payload": record.payload.decode(),
        "digest": record.digest.hex(),
    }


def _claims(rows: list[dict[str, Any]], principal: Principal, limit: int) -> Response:
    items = []
    for row in rows:
        value = row.pop("value")
        row["origin"] = f"{row.pop('topic')}/{row.pop('partition')}/{row.pop('offset')}"
        if principal.role != "operator":
            row["value_base64"] = None if value is None else base64.b64encode(value).decode()
        items.append(row)
    return _json({"items": items, "next": items[-1]["id"] if len(items) == limit else None})
