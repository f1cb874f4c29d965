"""What a door says to a wrong claim, word for word: code, place, Chinese sentence, English rule."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from duban_contracts import validation
from duban_contracts.admissible.dates import Bounds, Present
from duban_contracts.cloudevents import CloudEvent, EnvelopeError
from duban_contracts.codec import decode, lookup
from duban_contracts.examples import example_event, examples
from duban_contracts.refusals import Refusal, refusal, violation
from duban_contracts.validation import MOST_EVENT_BYTES, check_claim, check_payload, envelope_violation, examine_claim

REPORTED = "duban.hazard.reported.v1"
RECTIFIED = "duban.hazard.rectified.v1"
PRESENT = Present(date(2026, 11, 21), "Asia/Shanghai", Bounds(earliest=date(2020, 1, 1)))


def claim(kind: str = REPORTED, **changes: object) -> CloudEvent:
    payload = examples()[kind] | changes
    return CloudEvent(id="1", source="s", type=kind, data=msgspec.json.encode(payload))


def raw(data: bytes) -> CloudEvent:
    return CloudEvent(id="1", source="s", type=REPORTED, data=data)


def not_json(why: str) -> Refusal:
    return Refusal("not-json", "$：内容不是合法的 JSON", "$", f"must be JSON ({why})")


@pytest.mark.feature("SY64")
@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            CloudEvent(id="1", source="s", type="duban.hazard.sold.v1", data=b"{}"),
            Refusal(
                "unknown-event-type",
                "事件类型(type)：契约中没有“duban.hazard.sold.v1”这一事件类型",
                "type",
                "duban.hazard.sold.v1 is no type of this contract",
            ),
        ),
        (
            example_event(lookup("duban.hazard.closed.v1")),
            Refusal(
                "not-a-claim",
                "事件类型(type)：“duban.hazard.closed.v1”不由县级系统发布",
                "type",
                "duban.hazard.closed.v1 is not published by county systems",
            ),
        ),
        (
            raw(b" " * (MOST_EVENT_BYTES + 1)),
            Refusal(
                "event-too-large",
                "单条事件超过 262144 字节；佐证材料请只报名称和摘要",
                "data",
                "must be at most 262144 bytes",
            ),
        ),
        (
            claim(county="140581"),
            Refusal(
                "county-mismatch",
                "县区代码($.county)：与上报通道所属县区（140502）不一致",
                "$.county",
                "must be 140502, the county of the key or topic",
            ),
        ),
        (
            claim(sector="危险化学品"),
            Refusal(
                "unknown-term",
                "行业领域($.sector)：不是已发布的行业领域代码；“危险化学品”的代码是 hazchem",
                "$.sector",
                "must be a code of the vocabulary sectors: hazchem",
            ),
        ),
        (
            raw(b'{"place":"\xff"}'),
            Refusal(
                "bad-encoding",
                "事件内容(data)：编码不符，须为 UTF-8（不带 BOM）：含有不合规的字节",
                "data",
                "must be UTF-8 without a byte order mark: it holds bytes that are none",
            ),
        ),
        (
            raw(msgspec.json.encode(examples()[REPORTED])[:-1] + b',"place":"x"}'),
            Refusal("repeated-name", "地点($.place)：同一对象中重复出现", "$.place", "must stand once in its object"),
        ),
        (raw(b""), not_json("Input data was truncated")),
        # The first wrong field is met before the end that is missing.
        (raw(b'{"place": 3'), not_json("Input data was truncated")),
        (raw(b"[" * 100_000), not_json("nested too deeply")),
    ],
    ids=["type", "no claim", "large", "county", "term", "bytes", "twice", "empty", "cut", "deep"],
)
def test_a_wrong_claim_is_answered_in_both_languages(event: CloudEvent, said: Refusal) -> None:
    assert examine_claim(event, "140502", PRESENT) == [said]


def said_of_dates(kind: str, **dates: str) -> list[Refusal]:
    return check_claim(claim(kind, **dates), "140502", PRESENT)


@pytest.mark.parametrize(
    ("kind", "name", "latest", "first_wrong", "refused"),
    [
        (
            REPORTED,
            "found_on",
            "2026-11-22",
            "2026-11-23",
            Refusal(
                "found-in-future",
                "发现日期($.found_on)：发现日期不能晚于今天（2026-11-21），宽限一天",
                "$.found_on",
                "must not be after today (Asia/Shanghai); one day of grace",
            ),
        ),
        (
            RECTIFIED,
            "completed_on",
            "2026-11-21",
            "2026-11-22",
            Refusal(
                "completed-in-future",
                "完成日期($.completed_on)：整改完成日期不能晚于今天（2026-11-21）",
                "$.completed_on",
                "must not be after today (Asia/Shanghai)",
            ),
        ),
    ],
)
def test_a_day_that_has_not_come_is_refused_and_the_last_possible_one_is_not(
    kind: str, name: str, latest: str, first_wrong: str, refused: Refusal
) -> None:
    assert said_of_dates(kind, **{name: latest}) == []
    assert said_of_dates(kind, **{name: first_wrong}) == [refused]


@pytest.mark.parametrize(
    ("kind", "name", "label"), [(REPORTED, "found_on", "发现日期"), (RECTIFIED, "completed_on", "完成日期")]
)
def test_a_day_before_the_city_looks_back_is_refused(kind: str, name: str, label: str) -> None:
    assert said_of_dates(kind, **{name: "2020-01-01"}) == []
    refused = Refusal(
        "date-too-early", f"{label}($.{name})：不能早于2020-01-01", f"$.{name}", "must not be before 2020-01-01"
    )
    assert said_of_dates(kind, **{name: "2019-12-31"}) == [refused]


def test_terms_and_dates_are_refused_together() -> None:
    found = said_of_dates(REPORTED, sector="alchemy", found_on="2019-12-31")
    assert [refusal.code for refusal in found] == ["unknown-term", "date-too-early"]


def test_without_a_present_no_date_is_judged_and_without_a_county_none_is_asked_for() -> None:
    event = claim(found_on="1900-01-01", county="140581")
    assert examine_claim(event) == decode(event)


def test_a_broken_envelope_is_answered_by_the_attributes_names() -> None:
    broken = EnvelopeError("id", "is required", "是必填项")
    assert envelope_violation(broken) == Refusal(
        "bad-envelope", "不符合 CloudEvents 1.0 信封的要求：事件编号(id) 是必填项", "id", "is required"
    )


def test_an_attribute_without_a_chinese_name_is_answered_by_its_own() -> None:
    broken = EnvelopeError("ce_x\x00", "is unknown", "未知")
    assert envelope_violation(broken).message == "不符合 CloudEvents 1.0 信封的要求：ce_x\N{REPLACEMENT CHARACTER} 未知"


def test_an_envelope_in_another_encoding_is_answered_as_such() -> None:
    broken = EnvelopeError("subject", "must be UTF-8", "须为 UTF-8", code="bad-encoding")
    found = envelope_violation(broken)
    assert (found.code, found.field, found.rule) == ("bad-encoding", "subject", "must be UTF-8")
    assert found.message == "编码不符，须为 UTF-8（不带 BOM）：主题(subject) 须为 UTF-8"


def test_a_payload_that_only_the_decoder_refuses_is_refused_in_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "explain", lambda _document, _model: iter(()))
    (found,) = check_payload(lookup(REPORTED), b"[]")
    assert found == Refusal("wrong-format", "$：格式不符", "$", "Expected `object`, got `array`")


def test_a_refusal_fills_its_sentence_with_legible_text() -> None:
    found = refusal("unknown-event-type", field="type\x00", type="a\x00b")
    assert found.field == "type\N{REPLACEMENT CHARACTER}"
    assert found.message == "契约中没有“a\N{REPLACEMENT CHARACTER}b”这一事件类型"
    assert found.rule == "a\N{REPLACEMENT CHARACTER}b is no type of this contract"


def test_a_refusal_without_a_field_names_none_and_a_rule_of_its_own_stands() -> None:
    found = refusal("missing-field", rule="must be said")
    assert (found.field, found.rule) == (None, "must be said")


def test_a_violation_keeps_the_rule_it_is_given() -> None:
    assert violation("missing-field", "$.place", rule="must be said").rule == "must be said"


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("id", "事件编号(id)"),
        ("$.enterprise.name", "名称($.enterprise.name)"),
        ("$.evidence[0]", "佐证材料($.evidence[0])"),
        ("$.evidence[0].novel", "$.evidence[0].novel"),
        ("$.matrix[0][1]", "$.matrix[0][1]"),
    ],
)
def test_a_violation_begins_with_the_chinese_name_of_its_last_step(field: str, shown: str) -> None:
    assert violation("missing-field", field).message == f"{shown}：缺少必填项"
