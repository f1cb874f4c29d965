"""A row for every endpoint of the ledger, and the request that reaches it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from duban_contracts.events.consultation import Tier
from duban_contracts.events.types import Channel, Enterprise, Grade, StopKind, StopScope
from duban_contracts.testing.calendar import june
from duban_contracts.testing.claims import rectification, report
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Make, Refuses, Specimen
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves import Close, Confirm, Escalate, ListHazard, Plan, RequestExtension, Stop, Submit
from services.ledger.tests.accidents.specimens import accident_specimens
from services.ledger.tests.accountability.specimens import accountability_specimens
from services.ledger.tests.assignments.specimens import assignment_specimens
from services.ledger.tests.checkpoints.specimens import checkpoint_specimens
from services.ledger.tests.criteria.specimens import criteria_specimens
from services.ledger.tests.gathering.specimens import gathering_specimens
from services.ledger.tests.groups.specimens import group_specimens
from services.ledger.tests.hazards.bodies import BEFORE, BODIES, FIRST
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.insiders.specimens import inside_specimens
from services.ledger.tests.lookbacks.specimens import look_back_specimens
from services.ledger.tests.referrals.specimens import referral_specimens
from services.ledger.tests.rewards.specimens import reward_specimens
from services.ledger.tests.stop_orders.specimens import stop_order_specimens
from services.ledger.tests.tips.specimens import tip_specimens

_COUNTY_ONLY: Final = {Dimension.COUNTY}
_MISSING: Final = "140502-2026-999999"


class Rows:
    """Makes rows of given facts in one ledger."""

    def __init__(self, ledger: InProcess) -> None:
        self._ledger = ledger

    def hazard(self, *before: str, channel: Channel = Channel.INSPECTION) -> Make:
        """Make hazards that have gone through the moves `before`."""

        async def make(_: Database, facts: Facts) -> Hazard:
            county, reference = facts.county or "", self._ledger.new_reference()
            said = report(
                reference,
                county=county,
                channel=channel,
                sector=facts.sector,
                township=facts.township,
                enterprise=Enterprise(name="示例企业（虚构）", uscc=facts.enterprise),
            )
            await self._ledger.take(said, county=county)
            hazard = await self._moved(await self._number(county, reference), facts, before)
            assert isinstance(hazard, Hazard)
            return hazard

        return make

    async def waiting(self, _: Database, facts: Facts) -> str:
        """Make a claim that waits for its report."""
        reference = self._ledger.new_reference()
        await self._ledger.take(rectification(reference, county=facts.county), county=facts.county or "")
        return reference

    async def rejected(self, _: Database, facts: Facts) -> str:
        """Make a claim that was refused."""
        reference = self._ledger.new_reference()
        wrong = report(reference, county=facts.county, sector="no_such_sector")
        await self._ledger.take(wrong, county=facts.county or "")
        return reference

    async def _number(self, county: str, reference: str) -> str:
        query = "SELECT number FROM hazard WHERE county = $1 AND reference = $2"
        number: str = await self._ledger.pool.fetchval(query, county, reference)
        return number

    async def _moved(self, number: str, facts: Facts, moves: Sequence[str]) -> Hazard | object:
        commands: dict[str, msgspec.Struct] = {
            "confirm": Confirm(grade=Grade.GENERAL, responsible_unit=facts.unit or "fire_rescue", deadline_on=june(11)),
            "confirm-major": Confirm(grade=Grade.MAJOR, responsible_unit="fire_rescue", deadline_on=june(11)),
            "list": ListHazard(document="晋市安委督〔2026〕3号", deadline_on=june(20)),
            "plan": Plan(measures="更换", responsible_post="安全总监"),
            "submit": Submit(measures="已更换", completed_on=june(1)),
            "request-extension": RequestExtension(reason="设备到货延迟", deadline_on=june(13)),
            "close": Close(review="现场复查合格"),
            "escalate": Escalate(to=Tier.COUNTY, reason="涉及多个产权单位"),
            "stop": Stop(
                document="城应急停〔2026〕1号", kind=StopKind.PRODUCTION, scope=StopScope.WHOLE, since=june(1)
            ),
        }
        # The same account may not submit and review; whoever the rights test sends is neither.
        people = {
            "submit": "county",
            "request-extension": "county",
            "close": "city-2",
            "list": "office",
            "escalate": "township",
            "stop": "county-2",
        }
        found: Hazard | object = None
        for move in moves:
            found = await self._ledger.move(number, commands[move], people.get(move, "city"))
        return found or (await self._ledger.find(number))


def _nobody(_: Principal) -> str | None:
    return None


# Who listed a hazard alone may lift that.
_REFUSES: Final[dict[str, Refuses]] = {
    "lift": lambda who: None if who.role == Role.CITY_OFFICE else "listed-by-another-authority",
    # A department of no name ordered the stop.
    "resume": lambda who: None if who.unit is None else "stopped-by-another-authority",
}


def _of_hazards(rows: Rows) -> list[Specimen]:
    hazard = rows.hazard("confirm")
    found = [
        Specimen.rows("GET /v1/hazards", make=hazard, call=_search("/v1/hazards"), shows=_named),
        Specimen.rows("GET /v1/hazards/count", make=hazard, call=_search("/v1/hazards/count"), shows=_counted),
        Specimen.rows(
            "GET /v1/listings", make=rows.hazard("confirm-major", "list"), call=_of_hazard("/v1/listings"), shows=_named
        ),
        Specimen.rows("GET /v1/history", make=hazard, call=_newest, shows=_told_of),
        Specimen.rows(
            "GET /v1/waiting-claims",
            make=rows.waiting,
            call=lambda _: Call(path="/v1/waiting-claims", params={"limit": 1000}),
            shows=_names_reference,
            carries=_COUNTY_ONLY,
        ),
        Specimen.rows(
            "GET /v1/rejected-claims",
            make=rows.rejected,
            call=lambda _: Call(path="/v1/rejected-claims", params={"limit": 1000}),
            shows=_names_reference,
            carries=_COUNTY_ONLY,
        ),
    ]
    found += [_item("GET", below, hazard) for below in ("", "/history", "/timeline", "/mechanisms")]
    found += [
        _item("POST", f"/{move}", rows.hazard(*BEFORE[move]), body, _REFUSES.get(move, _nobody))
        for move, body in BODIES.items()
    ]
    own = rows.hazard(channel=Channel.SELF_REPORT)
    found += [_item("POST", "/first-confirm", own, FIRST, _not_the_first)]
    return found


def _not_the_first(who: Principal) -> str | None:
    """The city is the second level of an enterprise's own report."""
    return "role-not-allowed" if who.role == Role.CITY_REGULATOR else None


def _item(
    method: str, below: str, make: Make, body: dict[str, Any] | None = None, refuses: Refuses = _nobody
) -> Specimen:
    return Specimen.item(
        f"{method} /v1/hazards/{{name}}{below}",
        make=make,
        call=lambda hazard: Call(path=f"/v1/hazards/{hazard.number}{below}", json=body),
        missing=Call(path=f"/v1/hazards/{_MISSING}{below}", json=body),
        refuses=refuses,
    )


def _search(path: str) -> Any:
    return lambda hazard: Call(path=path, params={"q": hazard.number})


def _of_hazard(path: str) -> Any:
    return lambda hazard: Call(path=path, params={"hazard": hazard.number})


def _newest(hazard: Hazard) -> Call:
    del hazard
    return Call(path="/v1/history", params={"limit": 5000})


def _named(answer: httpx.Response, hazard: Hazard) -> bool:
    return hazard.number in answer.text


def _counted(answer: httpx.Response, _: Hazard) -> bool:
    return bool(answer.json()["total"] == 1)


def _told_of(answer: httpx.Response, hazard: Hazard) -> bool:
    return hazard.hazard_id in answer.text


def _names_reference(answer: httpx.Response, reference: str) -> bool:
    return f'"{reference}"' in answer.text


async def specimens(ledger: InProcess, checkpoint_key: Path) -> list[Specimen]:
    """Return those of every slice."""
    rows = Rows(ledger)
    return [
        *_of_hazards(rows),
        *gathering_specimens(ledger, rows.hazard("confirm")),
        *tip_specimens(ledger),
        *reward_specimens(ledger),
        *inside_specimens(),
        *look_back_specimens(rows.hazard("confirm", "submit", "close")),
        *accountability_specimens(ledger, rows.hazard("confirm", "submit", "close")),
        *assignment_specimens(ledger),
        *referral_specimens(ledger),
        *accident_specimens(ledger),
        *stop_order_specimens(rows.hazard("confirm", "stop")),
        *group_specimens(ledger),
        *await criteria_specimens(ledger),
        *await checkpoint_specimens(ledger, checkpoint_key, rows.hazard("confirm")),
    ]
