"""What the routes of duties are given, and who may use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Path

from services.chassis.access.acting import Acting
from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, CITY_OFFICES, OBSERVERS, TOWNSHIP
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.web.parameters import Checked
from services.scheduler.duties.handlers.plan import Planner
from services.scheduler.duties.model.duty import DutyId

# What is to be done is no case: it is printed and sent to everybody whom it binds.
READ: Final = Action(
    "scheduler.duties.read", "查看周期职责", roles=CASE_STAFF | TOWNSHIP | OBSERVERS, reach=Reach.NOTHING
)
# How it went is a case: everybody sees what lies in his own area.
READ_FULFILMENT: Final = Action(
    "scheduler.duties.read-fulfilment", "查看周期职责的完成情况", roles=CASE_STAFF | OBSERVERS
)
WRITE: Final = Action("scheduler.duties.write", "调整周期职责", roles=CITY_OFFICES, reach=Reach.CITY)
Reader = Annotated[Caller, Depends(allow(READ))]
FulfilmentReader = Annotated[Caller, Depends(allow(READ_FULFILMENT))]
Writer = Annotated[Caller, Depends(allow(WRITE))]
Name = Annotated[str, Checked(DutyId), Path(description="周期职责的编号")]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    clock: Clock
    planner: Planner

    def acting(self, caller: Caller) -> Acting:
        """Return who does something, now."""
        return Acting.now(caller, clock=self.clock, zone=self.planner.zone)
