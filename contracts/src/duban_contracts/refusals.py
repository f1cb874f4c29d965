"""A refusal: the one form in which any door says no, to a machine, an engineer and a clerk."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import msgspec

from duban_contracts.codes import CODES
from duban_contracts.field_names import FIELD_NAMES_ZH
from duban_contracts.legible import legible

MOST_CHARACTERS: Final = 200
PROBLEM_CONTENT_TYPE: Final = "application/problem+json"


class Refusal(msgspec.Struct, frozen=True):
    """A decision not to take or do something.

    `code` is stable and meant for programs, `message` is Chinese, names no person and is meant for people. `field` is
    a JSON path (`$.enterprise.uscc`), an envelope attribute or a parameter; `rule` says in English what was expected.
    """

    code: str
    message: str
    field: str | None = None
    rule: str | None = None

    @property
    def status(self) -> int:
        """The HTTP status of an answer that carries this refusal; 422 where the catalogue names none."""
        return CODES[self.code].status or 422


def refusal(code: str, *, field: str | None = None, rule: str | None = None, **values: object) -> Refusal:
    """Return the refusal of `code`; `values` fill the `{name}`s of its Chinese sentence and its English rule.

    `rule` says it more exactly than the catalogue where there is more to say. Foreign text is made legible. Raises
    KeyError for a code that is not in the catalogue and for a value that its sentence needs.
    """
    meaning = CODES[code]
    shown = {name: legible(str(value)) for name, value in values.items()}
    return Refusal(
        code,
        meaning.zh.format_map(shown),
        None if field is None else legible(field),
        legible(meaning.en.format_map(shown) if rule is None else rule),
    )


def violation(code: str, field: str, *, rule: str | None = None, **values: object) -> Refusal:
    """Return the refusal of a document's `field`: its sentence begins with the field's Chinese name."""
    plain = refusal(code, field=field, rule=rule, **values)
    label = FIELD_NAMES_ZH.get(field.rpartition(".")[2].partition("[")[0])
    shown = plain.field if label is None else f"{label}({plain.field})"
    return msgspec.structs.replace(plain, message=f"{shown}：{plain.message}")


def problem_body(said: Refusal, **extra: Any) -> dict[str, Any]:
    """Return the JSON object of a refusal as RFC 9457's problem; members that are None are left out."""
    body: dict[str, Any] = {
        "type": f"urn:duban:problem:{said.code}",
        "title": HTTPStatus(said.status).phrase,
        "status": said.status,
        "detail": said.message,
        "code": said.code,
        "field": said.field,
        "rule": said.rule,
        **extra,
    }
    return {name: value for name, value in body.items() if value is not None}


def broken_rule(said: Refusal) -> dict[str, str]:
    """Return the JSON object of one of a problem's `errors`; members that are None are left out."""
    body = {"code": said.code, "detail": said.message, "field": said.field, "rule": said.rule}
    return {name: value for name, value in body.items() if value is not None}
