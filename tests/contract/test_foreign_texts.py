"""What other systems' clients write in texts, references, dates and codes, each with its right answer at every door."""

from __future__ import annotations

from typing import Any

import pytest

from services.gateway.intake.model.claims import RefusedEvent
from services.gateway.intake.model.examination import Examiner
from tests.contract.doors import COUNTY, PRESENT, RECTIFIED, REPORT, TOPIC, Sent, Verdict, said

EXAMINER = Examiner(COUNTY, TOPIC, None, PRESENT)


def report(**fields: Any) -> Sent:
    return Sent.of(REPORT | fields)


BLANKS = [" ", "\u3000", "\u200b", "\ufeff", "\u00a0", "\u3164", "\u2800"]


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("field", ["reference", "place", "description"])
def test_a_text_that_shows_nothing_is_missing(field: str, blank: str) -> None:
    assert said(report(**{field: blank})) == ("blank-text", f"$.{field}")


def test_every_text_of_every_claim_must_show_something() -> None:
    assert said(report(enterprise={"name": "\u3000"})) == ("blank-text", "$.enterprise.name")
    done = Sent.of(RECTIFIED | {"measures": "\u200b\n"}, "duban.hazard.rectified.v1")
    assert said(done) == ("blank-text", "$.measures")
    assert said(Sent().having(id="\u3000")) == ("bad-envelope", "id")


def test_marks_that_turn_the_direction_of_writing_are_refused_everywhere() -> None:
    assert said(report(reference="T2-1501\u202e")) == ("control-character", "$.reference")
    assert said(report(description="甲\u2066乙")) == ("control-character", "$.description")
    assert said(Sent().having(subject="T2\u202e")) == ("bad-envelope", "subject")


@pytest.mark.parametrize("written", [" T2-1501", "T2-1501\u3000", "T2-1501\u200b", "Ｔ２－１５０１", "T2-1501\u00ad"])
def test_a_look_alike_of_a_reference_is_taken_and_is_the_ledgers_to_link(written: str) -> None:
    assert said(report(reference=written)) is None


@pytest.mark.parametrize(
    ("day", "verdict"),
    [
        ("2099-01-01", ("found-in-future", "$.found_on")),
        ("9999-12-31", ("found-in-future", "$.found_on")),
        ("0001-01-01", ("date-too-early", "$.found_on")),
        ("1899-12-30", ("date-too-early", "$.found_on")),
        ("2026-11-23", ("found-in-future", "$.found_on")),
        ("2026-11-22", None),  # one day of grace
        ("2000-01-01", None),
    ],
)
def test_a_hazard_is_found_today_at_the_latest(day: str, verdict: Verdict) -> None:
    assert said(report(found_on=day)) == verdict


@pytest.mark.parametrize(
    ("day", "code"),
    [("2099-01-01", "completed-in-future"), ("2026-11-22", "completed-in-future"), ("0001-01-01", "date-too-early")],
)
def test_a_hazard_is_mended_today_at_the_latest_also_where_it_would_wait(day: str, code: str) -> None:
    sent = Sent.of(RECTIFIED | {"completed_on": day}, "duban.hazard.rectified.v1")
    assert said(sent) == (code, "$.completed_on")


@pytest.mark.parametrize(
    "code", ["91140502XXXX000193", "0" * 18, "91140502xxxx000192", "", " ", "无", "9114050 2XXXX000192"]
)
def test_no_credit_code_turns_a_hazard_away(code: str) -> None:
    assert said(report(enterprise={"name": "甲", "uscc": code})) is None


def test_a_sector_by_its_name_is_answered_with_its_code() -> None:
    sent = report(sector="危险化学品")
    assert said(sent) == ("unknown-term", "$.sector")
    examined = EXAMINER.structured(sent.document())
    assert isinstance(examined, RefusedEvent)
    (found,) = examined.refusals
    assert "“危险化学品”的代码是 hazchem" in found.message
    assert found.rule == "must be a code of the vocabulary sectors: hazchem"
