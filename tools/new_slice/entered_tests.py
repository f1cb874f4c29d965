"""The tests with which the slice of a claim that stands for itself begins: of its words, over HTTP, over Kafka, before every role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_RULES: Final = '''"""$title: how one is shown, how a county's word of one is entered, and the list of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from duban_contracts.events.$module import $Claim
from duban_contracts.testing.calendar import june
from duban_contracts.testing.claims import example
from services.ledger.$noun.documents import By${Singular}Day, ${Singular}Document
from services.ledger.entering.model import Entry
from services.ledger.tests.in_process import NOON, InProcess
from services.ledger.tests.people import HOME

DAY = june(1)
ONE = Entry(example($Claim, today=DAY, $day=DAY), NOON)


def test_one_is_shown_as_its_county_said_it() -> None:
    shown = msgspec.structs.asdict(${Singular}Document.of(ONE))
    assert shown == {**msgspec.structs.asdict(ONE.said), "taken_at": NOON}


def test_a_page_goes_on_behind_its_last_row() -> None:
    assert By${Singular}Day.parse(By${Singular}Day.of(ONE).encode()).position == (DAY, ONE.said.county, ONE.key)


async def listed(ledger: InProcess, **asked: Any) -> list[dict[str, Any]]:
    answer = await ledger.get("/v1/$route", limit=1000, **asked)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.mark.parametrize("again", [DAY, DAY - timedelta(days=1)], ids=["the same", "corrected"])
async def test_what_a_county_says_last_stands_once(ledger: InProcess, again: date) -> None:
    reference = ledger.new_reference()
    await ledger.take(*(example($Claim, reference, today=DAY, $day=day) for day in (DAY, again)))
    assert [one["$day"] for one in await listed(ledger) if one["reference"] == reference] == [str(again)]


async def test_the_list_goes_page_by_page_in_order_of_days(ledger: InProcess) -> None:
    days = {ledger.new_reference(): DAY - timedelta(days=back) for back in (10, 20, 30)}
    await ledger.take(*(example($Claim, reference, today=DAY, $day=day) for reference, day in days.items()))
    seen: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        after = {"after": page["next"]} if page["next"] else {}
        page = (await ledger.get("/v1/$route", limit=1, county=HOME, **after)).json()
        seen += [one["reference"] for one in page["items"]]
    assert [each for each in seen if each in days] == sorted(days, key=days.__getitem__)


async def test_the_list_is_narrowed_to_a_county_and_to_days(ledger: InProcess) -> None:
    days = {ledger.new_reference(): DAY - timedelta(days=back) for back in (10, 20, 30)}
    await ledger.take(*(example($Claim, reference, today=DAY, $day=day) for reference, day in days.items()))
    on = str(DAY - timedelta(days=20))
    narrowed = {one["reference"] for one in await listed(ledger, **{"from": on, "to": on})}
    assert [days[each] for each in days if each in narrowed] == [DAY - timedelta(days=20)]
    assert not days.keys() & {one["reference"] for one in await listed(ledger, county="140521")}
    wrong = await ledger.get("/v1/$route", **{"from": str(DAY), "to": on})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "period-reversed")
'''
_KAFKA: Final = '''"""$title on their way: from a county's topic into the book, answered, once."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from duban_contracts.events.$module import $Claim
from duban_contracts.events.feedback import ClaimEntered, ClaimRejected
from duban_contracts.testing.claims import example
from services.ledger.tests.world import World, envelope

pytestmark = pytest.mark.promise("P1")


async def test_what_a_county_says_is_entered_once_answered_corrected_and_refused_with_its_reason(world: World) -> None:
    today = datetime.now(UTC).date()
    reference, other = secrets.token_hex(6), secrets.token_hex(6)
    first = envelope(example($Claim, reference, today=today, $day=today - timedelta(days=2)))
    foreign = envelope(example($Claim, other, today=today, county="140521"))
    await world.claim(first, first, foreign)
    await world.claim(*(example($Claim, reference, today=today, $day=today - timedelta(days=back)) for back in (2, 3)))
    told = await world.answers(reference, 3)
    assert [each.outcome for each in told if isinstance(each, ClaimEntered)] == ["registered", "duplicate", "corrected"]
    refused = await world.answers(other, 1)
    assert [each.code for each in refused if isinstance(each, ClaimRejected)] == ["county-mismatch"]
    rows = await world.pool.fetch('SELECT "$day" FROM $singular WHERE reference = $$1', reference)
    assert [row["$day"] for row in rows] == [today - timedelta(days=3)]
'''
_SPECIMENS: Final = '''"""$title before every role and scope: how a row of given facts comes to be, and which request shows it."""

from __future__ import annotations

import secrets

from duban_contracts.events.$module import $Claim
from duban_contracts.testing.calendar import june
from duban_contracts.testing.claims import example
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Specimen
from services.ledger.$noun.tables import BOOK
from services.ledger.entering.model import Entry
from services.ledger.tests.in_process import NOON


async def made(database: Database, facts: Facts) -> str:
    reference = secrets.token_hex(8)
    new = example($Claim, reference, today=june(1), county=str(facts.county)$sector_fact)
    async with database.transaction() as connection:
        await BOOK.save(connection, [Entry(new, NOON)])
    return reference


LISTED = Specimen.rows(
    "GET /v1/$route",
    make=made,
    call=lambda _: Call(path="/v1/$route", params={"limit": "1000"}),
    shows=lambda answer, reference: reference in answer.text,
    carries={Dimension.COUNTY$sector_carried},
)
'''


def files(noun: str) -> Mapping[str, str]:
    """Return the templates of the tests by the names of their files."""
    return {"__init__": "", f"test_{noun}": _RULES, f"test_{noun}_over_kafka": _KAFKA, "specimens": _SPECIMENS}
