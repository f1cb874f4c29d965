"""P2: one order."""

from __future__ import annotations

from deploy.demo.audit.case import Case, Line, some
from deploy.demo.audit.out_of_order import out_of_order
from services.chassis.testing.kafka import read_all


async def every_hazards_events_stand_in_order(case: Case) -> Line:
    """P2: a reader of the ledger's topic sees each hazard's versions in order, all of them."""
    versions = {hazard: facts["version"] for hazard, facts in (await case.evidence()).hazards.items()}
    # Accidents stand on the same topic, with versions of their own.
    events = [
        event
        for event in await read_all(case.bootstrap, "ledger.hazard.v1")
        if not event.type.startswith("duban.accident.")
    ]
    wrong = out_of_order(events, versions)
    detail = f"{len(versions)} 个隐患的 {sum(versions.values())} 个版本"
    return Line("每个隐患的事件在主题中有序而完整", not wrong, detail + some(wrong))
