"""How alike two reports are. Pure."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.types import Enterprise
from services.ledger.gathering.model import (
    ENOUGH,
    MOST,
    bare,
    common,
    keys_of,
    keys_within_county,
    likeness,
    look_alikes,
)
from services.ledger.hazards.model import Hazard
from services.ledger.tests.telling import new_hazard

pytestmark = pytest.mark.feature("SY26")
texts = st.text(alphabet="可燃气体探测器失效（）东侧AB１2 　，。", max_size=30)


def reported(**fields: Any) -> Hazard:
    return msgspec.structs.replace(new_hazard(), **{"hazard_id": "h-2", **fields})


@given(texts, texts)
def test_likeness_lies_between_nothing_and_all_whoever_is_named_first(one: str, other: str) -> None:
    assert 0 <= common(one, other) <= 1
    assert common(one, other) == common(other, one)


@given(texts)
def test_a_text_is_like_itself_however_it_is_spaced_and_set(text: str) -> None:
    spaced = " ".join(text.replace("A", "Ａ").lower()) + "！"
    assert common(text, spaced) == (1 if bare(text) else 0)


paired = texts.filter(lambda text: len(bare(text)) > 1)


@given(paired, paired)
def test_a_pair_that_occurs_twice_in_both_counts_twice(one: str, other: str) -> None:
    ours, theirs = (Counter(map("".join, pairwise(bare(text)))) for text in (one, other))
    assert common(one, other) == 2 * (ours & theirs).total() / (ours.total() + theirs.total())


@given(texts.filter(bare))
def test_texts_without_a_pair_in_common_are_not_alike(text: str) -> None:
    assert common(text, "灭火柜箱") == 0


def test_the_same_fault_in_other_words_is_found_and_another_at_the_same_place_is_not() -> None:
    mine = new_hazard()
    words = reported(description="可燃气体报警探头失灵", place="储罐区 东侧")
    fault = reported(description="灭火器压力不足，超期未检")
    assert likeness(mine, words) >= ENOUGH > likeness(mine, fault)
    assert [each.hazard for each in look_alikes(mine, [words, fault])] == [words]


def test_the_most_alike_come_first_and_not_all_of_a_hundred_are_shown() -> None:
    others = [reported(hazard_id=f"h-{n}", description="可燃气体探测器失效" + "，待查" * n) for n in range(2, 20)]
    found = look_alikes(new_hazard(), reversed(others))
    assert [each.hazard.hazard_id for each in found] == [f"h-{n}" for n in range(2, 2 + len(found))]
    assert 0 < len(found) <= MOST


def test_a_hazard_is_not_its_own_double_and_another_sector_is_another_matter() -> None:
    assert look_alikes(new_hazard(), [new_hazard(), reported(sector="fire_safety")]) == []


def test_another_enterprise_has_another_hazard_though_the_words_be_the_same() -> None:
    mine = new_hazard()
    others = [
        reported(enterprise=Enterprise(name="示例化工有限公司（虚构）", uscc="91140502MA0EXAMP20")),
        reported(enterprise=Enterprise(name="晋源矿业集团")),
    ]
    assert look_alikes(mine, others) == []
    assert look_alikes(mine, [reported(enterprise=Enterprise(name="示例化工公司"))]) != []


def test_reports_meet_under_the_code_the_name_or_the_place_however_these_are_written() -> None:
    tip = reported(enterprise=Enterprise(name="示例化工有限公司(虚构)"), place="门口", county="140502")
    assert set(keys_of(tip)) & set(keys_of(new_hazard())) == {"name/hazchem/140502/示例化工有限公司虚构"}
    elsewhere = set(keys_of(reported(county="140521"))) & set(keys_of(new_hazard()))
    assert elsewhere == {"uscc/hazchem/91140502MA0EXAMP04"}
    other_name = reported(enterprise=Enterprise(name="另一名称", uscc="91140502MA0EXAMP04"), place="门口")
    assert set(keys_within_county(other_name)) & set(keys_within_county(new_hazard())) == {
        "uscc/hazchem/140502/91140502MA0EXAMP04"
    }
    assert set(keys_within_county(reported(county="140521"))) & set(keys_within_county(new_hazard())) == set()
    assert set(keys_of(reported(sector="fire_safety"))) & set(keys_of(new_hazard())) == set()
    assert keys_of(reported(enterprise=Enterprise(name="（）"), place="—")) == ()
