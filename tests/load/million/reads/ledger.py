"""What is asked of the ledger."""

from __future__ import annotations

from typing import Any, Final

from tests.load.million.reads.read import COUNTY, TOWNSHIP, Kind, Read, lists


def _hazards() -> list[Read]:
    route, staff = "/v1/hazards", ("city", "county", "township", "sector", "enterprise", "machine")
    narrowed: list[dict[str, Any]] = [
        {"county": COUNTY},
        {"state": "rectifying"},
        {"county": COUNTY, "state": "reported"},
        {"township": TOWNSHIP},
        {"township": TOWNSHIP, "state": "rectifying"},
        {"sector": "coal_mine"},
        {"county": COUNTY, "sector": "coal_mine"},
        {"county": COUNTY, "sector": "no_such_sector"},
        {"sector": "coal_mine", "state": "in_review"},
        {"grade": "major"},
        {"county": COUNTY, "grade": "major", "state": "closed"},
        {"channel": "verified_tip"},
        {"overdue": True},
        {"county": COUNTY, "overdue": False, "state": "confirmed"},
        {"responsible_unit": "fire_rescue"},
        {"responsible_unit": "fire_rescue", "state": "rectifying"},
        {"responsible_unit": "fire_rescue", "overdue": True},
        {"county": COUNTY, "responsible_unit": "transport", "state": "confirmed"},
        {"reference": "AQ-77"},
        {"task": "task-30"},
        {"task": "RW-2026-30"},
        {"listed": True},
        {"listed": False, "state": "confirmed"},
        {"listing_level": "county"},
        {"sent_up_to": "county"},
        {"state": "reported", "first_confirmed": True},
        {"state": "reported", "first_confirmed": False},
        {"after": "{half}"},
        {"after": "{half}", "county": COUNTY, "state": "closed"},
    ]
    reads = [Read(route=route, who=each) for each in staff]
    reads += [Read(route=route, asked=each) for each in narrowed]
    reads += [Read(route=route, who=who, asked={"overdue": True}) for who in staff[1:]]
    reads += [Read(route=route, who="sector", asked={"state": "rectifying"})]
    reads += [Read(route=route, who="enterprise", asked={"state": "rectifying"})]
    return reads


# Frequent and rare, two characters and more, one character, digits, both, and what is nowhere.
_WORDS: Final = (
    "灭火器", "瓦斯", "没有", "没有这样的字", "煤业", "泽", "锈蚀严重", "LX-7", "lx-7", "灭火器过期未更换，编号LX-7",
    "{serial}", "GB50016", "3号仓库", "虚构", "%", "第1", "压力不足，上次检查", "ＬＸ",
)  # fmt: skip


def _search() -> list[Read]:
    route, kind = "/v1/hazards", Kind.SEARCH
    reads = [Read(route=route, kind=kind, asked={"q": word}, blocks=6_000) for word in _WORDS]
    for who in ("county", "township", "sector", "enterprise"):
        reads += [
            Read(route=route, who=who, kind=kind, asked={"q": word}, blocks=6_000)
            for word in ("瓦斯", "没有", "灭火器过期")
        ]
    narrowed = (
        {"county": COUNTY, "state": "reported"},
        {"sector": "fire_safety"},
        {"township": TOWNSHIP},
        {"state": "rejected"},
        {"overdue": True},
        {"first_confirmed": False, "county": COUNTY},
    )
    reads += [
        Read(route=route, kind=kind, asked={"q": word, **each}, blocks=6_000)
        for each in narrowed
        for word in ("瓦斯", "没有", "积尘严重")
    ]
    return reads


def _counts() -> list[Read]:
    route, kind = "/v1/hazards/count", Kind.COUNT
    ways: list[tuple[str, dict[str, Any]]] = [
        ("city", {}),
        *(("city", {"group_by": group}) for group in ("county", "sector", "grade", "state", "channel")),
        ("city", {"county": COUNTY, "group_by": "state"}),
        ("city", {"responsible_unit": "fire_rescue", "group_by": "state"}),
        ("city", {"overdue": True, "group_by": "county"}),
        ("city", {"grade": "major", "channel": "inspection", "sector": "coal_mine", "state": "closed"}),
        ("city", {"township": TOWNSHIP, "group_by": "state"}),
        ("city", {"listed": True}),
        ("city", {"listed": False}),
        ("city", {"listing_level": "city"}),
        ("city", {"sent_up_to": "county"}),
        ("city", {"first_confirmed": True, "state": "reported"}),
        ("city", {"first_confirmed": False}),
        ("city", {"task": "task-30"}),
        ("city", {"reference": "AQ-77"}),
        ("city", {"q": "瓦斯"}),
        ("city", {"q": "没有"}),
        ("city", {"q": "虚构"}),
        ("city", {"q": "锈蚀严重", "group_by": "county"}),
        *((who, {"group_by": "state"}) for who in ("county", "township", "sector", "enterprise", "machine")),
        ("township", {"overdue": True}),
    ]
    return [Read(route=route, who=who, kind=kind, asked=asked, blocks=6_000) for who, asked in ways]


def _of_one_hazard() -> list[Read]:
    below = ("/history", "/sources", "/look-alikes", "/timeline", "/mechanisms")
    return [Read(route=f"/v1/hazards/{{name}}{each}", path=f"/v1/hazards/{{hazard}}{each}") for each in below]


LEDGER: Final = [
    *_hazards(),
    *_search(),
    *_counts(),
    *_of_one_hazard(),
    *lists("/v1/history", {"after": "{middle}", "format": "jsonl"}),
    *lists("/v1/criteria", {"sector": "coal_mine"}, {"on": "2026-05-01"}),
    *lists("/v1/look-alikes", who=("city", "county", "sector")),
    *lists("/v1/supervision-groups/findings", {"month": "2026-04"}, {"month": "2026-04", "group": "G1"})[1:],
    Read(route="/v1/supervision-groups/findings", who="county", asked={"month": "2026-04"}),
    Read(route="/v1/supervision-groups/findings/count", kind=Kind.COUNT, asked={"month": "2026-04"}),
    Read(route="/v1/supervision-groups/findings/count", who="county", kind=Kind.COUNT, asked={"month": "2026-04"}),
    *lists("/v1/waiting-claims", who=("city", "county", "machine")),
    *lists("/v1/rejected-claims", who=("city", "county", "machine")),
    *lists(
        "/v1/tips",
        {"county": COUNTY},
        {"sector": "coal_mine"},
        {"state": "received"},
        {"county": COUNTY, "state": "unfounded"},
        {"channel": "referral"},
        {"unanswered": True},
        who=("tips", "county", "township"),
    ),
    *lists("/v1/rewards", {"state": "decided"}, {"state": "held"}, who=("tips",)),
    *lists("/v1/inside-reports", who=("enterprise",)),
    *lists(
        "/v1/listings",
        {"county": COUNTY},
        {"sector": "coal_mine"},
        {"level": "county"},
        {"level": "county_government"},
        {"open": True},
        {"open": False, "county": COUNTY},
        {"overdue": True},
        {"hazard": "{listed}"},
        who=("city", "county", "township", "enterprise"),
    ),
    *lists("/v1/accountability-cases", {"open": True}, {"open": False}, who=("city", "county", "sector")),
    *lists(
        "/v1/look-backs",
        {"open": True},
        {"open": True, "due_by": "2026-06-30"},
        {"county": COUNTY},
        who=("city", "county", "township", "sector"),
    ),
    *lists(
        "/v1/assignments",
        {"state": "settled"},
        {"unit": "transport"},
        {"county": COUNTY},
        who=("city", "county", "sector"),
    ),
    *lists("/v1/assignments/unanswered", {"county": COUNTY}),
    *lists("/v1/referrals", {"open": True}, {"open": False}, {"county": COUNTY}, who=("city", "county", "sector")),
    *lists("/v1/referrals/monthly", {"month": "2026-04"}, {"month": "2026-04", "county": COUNTY})[1:],
]
