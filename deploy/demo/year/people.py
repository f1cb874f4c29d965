"""The people of the year and what they do over HTTP: each under an account of their own, and never twice."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import httpx

from deploy.demo.year.reckoning import Note
from deploy.demo.year.script import RENEWED_DAYS, Act, Verb
from services.chassis.access.keys import NewKey, new_token
from services.chassis.access.principal import Principal

Json = dict[str, Any]

OFFICE: Final = "office-1"
DIRECTOR: Final = "director-1"
_OFFICE_UNIT: Final = "safety_committee_office"
_COUNTY_UNIT: Final = "county_safety_committee"
_PAUSE_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 120
_SERVER_ERROR, _CONFLICT = 500, 409
_SHA256: Final = "0" * 64
# What is written where a form wants a text; a county's code, an enterprise's and an address where it wants one of those.
_ANYTHING: Final = "演示"
_CODES: Final = ("140502", "9" + 17 * "0", "https://example.invalid/2024")
_WORDS: Final[Mapping[Verb, Json]] = {
    Verb.ACCEPT: {"review": "材料齐全，同意办结"},
    Verb.RETURN: {"reason": "材料不能证明工作已完成，请补充后重新报送"},
    Verb.WAIVE: {"reason": "本期工作已并入上级统一部署", "approved_by": "市安委会主任审批单"},
    Verb.CANCEL: {"reason": "下达有误，不再要求"},
}


def accounts(city: str, counties: Iterable[str], units: Iterable[str]) -> list[NewKey]:
    """Return a key for each: the office, a director, every county's office, and somebody of every unit of the city."""
    who = [
        Principal(OFFICE, "city_office", city, _OFFICE_UNIT),
        Principal(DIRECTOR, "committee_director", city, "safety_committee"),
        *(Principal(county_office(code), "county_office", code, _COUNTY_UNIT) for code in counties),
        *(Principal(unit_account(unit), "city_regulator", city, unit) for unit in units),
    ]
    return [NewKey(each, new_token()) for each in who]


def county_office(county: str) -> str:
    """Return the account of a county's office."""
    return f"county-{county}"


def unit_account(unit: str) -> str:
    """Return the account of somebody of a unit of the city."""
    return f"unit-{unit.replace('_', '-')}"


class SchedulerRefused(Exception):
    """The scheduler said no, for good; `code` is its reason."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(f"{code}: {said}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Client:
    """Where people ask and tell: any of the instances at `urls` that answers, under the key of an account.

    An instance that is killed, frozen or not yet back is passed over; who got no answer asks again with the same
    Idempotency-Key, as the county guide tells everybody to.
    """

    http: httpx.AsyncClient
    urls: Sequence[str]
    keys: Mapping[str, str]

    async def ask(self, path: str, **query: object) -> Json:
        """GET `path` as the office, which sees the whole city."""
        return await self._call("GET", path, OFFICE, params=query)

    async def every(self, path: str, **query: object) -> list[Json]:
        """Return every item of a paged list."""
        items: list[Json] = []
        after = None
        while True:
            page = await self._call("GET", path, OFFICE, params={**query, **({"after": after} if after else {})})
            items += page["items"]
            after = page.get("next")
            if after is None:
                return items

    async def tell(self, path: str, body: Json, *, who: str = OFFICE, key: str) -> Json:
        """POST `body`, once under this key; raises SchedulerRefused."""
        return await self._call("POST", path, who, json=body, idempotency=key)

    async def send(self, path: str, content: bytes) -> Json:
        """POST a file; raises SchedulerRefused."""
        return await self._call("POST", path, OFFICE, content=content)

    async def _call(self, method: str, path: str, who: str, *, idempotency: str = "", **more: Any) -> Json:
        headers = {"Authorization": f"Bearer {self.keys[who]}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": idempotency} if idempotency else {}
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        last = "nobody answers"
        while asyncio.get_running_loop().time() < deadline:
            for url in self.urls:
                try:
                    answer = await self.http.request(method, url + path, headers=headers, **more)
                except httpx.TransportError as error:
                    last = f"{url}: {error!r}"
                    continue
                if answer.is_success:
                    found: Json = answer.json()
                    return found
                last = answer.text
                if answer.status_code < _SERVER_ERROR and not _in_flight(answer):
                    raise SchedulerRefused(answer.json().get("code", str(answer.status_code)), answer.text)
            await asyncio.sleep(_PAUSE_SECONDS)
        raise TimeoutError(f"{method} {path}: {last}")


def _in_flight(answer: httpx.Response) -> bool:
    """Tell whether the first attempt is still at work: it was cut off with the instance that a kill or a frost took."""
    return answer.status_code == _CONFLICT and answer.json().get("code") == "idempotency-in-progress"


@dataclass(frozen=True, slots=True)
class People:
    """Carry out what the script says. `forms` are the forms of the kinds: who files fills in its kind's."""

    client: Client
    city: str
    forms: Mapping[str, Json]

    async def do(self, act: Act, task: Json, turn: int) -> tuple[Json, list[Note]]:
        """Do the `turn`th act on a task; return the task afterwards, and what happened, refusals too."""
        notes: list[Note] = []
        try:
            if act.verb is Verb.ACCEPT:
                for approval in task["approvals_demanded"]:
                    if approval in task["lacking"]:
                        body = {"approval": approval, "remark": "同意检查计划"}
                        task = await self._tell(Verb.APPROVE, task, body, DIRECTOR, f"{turn}-{approval}")
                        notes.append(_note(Verb.APPROVE, act.at, task))
            task = await self._tell(act.verb, task, self._body(act, task), self._hand(act.verb, task), str(turn))
            notes.append(_note(act.verb, act.at, task))
        except SchedulerRefused as refused:
            notes.append(_note(act.verb, act.at, task, refused.code))
        return task, notes

    async def _tell(self, verb: Verb, task: Json, body: Json, who: str, turn: str) -> Json:
        key = f"{task['task_id']}-{verb}-{turn}"
        return await self.client.tell(f"/v1/tasks/{task['task_id']}/{verb}", body, who=who, key=key)

    def _hand(self, verb: Verb, task: Json) -> str:
        """Return who does it: the unit that leads; else the office, or the director where the office itself leads."""
        if verb in {Verb.ACKNOWLEDGE, Verb.SUBMIT}:
            county = task["county"]
            return unit_account(task["lead_unit"]) if county == self.city else county_office(county)
        return DIRECTOR if task["lead_unit"] == _OFFICE_UNIT else OFFICE

    def _body(self, act: Act, task: Json) -> Json:
        if act.verb is Verb.SUBMIT:
            return self._filing(task, act.at.date())
        if act.verb is Verb.RENEW:
            due_on = act.at.date() + RENEWED_DAYS * timedelta(days=1)
            return {"reason": "逾期未报，责令限期补办", "due_on": due_on.isoformat()}
        return dict(_WORDS.get(act.verb, {}))

    def _filing(self, task: Json, day: date) -> Json:
        body: Json = {
            "summary": "已按要求完成，佐证材料附后",
            "evidence": [
                {"name": f"{demand}.pdf", "sha256": _SHA256, "demand": demand} for demand in task["evidence_demanded"]
            ],
            "figures": dict.fromkeys(task["figures_demanded"], 1.0),
        }
        if form := self.forms.get(task["kind"]):
            body["form"] = filled(form["schema"], day)
        return body


def filled(schema: Json, day: date) -> Any:
    """Return the smallest value that a form's schema takes, as far as our forms go: what is required, dated `day`."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: filled(schema["properties"][name], day) for name in schema.get("required", ())}
        case "array":
            return [filled(schema["items"], day) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return max(schema.get("minimum", 1), 1)
        case "boolean":
            return True
        case _:
            words = (_ANYTHING, day.isoformat(), *_CODES)
            return next(each for each in words if re.search(schema.get("pattern", ""), each))


def _note(verb: Verb, at: datetime, task: Json, refused: str | None = None) -> Note:
    return Note(task["task_id"], verb, at, date.fromisoformat(task["due_on"]), refused)
