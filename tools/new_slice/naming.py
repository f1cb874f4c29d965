"""Where a new slice is named besides its own files, as text in and text out: its service's list, layers, rights test.

Each function returns None where the place doesn't look as expected; then a person names the slice there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_SLICES: Final = re.compile(r"(?P<head>^SLICES: Final(?:\[.*\])? = \{)(?P<body>[^}]*)(?P<tail>\}$)", re.MULTILINE)
_SPECIMENS: Final = re.compile(r"^(?P<indent> *)SPECIMENS = \[\n(?:.*\n)*?(?=(?P=indent)\]$)", re.MULTILINE)
_RETURNED: Final = re.compile(
    r"^async def specimens\((?:.*\n)*?(?P<indent> +)return \[\n(?:.*\n)*?(?=(?P=indent)\]$)", re.MULTILINE
)
_LINE: Final = 120
_DAYS: Final = '{"from": "2026-03-01", "to": "2026-03-31"}'
_DAYS_OF_A_COUNTY: Final = '{"county": COUNTY, "from": "2026-04-01"}'
_DROPPED: Final = "DROP TABLE drawn;\n"


def in_bootstrap(text: str, service: str, noun: str) -> str | None:
    """Return a bootstrap.py whose SLICES end with the new one."""
    found = _SLICES.search(text)
    if found is None:
        return None
    # Where the wires of a service take more than the platform, this one takes no notice of it.
    wire = f"lambda platform, _: {noun}(platform)" if "lambda platform, _:" in found["body"] else noun
    entries = [*filter(None, (line.strip().rstrip(",") for line in found["body"].strip().splitlines()))]
    entries.append(f'"{noun}": {wire}')
    in_one = f"{found['head']}{', '.join(entries)}}}"
    many = "\n" in found["body"] or len(in_one) > _LINE
    if many and "\n" not in found["body"]:
        entries = [*entries[0].split(", "), entries[-1]]
    made = found["head"] + "".join(f"\n    {entry}," for entry in entries) + "\n}" if many else in_one
    return _importing(text[: found.start()] + made + text[found.end() :], service, f"{noun}.wire", "wire", noun)


def in_layers(text: str, service: str, noun: str) -> str | None:
    """Return a pyproject.toml in which the slice stands beside its service's topmost ones: nobody stands on it yet."""
    declared = re.compile(
        rf'(containers = \["services\.{service}"\]\nlayers = \[.*?"bootstrap", ")([^"]+)(")', re.MULTILINE
    )
    made, count = declared.subn(rf"\g<1>\g<2> | {noun}\g<3>", text)
    return made if count == 1 else None


def in_layers_of_books(text: str, service: str, noun: str) -> str | None:
    """Return a pyproject.toml in which the slice stands on the books alone: `claims`, which names its book, stands on it."""
    declared = re.compile(rf'(containers = \["services\.{service}"\]\nlayers = \[.*"criteria \| [^"]+)', re.MULTILINE)
    made, count = declared.subn(rf"\g<1> | {noun}", text)
    return made if count == 1 else None


def in_books(text: str, service: str, noun: str) -> str | None:
    """Return the claims' list of books, that of the slice last."""
    found = re.search(r"^(?P<head>BOOKS: Final\[.*\] = \()(?P<body>[^)]*)\)$", text, re.MULTILINE)
    if found is None:
        return None
    books = [*filter(None, (each.strip() for each in found["body"].split(","))), noun.upper()]
    made = f"{text[: found.start()]}{found['head']}{', '.join(books)},){text[found.end() :]}"
    return _importing(made, service, f"{noun}.tables", "BOOK", noun.upper())


def in_growth(text: str, service: str, table: str, zh: str) -> str | None:
    """Return the page of growth that says of a book's table that it is kept, in its place among the service's."""
    found = re.search(rf"^\[{service}\]\n(?P<rows>(?:.+\n)*)", text, re.MULTILINE)
    if found is None:
        return None
    new = f'{table} = {{ kept = "what counties said of {zh}, as it was said last; what a correction replaced is kept nowhere" }}\n'
    rows = sorted([*found["rows"].splitlines(keepends=True), new], key=lambda row: row.partition(" = ")[0])
    return text[: found.start("rows")] + "".join(rows) + text[found.end() :]


def in_readme(text: str, rows: Mapping[str, str]) -> str | None:
    """Return a README whose tables under these headings end with these rows."""
    for heading, row in rows.items():
        found = re.search(rf"^## {heading}\n(?:(?!## ).*\n)*?\|(?:.*\|\n\|)*.*\|\n", text, re.MULTILINE)
        if found is None:
            return None
        text = f"{text[: found.end()]}{row}\n{text[found.end() :]}"
    return text


def in_rights(text: str, service: str, noun: str) -> str | None:
    """Return a module whose SPECIMENS, or what its `specimens` returns, end with that of the slice's list."""
    found = _SPECIMENS.search(text) or _RETURNED.search(text)
    if found is None:
        return None
    made = f"{text[: found.end()]}{found['indent']}    {noun.upper()},\n{text[found.end() :]}"
    return _importing(made, service, f"tests.{noun}.specimens", "LISTED", noun.upper())


def in_reads(text: str, service: str, noun: str, *, sector: bool = False, days: bool = False) -> str | None:
    """Return a catalogue of what is asked of large databases in which the service's part ends with the slice's list."""
    found = re.search(rf"^{service.upper()}: Final = \[\n(?:.*\n)*?(?=\]$)", text, re.MULTILINE)
    if found is None:
        return None
    asked = {"county": "COUNTY"} | ({"sector": '"coal_mine"'} if sector else {})
    narrowed = [f'{{"{name}": {value}}}' for name, value in asked.items()] + [_DAYS, _DAYS_OF_A_COUNTY] * days
    who = ("city", "county", *["sector"] * sector, *["machine"] * days)
    given = ", ".join([f'"/v1/{noun.replace("_", "-")}"', *narrowed, f"who=({', '.join(map(_quoted, who))})"])
    return f"{text[: found.end()]}    *lists({given}),\n{text[found.end() :]}"


def in_fill(text: str, statement: str) -> str:
    """Return a script that fills a large database in which `statement` stands last, before what was drawn for it goes."""
    if text.endswith(_DROPPED):
        return text.removesuffix(_DROPPED) + statement.lstrip("\n") + _DROPPED
    return text.rstrip("\n") + "\n" + statement.lstrip("\n")


def _quoted(text: str) -> str:
    return f'"{text}"'


def _importing(text: str, service: str, module: str, name: str, alias: str) -> str | None:
    """Return `text` that imports `name` as `alias`, in the place where the formatter looks for it."""
    line = f"from services.{service}.{module} import {name} as {alias}\n"
    lines = text.splitlines(keepends=True)
    starts = [index for index, each in enumerate(lines) if each.startswith("from services.")]
    if not starts:
        return None
    later = [index for index in starts if lines[index].split(" import ")[0] > line.split(" import ", maxsplit=1)[0]]
    # Behind the last import, which may go on over several lines.
    end = starts[-1] + 1
    while "(" in lines[starts[-1]] and not lines[end - 1].startswith(")"):
        end += 1
    at = later[0] if later else end
    return "".join([*lines[:at], line, *lines[at:]])
