"""What is done rarely came to its end: sent up and handed back, asked for and decided, set right, split, traced back."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from deploy.demo.api import Json
from deploy.demo.audit.case import Case, Line, some

_NAMES: Final = {
    "escalated": "提交上级",
    "extension_requested": "申请延期",
    "deadline_corrected": "更正期限",
    "unmerged": "拆分",
    "accountability_opened": "责任倒查",
}


async def what_is_done_rarely_came_to_its_end(case: Case) -> Line:
    """SY26, SY38, SY40, SY43: reckoned from the history of each hazard and each accident, in the order of its versions."""
    recorded = (await case.evidence()).recorded
    wrong, said = faults(recorded)
    detail = "，".join(f"{name} {said[kind]} 次" for kind, name in _NAMES.items())
    return Line("会商、延期、更正、拆分、倒查和事故均有结果", not wrong, detail + some(wrong))


@dataclass
class _Told:
    """One hazard or accident as far as it is read."""

    number: str = ""
    is_up: bool = False
    asked_by: str | None = None
    cases: Counter[str] = field(default_factory=Counter)
    closed_by: str | None = None
    wrong: list[str] = field(default_factory=list)

    def fault(self, what: str) -> None:
        self.wrong.append(f"{self.number} {what}")


def faults(recorded: Sequence[Json]) -> tuple[list[str], Counter[str]]:
    """Return what is wrong, and how often each thing was done."""
    told: dict[str, _Told] = defaultdict(_Told)
    said: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for record in sorted(recorded, key=lambda record: (record["hazard_id"], record["version"])):
        payload, (_, subject, verb, _) = json.loads(record["payload"]), record["type"].split(".")
        now = told[record["hazard_id"]]
        now.number = payload["accident" if subject == "accident" else "hazard"]["number"]
        if read := _READ.get(f"{subject}.{verb}"):
            read(now, payload)
        said[verb] += 1
        if verb in {"unmerged", "source_removed"}:
            # Each of the two hazards says it in its own history.
            other = payload["hazard"]["hazard_id"] if verb == "unmerged" else payload["source"]["hazard_id"]
            sources[other] += 1 if verb == "unmerged" else -1
    wrong = [fault for each in told.values() for fault in each.wrong]
    wrong += [f"{told[hazard].number} 拆分只有一方记录" for hazard, balance in sources.items() if balance]
    return wrong, said


def _escalated(now: _Told, _: Json) -> None:
    now.is_up = True


def _handed_back(now: _Told, _: Json) -> None:
    if not now.is_up:
        now.fault("未提交即交回")
    now.is_up = False


def _settled(now: _Told, payload: Json) -> None:
    # What still lies on the city's desk isn't over.
    if now.is_up and payload["actor"]["role"].startswith("county_"):
        now.fault("提交上级后由县级决定")


def _asked(now: _Told, payload: Json) -> None:
    now.asked_by = payload["actor"]["account"]


def _decided(now: _Told, payload: Json) -> None:
    if now.asked_by is None or now.asked_by == payload["actor"]["account"]:
        now.fault("延期未经申请或自行决定")
    now.asked_by = None


def _set_right(now: _Told, payload: Json) -> None:
    if payload["deadline_on"] == payload["previous_deadline_on"]:
        now.fault("更正期限而未改")


def _opened(now: _Told, payload: Json) -> None:
    now.cases[payload["case_number"]] += 1
    if not payload["enterprise"] or not payload["reviewer_posts"]:
        now.fault("倒查未写明企业或审核岗位")


def _concluded(now: _Told, payload: Json) -> None:
    now.cases[payload["case_number"]] -= 1
    if now.cases[payload["case_number"]] < 0:
        now.fault("倒查重复结案")


def _accident_closed(now: _Told, payload: Json) -> None:
    now.closed_by = payload["actor"]["account"]
    if not payload["accident"]["look_back_on"]:
        now.fault("结案而无评估期限")


def _evaluated(now: _Told, payload: Json) -> None:
    if payload["accident"]["open_measures"] or payload["actor"]["account"] == now.closed_by:
        now.fault("措施未落实即评估，或自行评估")


_READ: Final[dict[str, Callable[[_Told, Json], None]]] = {
    "hazard.escalated": _escalated,
    "hazard.handed_back": _handed_back,
    "hazard.confirmed": _settled,
    "hazard.rejected": _settled,
    "hazard.closed": _settled,
    "hazard.extension_requested": _asked,
    "hazard.extended": _decided,
    "hazard.extension_refused": _decided,
    "hazard.deadline_corrected": _set_right,
    "hazard.accountability_opened": _opened,
    "hazard.accountability_concluded": _concluded,
    "accident.closed": _accident_closed,
    "accident.evaluated": _evaluated,
}
