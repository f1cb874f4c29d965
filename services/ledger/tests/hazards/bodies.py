"""What each move over HTTP is sent with, and what brings a hazard to where it succeeds for everybody who may make it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from duban_contracts.testing.calendar import june

_LATER: Final = (june(11) + timedelta(days=1)).isoformat()
BODIES: Final[dict[str, dict[str, Any]]] = {
    "confirm": {"grade": "general", "responsible_unit": "fire_rescue", "deadline_on": june(11).isoformat()},
    "reject": {"reason": "经核实不构成隐患"},
    "plan": {"measures": "更换", "responsible_post": "安全总监"},
    "submit": {"measures": "已更换", "completed_on": june(1).isoformat()},
    "return": {"reason": "缺少校验记录"},
    "close": {"review": "现场复查合格"},
    "reopen": {"reason": "回头看发现反弹", "deadline_on": june(11).isoformat()},
    "pass-look-back": {"review": "回头看：整改保持"},
    "mark-false": {"reason": "经核查并未整改", "deadline_on": june(11).isoformat()},
    "request-extension": {"reason": "设备到货延迟", "deadline_on": _LATER},
    "extend": {"reason": "设备到货延迟", "deadline_on": _LATER},
    "refuse-extension": {"reason": "可以按期完成"},
    "correct-deadline": {"reason": "录入有误", "deadline_on": june(5).isoformat()},
    "regrade": {"grade": "major", "reason": "依据判定标准第三条"},
    "list": {"document": "晋市安委督〔2026〕3号", "deadline_on": june(20).isoformat()},
    "lift": {"conclusion": "经核查整改到位"},
    "stop": {"document": "城应急停〔2026〕1号", "kind": "production", "scope": "whole", "since": june(1).isoformat()},
    "resume": {"review": "经审查，隐患已排除"},
    "escalate": {"to": "city", "reason": "涉及多个产权单位"},
    "hand-back": {"conclusion": "由产权单位甲牵头整改"},
}
FIRST: Final = {"grade": "major", "reason": "符合判定标准"}
# The moves that come before.
BEFORE: Final = {
    "confirm": (),
    "reject": (),
    "plan": ("confirm",),
    "submit": ("confirm",),
    "return": ("confirm", "submit"),
    "close": ("confirm", "submit"),
    "reopen": ("confirm", "submit", "close"),
    "pass-look-back": ("confirm", "submit", "close"),
    "mark-false": ("confirm", "submit", "close"),
    "request-extension": ("confirm",),
    "extend": ("confirm", "request-extension"),
    "refuse-extension": ("confirm", "request-extension"),
    "correct-deadline": ("confirm",),
    "regrade": ("confirm",),
    "list": ("confirm-major",),
    "lift": ("confirm-major", "list"),
    "stop": ("confirm",),
    "resume": ("confirm", "stop", "submit"),
    "escalate": ("confirm",),
    "hand-back": ("confirm", "escalate"),
}
