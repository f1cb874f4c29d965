"""What is asked of the gateway and of notifications."""

from __future__ import annotations

from typing import Final

from tests.load.million.reads.read import COUNTY, lists

GATEWAY: Final = [
    *lists(
        "/v1/receipts",
        {"status": "queued"},
        {"status": "recorded"},
        {"status": "rejected"},
        {"after": "{half}"},
        who=("machine",),
    ),
    *lists("/v1/feed", {"after": "{feed}"}, who=("machine",)),
]

NOTIFICATIONS: Final = [
    *lists(
        "/v1/letters",
        {"county": COUNTY},
        {"unit": "transport"},
        {"kind": "urging"},
        {"kind": "interview"},
        {"state": "failed"},
        {"state": "issued"},
        {"county": COUNTY, "state": "uncertain"},
        {"about_kind": "hazard", "about_id": "{about}"},
        {"about_kind": "listing"},
        {"after": "{half}"},
        who=("city", "county", "township", "sector", "enterprise", "machine"),
    ),
    *lists(
        "/v1/deliveries",
        {"state": "failed"},
        {"state": "pending"},
        {"state": "uncertain"},
        who=("city", "county", "sector"),
    ),
]
