"""`/v1/draws`: announce, draw, read, and the text from which anybody draws again."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Path, Response

from services.chassis.access.acting import ActingDeps
from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, OBSERVERS, OFFICES, TOWNSHIP
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Limit
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.scheduler.draws import tables
from services.scheduler.draws.documents import ByDrawId, DrawDocument, DrawItem, HoldDraw
from services.scheduler.draws.handlers import announce, hold
from services.scheduler.draws.model.announcement import Announcement, canonical
from services.scheduler.draws.tables import Draw

# A draw is public: whoever may be inspected or sent has to be able to repeat it.
READ: Final = Action(
    "scheduler.draws.read", "查看双随机抽查", roles=CASE_STAFF | TOWNSHIP | OBSERVERS, reach=Reach.NOTHING
)
WRITE: Final = Action("scheduler.draws.write", "组织双随机抽查", roles=OFFICES)
Reader = Annotated[Caller, Depends(allow(READ))]
Writer = Annotated[Caller, Depends(allow(WRITE))]
DrawId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", min_length=16, max_length=16, description="抽查的标识")]
_TEXT: Final = "text/plain; charset=utf-8"


def router(deps: ActingDeps) -> Router:
    """Return the routes of draws."""
    routes = Router(prefix="/v1", tags=["draws"])
    _reads(routes, deps)
    _announce(routes, deps)
    _hold(routes, deps)
    return routes


def _reads(routes: Router, deps: ActingDeps) -> None:
    missing = declares("draw-not-found")

    async def found(draw_id: str) -> Draw:
        async with deps.database.acquire() as connection:
            draw = await tables.find(connection, draw_id)
        if draw is None:
            raise Problem("draw-not-found", field="draw_id")
        return draw

    @routes.get("/draws", summary="双随机抽查清单")
    async def list_draws(_: Reader, after: After[ByDrawId] = None, limit: Limit = 100) -> Page[DrawItem]:
        """List draws in order of their ids."""
        async with deps.database.acquire() as connection:
            rows = await tables.page(connection, after=after.draw_id if after else "", limit=limit + 1)
        return page_of(rows, limit, item=DrawItem.of, cursor=ByDrawId.of)

    @routes.get("/draws/{draw_id}", summary="一次双随机抽查", responses=missing)
    async def read_draw(_: Reader, draw_id: DrawId) -> DrawDocument:
        """Return what was announced and, once it is drawn, the result with who was left out and why."""
        return DrawDocument.of(await found(draw_id))

    @routes.get(
        "/draws/{draw_id}/input.txt",
        summary="一次双随机抽查公布的名单（文本，供复核）",
        responses={**missing, 200: {"content": {_TEXT: {"schema": {"type": "string"}}}}},
        response_class=Response,
    )
    async def read_input(_: Reader, draw_id: DrawId) -> Response:
        """Return the input as the text whose SHA-256 was announced."""
        return Response(canonical((await found(draw_id)).input), media_type=_TEXT)


def _announce(routes: Router, deps: ActingDeps) -> None:
    @routes.post(
        "/draws",
        summary="公布一次双随机抽查",
        status_code=201,
        response_model=DrawDocument,
        responses=declares(
            "draw-announced",
            "draw-beyond-county",
            "draw-listed-twice",
            "draw-too-few-targets",
            "draw-too-few-inspectors",
            "draw-day-not-ahead",
            "duty-ends-before-it-begins",
            "out-of-range",
        ),
    )
    async def publish(said: JsonBody[Announcement], caller: Writer, once: Once) -> Response:
        """Announce a draw: from here on its input stands. The same input again finds it as it is."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            made = accepted(await announce(connection, said, acting=deps.acting(caller)))
            return await once.keep(connection, answer(DrawDocument.of(made), status=201))


def _hold(routes: Router, deps: ActingDeps) -> None:
    @routes.post(
        "/draws/{draw_id}/draw",
        summary="抽取",
        response_model=DrawDocument,
        responses=declares("draw-not-found", "draw-input-differs", "draw-secret-differs", "draw-too-early"),
    )
    async def draw_now(draw_id: DrawId, command: JsonBody[HoldDraw], caller: Writer, once: Once) -> Response:
        """Reveal the secrets and draw. It is drawn once: whoever asks again gets the same result."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            drawn = accepted(
                await hold(
                    connection,
                    draw_id,
                    input_sha256=command.input_sha256,
                    secrets=command.secrets,
                    acting=deps.acting(caller),
                )
            )
            return await once.keep(connection, answer(DrawDocument.of(drawn)))
