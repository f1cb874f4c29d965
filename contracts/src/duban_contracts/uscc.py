"""统一社会信用代码 (GB 32100-2015): 18 characters, the last of which checks the rest."""

from __future__ import annotations

import re
from typing import Final

from duban_contracts.admissible.texts import folded

_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE: Final = {character: value for value, character in enumerate(_ALPHABET)}
_LENGTH: Final = 18
_IDENTITY: Final = re.compile(r"[1-8][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]")
_IDENTITY_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_AUTHORITIES: Final = frozenset("123456789ANY")
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)


def check_character(first_17: str) -> str:
    """Return the check character of the first 17; raises ValueError when they are not of the alphabet."""
    if len(first_17) != _LENGTH - 1:
        raise ValueError("must be 17 characters")
    try:
        total = sum(_VALUE[character] * pow(3, place, 31) for place, character in enumerate(first_17))
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is not in the alphabet of GB 32100") from None
    return _ALPHABET[-total % 31]


def organisation_check_character(first_8: str) -> str:
    """Return the check character of an organisation code (GB 11714): characters 9 to 16 of a code."""
    values = (int(character, 36) for character in first_8)
    total = sum(value * weight for value, weight in zip(values, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def is_valid(code: str) -> bool:
    """Return whether `code` is 18 characters of the alphabet with the right check character."""
    try:
        return len(code) == _LENGTH and check_character(code[:-1]) == code[-1]
    except ValueError:
        return False


def read(text: str | None) -> tuple[str | None, str | None]:
    """Return the code that a county wrote, and what is doubtful about it (a term of `doubts`); None where nothing is.

    Width, case and spaces don't count. What has not the shape of a code is none, and is doubted. So is a person's
    identity number, which is as long: it is kept nowhere (promise P8).
    """
    code = folded(text or "").upper()
    if not code:
        return None, None
    if len(code) != _LENGTH or any(character not in _VALUE for character in code) or _is_identity_number(code):
        return None, "uscc_malformed"
    if _is_placeholder(code):
        return code, "uscc_placeholder"
    return code, None if is_valid(code) else "uscc_check_character"


def _is_identity_number(code: str) -> bool:
    """Tell whether this is a citizen's number (GB 11643): division, day of birth, serial, check digit of its own."""
    if _IDENTITY.fullmatch(code) is None or is_valid(code):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code[:17], _IDENTITY_WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == code[17]


def _is_placeholder(code: str) -> bool:
    """Tell whether no authority can have given the code: another first character, no division, one sign repeated."""
    division, body = code[2:8], code[8:17]
    return code[0] not in _AUTHORITIES or not division.isdecimal() or len(set(division)) == 1 or len(set(body)) == 1
