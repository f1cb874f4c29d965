"""The pages for clients of Kafka name every answer that a county's events can get."""

from __future__ import annotations

import re
from typing import Final

import pytest

from deploy.local.settings import ROOT
from duban_contracts.codec import event_types
from duban_contracts.events.feedback import ClaimEvent

ANSWERS: Final = {entry.name for entry in event_types() if issubclass(entry.model, ClaimEvent)}


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_page_names_each_answer_and_none_that_there_is_not(page: str) -> None:
    said = (ROOT / "docs" / "clients" / page).read_text(encoding="utf-8")
    assert set(re.findall(r"duban\.claim\.\w+\.v\d+", said)) == ANSWERS
