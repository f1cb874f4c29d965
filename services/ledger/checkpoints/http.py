"""`GET /v1/checkpoint…` and the proof of a record: what outsiders check the history by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Path, Query, Response

from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.reading import one_of
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, ENTERPRISE, EVERYBODY, INTEGRATORS, TOWNSHIP
from services.chassis.storage.database import Database
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.ledger.checkpoints.documents import CheckpointKeys
from services.ledger.checkpoints.handlers import proving
from services.ledger.checkpoints.handlers.keys import SigningKeys, UnusableKey
from services.ledger.checkpoints.tables import tiles
from services.ledger.hazards.documents import HazardName
from services.ledger.hazards.handlers.find_hazard import seen_hazard

# A checkpoint tells how many records there are and nothing of what they say.
READ: Final = Action("ledger.checkpoints.read", "查看历史检查点", roles=EVERYBODY, reach=Reach.NOTHING)
PROVE: Final = Action(
    "ledger.checkpoints.prove", "取得历史记录的证明", roles=CASE_STAFF | TOWNSHIP | ENTERPRISE | INTEGRATORS
)
Reader = Annotated[Caller, Depends(allow(READ))]
Prover = Annotated[Caller, Depends(allow(PROVE))]

_TEXT: Final = "text/plain; charset=utf-8"
_SAYS: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {_TEXT: {"schema": {"type": "string"}}}}}
_CHECKPOINT: Final = {**_SAYS, **declares("checkpoint-not-found")}
_GROWTH: Final = {**_SAYS, **declares("checkpoint-not-found", "checkpoint-smaller")}
_PROOF: Final = {**_SAYS, **declares("checkpoint-not-found", "record-not-found", "record-not-in-checkpoint")}
_MOST: Final = 2**63 - 1
Size = Annotated[int | None, Query(ge=1, le=_MOST, description="检查点的记录数；不写即最新的检查点")]
OldSize = Annotated[int, Query(ge=1, le=_MOST, description="您留存的检查点的记录数")]
Version = Annotated[int, Path(ge=1, le=2**31 - 1, description="记录的版本号")]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes; `keys` is None where the installation signs nothing."""

    database: Database
    keys: SigningKeys | None


def router(deps: Deps) -> Router:
    """Return the routes of checkpoints and proofs."""
    routes = Router(prefix="/v1", tags=["checkpoints"])
    _checkpoints(routes, deps)
    _proofs(routes, deps)
    return routes


def _checkpoints(routes: Router, deps: Deps) -> None:
    @routes.get("/checkpoint", summary="签名的历史检查点", responses=_CHECKPOINT, response_class=Response)
    async def checkpoint(_: Reader, size: Size = None) -> Response:
        """Return a signed checkpoint of the whole history (C2SP tlog-checkpoint)."""
        async with deps.database.acquire() as connection:
            return _text(accepted(await proving.checkpoint(connection, size)))

    @routes.get("/checkpoint/keys", summary="核验历史检查点的公钥", responses=declares("checkpoint-not-found"))
    async def keys(_: Reader) -> CheckpointKeys:
        """Return the verifier keys (C2SP signed-note) of those that sign now."""
        if deps.keys is None:
            raise Problem("checkpoint-not-found")
        try:
            return CheckpointKeys(origin=deps.keys.origin, keys=deps.keys.verifier_keys())
        except UnusableKey:
            raise Problem("unavailable") from None

    @routes.get("/checkpoint/consistency", summary="两个检查点一致的证明", responses=_GROWTH, response_class=Response)
    async def consistency(_: Reader, old: OldSize, size: Size = None) -> Response:
        """Return the proof that a checkpoint has grown from one of `old` records, as a witness is asked (C2SP tlog-witness)."""
        async with deps.database.acquire() as connection:
            return _text(accepted(await proving.prove_consistency(connection, old, size)))


def _proofs(routes: Router, deps: Deps) -> None:
    @routes.get(
        "/checkpoint/inclusion", summary="一个事件已在检查点之内的证明", responses=_PROOF, response_class=Response
    )
    async def inclusion(
        caller: Prover, event: Annotated[UUID, Query(description="隐患或事故事件的标识")], size: Size = None
    ) -> Response:
        """Return the proof that the record of an event is under a checkpoint (C2SP tlog-proof)."""
        async with deps.database.reading(caller.scope) as connection:
            find = partial(proving.record_of_event, event_id=str(event))
            found = await one_of(deps.database, connection, find, lambda pair: pair[1], caller)
        if found is None:
            raise Problem("record-not-found", field="event")
        return await _proof(deps.database, found[0], str(event), size)

    @routes.get(
        "/hazards/{name}/history/{version}/proof",
        summary="一条历史记录已在检查点之内的证明",
        responses={
            **_PROOF,
            **declares("hazard-not-found", "checkpoint-not-found", "record-not-found", "record-not-in-checkpoint"),
        },
        response_class=Response,
    )
    async def of_version(caller: Prover, name: HazardName, version: Version, size: Size = None) -> Response:
        """Return the proof that a hazard's record of this version is under a checkpoint (C2SP tlog-proof)."""
        async with deps.database.reading(caller.scope) as connection:
            hazard = await seen_hazard(deps.database, connection, name, caller)
            if hazard is None:
                raise Problem("hazard-not-found", field="name")
            found = await tiles.record(connection, hazard.hazard_id, version)
        if found is None:
            raise Problem("record-not-found", field="version")
        return await _proof(deps.database, found[0], found[1].event_id, size)


async def _proof(database: Database, position: int, event_id: str, size: int | None) -> Response:
    # A proof is made of the digests of its neighbours, whose they may be, and shows nothing else of them.
    async with database.acquire() as connection:
        return _text(accepted(await proving.prove_inclusion(connection, position, event_id, size)))


def _text(text: str) -> Response:
    return Response(text, media_type=_TEXT)
