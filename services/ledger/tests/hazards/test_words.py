"""Pairs of characters: whatever ILIKE finds, they find, too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.hazards.model import words

# Few letters, so that random texts meet; some of them fold into each other, or stand for something else in a tsquery.
LETTERS = "煤尘灭火器 aAbB09-İıiIßſKkΣσς\u0307'\\&:|%_\n"
TEXT = st.text(LETTERS, max_size=12)


def found_by(query: str | None, lexemes: set[str]) -> bool:
    """Say what PostgreSQL says of a tsquery of ANDed, quoted lexemes, the last of which may be a beginning."""
    if query is None:
        return True
    for part in query.split(" & "):
        begins = part.endswith(":*")
        lexeme = part.removesuffix(":*")[1:-1].replace("''", "'").replace("\\\\", "\\")
        if not any(each.startswith(lexeme) if begins else each == lexeme for each in lexemes):
            return False
    return True


def simple(text: str) -> str:
    """Fold case one character at a time, as a database's `lower` does."""
    return "".join(character.lower()[0] for character in text)


@pytest.mark.feature("SY23")
@given(st.lists(TEXT, max_size=4), TEXT)
def test_whatever_holds_the_text_in_any_case_is_found_by_its_pairs(texts: list[str], wanted: str) -> None:
    lexemes = words.pairs(texts)
    if any(simple(wanted) in simple(text) for text in texts) and " & " not in wanted:
        assert found_by(words.query(wanted), lexemes), (wanted, lexemes)


def test_two_characters_one_character_and_the_last_of_a_field_are_found() -> None:
    lexemes = words.pairs(["瓦斯超限", "3号仓库"])
    for wanted in ("瓦斯", "斯", "限", "库", "3", "3号仓库"):
        assert found_by(words.query(wanted), lexemes)
    for wanted in ("斯瓦", "限3", "煤", "4"):
        assert not found_by(words.query(wanted), lexemes)


def test_numbers_are_told_apart_by_threes_and_a_search_is_narrowed_by_codes() -> None:
    assert words.query("000123", {"140502"}, None) == "'000' & '001' & '012' & '123' & ('\u0001140502')"
    assert words.query("LX-7，编", None, {"b", "a"}) == "'lx-' & 'x-7' & '7，' & '，编' & ('\u0001a' | '\u0001b')"
    assert words.query("\u0307") is None
