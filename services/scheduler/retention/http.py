"""`GET /v1/erasures`: what was erased, when and why. It names nobody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final, Self

import msgspec
from fastapi import Depends
from msgspec import Meta

from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CITY_OFFICES
from services.chassis.storage.database import Database
from services.chassis.web.documents import Document
from services.chassis.web.paging import After, Cursor, Page, page_of
from services.chassis.web.parameters import Limit
from services.chassis.web.routes import Router
from services.scheduler.retention import tables
from services.scheduler.retention.model import ZH, PersonalRecord, Tombstone

READ: Final = Action("scheduler.erasures.read", "查看期满删除记录", roles=CITY_OFFICES, reach=Reach.CITY)
Reader = Annotated[Caller, Depends(allow(READ))]


class ErasureDocument(Document, frozen=True, kw_only=True):
    """One erasure. Of the persons nothing is left but their number."""

    kind: PersonalRecord
    kind_zh: str
    subject_id: Annotated[str, Meta(description="opaque id of the session or of the expert's entry")]
    persons: int
    ended_on: date
    erased_at: datetime
    erased_by: str
    reason: str

    @classmethod
    def of(cls, stone: Tombstone) -> Self:
        """Return the document of a tombstone."""
        return cls(kind_zh=ZH[stone.kind], **msgspec.structs.asdict(stone))


class ByErasure(Cursor, frozen=True, kw_only=True, tag="erasures"):
    """Where a page of erasures ends."""

    kind: PersonalRecord
    subject_id: str

    @classmethod
    def of(cls, stone: Tombstone) -> Self:
        """Return the cursor behind a tombstone."""
        return cls(kind=stone.kind, subject_id=stone.subject_id)


def router(database: Database) -> Router:
    """Return the route."""
    routes = Router(prefix="/v1", tags=["erasures"])

    @routes.get("/erasures", summary="保存期满已删除的个人信息：时间、依据和人数")
    async def list_erasures(_: Reader, after: After[ByErasure] = None, limit: Limit = 100) -> Page[ErasureDocument]:
        """List what was erased in order of kind and id; nothing of it says who the persons were."""
        behind = (after.kind.value, after.subject_id) if after else ("", "")
        async with database.acquire() as connection:
            rows = await tables.page(connection, after=behind, limit=limit + 1)
        return page_of(rows, limit, item=ErasureDocument.of, cursor=ByErasure.of)

    return routes
