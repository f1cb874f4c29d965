"""When a play has settled: all that was reported is in the ledger, and for a while nobody has moved a hazard."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from deploy.demo.api import Platform
from deploy.demo.audit.case import AUDITOR
from deploy.demo.life import Story

Stand = Mapping[str | None, int]
"""How many hazards there are in each of `STATES`, as the ledger counts them; by None all but those merged."""

# So many looks, one a second, nobody moved a hazard: what a service that was killed had in hand goes on within half of that.
STILL: Final = 20
_MERGED: Final = "duplicate"
STATES: Final = (None, "reported", "confirmed", "rectifying", "in_review", _MERGED)


def reports_of(stories: Iterable[Story]) -> int:
    """Return how many hazards the ledger will hold of `stories`: what is found again is one more, merged or not."""
    return sum(1 + (story.again is not None) for story in stories if story.reaches_the_ledger)


def has_settled(stands: Sequence[Stand], reports: int) -> bool:
    """Tell whether the last of `stands` holds all `reports`, and has been the same for `STILL` looks.

    What is found again is merged where the first report is still open, and else rejected as settled, which counts by itself: so
    only both together are a number that is known before. In one play 25 of 26 were merged, and whoever waited for the
    unmerged to be as many as the first reports waited until patience ended.
    """
    last = stands[-STILL - 1 :]
    # What still lies in Kafka is under way as well: a ledger that was killed needs some seconds to be back.
    is_whole = bool(last) and last[-1][None] + last[-1][_MERGED] >= reports
    return is_whole and len(last) > STILL and all(stand == last[-1] for stand in last)


async def settled(api: Platform, counties: Collection[str], reports: int, patience: float) -> None:
    """Wait until the hazards of `counties` have settled, or patience ends.

    Some never end: who is given more time than the play has, and who was chosen to leave it lying.
    """
    time, stands = asyncio.get_running_loop().time, list[Stand]()
    deadline = time() + patience
    while not has_settled(stands, reports) and time() < deadline:
        await asyncio.sleep(1)
        stands.append({state: await _count(api, counties, state=state) for state in STATES})


async def _count(api: Platform, counties: Collection[str], *, state: str | None) -> int:
    answer = await api.get("ledger", "/v1/hazards/count", AUDITOR, group_by="county", state=state)
    return sum(group["count"] for group in answer["groups"] if group["value"] in counties)
