"""What a file that somebody loads holds: the sheets of a workbook, or a JSON document by the same rules as a body.

Both may take seconds: read them beside the event loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import msgspec
import structlog

from duban_contracts.admissible import octets
from duban_contracts.findings import Findings
from duban_contracts.not_json import NOT_JSON, reason
from duban_contracts.refusals import Refusal, refusal

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet
    from openpyxl.worksheet.cell_range import CellRange

# Ten thousand rows of a city's texts are 10 MiB; what is far more is formatted to the end of the sheet, or a bomb.
MOST_UNPACKED: Final = 32 * 1024 * 1024
# Each is held against each row; a table of ten thousand rows that is merged all over has as many.
MOST_MERGED: Final = 10_000
_CHUNK: Final = 64 * 1024
_ZIP: Final = b"PK\x03\x04"
# .xls, and a workbook with a password: Microsoft's compound file.
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BEFORE_JSON: Final = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
_EXCEL: Final = "an Excel workbook (.xlsx)"

_log = structlog.get_logger(__name__)


class Unreadable(Exception):
    """Nothing of a file can be read: the `code`, the broken `rule`, and the `place` in it, `$` for the whole."""

    def __init__(self, code: str, rule: str, place: str = "$") -> None:
        super().__init__(rule)
        self.code = code
        self.rule = rule
        self.place = place

    def note(self, found: Findings) -> None:
        """Note this as a fault that refuses the file."""
        found.error(self.place, self.code, self.rule)


class Sheet(NamedTuple):
    """A sheet: its title, and by its number each row that says something, with the values by the letter of their column."""

    title: str
    rows: Mapping[int, Mapping[str, Any]]


def is_workbook(content: bytes) -> bool:
    """Tell whether a file is meant to be a workbook, of whatever age, whole or broken."""
    return content.startswith((_ZIP, _COMPOUND))


def document_of(content: bytes) -> Any:
    """Return what a JSON file says; raises Unreadable, with the code that a body of these bytes is refused with."""
    try:
        text = octets.text_of(content)
        document = msgspec.json.decode(content)
    except octets.BadEncoding as error:
        raise _unreadable(content, refusal("bad-encoding", field="$", found=error.zh, detail=error.en)) from error
    except NOT_JSON as error:
        raise _unreadable(content, refusal("not-json", field="$", detail=reason(error))) from error
    if twice := octets.repeated_name(text):
        said = refusal("repeated-name", field=twice)
        raise Unreadable(said.code, said.rule or "", said.field or "$")
    return document


def _unreadable(content: bytes, said: Refusal) -> Unreadable:
    # A place in what was never meant to be JSON (.csv, .doc) helps nobody.
    if content.lstrip(_BEFORE_JSON)[:1] not in {b"{", b"["}:
        return Unreadable("not-json", f"must be JSON or {_EXCEL}")
    return Unreadable(said.code, f"{said.rule}, or {_EXCEL}" if said.code == "not-json" else said.rule or "")


def sheets_of(content: bytes, *, enough: int) -> Iterator[Sheet]:
    """Yield the sheets of a workbook one by one; raises Unreadable.

    Of a sheet no more is read once more than `enough` of its rows say something. Rows that are only formatted say
    nothing, and of cells that are merged only the first one does.
    """
    if content.startswith(_COMPOUND):
        raise Unreadable("no-workbook", f"must be {_EXCEL}: save an older one (.xls), or one with a password, as such")
    with _whatever_is_raised():
        _measure(content)
        book = _opened(content)
    # `worksheets` leaves out sheets that are only a chart.
    for sheet in cast("list[ReadOnlyWorksheet]", book.worksheets):
        with _whatever_is_raised():
            read = _read(book, sheet, enough)
        yield read


@contextmanager
def _whatever_is_raised() -> Iterator[None]:
    """Raise Unreadable for whatever a broken file leads openpyxl, the XML parser, zlib and zipfile to raise."""
    try:
        yield
    except Unreadable:
        raise
    except Exception as error:
        _log.info("a workbook cannot be read", error=type(error).__name__)
        raise Unreadable("no-workbook", f"must be {_EXCEL}") from error


def _measure(content: bytes) -> None:
    """Refuse what unpacks to more than anybody's table.

    A part that is longer than it says is found out here, since it is unpacked piece by piece: openpyxl would unpack it whole.
    """
    with ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > MOST_UNPACKED:
            most = MOST_UNPACKED // (1024 * 1024)
            raise Unreadable(
                "workbook-too-large", f"must unpack to at most {most} MiB, rows that are only formatted too"
            )
        for part in parts:
            # A workbook knows no others, and their pieces are without bounds.
            if part.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
                raise Unreadable("no-workbook", f"must be {_EXCEL}")
            with archive.open(part) as packed:
                while packed.read(_CHUNK):
                    pass


def _opened(content: bytes) -> Workbook:
    # Here and not above: a service that never meets a workbook does without the library's memory (6 MB).
    from openpyxl import load_workbook  # noqa: PLC0415

    return load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)


def _read(book: Any, sheet: Any, enough: int) -> Sheet:
    """Read a sheet by openpyxl's own parser: its read-only sheet fills gaps with cells and does not tell what is merged."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet._reader import WorkSheetParser  # noqa: PLC0415

    rows: dict[int, dict[int, Any]] = {}
    with sheet._get_source() as source:  # noqa: SLF001
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,  # noqa: SLF001
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,  # noqa: SLF001
            timedelta_formats=book._timedelta_formats,  # noqa: SLF001
        )
        for _, cells in parser.parse():
            # Attributes of rows (height, style) would be kept to the last row of the sheet.
            parser.row_dimensions.clear()
            for cell in cells:
                if cell["value"] is not None and str(cell["value"]).strip():
                    rows.setdefault(cell["row"], {})[cell["column"]] = cell["value"]
            if len(rows) > enough:
                break
    _hide_merged(rows, [] if parser.merged_cells is None else parser.merged_cells.mergeCell)
    said = {
        number: {get_column_letter(column): values[column] for column in sorted(values)}
        for number, values in sorted(rows.items())
        if values
    }
    return Sheet(sheet.title, said)


def _hide_merged(rows: Mapping[int, dict[int, Any]], merged: list[CellRange]) -> None:
    """Take away what merged cells hold beside their first one: nobody sees it."""
    if len(merged) > MOST_MERGED:
        raise Unreadable("workbook-too-large", f"must have at most {MOST_MERGED} merged cells on a sheet")
    last = max(rows, default=0)
    for area in merged:
        for number in range(area.min_row, min(area.max_row, last) + 1):
            values = rows.get(number, {})
            for column in [each for each in values if area.min_col <= each <= area.max_col]:
                if (number, column) != (area.min_row, area.min_col):
                    del values[column]
