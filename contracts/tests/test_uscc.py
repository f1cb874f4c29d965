"""统一社会信用代码: the two check characters, and what is doubtful about a code that a county wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.uscc import check_character, is_valid, organisation_check_character, read

# The samples of GB 32100-2015 and GB 11714, and sums done by hand: 11 - (weighted sum mod 11), X for 10, 0 for 11.
SAMPLE = "91350100M000100Y43"
ORGANISATIONS = {"D2143569": "X", "M000100Y": "4", "00000008": "6", "00000019": "0", "00000100": "3", "00001000": "6"}

alphabet = st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY")


def test_the_samples_of_the_standards_check() -> None:
    assert check_character(SAMPLE[:-1]) == "3"
    assert is_valid(SAMPLE)
    assert {body: organisation_check_character(body) for body in ORGANISATIONS} == ORGANISATIONS


def test_an_organisation_whose_sum_leaves_nothing_over_checks_with_0() -> None:
    assert organisation_check_character("00000000") == "0"


@given(st.integers(0, 16), alphabet)
def test_one_wrong_character_never_checks(place: int, character: str) -> None:
    wrong = SAMPLE[:place] + character + SAMPLE[place + 1 :]
    assert is_valid(wrong) is (wrong == SAMPLE)


@pytest.mark.parametrize("code", ["", SAMPLE[:-1], SAMPLE + "0", "91350100M000100I43", "91350100m000100y43"])
def test_what_has_not_the_shape_of_a_code_is_not_valid(code: str) -> None:
    assert not is_valid(code)


@pytest.mark.parametrize("first", ["", SAMPLE, SAMPLE[:16], "9135010OM000100Y4"])
def test_a_check_character_needs_seventeen_of_the_alphabet(first: str) -> None:
    with pytest.raises(ValueError, match=r"17 characters|alphabet of GB 32100"):
        check_character(first)


@pytest.mark.parametrize("body", ["M000100", "M000100YY"])
def test_an_organisation_code_has_eight_characters_before_its_check(body: str) -> None:
    with pytest.raises(ValueError, match="zip"):
        organisation_check_character(body)


def with_check(first_17: str) -> str:
    return first_17 + check_character(first_17)


@pytest.mark.parametrize(
    ("written", "code", "doubt"),
    [
        (None, None, None),
        ("", None, None),
        ("  ", None, None),
        (SAMPLE, SAMPLE, None),
        ("９１３５ 0100 m000 100y 43", SAMPLE, None),
        (SAMPLE[:-1], None, "uscc_malformed"),
        (SAMPLE + "3", None, "uscc_malformed"),
        ("91350100M000100I43", None, "uscc_malformed"),
        (SAMPLE[:-1] + "4", SAMPLE[:-1] + "4", "uscc_check_character"),
        (with_check("0" * 17), with_check("0" * 17), "uscc_placeholder"),
        (with_check("01350100M000100Y4"), with_check("01350100M000100Y4"), "uscc_placeholder"),
        (with_check("91XXXXXXM000100Y4"), with_check("91XXXXXXM000100Y4"), "uscc_placeholder"),
        (with_check("91350X00M000100Y4"), with_check("91350X00M000100Y4"), "uscc_placeholder"),
        (with_check("91111111M000100Y4"), with_check("91111111M000100Y4"), "uscc_placeholder"),
        (with_check("91350100" + "1" * 9), with_check("91350100" + "1" * 9), "uscc_placeholder"),
        (with_check("91X35010M000100Y4"), with_check("91X35010M000100Y4"), "uscc_placeholder"),
        (with_check("91211111M000100Y4"), with_check("91211111M000100Y4"), None),
        (with_check("91350100" + "2" + "1" * 8), with_check("91350100" + "2" + "1" * 8), None),
        # Only the nine signs of the organisation have to be the same, neither the eighth nor the last counts.
        (with_check("9135010111111111" + "2"), with_check("9135010111111111" + "2"), None),
        (with_check("9135010122222222" + "2"), with_check("9135010122222222" + "2"), "uscc_placeholder"),
    ],
)
def test_a_code_is_read_with_what_is_doubtful_about_it(
    written: str | None, code: str | None, doubt: str | None
) -> None:
    assert read(written) == (code, doubt)


@pytest.mark.parametrize("authority", "123456789ANY")
def test_every_registering_authority_is_known_by_its_first_character(authority: str) -> None:
    code = with_check(authority + SAMPLE[1:17])
    assert read(code) == (code, None)


def test_a_persons_identity_number_is_kept_nowhere_though_it_is_as_long_as_a_code() -> None:
    # An invented one whose check digit is right; with a wrong one it is nobody's number, and a doubtful code.
    assert read("140502199001011230") == (None, "uscc_malformed")
    assert read("１４０５０２ 19900101 1230") == (None, "uscc_malformed")
    assert read("140502199001011231")[0] == "140502199001011231"


def identity_number(first_17: str) -> str:
    """The number with its check digit by ISO 7064 MOD 11-2, as GB 11643 has it: doubled and added from the left."""
    remainder = 0
    for digit in first_17:
        remainder = (remainder + int(digit)) * 2 % 11
    return first_17 + "0123456789X"[(12 - remainder) % 11]


@pytest.mark.promise("P8")
@pytest.mark.parametrize("serial", range(1, 31))
def test_a_persons_identity_number_is_kept_nowhere_whatever_its_check_digit(serial: int) -> None:
    number = identity_number(f"14050219000101{serial:03}")
    assert read(number) == (None, "uscc_malformed")
    assert read(number.lower()) == (None, "uscc_malformed")


def test_digits_whose_check_is_not_that_of_a_person_are_read_as_a_code() -> None:
    number = identity_number("14050219000101001")
    for other in (number[:17] + digit for digit in "0123456789X" if digit != number[17]):
        assert read(other) == (other, None if is_valid(other) else "uscc_check_character")


def test_the_serials_of_the_test_have_every_check_digit() -> None:
    assert {identity_number(f"14050219000101{serial:03}")[17] for serial in range(1, 31)} == set("0123456789X")
