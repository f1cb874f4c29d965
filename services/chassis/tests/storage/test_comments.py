"""Words of a migration are looked for in what PostgreSQL runs, and not in what it passes over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.storage.comments import statements, without_comments

# Of each kind of thing that has an end of its own, its beginnings and ends, and what may stand in it.
PARTS = ["--", "\n", "/*", "*/", "'", "''", '"', "$$", "$a$", "$1", "E'", "\\'", "\\", "a", " ", ";", "东"]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("ADD -- why\n CONSTRAINT c", "ADD       \n CONSTRAINT c"),
        ("ADD /* why */ CONSTRAINT c", "ADD           CONSTRAINT c"),
        ("ADD /* a\n /* b */ c */ CONSTRAINT c", "ADD     \n              CONSTRAINT c"),
        ("a '--b' \"--c\" --d", "a '--b' \"--c\"    "),
        ("a 'it''s --b' -- it's\n'c'", "a 'it''s --b'        \n'c'"),
        ("a E'\\'--b' --c", "a E'\\'--b'    "),
        ("a '\\' --b'", "a '\\'     "),
        ("DO $do$ BEGIN -- it's\n a '/*'; END $do$; -- b", "DO $do$ BEGIN        \n a '/*'; END $do$;     "),
        ("a $$it's$$ -- b", "a $$it's$$     "),
        ("$1 -- b$1", "$1       "),
        ("a /* never ended", "a               "),
        ("a 'never ended -- b", "a 'never ended -- b"),
    ],
)
def test_comments_are_blanks_and_the_rest_stands_where_it_stood(sql: str, said: str) -> None:
    assert without_comments(sql) == said


def test_texts_are_left_out_where_nobody_asks_for_them_and_names_are_not() -> None:
    assert without_comments("a 'b' E'\\'c' \"d\" $$ 'e' -- f\n$$", texts=False) == 'a xxx xxxxxx "d" $$ xxx     \n$$'


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_every_character_keeps_its_place_and_what_is_said_again_says_the_same(sql: str) -> None:
    said = without_comments(sql)
    assert len(said) == len(sql)
    assert [place for place, each in enumerate(said) if each == "\n"] == [
        place for place, each in enumerate(sql) if each == "\n"
    ]
    assert all(each in {" ", before} for each, before in zip(said, sql, strict=True))
    assert without_comments(said) == said


def test_a_statement_ends_with_its_line_and_not_in_quotes_or_in_a_body_and_stays_as_it_is_written() -> None:
    parts = [
        "-- first;\nSELECT ';\n'; ",
        "-- one;\nDO $$ BEGIN\n  PERFORM 1;\n  COMMIT;\nEND $$;",
        "UPDATE a SET u = $$https://x.cn/*.json -- b$$ /* c; */ WHERE true;",
        "SELECT 1; SELECT 2;",
    ]
    assert statements("\n".join([*parts, "-- the end;\n"])) == [
        "-- first;\nSELECT ';\n';",
        *parts[1:],
    ]
