from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from duban_contracts.cloudevents import CloudEvent, encode_batch, to_kafka, to_structured
from duban_contracts.codec import lookup
from duban_contracts.conformance import Checker, Finding, Unreadable, check
from duban_contracts.conformance.__main__ import main
from duban_contracts.examples import example_event, examples

TYPE = "duban.hazard.reported.v1"
GOOD = example_event(lookup(TYPE))
BAD = msgspec.structs.replace(
    example_event(lookup(TYPE), examples()[TYPE] | {"plaec": "x", "sector": "alchemy"}), id="CQ-bad"
)


def structured(event: CloudEvent) -> bytes:
    return msgspec.json.encode(to_structured(event))


def codes(findings: list[Finding]) -> list[list[str]]:
    return [[violation.code for violation in finding.violations] for finding in findings]


def record(event: CloudEvent, **changes: object) -> dict[str, object]:
    key, value, headers = to_kafka(event)
    captured = {
        "key": None if key is None else key.decode(),
        "headers": {name: text.decode() for name, text in headers},
        "value": json.loads(value),
    }
    return captured | changes


def test_one_event_a_batch_and_lines_are_read() -> None:
    assert codes(check(structured(GOOD))) == [[]]
    assert codes(check(encode_batch([GOOD, BAD]))) == [[], ["unknown-field"]]
    assert codes(check(structured(GOOD) + b"\n\n" + structured(BAD) + b"\n")) == [[], ["unknown-field"]]


def test_a_captured_record_is_read_in_every_usual_shape() -> None:
    _, value, headers = to_kafka(GOOD)
    pairs = [[name, text.decode()] for name, text in headers]
    flat = [text for pair in pairs for text in pair]
    kcat = record(GOOD, headers=flat, payload=value.decode(), topic="county.140502.v1", partition=3)
    del kcat["value"]
    for captured in (record(GOOD), record(GOOD, headers=pairs), record(GOOD, value=value.decode()), kcat):
        assert codes(check(json.dumps(captured).encode())) == [[]]


@pytest.mark.feature("SY64")
def test_the_topic_of_a_record_says_who_is_speaking() -> None:
    captured = record(GOOD, topic="county.140581.v1")
    assert codes(check(json.dumps(captured).encode(), county="140502")) == [["county-mismatch"]]


def test_a_record_without_its_reference_as_key_is_taken_but_not_certified() -> None:
    for key in ("another", None):
        (finding,) = check(json.dumps(record(GOOD, key=key)).encode())
        assert not finding.refused
        assert not finding.certified
        assert [fault.code for fault in finding.faults] == ["key-not-reference"]


def test_one_reference_on_two_partitions_is_not_certified_even_over_two_files() -> None:
    checker = Checker("140502")
    captured = record(GOOD, topic="county.140502.v1", key=GOOD.partitionkey, partition=3)
    (first,) = checker.check(json.dumps(captured).encode())
    assert first.certified
    (second,) = checker.check(json.dumps(captured | {"partition": 4}).encode())
    assert [fault.code for fault in second.faults] == ["split-reference"]


@pytest.mark.parametrize("topic", ["hazards", "county.140502.feedback.v1", "county.14050.v1"])
def test_a_topic_that_nobody_reads_is_not_certified(topic: str) -> None:
    (finding,) = check(json.dumps(record(GOOD, topic=topic)).encode(), county="140502")
    assert [fault.code for fault in finding.faults] == ["topic-of-nobody"]


def test_an_id_that_is_used_again_in_another_file_is_refused() -> None:
    checker = Checker("140502")
    assert codes(checker.check(structured(GOOD))) == [[]]
    other = msgspec.structs.replace(example_event(lookup(TYPE), examples()[TYPE] | {"place": "别处"}))
    assert codes(checker.check(structured(other))) == [["id-reused"]]


@pytest.mark.parametrize("account", ["张三", "13800138000", "140502199001011234"])
def test_a_person_in_place_of_an_account_is_advised_against(account: str) -> None:
    kind = "duban.hazard.rectified.v1"
    event = example_event(lookup(kind), examples()[kind] | {"submitted_by": account, "completed_on": "2026-11-20"})
    (finding,) = check(structured(event))
    assert finding.certified
    assert [advice.field for advice in finding.advice] == ["$.submitted_by"]


def test_one_reference_for_two_enterprises_and_a_lookalike_are_advised_against() -> None:
    reported = examples()[TYPE]
    second = reported | {"reference": f"{reported['reference']}\u200b", "enterprise": {"name": "另一家企业"}}
    findings = check(encode_batch([GOOD, msgspec.structs.replace(example_event(lookup(TYPE), second), id="CQ-2")]))
    assert [[advice.field for advice in finding.advice] for finding in findings] == [
        [],
        ["$.reference", "$.enterprise"],
    ]


@pytest.mark.parametrize(
    "captured",
    [
        {"headers": 7, "value": {}},
        {"headers": [["a"]], "value": {}},
        {"headers": {"ce_specversion": "1.0"}, "value": None},
        {"headers": {}, "key": 7, "value": {}},
        {"headers": {}, "topic": 7, "value": {}},
    ],
)
def test_a_broken_capture_is_a_finding_not_a_crash(captured: dict[str, object]) -> None:
    assert codes(check(json.dumps(captured).encode())) == [["bad-envelope"]]


def test_a_resent_event_passes_and_a_reused_id_is_refused() -> None:
    other = msgspec.structs.replace(example_event(lookup(TYPE), examples()[TYPE] | {"place": "别处"}))
    assert codes(check(encode_batch([GOOD, GOOD, other]))) == [[], [], ["id-reused"]]


def test_a_batch_beyond_the_limit_is_refused_from_there_on() -> None:
    many = [msgspec.structs.replace(GOOD, id=f"CQ-{number}") for number in range(1002)]
    findings = check(encode_batch(many))
    assert [finding.index for finding in findings if finding.refused] == [1000, 1001]
    assert codes(findings[1000:]) == [["batch-too-large"]] * 2


def test_a_broken_envelope_is_a_finding() -> None:
    assert codes(check(b'[{"specversion":"1.0"}, 7]')) == [["bad-envelope"], ["bad-envelope"]]


@pytest.mark.parametrize("raw", [b"", b"[]", b"hello", b"{}\nhello"])
def test_what_is_no_events_at_all_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        check(raw)


def test_the_command_reports_in_chinese_and_english_and_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad, broken = (tmp_path / name for name in ("good.json", "bad.json", "broken.json"))
    good.write_bytes(structured(GOOD))
    bad.write_bytes(encode_batch([GOOD, BAD]))
    broken.write_bytes(b"hello")
    assert main([str(good)]) == 0
    assert "共 1 条，通过 1 条，不予受理 0 条" in capsys.readouterr().out
    assert main([str(good), str(bad)]) == 1
    printed = capsys.readouterr().out
    assert "第 2 条 CQ-bad: 不予受理" in printed
    assert "$.plaec：契约中没有此字段，请核对拼写 [unknown-field]" in printed
    assert main([str(bad), "--language", "en"]) == 1
    assert "event 2 CQ-bad: would be refused" in capsys.readouterr().out
    assert main([str(broken)]) == 2
    assert main([str(tmp_path / "missing.json")]) == 2


def test_the_command_speaks_json_to_a_pipeline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(structured(BAD))
    assert main([str(file), "--json", "--county", "140502"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding["refused"]
    assert finding["violations"][0]["field"] == "$.plaec"


def test_the_command_says_that_no_county_was_named_and_refuses_half_a_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "good.json"
    file.write_bytes(structured(GOOD))
    assert main([str(file)]) == 0
    assert "未指定 --county" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([str(file), "--county", "14050"])


def test_the_command_does_not_certify_what_the_platform_would_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "records.json"
    file.write_text(json.dumps(record(GOOD, key=None, topic="county.140502.v1")))
    assert main([str(file), "--county", "140502"]) == 1
    printed = capsys.readouterr().out
    assert "平台会收下，但不予认证" in printed
    assert "共 1 条，通过 0 条，不予受理 0 条，不予认证 1 条" in printed
