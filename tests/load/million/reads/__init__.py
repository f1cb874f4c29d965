"""What is asked of a large database: every list and every count of every service, by whom and with which filters.

The same catalogue is held to its plans (`test_million`) and measured (`cost`). A list that is missing here, or one of its
filters, or a table of it that `sql/` gives no rows, fails the test of plans. `{hazard}` and its like stand for something that is in the database (`Known`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tests.load.million.reads.ledger import LEDGER
from tests.load.million.reads.others import GATEWAY, NOTIFICATIONS
from tests.load.million.reads.read import CALLERS, ENTERPRISE, Kind, Read
from tests.load.million.reads.scheduler import SCHEDULER

__all__ = ["CALLERS", "EMPTY", "ENTERPRISE", "READS", "UNREAD", "Kind", "Read"]

READS: Final[Mapping[str, Sequence[Read]]] = {
    "gateway": GATEWAY,
    "ledger": LEDGER,
    "notifications": NOTIFICATIONS,
    "scheduler": SCHEDULER,
}

# Tables that the reads look into and `fill` leaves empty, and why: of any other, a read of nothing would say nothing of its plan.
EMPTY: Final[Mapping[str, str]] = {
    "api_key": "the callers' keys are stored when it is filled",
    "hazard_tally_change": "what has changed since the tallies were added up, and they were",
    "accident": "looked up by its id for a step of the history that is of one; a city has some hundreds",
    "delivery_report": "looked up by its key for each delivery of a page; few come back",
}

_A_CITYS: Final = "a city has some hundreds of them: a table of a few pages, read as a whole"
_OF_ONE: Final = "what stands under one key, found by it"
_FIGURES: Final = "a figure and no list: the flows come from their daily sums, the others read the steps up to a day"
# Lists without a plan of their own, and why they need none.
UNREAD: Final[Mapping[str, str]] = {
    "/v1/trail": "the same in every service: services/chassis/tests/trail/test_plans.py holds each filter to its plan",
    **dict.fromkeys(("/v1/stop-orders", "/v1/stop-orders/monthly", "/v1/accidents", "/v1/accidents/overdue"), _A_CITYS),
    "/v1/lookups": "in the vault, a database of its own, in which a look is rare",
    "/v1/supervision-groups": "the city's profile, read without a database",
    **dict.fromkeys(("/v1/tips/{name}/records", "/v1/accidents/{accident_id}/history"), _OF_ONE),
    **dict.fromkeys(
        (
            "/v1/campaigns",
            "/v1/draws",
            "/v1/duties",
            "/v1/duties/count",
            "/v1/erasures",
            "/v1/experts",
            "/v1/occasions",
            "/v1/plans",
            "/v1/plans/{code}/gaps",
            "/v1/rosters",
            "/v1/selfcheck-plants",
            "/v1/subscriptions",
            "/v1/task-forms",
            "/v1/tasks/{name}/experts",
        ),
        _A_CITYS,
    ),
    **dict.fromkeys(
        (
            "/v1/duties/{duty_id}/fulfilment",
            "/v1/duties/{duty_id}/versions",
            "/v1/selfcheck-plants/{plant_id}/checks",
            "/v1/tasks/{name}/history",
            "/v1/trainings/{session_id}/versions",
        ),
        _OF_ONE,
    ),
    "/v1/tasks/by-unit": "a sum over all tasks of the span that is asked for",
    **dict.fromkeys(("/v1/balance", "/v1/clearance", "/v1/flows", "/v1/rates", "/v1/stock"), _FIGURES),
}
