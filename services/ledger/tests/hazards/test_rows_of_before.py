"""What a migration says of hazards that are there is what their own history would have made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from services.ledger.tests.in_process import InProcess
from services.ledger.tests.tips.saying import verified

_MIGRATIONS: Final = Path(__file__).parents[2] / "migrations" / "hazards"


async def filled(ledger: InProcess, file: str, column: str, before: str, hazards: Sequence[str]) -> list[Any]:
    """Return a column of these hazards as `before` and the migration leave it; nothing of that stays."""
    async with ledger.pool.acquire() as connection:
        rehearsal = connection.transaction()
        await rehearsal.start()
        try:
            await connection.execute(f"UPDATE hazard SET {before} WHERE hazard_id = ANY($1::uuid[])", hazards)  # noqa: S608
            await connection.execute((_MIGRATIONS / file).read_text(encoding="utf-8"))
            read = f"SELECT {column} FROM hazard WHERE hazard_id = $1"  # noqa: S608
            return [await connection.fetchval(read, hazard) for hazard in hazards]
        finally:
            await rehearsal.rollback()


async def test_whose_posts_answered_for_a_closure_that_was_undone_and_not_found_false(ledger: InProcess) -> None:
    hazards = []
    for moves in ((), ("reopen",), ("reopen", "mark-false"), ("mark-false",)):
        hazard = await ledger.confirmed()
        hazards.append(hazard["hazard_id"])
        await ledger.submit(hazard, "county")
        assert (await ledger.post(hazard["number"], "close", {"review": "合格"}, "county-2")).status_code == 200
        for move in moves:
            body = {"reason": "并未整改", "deadline_on": ledger.in_days(10)}
            if move == "mark-false" and len(moves) > 1:
                del body["deadline_on"]
            answer = await ledger.post(hazard["number"], move, body, "city")
            assert answer.status_code == 200, answer.text
    kept = "SELECT undone_closure FROM hazard WHERE hazard_id = $1"
    now = [await ledger.pool.fetchval(kept, hazard) for hazard in hazards]
    assert [each is not None for each in now] == [False, True, False, False]
    assert await filled(ledger, "0027_undone_closures.sql", "undone_closure", "undone_closure = NULL", hazards) == now


async def test_which_hazards_verified_tips_made(ledger: InProcess) -> None:
    hazards = [(await verified(ledger))["hazard_id"], (await ledger.registered())["hazard_id"]]
    assert await filled(ledger, "0028_those_of_tips.sql", "is_of_tip", "is_of_tip = false", hazards) == [True, False]


async def test_an_extension_that_a_corrected_deadline_reached_is_wanted_no_more(ledger: InProcess) -> None:
    hazards = []
    for corrected in (True, False):
        hazard = await ledger.confirmed()
        hazards.append(hazard["hazard_id"])
        for move, days, who in (("request-extension", 20, "county"), ("correct-deadline", 21, "city")):
            if move == "request-extension" or corrected:
                body = {"reason": "设备到货延迟", "deadline_on": ledger.in_days(days)}
                answer = await ledger.post(hazard["number"], move, body, who)
                assert answer.status_code == 200, answer.text
    before = "extension_asked_by = 'someone', extension_wanted_on = deadline_on"
    left = await filled(ledger, "0029_extensions_no_longer_wanted.sql", "extension_asked_by", before, hazards)
    assert left == [None, "someone"]
