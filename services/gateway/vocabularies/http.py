"""`GET /v1/vocabularies`: all lists of codes, or one by its name. They change only with a release or a profile."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from fastapi import Depends, Header, Response

from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import INTEGRATORS
from services.chassis.web.documents import JSON
from services.chassis.web.problems import Problem
from services.chassis.web.routes import Router
from services.gateway.vocabularies.documents import VocabulariesDocument, VocabularyDocument

READ: Final = Action("gateway.vocabularies.read", "查看词表", roles=INTEGRATORS, reach=Reach.NOTHING)
MayRead = Annotated[Caller, Depends(allow(READ))]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", description="上次得到的 ETag；未变则答 304")]
_UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "nothing has changed since that ETag"}}


class Encoded:
    """A document that stays the same while the process lives, encoded once, with the ETag of its content."""

    def __init__(self, document: VocabulariesDocument | VocabularyDocument) -> None:
        self._body = msgspec.json.encode(document)
        self._headers = {
            "ETag": f'"{hashlib.sha256(self._body).hexdigest()[:32]}"',
            "Cache-Control": "private, no-cache",
        }

    def unless(self, known: str | None) -> Response:
        """Return the document, or 304 when the caller knows it already (RFC 9110 §13.1.2: compared weakly)."""
        tags = {tag.strip().removeprefix("W/") for tag in (known or "").split(",")}
        if tags & {"*", self._headers["ETag"]}:
            return Response(status_code=304, headers=self._headers)
        return Response(self._body, media_type=JSON, headers=self._headers)


def router(documents: Sequence[VocabularyDocument]) -> Router:
    """Return the routes of these lists."""
    routes = Router(prefix="/v1", tags=["vocabularies"])
    everything = Encoded(VocabulariesDocument(vocabularies=list(documents)))
    by_name = {document.name: Encoded(document) for document in documents}

    @routes.get("/vocabularies", summary="全部词表", response_model=VocabulariesDocument, responses=_UNCHANGED)
    async def read_all(caller: MayRead, if_none_match: IfNoneMatch = None) -> Response:
        """Say every code: divisions, sectors, units, channels, grades and so on, and the codes of refusals."""
        del caller
        return everything.unless(if_none_match)

    @routes.get("/vocabularies/{name}", summary="一份词表", response_model=VocabularyDocument, responses=_UNCHANGED)
    async def read_one(name: str, caller: MayRead, if_none_match: IfNoneMatch = None) -> Response:
        """Say the codes of one list, such as `sectors`, `regions` or `refusals`."""
        del caller
        if name not in by_name:
            raise Problem("not-found")
        return by_name[name].unless(if_none_match)

    return routes
