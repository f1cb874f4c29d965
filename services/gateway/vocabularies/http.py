"""`GET /v1/vocabularies`: all lists of codes, or one by its name. They change only with a release or a profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import Depends, Response

from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import INTEGRATORS
from services.chassis.web.conditional import KnownTags, Tagged
from services.chassis.web.problems import Problem
from services.chassis.web.routes import Router
from services.gateway.vocabularies.documents import VocabulariesDocument, VocabularyDocument

READ: Final = Action("gateway.vocabularies.read", "查看词表", roles=INTEGRATORS, reach=Reach.NOTHING)
MayRead = Annotated[Caller, Depends(allow(READ))]
_KEPT: Final = {"Cache-Control": "private, no-cache"}
_UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "nothing has changed since that ETag"}}


def router(documents: Sequence[VocabularyDocument]) -> Router:
    """Return the routes of these lists."""
    routes = Router(prefix="/v1", tags=["vocabularies"])
    # They stay the same while the process lives.
    everything = Tagged(VocabulariesDocument(vocabularies=list(documents)), headers=_KEPT)
    by_name = {document.name: Tagged(document, headers=_KEPT) for document in documents}

    @routes.get("/vocabularies", summary="全部词表", response_model=VocabulariesDocument, responses=_UNCHANGED)
    async def read_all(caller: MayRead, known: KnownTags) -> Response:
        """Say every code: divisions, sectors, units, channels, grades and so on, and the codes of refusals."""
        del caller
        return everything.unless(known)

    @routes.get("/vocabularies/{name}", summary="一份词表", response_model=VocabularyDocument, responses=_UNCHANGED)
    async def read_one(name: str, caller: MayRead, known: KnownTags) -> Response:
        """Say the codes of one list, such as `sectors`, `regions` or `refusals`."""
        del caller
        if name not in by_name:
            raise Problem("not-found")
        return by_name[name].unless(known)

    return routes
