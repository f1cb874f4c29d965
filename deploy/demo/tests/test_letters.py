"""What the audit of letters takes for right: a 督办逾期 that the ledger marked, or could not mark any more."""

from __future__ import annotations

import pytest

from deploy.demo.api import Json
from deploy.demo.audit.letters import unmarked

pytestmark = pytest.mark.pure


def record(verb: str, hazard: str = "a") -> Json:
    return {"hazard_id": hazard, "type": f"duban.hazard.{verb}.v1"}


@pytest.mark.parametrize(
    ("raised", "marked", "verbs", "wrong"),
    [
        (1, 1, ["confirmed", "overdue", "closed"], False),
        (1, 0, ["confirmed", "closed"], True),
        (2, 1, ["confirmed", "overdue", "submitted"], True),
        (1, 0, ["confirmed", "extended"], False),
        (1, 0, ["confirmed", "deadline_corrected"], False),
        (1, 0, ["confirmed", "closed", "reopened"], False),
    ],
)
def test_what_was_said_of_a_hazard_is_marked_unless_its_deadline_was_moved(
    raised: int, marked: int, verbs: list[str], *, wrong: bool
) -> None:
    history = [*map(record, verbs), record("extended", "b")]
    assert unmarked({"a": raised}, {"a": marked} if marked else {}, history) == (["a"] if wrong else [])
