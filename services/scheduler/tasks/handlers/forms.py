"""Forms: what a kind of task records is a JSON Schema of the profile, and a submission is held to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match
from msgspec import Meta

from duban_contracts.profile import ProfileError, read
from duban_contracts.refusals import Refusal, refusal

FORMS: Final = "forms.json"
_LONGEST: Final = 300
Kind = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,62}$")]


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The form of a kind of task: its Chinese title, whether a submission must hold it, and its JSON Schema (2020-12).

    With `findings` a submission may hold beside it what was found: each becomes a hazard of the ledger.
    """

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    required: bool = True
    findings: bool = False
    schema: dict[str, Any]


class FormsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """forms.json: forms by kind of task."""

    forms: dict[Kind, Form]


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of a city by kind of task."""

    by_kind: Mapping[str, Form]

    def check(self, kind: str, form: Mapping[str, Any] | None) -> Refusal | None:
        """Return the first rule of the kind's schema that `form` breaks; a kind without a form takes none."""
        known = self.by_kind.get(kind)
        if form is None:
            return refusal("form-required", field="form") if known and known.required else None
        if known is None:
            return refusal("form-invalid", field="form", detail=f"tasks of kind {kind} have no form")
        error = best_match(Draft202012Validator(known.schema).iter_errors(form))
        if error is None:
            return None
        path = error.json_path.removeprefix("$")
        return refusal("form-invalid", field=f"form{path}", detail=error.message[:_LONGEST])

    def takes_findings(self, kind: str) -> bool:
        """Tell whether a submission of this kind of task may hold findings."""
        known = self.by_kind.get(kind)
        return known is not None and known.findings


NO_FORMS: Final = Forms({})


def load_forms(profile: Path) -> Forms:
    """Read forms.json where the profile has it; raises ProfileError naming the schema that is none."""
    path = profile / FORMS
    if not path.exists():
        return NO_FORMS
    file = read(path, FormsFile)
    for kind, form in file.forms.items():
        if error := _flaw(msgspec.json.encode(form.schema)):
            raise ProfileError(
                path, f"$.forms.{kind}.schema{error.json_path.removeprefix('$')}", error.message
            ) from error
        if form.schema.get("type") != "object":
            raise ProfileError(path, f"$.forms.{kind}.schema.type", "must be object")
    return Forms(file.forms)


@cache
def _flaw(schema: bytes) -> SchemaError | None:
    """Return what makes a JSON text no schema. Kept: four slices load the forms, and all schemas of a city take 0.2 s."""
    try:
        Draft202012Validator.check_schema(msgspec.json.decode(schema))
    except SchemaError as error:
        return error
    return None
