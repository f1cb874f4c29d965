"""Which characters a text may hold, when it says nothing, and which references are one: as the rules answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

from duban_contracts.admissible import texts
from duban_contracts.generate.bilingual import IS, IS_NOT, NO, YES, Words, section

_NAMES: Final = {
    0x0000: Words("控制字符", "controls"),
    0x0009: Words("制表、换行", "tab, line feed"),
    0x000B: Words("控制字符", "controls"),
    0x000D: Words("回车", "carriage return"),
    0x000E: Words("控制字符", "controls"),
    0x007F: Words("删除符和 C1 控制字符", "delete and C1 controls"),
    0x2028: Words(
        "行、段分隔符和改变书写方向的字符", "line and paragraph separators, what turns the direction of writing"
    ),
    0x2066: Words("改变书写方向的字符", "what turns the direction of writing"),
    0xD800: Words("落单的代理码位", "lone surrogates"),
    0xFDD0: Words("非字符", "noncharacters"),
    0xFFF9: Words("行间注释", "interlinear annotation"),
    0xFFFE: Words("每个平面的最后两个：非字符", "the last two of every plane: noncharacters"),
    0xE0000: Words("标签字符", "tag characters"),
}


def characters(language: str) -> str:
    """Return the table of the characters that may not be there."""
    rows = []
    for first, last in _split(_ranges(texts.fits_line), _ranges(texts.fits_lines)):
        if first & 0xFFFE == 0xFFFE and first > 0xFFFE:  # noqa: PLR2004 - told once, of the first plane
            continue
        name = getattr(_NAMES[first], language) if first in _NAMES else unicodedata.name(chr(first), "–")
        in_lines = texts.fits_lines(chr(first))
        rows.append((_points(first, last), name, getattr(NO, language), getattr(YES if in_lines else NO, language)))
    return section(
        language,
        Words("字符", "Characters"),
        Words(
            "除下表所列，任何字符都可以，包括生僻字（扩展 B 及以后）和表情符号。",
            "Every other character may be there, rare ideographs (extension B and later) and emoji among them.",
        ),
        Words("| 字符 | 是什么 | 单行文本 | 可分行的文本 |", "| characters | what they are | in a line | in lines |"),
        rows,
    )


@lru_cache(maxsize=2)
def _ranges(fits: Callable[[str], bool]) -> tuple[tuple[int, int], ...]:
    """Return the first and last of each run of characters that don't fit; no run goes beyond its plane."""
    runs: list[tuple[int, int]] = []
    for point in range(0x110000):
        if fits(chr(point)):
            continue
        if runs and runs[-1][1] == point - 1 and point & 0xFFFF:
            runs[-1] = (runs[-1][0], point)
        else:
            runs.append((point, point))
    return tuple(runs)


def _split(line: Iterable[tuple[int, int]], lines: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the runs of `line`, cut where `lines` changes inside them."""
    edges = {edge for first, last in lines for edge in (first, last + 1)}
    for first, last in line:
        cuts = [first, *sorted(edge for edge in edges if first < edge <= last), last + 1]
        yield from ((start, end - 1) for start, end in pairwise(cuts))


def _points(first: int, last: int) -> str:
    return f"U+{first:04X}" if first == last else f"U+{first:04X} – U+{last:04X}"


def _shown(text: str) -> str:
    """Return a text as a page can show it: what is not seen stands as its code point."""
    plain = "".join(f"‹U+{ord(each):04X}›" if texts.is_blank(each) else each for each in text)
    return f"`{plain}`" if plain else "–"


def blanks(language: str) -> str:
    """Return the table of texts that say nothing."""
    samples = ["", "   ", "\u3000", "\u200b", "\u00ad\ufeff", "\u2800", "\u3164", "。", "-", "无", "0", "\U0001f525"]
    return section(
        language,
        Words("有没有内容", "What says nothing"),
        Words(
            "看不见任何字符的文本等于没填：必填字段以 `blank-text` 退回，可选字段请省略。",
            "A text that shows nothing is none: it is refused where a field is required (`blank-text`); leave an optional one out.",
        ),
        Words("| 文本 | 有内容 |", "| text | says something |"),
        ((_shown(text), getattr(IS_NOT if texts.is_blank(text) else IS, language)) for text in samples),
    )


def references(language: str) -> str:
    """Return the table of references as they are compared."""
    samples = ["NF-1", " NF-1", "NF-1\u3000", "NF\u200b-1", "ＮＦ－１", "nf-1", "NF–1", "NF 1", "①号", "e\u0301-1"]
    return section(
        language,
        Words("编号怎样算相同", "When references are one"),
        Words(
            "比较 `reference` 时先作 NFKC 归一，再去掉空白和不可见字符；区分大小写。比较的结果相同就是同一条隐患；显示时照原样。",
            "A `reference` is compared after NFKC, without white space and what shows nothing; case counts. What folds to one is one\n"
            "hazard; it is shown as written.",
        ),
        Words("| 所写 | 按此比较 |", "| written | compared as |"),
        ((_shown(text), _shown(texts.folded(text))) for text in samples),
    )
