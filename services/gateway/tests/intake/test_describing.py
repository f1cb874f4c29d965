"""What OpenAPI says of `POST /v1/events` is what that address takes and says."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import msgspec
import pytest

from duban_contracts import cloudevents, envelope, explain, past_days, terms, validation
from duban_contracts.admissible.dates import Present
from duban_contracts.admissible.texts import MOST_ATTRIBUTE_CHARACTERS
from duban_contracts.codec import event_types
from duban_contracts.codes import CODES
from duban_contracts.days import Zone
from duban_contracts.examples import examples
from duban_contracts.topics import TopicFamily, claims_topic
from services.chassis.unconnected import app_without_servers
from services.gateway.intake.model.claims import RefusedEvent
from services.gateway.intake.model.examination import Examiner
from services.gateway.tests.world import FOREIGN, HOME

pytestmark = pytest.mark.feature("SY64")

CLAIMS = [kind for kind in event_types() if kind.family is TopicFamily.CLAIMS]
PRESENT = Present.at(datetime(2026, 11, 21, 4, tzinfo=UTC), Zone("Asia/Shanghai"))
# Of other doors: what it says is no word of an examination.
OF_OTHER_DOORS = {validation.check_finding.__name__}


def described() -> dict[str, Any]:
    operation: dict[str, Any] = app_without_servers("gateway").openapi()["paths"]["/v1/events"]["post"]
    return operation


def enum_of(status: int) -> list[str]:
    schema = described()["responses"][str(status)]["content"]["application/problem+json"]["schema"]
    codes: list[str] = schema["allOf"][1]["properties"]["code"]["enum"]
    return codes


def said_in(module: ModuleType) -> Iterator[str]:
    """Yield each code that stands in a module's source: `violation("…")`, `refusal("…")`, `code="…"`."""
    for part in ast.parse(inspect.getsource(module)).body:
        if isinstance(part, ast.FunctionDef) and part.name in OF_OTHER_DOORS:
            continue
        for call in (node for node in ast.walk(part) if isinstance(node, ast.Call)):
            refuses = isinstance(call.func, ast.Name) and call.func.id in {"violation", "refusal"}
            named = [*call.args[: 1 if refuses else 0], *(each.value for each in call.keywords if each.arg == "code")]
            yield from (each.value for each in named if isinstance(each, ast.Constant) and isinstance(each.value, str))


def said_of_days(kind: msgspec.inspect.Type) -> Iterator[str]:
    """Yield what the days in a claim say of themselves, at any depth."""
    match kind:
        case msgspec.inspect.Metadata():
            yield from [extra["future"]] if "future" in (extra := kind.extra or {}) else []
            yield from said_of_days(kind.type)
        case msgspec.inspect.StructType():
            for field in kind.fields:
                yield from said_of_days(field.type)
        case msgspec.inspect.UnionType():
            for each in kind.types:
                yield from said_of_days(each)
        case msgspec.inspect.VarTupleType() | msgspec.inspect.ListType():
            yield from said_of_days(kind.item_type)


def test_every_code_that_an_examination_says_is_described_under_its_status() -> None:
    modules = (validation, explain, terms, past_days, envelope, cloudevents)
    said = {code for module in modules for code in said_in(module)}
    days = {code for kind in CLAIMS for code in said_of_days(msgspec.inspect.type_info(kind.model))}
    assert {"unknown-event-type", "wrong-type", "unknown-term", "date-too-early"} <= said
    assert {"found-in-future", "completed-in-future", "filed-in-future"} <= days
    assert [code for code in sorted(said | days) if code not in enum_of(CODES[code].status or 0)] == []


@pytest.mark.parametrize(
    ("kind", "changed", "code"),
    [
        ("duban.hazard.reported.v1", {"found_on": "2026-12-30"}, "found-in-future"),
        ("duban.hazard.rectified.v1", {"completed_on": "2026-12-30"}, "completed-in-future"),
        ("duban.task.reported.v1", {"filed_on": "2026-12-30"}, "filed-in-future"),
        ("duban.task.reported.v1", {"findings": ["astray"]}, "finding-outside-area"),
        ("duban.task.reported.v1", {"findings": ["home", "home"]}, "finding-repeated"),
    ],
)
def test_what_no_day_and_no_finding_may_be_is_described(kind: str, changed: dict[str, Any], code: str) -> None:
    data = msgspec.to_builtins(examples()[kind]) | {"county": HOME} | changed
    data["findings"] = [finding(each) for each in changed["findings"]] if "findings" in changed else None
    data = {name: value for name, value in data.items() if value is not None}
    event = {"specversion": "1.0", "id": "e-1", "source": "urn:county", "type": kind, "data": data}
    refused = Examiner(HOME, claims_topic(HOME), None, PRESENT).structured(msgspec.json.encode(event))
    assert isinstance(refused, RefusedEvent)
    assert [one.code for one in refused.refusals] == [code]
    assert code in enum_of(422)


def finding(county: str) -> dict[str, Any]:
    return {
        "reference": "AQ-1",
        "county": {"home": HOME, "astray": FOREIGN}[county],
        "sector": "hazchem",
        "enterprise": {"name": "示例化工有限公司"},
        "place": "储罐区东侧",
        "description": "可燃气体探测器失效，未及时校验",
        "found_on": "2026-11-20",
    }


def test_nothing_is_described_that_this_address_never_says() -> None:
    assert not {"unreadable-batch", "completed-before-found", "feed-expired"} & set(enum_of(422))


def test_an_attribute_is_as_long_as_the_contract_lets_it_be_and_data_may_come_as_base64() -> None:
    event = described()["requestBody"]["content"]["application/cloudevents+json"]["schema"]
    for name in ("id", "source"):
        assert event["properties"][name]["maxLength"] == MOST_ATTRIBUTE_CHARACTERS
    assert "data" not in event["required"]
    assert event["oneOf"] == [{"required": ["data"]}, {"required": ["data_base64"]}]
    outcome = Examiner(HOME, claims_topic(HOME), None).structured(
        b'{"specversion": "1.0", "id": "e-1", "source": "urn:county", "type": "x", "data_base64": "e30="}'
    )
    assert isinstance(outcome, RefusedEvent)
    assert [one.code for one in outcome.refusals] == ["unknown-event-type"]


def test_binary_mode_is_described_with_its_headers() -> None:
    operation = described()
    assert "application/json" in operation["requestBody"]["content"]
    headers = {one["name"] for one in operation["parameters"] if one["in"] == "header"}
    assert {"ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time"} <= headers
