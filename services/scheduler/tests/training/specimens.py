"""What the rights test is told of the trainings' endpoints."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Specimen
from services.scheduler.tests.training.stage import session
from services.scheduler.training import tables
from services.scheduler.training.documents import ByDay
from services.scheduler.training.model import Attendee, Entered, Placed, Session, TrainingResult

_CARRIES: Final = {Dimension.COUNTY, Dimension.SECTOR, Dimension.ENTERPRISE}
_NOBODY: Final = "00000000-0000-4000-8000-000000000000"
_NOW: Final = datetime(2024, 5, 15, 1, tzinfo=UTC)
# Whoever is restricted in anything finds no place of these.
_NOWHERE: Final = session(county="999999", enterprise="91999999XXXX00001A")
_CORRECTION: Final = {
    **{name: value for name, value in session().items() if name not in {"enterprise", "county"}},
    "reason": "补录错误",
}


async def a_session(database: Database, facts: Facts) -> Session:
    """Enter a session of one person."""
    entered = Entered(
        title="班组安全培训",
        held_on=date(2024, 5, 10),
        hours=8,
        attendees=(Attendee(number=f"G-{secrets.token_hex(4)}", name="某人", hours=8, result=TrainingResult.PASSED),),
    )
    of = Placed(enterprise=facts.enterprise or "", county=facts.county or "", sector=facts.sector)
    async with database.transaction() as connection:
        return await tables.insert(connection, of, entered, task_id=None, at=_NOW, by="enterprise-1")


async def a_trainee(database: Database, facts: Facts) -> str:
    """Enter a session of one person; return the id of that person's file."""
    made = await a_session(database, facts)
    async with database.acquire() as connection:
        files = await tables.trainees(connection, made.of.enterprise)
    return str(files[made.entered.attendees[0].number])


async def facts_alone(_: Database, facts: Facts) -> Facts:
    """Make nothing: what is entered is the row."""
    return facts


def _entering(facts: Facts) -> Call:
    sent = session(county=facts.county, enterprise=facts.enterprise, sector=facts.sector)
    return Call(path="/v1/trainings", json=sent)


def _before(made: Session) -> str:
    """Return the cursor behind which this session is the next one: other endpoints make sessions, too."""
    return ByDay(held_on=made.entered.held_on, session_id=UUID(int=made.session_id.int - 1)).encode()


def _one(method: str, below: str, body: dict[str, Any] | None = None) -> Specimen:
    return Specimen.item(
        f"{method} /v1/trainings/{{session_id}}{below}",
        make=a_session,
        call=lambda made: Call(path=f"/v1/trainings/{made.session_id}{below}", json=body),
        missing=Call(path=f"/v1/trainings/{_NOBODY}{below}", json=body),
        carries=_CARRIES,
    )


SPECIMENS: Final = [
    Specimen.item(
        "POST /v1/trainings",
        make=facts_alone,
        call=_entering,
        missing=Call(path="/v1/trainings", json=_NOWHERE),
        carries=_CARRIES,
    ),
    Specimen.rows(
        "GET /v1/trainings",
        make=a_session,
        call=lambda made: Call(path="/v1/trainings", params={"after": _before(made), "limit": "1"}),
        shows=lambda answer, made: str(made.session_id) in answer.text,
        carries=_CARRIES,
    ),
    _one("GET", ""),
    _one("GET", "/versions"),
    _one("POST", "/correct", _CORRECTION),
    Specimen.item(
        "GET /v1/training-books/{enterprise}",
        make=a_session,
        call=lambda made: Call(path=f"/v1/training-books/{made.of.enterprise}"),
        missing=Call(path="/v1/training-books/91999999XXXX00001A"),
        carries=_CARRIES,
    ),
    Specimen.item(
        "GET /v1/trainees/{trainee_id}",
        make=a_trainee,
        call=lambda name: Call(path=f"/v1/trainees/{name}"),
        missing=Call(path=f"/v1/trainees/{_NOBODY}"),
        carries=_CARRIES,
    ),
]
