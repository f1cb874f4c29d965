"""The table of rights: every endpoint of every service with its action, who may do it, and in which scope.

python -m services.chassis.rights        # writes docs/rights.md
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from duban_contracts.vocabulary import ROLES
from services.chassis.access.policy import Action, GuardedRoute, Reach, routes_of
from services.chassis.access.roles import Role
from services.chassis.unconnected import SERVICES, app_without_servers, service_names

DOCUMENT: Final = SERVICES.parent / "docs" / "rights.md"

_HEAD: Final = """\
# 权限表 · Rights

由各服务的接口生成，请勿手改：`python -m services.chassis.rights`。
Generated from the services' routes, not written by hand: `python -m services.chassis.rights`.

每个接口只对应一项操作；没有对应操作的接口，服务不会启动。没有有效的密钥或登录令牌为 401，角色无权为 403；范围之外的记录与不存在的记录答复相同
（404，或在列表、计数、导出中不出现），并留下记录（`duban_access_refusals_total`）。
Every endpoint names exactly one action; a service with one that names none does not start. No valid key or token is 401, a role that
may not is 403. A row outside the caller's scope is answered like one that does not exist (404, or absent from lists,
counts and exports), and the refusal is recorded (`duban_access_refusals_total`).

## 范围 · Scope

账号的范围由区域（市、县、乡镇）、行业和企业构成；未填行业即全部行业，对接系统不分行业；企业账号按统一社会信用代码只见本企业。
An account's scope is its area (city, county, township), its sectors and its enterprise. No sectors means all of them,
and a county's machine works for all; an enterprise's account sees its own enterprise only, by its 统一社会信用代码.

| 代码 code | 中文 | English |
|---|---|---|
"""

_REACHES: Final[Mapping[Reach, tuple[str, str]]] = {
    Reach.ROWS: ("县、乡镇、行业、企业", "rows inside the caller's county, township, sectors and enterprise"),
    Reach.UNIT: ("县、乡镇、行业、企业，且限本单位", "the same, and only rows of the caller's own unit"),
    Reach.CITY: ("限全市账号，不限区域、行业、企业", "accounts of the whole city only, restricted nowhere"),
    Reach.COUNTY: ("限归属一个县的账号，只代表本县", "accounts of exactly one county, for that county"),
    Reach.COUNTIES: ("县、行业；限县级以上账号", "sums by county and sector; no account bound to less than a county"),
    Reach.NOTHING: ("不涉及案件数据", "touches nobody's rows"),
}


def table(services: Mapping[str, Sequence[GuardedRoute]]) -> str:
    """Return the document; raises ValueError when two different actions share a name."""
    actions = _actions(services)
    parts = [_HEAD, *(f"| `{reach}` | {zh} | {en} |\n" for reach, (zh, en) in _REACHES.items())]
    for service, routes in services.items():
        parts += ["\n", f"## {service}\n\n", *_service(routes)]
    return "".join([*parts, "\n", *_matrix(actions)])


def _actions(services: Mapping[str, Sequence[GuardedRoute]]) -> dict[str, Action]:
    found: dict[str, Action] = {}
    for route in (route for routes in services.values() for route in routes):
        for action in (route.action, *route.beside):
            if action is not None and found.setdefault(action.name, action) != action:
                raise ValueError(f"two actions are called {action.name}")
    return dict(sorted(found.items()))


def _service(routes: Sequence[GuardedRoute]) -> list[str]:
    endpoints: dict[str, list[str]] = defaultdict(list)
    actions: dict[str, Action] = {}
    for route in routes:
        shown = f"`{route.key}`" + (f" {route.summary}" if route.summary else "")
        for action in (route.action, *route.beside):
            if action is None:
                endpoints[""].append(shown)
                continue
            actions[action.name] = action
            endpoints[action.name].append(shown if action is route.action else f"{shown} *")
    rows = ["| 操作 action | 接口 endpoints | 角色 roles | 范围 scope |\n", "|---|---|---|---|\n"]
    rows += [_row(action, endpoints[name]) for name, action in sorted(actions.items())]
    if "" in endpoints:
        rows.append(f"| 公开，无需密钥<br>open to anybody | {'<br>'.join(endpoints[''])} | — | — |\n")
    if any(shown.endswith(" *") for listed in endpoints.values() for shown in listed):
        rows.append("\n\\* 该接口在其自身操作之外另行询问此项 · asked beside the endpoint's own action\n")
    return rows


def _row(action: Action, endpoints: Sequence[str]) -> str:
    roles = "<br>".join(f"{ROLES.name(role)} `{role}`" for role in Role if role in action.roles)
    zh, _ = _REACHES[action.reach]
    return f"| {action.zh}<br>`{action.name}` | {'<br>'.join(endpoints)} | {roles} | {zh}<br>`{action.reach}` |\n"


def _matrix(actions: Mapping[str, Action]) -> list[str]:
    names = [f"{ROLES.name(role)}<br>{role.replace('_', ' ')}" for role in Role]
    return [
        "## 操作与角色 · Actions by role\n\n",
        f"| 操作 action | {' | '.join(names)} |\n",
        f"|---|{':-:|' * len(names)}\n",
        *(
            f"| {action.zh}<br>`{action.name}` | {' | '.join('●' if role in action.roles else '' for role in Role)} |\n"
            for action in actions.values()
        ),
    ]


def generated() -> str:
    """Return the document as the services of this tree stand; raises RouteNotGuarded for one that is not guarded."""
    return table({service: routes_of(app_without_servers(service), service) for service in service_names()})


if __name__ == "__main__":
    DOCUMENT.write_text(generated(), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT.relative_to(SERVICES.parent)}\n")
