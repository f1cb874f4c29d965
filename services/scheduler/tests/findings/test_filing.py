"""What of a submission's findings is refused, and what of it is said to the ledger: once, however often it is filed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.admissible.texts import folded
from duban_contracts.events.findings import FindingRejected
from duban_contracts.events.inspections import InspectionFinding
from duban_contracts.profile import load_city
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.findings import finding, inspection
from services.scheduler.findings.model import FiledFinding, NotRecorded, faults, news
from services.scheduler.tests.bench import PROFILE

pytestmark = pytest.mark.feature("SY09")
CITY = load_city(PROFILE)
TASK = inspection()
NOON = local(1, 12)
REFUSAL = NotRecorded(code="reference-already-confirmed", message="不能再更正", at=NOON)


def wrong(*findings: InspectionFinding, **task: Any) -> list[tuple[str, str | None]]:
    found = faults(findings, inspection(**task), CITY, CITY.present(NOON))
    return [(each.code, each.field) for each in found]


def test_what_is_wrong_is_named_at_its_place_in_the_submission() -> None:
    assert wrong(finding("1"), finding("2"), finding("3", sector="no_such_sector")) == [
        ("unknown-term", "findings[2].sector")
    ]
    assert wrong(finding("1", found_on=june(3)), finding("2", county="140521")) == [
        ("found-in-future", "findings[0].found_on"),
        ("finding-outside-area", "findings[1].county"),
    ]
    assert wrong(finding("1", county="140521"), county=CITY.code) == []
    assert wrong(finding("1", county=CITY.code), county=CITY.code) == [("finding-outside-area", "findings[0].county")]
    [said] = faults([finding(place="\u200b")], TASK, CITY, CITY.present(NOON))
    assert said.message.startswith("地点(findings[0].place)：")


def test_a_reference_that_reads_the_same_is_the_same() -> None:
    assert wrong(finding("A1"), finding("Ａ 1")) == [("finding-repeated", "findings[1].reference")]


SAID = st.builds(finding, st.sampled_from(["1", "2", "３", "3"]), place=st.sampled_from(["一号车间", "二号车间"]))
SUBMISSIONS = st.lists(
    st.tuples(st.lists(SAID, max_size=4, unique_by=lambda one: folded(one.reference)), st.booleans()), max_size=8
)


@given(SUBMISSIONS)
def test_however_often_and_with_whatever_changes_it_is_filed_nothing_is_said_twice_and_nothing_is_lost(
    submissions: list[tuple[list[InspectionFinding], bool]],
) -> None:
    standing: dict[str, FiledFinding] = {}
    said: list[FiledFinding] = []
    for findings, refused in submissions:
        told = news(findings, standing, TASK.task_id, NOON)
        said += told
        standing |= {filed.key: filed for filed in told}
        # What was filed last is what stands, and what was left out stays.
        for one in findings:
            assert standing[folded(one.reference)].finding.place == one.place
        if refused:
            standing = {key: _refused(filed) for key, filed in standing.items()}
        else:
            assert news(findings, standing, TASK.task_id, NOON) == []
    assert len({filed.event_id for filed in said}) == len(said)
    for key, last in standing.items():
        filings = [filed.filing for filed in said if filed.key == key]
        assert filings == list(range(1, last.filing + 1))


def _refused(filed: FiledFinding) -> FiledFinding:
    return FiledFinding(
        task_id=filed.task_id, finding=filed.finding, filing=filed.filing, filed_at=filed.filed_at, refusal=REFUSAL
    )


def test_the_event_of_a_filing_has_the_same_id_at_every_attempt() -> None:
    [one], [again] = (news([finding()], {}, TASK.task_id, at) for at in (NOON, local(2)))
    [other] = news([finding()], {}, "another-task", NOON)
    assert one.event_id == again.event_id != other.event_id


def test_what_the_ledger_said_of_a_finding_is_kept_word_for_word() -> None:
    said = FindingRejected(
        task=TASK.as_subject(),
        reference="1",
        filing=1,
        code="unknown-term",
        message="不是已发布的行业领域代码",
        field="$.sector",
        rule="must be a term",
        rejected_at=NOON,
    )
    assert NotRecorded.of(said) == NotRecorded(
        code=said.code, message=said.message, field="$.sector", rule="must be a term", at=NOON
    )
