"""JSON documents as msgspec structs that FastAPI takes as it takes pydantic's models: bodies, answers, OpenAPI.

An answer is a `Document` (or any struct) that a route returns; it is encoded once. A body is read from its bytes once,
closed at every depth, and everything that is wrong with it is told at once, in the contract's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from itertools import islice
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec
from fastapi import Response
from msgspec import inspect
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from duban_contracts.admissible import octets, surrogates
from duban_contracts.admissible.numbers import plain_values
from duban_contracts.closed import closed
from duban_contracts.explain import explain
from duban_contracts.not_json import NOT_JSON, reason
from duban_contracts.refusals import Refusal, violation
from duban_contracts.terms import check_terms
from duban_contracts.vocabulary import VOCABULARIES
from services.chassis.web.media import compressed, of_another_type
from services.chassis.web.preconditions import etag
from services.chassis.web.violations import MOST_VIOLATIONS, refused

JSON: Final = "application/json"
BIGINT: Final = range(-(2**63), 2**63)
# What PostgreSQL can't store shows in the text; nearly every body is spared the walk.
_SUSPECT: Final = re.compile(rb"\\u0000|[0-9]{19}")
_ENCODER: Final = msgspec.json.Encoder()


class JsonText(bytes):
    """A request's body, sent as JSON and not read yet; `Router` hands it to whoever validates it."""

    __slots__ = ()


class CompressedText(bytes):
    """A request's body in a coding that nobody here undoes."""

    __slots__ = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What HTTP says or takes: FastAPI reads it as a body (see `bodies`) and documents it as `response_model`."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return how pydantic validates and shows this struct: by msgspec."""
        return Shape().__get_pydantic_core_schema__(source, handler)


def answer(
    document: object,
    *,
    status: int = 200,
    version: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return `document` (a struct, or a list of them) as a JSON answer; `version` becomes its ETag.

    A route that has nothing to say beside the document just returns it.
    """
    tag = {} if version is None else {"ETag": etag(version)}
    return Response(_ENCODER.encode(document), status_code=status, media_type=JSON, headers={**tag, **(headers or {})})


class Shape:
    """Annotation: shows pydantic and OpenAPI a struct that knows neither, such as a command or one of the contract's.

    Where `Annotated[Confirm, Shape()]` stands, a Confirm is taken: from JSON text or from decoded JSON, and closed.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the struct `source`; in OpenAPI it is one component under its own name."""
        nested = _nested(source)

        def described(schema: CoreSchema, get: GetJsonSchemaHandler) -> dict[str, Any]:
            shown = get(schema).get("prefixItems", [])
            return _described(source, dict(zip(nested, shown, strict=True)), get.mode)

        return core_schema.json_or_python_schema(
            # Never validates: it is where pydantic finds the nested types to describe.
            json_schema=core_schema.tuple_schema([handler.generate_schema(_annotated(kind)) for kind in nested]),
            python_schema=core_schema.no_info_plain_validator_function(lambda value: _validated(value, source)),
            ref=f"{_origin(source).__module__}.{name_of(source)}:{id(source)}",
            serialization=core_schema.plain_serializer_function_ser_schema(msgspec.to_builtins),
            metadata={"pydantic_js_functions": [described]},
        )


def documented(model: Any) -> Any:
    """Return `model` as FastAPI can document it: a struct that doesn't know pydantic gets its Shape."""
    plain = hasattr(model, "__struct_fields__") and not hasattr(model, "__get_pydantic_core_schema__")
    return Annotated[model, Shape()] if plain else model


def name_of(model: Any) -> str:
    """Return the name of a document's type in OpenAPI: `HazardDocument`; `Page[HazardDocument]` is HazardDocumentPage."""
    return "".join(name_of(argument) for argument in get_args(model)) + _origin(model).__name__


def _origin(model: Any) -> type:
    found: type = get_origin(model) or model
    return found


def _annotated(kind: type) -> Any:
    return kind if issubclass(_origin(kind), Enum) else Annotated[kind, Shape()]


@cache
def _nested(model: Any) -> tuple[Any, ...]:
    """Return the structs and enums that stand in the fields of `model`, each once.

    Kept, because one struct stands in many routes: looked at anew it took a sixth of what it takes to make an app.
    """
    shape = inspect.type_info(model)
    assert isinstance(shape, inspect.StructType)  # noqa: S101 - documents are structs
    found = [kind for field in shape.fields for kind in _kinds(field.type)]
    return tuple(dict.fromkeys(found))


def _kinds(shape: Any) -> Iterator[Any]:
    """Yield the named types in the description of one field, without looking into them."""
    if isinstance(shape, inspect.StructType | inspect.EnumType):
        yield shape.cls
        return
    for name in ("type", "types", "item_type", "item_types", "key_type", "value_type"):
        inner = getattr(shape, name, ())
        for one in inner if isinstance(inner, tuple) else (inner,):
            yield from _kinds(one)


def _described(model: Any, nested: Mapping[Any, dict[str, Any]], mode: str) -> dict[str, Any]:
    """Return the JSON Schema of `model`; the types in `nested` stand behind their references."""
    (own, *others), components = msgspec.json.schema_components([model, *nested], ref_template="{name}")
    references = {other["$ref"]: shown["$ref"] for other, shown in zip(others, nested.values(), strict=True)}
    schema: dict[str, Any] = {**_referring(components[own["$ref"]], references), "title": name_of(model)}
    if mode == "validation":
        schema["additionalProperties"] = False
    elif not _origin(model).__struct_config__.omit_defaults:  # type: ignore[attr-defined]
        # An answer always holds all of its fields.
        schema["required"] = list(schema["properties"])
    return schema


def _referring(schema: Any, references: Mapping[str, str]) -> Any:
    if isinstance(schema, dict):
        if "propertyName" in schema and "mapping" in schema:
            # The discriminator of a tagged union names its types by reference, too.
            return {**schema, "mapping": {tag: references[name] for tag, name in schema["mapping"].items()}}
        shown = {
            name: references[value] if name == "$ref" else _referring(value, references)
            for name, value in schema.items()
        }
        return with_terms(shown)
    if isinstance(schema, list | tuple):
        return [_referring(item, references) for item in schema]
    return schema


def with_terms(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON Schema with the codes of the vocabulary that it is bound to, if any."""
    name = schema.get("x-vocabulary")
    return schema if name is None else {**schema, "enum": [term.code for term in VOCABULARIES[name]]}


def _validated(value: Any, model: Any) -> Any:
    """Return `value` as a `model`; raises pydantic's error with every refusal."""
    if isinstance(value, _origin(model)):
        return value
    if isinstance(value, JsonText):
        return decoded(value, model)
    if isinstance(value, CompressedText):
        raise refused(compressed())
    if isinstance(value, bytes):
        raise refused(
            of_another_type(f"Content-Type 须为 {JSON}（UTF-8），只写一次", f"must be {JSON} in UTF-8, named once")
        )
    return decoded(_ENCODER.encode(value), model)


def decoded(text: bytes, model: Any) -> Any:
    """Return JSON `text` as a `model` that is closed at every depth; raises pydantic's error with every refusal."""
    strict, plain = _decoders(model)
    try:
        strict.decode(text)
        found = plain.decode(text)
    except msgspec.ValidationError as error:
        raise refused(*_broken(text, model, error)) from None
    except NOT_JSON as error:
        raise refused(_unreadable(text, error)) from None
    if twice := octets.repeated_name(text.decode()):
        raise refused(violation("repeated-name", twice))
    if _SUSPECT.search(text) and (unfit := list(_unfit(msgspec.json.decode(text), "$"))):
        raise refused(*unfit[:MOST_VIOLATIONS])
    if terms := check_terms(found):
        raise refused(*terms)
    return found


@cache
def _decoders(model: Any) -> tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]:
    return msgspec.json.Decoder(closed(model)), msgspec.json.Decoder(model)


def _broken(text: bytes, model: Any, error: msgspec.ValidationError) -> list[Refusal]:
    """Return every rule that `text` breaks; msgspec's own word where the contract has none for it."""
    try:
        found = list(islice(explain(plain_values(text), model), MOST_VIOLATIONS))
    except NOT_JSON as unreadable:
        return [_unreadable(text, unreadable)]
    except NotImplementedError:
        found = []
    rule, _, path = str(error).partition(" - at `")
    return found or [violation("wrong-format", path.rstrip("`") or "$", rule=rule, pattern="")]


def _unreadable(text: bytes, error: Exception) -> Refusal:
    try:
        place = surrogates.place_of_half(octets.text_of(text))
    except octets.BadEncoding as encoding:
        return violation("bad-encoding", "$", found=encoding.zh, detail=encoding.en)
    if place is not None:
        return violation("control-character", place)
    return violation("not-json", "$", detail=reason(error))


def _unfit(value: Any, path: str) -> Iterator[Refusal]:
    """Yield what PostgreSQL can't store: texts that hold U+0000, whole numbers beyond a bigint."""
    if isinstance(value, str) and "\0" in value:
        yield violation("control-character", path)
    elif isinstance(value, int) and value not in BIGINT:
        yield violation("out-of-range", path, zh=f"{BIGINT[0]} 至 {BIGINT[-1]}", en=f"{BIGINT[0]} to {BIGINT[-1]}")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _unfit(item, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unfit(item, f"{path}[{index}]")
