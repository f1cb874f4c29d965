"""The text of a migration without its comments, for whoever looks for words in it, and its statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

# What begins there is read to its end, whatever stands in it: PostgreSQL's lexical structure (chapter 4.1).
_BEGINNING: Final = re.compile(
    r"""(?P<line>--[^\n]*)|(?P<block>/\*)
      | (?P<text>\bE'(?:[^'\\]|\\.|'')*(?:'|\Z) | '[^']*(?:'|\Z))
      | (?P<name>"[^"]*(?:"|\Z))
      | (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$(?P<body>.*?)(?:\$(?P=tag)\$|\Z)""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_BLOCK: Final = re.compile(r"/\*|\*/")
_END: Final = re.compile(r";[ \t]*(?:\n|$)")


def without_comments(sql: str, *, texts: bool = True) -> str:
    """Return `sql` with blanks for its comments, each other character where it was; without `texts`, `x` for those in quotes.

    What stands in dollar quotes is read like the rest: the body of a function or of DO.
    """
    parts, end = [], 0
    for start, stop, replaced in _replacements(sql, texts=texts):
        parts += [sql[end:start], replaced]
        end = stop
    return "".join([*parts, sql[end:]])


def statements(sql: str) -> list[str]:
    """Return the statements of `sql` as they are written, each of which ends with its line; one in quotes or in a body ends none.

    What is nothing but comments is none. A body that has no quotes around it (`BEGIN ATOMIC`) is not known here.
    """
    said = without_comments(sql)
    hidden = list(said)
    for found in _BEGINNING.finditer(said):
        hidden[found.start() : found.end()] = "x" * len(found[0])
    ends = [0, *(end.end() for end in _END.finditer("".join(hidden))), len(said)]
    return [sql[start:end].strip() for start, end in pairwise(ends) if said[start:end].strip()]


def _replacements(sql: str, *, texts: bool) -> Iterator[tuple[int, int, str]]:
    position = 0
    while found := _BEGINNING.search(sql, position):
        start, position = found.span()
        if found["block"]:
            position = _end_of_block(sql, position)
        if found["line"] or found["block"]:
            yield start, position, _blank(sql[start:position])
        elif found["text"] and not texts:
            yield start, position, "x" * (position - start)
        elif found["body"]:
            yield *found.span("body"), without_comments(found["body"], texts=texts)


def _end_of_block(sql: str, position: int) -> int:
    """Return where a comment ends that began before `position`: comments of this kind nest."""
    depth = 1
    for mark in _BLOCK.finditer(sql, position):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)


def _blank(comment: str) -> str:
    return re.sub(r"[^\n]", " ", comment)
