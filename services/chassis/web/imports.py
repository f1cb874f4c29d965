"""Files that are loaded over HTTP, JSON or a workbook: whole or not at all, after a rehearsal if wanted."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import Depends, Query, Request

from duban_contracts.admissible import octets
from duban_contracts.findings import Findings
from duban_contracts.not_json import NOT_JSON, reason
from duban_contracts.refusals import refusal
from services.chassis.telemetry import acts
from services.chassis.web.bodies import read_body
from services.chassis.web.findings import FindingDocument
from services.chassis.web.problems import Problem

MOST_BYTES: Final = 4 * 1024 * 1024
CODES: Final = ("import-refused", "body-too-large")
"""What every such route may answer beside its own refusals."""
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def _content(request: Request) -> bytes:
    return await read_body(request, MOST_BYTES)


FileContent = Annotated[bytes, Depends(_content)]
"""A route's parameter: the file as it was sent, up to 4 MiB."""


async def _dry_run(*, dry_run: Annotated[bool, Query(description="只校验并说明将会怎样，不保存")] = False) -> bool:
    acts.rehearsing(whether=dry_run)
    return dry_run


DryRun = Annotated[bool, Depends(_dry_run)]
"""A route's parameter: whether the file is only rehearsed; the trail tells of it as that."""


def json_of(content: bytes, found: Findings) -> Any:
    """Return what a JSON file holds, by the rules of every other door; None with what is wrong noted in `found`."""
    try:
        text = octets.text_of(content)
        holds = msgspec.json.decode(text)
    except octets.BadEncoding as error:
        found.error("$", "bad-encoding", f"must be JSON in UTF-8, or an Excel workbook (.xlsx): {error}")
    except NOT_JSON as error:
        found.error("$", "not-json", f"must be JSON ({reason(error)}) or an Excel workbook (.xlsx)")
    else:
        if (twice := octets.repeated_name(text)) is None:
            return holds
        found.error(twice, "repeated-name", "must stand once in its object")
    return None


def file_body(description: str) -> dict[str, Any]:
    """Return the request body of such a route in OpenAPI; `description` says what its JSON holds."""
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object", "description": description}},
                _XLSX: {"schema": {"type": "string", "format": "binary"}},
            },
        }
    }


def refuse_faults(found: Findings) -> None:
    """Raise the Problem that names everything found about a file, if an error refuses it."""
    if found.errors:
        said = refusal("import-refused", count=len(found.errors), rule=None)
        raise Problem.of(said, findings=[FindingDocument.of(each) for each in found.findings])
