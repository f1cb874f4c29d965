"""Bytes that should be JSON text: UTF-8 and nothing else, and no name twice, so that all readers read the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

_BOM: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_HEAD: Final = 4


class BadEncoding(ValueError):
    """Bytes are no UTF-8 text without a byte order mark; `zh` and `en` say what they seem to be."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def text_of(data: bytes) -> str:
    """Return the text that `data` is in UTF-8; raises BadEncoding, also for a byte order mark (RFC 8259, 8.1)."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise _named(data) from None
    # UTF-16 of ASCII is UTF-8 full of zeros; no JSON text has one.
    if text.startswith("\ufeff") or "\0" in text[:_HEAD]:
        raise _named(data)
    return text


def _named(data: bytes) -> BadEncoding:
    if data.startswith(_BOM):
        return BadEncoding("开头有字节顺序标记（BOM），请去掉", "it begins with a byte order mark (BOM)")
    if data.startswith(_UTF16_MARKS) or b"\0" in data[:_HEAD]:
        return BadEncoding("内容是 UTF-16 编码", "it is UTF-16")
    if looks_like_gbk(data):
        return BadEncoding("内容像是 GBK（GB18030）编码", "it looks like GBK (GB 18030)")
    return BadEncoding("含有不合规的字节", "it holds bytes that are none")


def looks_like_gbk(data: bytes) -> bool:
    """Tell whether bytes that are no UTF-8 read as Chinese in GBK, and not as UTF-8 that was cut or damaged."""
    replaced = data.decode(errors="replace")
    broken = replaced.count("\ufffd")
    whole = sum(character > "\x7f" for character in replaced) - broken
    if whole >= broken:
        return False
    try:
        return any("\u4e00" <= character <= "\u9fff" for character in data.decode("gb18030"))
    except UnicodeDecodeError:
        return False


class _Twice(dict[str, Any]):
    """An object that holds names twice: these are `names`."""

    names: tuple[str, ...]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _Twice(found)
    names = [name for name, _ in pairs]
    twice.names = tuple(dict.fromkeys(name for index, name in enumerate(names) if name in names[:index]))
    return twice


# Numbers stay text: nobody asks for them here, and Python refuses to read very long ones.
_READER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=str)
_LENIENT: Final = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=str, strict=False)


def repeated_name(text: str) -> str | None:
    """Return the JSON path of a name that stands twice in one object of `text`, at any depth, or None.

    Readers differ in which of two values they take, so nobody's is right. Text that is no JSON repeats nothing: whoever
    reads it says so. `plainly_once` mostly spares it.
    """
    return next(_repeated(_document(text)), None)


def plainly_once(data: bytes, names: int, decoded: Any) -> bool:
    """Tell whether a count shows that no name in `data`, a JSON text, stands twice; False says nothing.

    Every name brings a colon, and a name that stands twice is kept once: with as many colons as `names` were kept there
    are no others. Colons inside of names and texts of `decoded` are counted apart where they are written as such.
    """
    colons = data.count(b":")
    return colons == names or (colons == names + _colons(decoded) and b"\\u003" not in data)


def _colons(value: Any) -> int:
    found, ahead = 0, [value]
    # No call within a call here and below: since Python 3.13 a text may be nested deeper than Python's own calls may.
    while ahead:
        one = ahead.pop()
        if isinstance(one, str):
            found += one.count(":")
        elif isinstance(one, dict):
            found += "".join(one).count(":")
            ahead += one.values()
        elif isinstance(one, list):
            ahead += one
    return found


def repeated_members(text: str) -> tuple[str, ...]:
    """Return the names that stand twice in the outermost object of `text`."""
    document = _document(text)
    return document.names if isinstance(document, _Twice) else ()


def _document(text: str) -> Any:
    try:
        return _READER.decode(text)
    except (ValueError, RecursionError):
        return None


def _repeated(document: Any) -> Iterator[str]:
    ahead = [(document, "$")]
    while ahead:
        value, path = ahead.pop()
        if isinstance(value, _Twice):
            yield from (f"{path}.{name}" for name in value.names)
        if isinstance(value, dict):
            ahead += reversed([(item, f"{path}.{name}") for name, item in value.items()])
        elif isinstance(value, list):
            ahead += reversed([(item, f"{path}[{index}]") for index, item in enumerate(value)])


def salvaged(data: bytes) -> dict[str, Any]:
    """Return the outermost object of a JSON document as far as it can be read in whatever encoding, or {}.

    Only for naming what is refused. What was given twice is left out, and what can't be told stands as U+FFFD.
    """
    try:
        document = _LENIENT.decode(_in_any_encoding(data))
    except (ValueError, RecursionError):
        return {}
    if isinstance(document, _Twice):
        return {name: value for name, value in document.items() if name not in document.names}
    return document if isinstance(document, dict) else {}


def _in_any_encoding(data: bytes) -> str:
    if data.startswith(_UTF16_MARKS):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:_HEAD]:
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", errors="replace")
    try:
        return data.removeprefix(_BOM).decode()
    except UnicodeDecodeError:
        return data.decode("gb18030" if looks_like_gbk(data) else "utf-8", errors="replace")
