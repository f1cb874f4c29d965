"""Which characters a text may hold, when it says nothing, and which texts look the same.

One rule for payloads, attributes, record keys and lines of letters: what is let in can be shown and sent on as written.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

# C0 and C1 controls (PostgreSQL can't hold U+0000, mail and letters no other), line and paragraph separators, what
# reorders or marks up the text around it, lone surrogates, noncharacters.
_NEVER: Final = (
    r"\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"
    r"\U000e0000-\U000e007f" + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17))
)
_UNFIT_IN_LINE: Final = re.compile(rf"[\x00-\x1f{_NEVER}]")
_UNFIT_IN_LINES: Final = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f{_NEVER}]")

# What shows nothing: white space, zero-width and filler characters, soft hyphen, variation selectors. Some of them
# are letters to Unicode (Hangul fillers) or symbols (the empty Braille pattern).
_INVISIBLE: Final = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]+"
)
# Nearly every text has one of these, which spares it the closer look.
PLAINLY_VISIBLE: Final = re.compile("[0-9A-Za-z\u4e00-\u9fff]")
_SHOWN: Final = frozenset("LNPS")

MOST_ATTRIBUTE_CHARACTERS: Final = 512


def is_plain(text: str) -> bool:
    """Tell whether a quick look shows that `text` fits and says something; False says nothing."""
    return text.isprintable() and PLAINLY_VISIBLE.search(text) is not None


def fits_line(text: str) -> bool:
    """Tell whether `text` may be an attribute, a key, a name, a line of a letter."""
    # What is printable to Python is never unfit, and that is asked at a fraction of the cost.
    return text.isprintable() or _UNFIT_IN_LINE.search(text) is None


def fits_lines(text: str) -> bool:
    """Tell whether `text` may be a text of several lines: as a line, with tabs and line breaks."""
    return text.isprintable() or _UNFIT_IN_LINES.search(text) is None


def fits_attribute(text: str) -> bool:
    """Tell whether `text` may be a CloudEvents attribute or a record's key: a line of 1 to 512 characters."""
    return len(text) <= MOST_ATTRIBUTE_CHARACTERS and fits_line(text) and not is_blank(text)


def made_fit(text: str) -> str:
    """Return `text` as a line, with U+FFFD for every character that it may not hold."""
    return _UNFIT_IN_LINE.sub("\N{REPLACEMENT CHARACTER}", text)


def is_blank(text: str) -> bool:
    """Tell whether `text` shows nothing at all."""
    if PLAINLY_VISIBLE.search(text):
        return False
    left = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return not any(unicodedata.category(character)[0] in _SHOWN for character in left)


def folded(text: str) -> str:
    """Return `text` as references are compared: NFKC (width, composition), without what shows nothing; case counts.

    Two references that fold to one are one reference. The fold of a fold is itself.
    """
    return text if _PLAIN_REFERENCE.fullmatch(text) else _folded(text)


_PLAIN_REFERENCE: Final = re.compile(r"[\x21-\x7e\u4e00-\u9fff]+")


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    # What stood between two characters may have kept them from composing.
    again = _INVISIBLE.sub("", unicodedata.normalize("NFKC", plain))
    return again if again == text else _folded(again)
