"""How the rights test reaches every endpoint of tips and look-ups."""

from __future__ import annotations

import itertools
from typing import Any, Final
from uuid import uuid4

import httpx
import msgspec

from duban_contracts.events.types import Enterprise
from services.chassis.access.acting import Acting
from services.chassis.access.principal import Principal
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Make, Specimen
from services.chassis.web.preconditions import Precondition
from services.ledger.tests.in_process import EVERYWHERE, InProcess
from services.ledger.tests.people import PEOPLE
from services.ledger.tests.tips.saying import intake, verification
from services.ledger.tips.handlers.receive import receive_tip
from services.ledger.tips.http.moves import WAYS
from services.ledger.tips.model.tip import Tip, TipChannel
from services.ledger.tips.moves import Receive
from services.ledger.vault.handlers import lookups
from services.ledger.vault.model.identity import Identity
from services.ledger.vault.model.lookups import Ask, Lookup, Reason

_MISSING: Final = "JB-140502-2026-999999"
_ASK: Final = {"reason": "reward", "note": "核对发放对象"}
_REFUTE: Final = {"visited_on": "2026-06-01", "visit": "未见堵塞"}
# The vault knows where a tip is and what it is about, not of which enterprise.
_IN_THE_VAULT: Final = {Dimension.COUNTY, Dimension.TOWNSHIP, Dimension.SECTOR}


class TipRows:
    """Makes tips and look-ups of given facts, past HTTP."""

    def __init__(self, ledger: InProcess) -> None:
        self.ledger = ledger
        self.office = ledger.office
        self._askers = itertools.count(1)

    def acting(self, who: str) -> Acting:
        """Return one of PEOPLE, restricted nowhere, now."""
        return self.office.acting(Caller(PEOPLE[who], EVERYWHERE, "test"))

    def tip(self, *, decided: str | None = None) -> Make:
        """Make tips, such on which that was done where asked."""

        async def make(_: Database, facts: Facts) -> Tip:
            acting = self.acting("tips")
            said = Receive(
                channel=TipChannel.REFERRAL,
                county=facts.county or "",
                township=facts.township,
                sector=facts.sector or "fire_safety",
                place="东街12号",
                content="安全出口被堵",
                enterprise=Enterprise(name="示例企业（虚构）", uscc=facts.enterprise),
                answer_due_on=acting.today,
            )
            reporter = Identity(name="举报人丁（虚构）")
            async with self.ledger.database.transaction() as connection:
                tip = await receive_tip(connection, said, reporter, office=self.office, now=lambda: acting)
                assert isinstance(tip, Tip)
                if decided is not None:
                    [way] = [way for way in WAYS if way.name == decided]
                    decision = msgspec.convert(_REFUTE if decided == "refute" else verification(), way.command)
                    tip = await way.make(
                        connection,
                        tip.tip_id,
                        decision,
                        expecting=Precondition(),
                        office=self.office,
                        now=lambda: acting,
                    )
            assert isinstance(tip, Tip)
            return tip

        return make

    async def lookup(self, database: Database, facts: Facts) -> Lookup:
        """Make a look-up that an account of its own asked for."""
        tip = await self.tip()(database, facts)
        asker = Principal(f"asker-{next(self._askers)}", PEOPLE["tips"].role, "140500")
        acting = self.office.acting(Caller(asker, EVERYWHERE, "test"))
        vault, ask = self.office.vault, Ask(reason=Reason.REWARD, note="核对")
        assert vault is not None
        said = await lookups.ask(vault, tip.about, ask, needs_release=True, acting=acting)
        assert isinstance(said, Lookup)
        return said


def tip_specimens(ledger: InProcess) -> list[Specimen]:
    """Return one for each endpoint."""
    rows = TipRows(ledger)
    return [
        Specimen.rows("GET /v1/tips", make=rows.tip(), call=_newest("/v1/tips"), shows=_shows_number),
        Specimen.plain("POST /v1/tips", call=lambda facts: Call(path="/v1/tips", json=_within(facts))),
        Specimen.rows(
            "GET /v1/lookups",
            make=rows.lookup,
            call=_newest("/v1/lookups"),
            shows=_shows_asker,
            carries=_IN_THE_VAULT,
        ),
        Specimen.rows(
            "GET /v1/lookups/count",
            make=rows.lookup,
            call=lambda _: Call(path="/v1/lookups/count"),
            shows=_shows_asker,
            carries=_IN_THE_VAULT,
        ),
        _of_tip("GET", "", rows.tip()),
        _of_tip("GET", "/records", rows.tip()),
        _of_tip("POST", "/verify", rows.tip(), verification()),
        _of_tip("POST", "/correct", rows.tip(decided="verify"), verification()),
        _of_tip("POST", "/refute", rows.tip(), _REFUTE),
        _of_tip("POST", "/tell", rows.tip(decided="refute"), {"told": "已函复"}),
        _of_tip("POST", "/answer", rows.tip(decided="refute"), {"answer": "已办结"}),
        _of_tip("POST", "/lookups", rows.tip(), _ASK),
        _of_lookup("release", rows),
        # Even within the office only who asked is shown anything.
        _of_lookup("read", rows, refuses="lookup-of-another"),
    ]


def _of_tip(method: str, below: str, make: Make, body: dict[str, Any] | None = None) -> Specimen:
    return Specimen.item(
        f"{method} /v1/tips/{{name}}{below}",
        make=make,
        call=lambda tip: Call(path=f"/v1/tips/{tip.number}{below}", json=body),
        missing=Call(path=f"/v1/tips/{_MISSING}{below}", json=body),
    )


def _of_lookup(verb: str, rows: TipRows, refuses: str | None = None) -> Specimen:
    return Specimen.item(
        f"POST /v1/lookups/{{lookup_id}}/{verb}",
        make=rows.lookup,
        call=lambda lookup: Call(path=f"/v1/lookups/{lookup.lookup_id}/{verb}"),
        missing=Call(path=f"/v1/lookups/{uuid4()}/{verb}"),
        carries=_IN_THE_VAULT,
        refuses=lambda _: refuses,
    )


def _within(facts: Facts) -> dict[str, Any]:
    return intake(county=facts.county, township=facts.township, sector=facts.sector, channel="web")


def _newest(path: str) -> Any:
    return lambda _: Call(path=path, params={"limit": 1000})


def _shows_number(answer: httpx.Response, tip: Tip) -> bool:
    return tip.number in answer.text


def _shows_asker(answer: httpx.Response, lookup: Lookup) -> bool:
    return f'"{lookup.asked_by}"' in answer.text
