"""The OpenAPI document of a service: FastAPI's own, made true of what the house answers."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from fastapi import FastAPI

from duban_contracts.refusals import PROBLEM_CONTENT_TYPE
from services.chassis.web.problems import ProblemDocument, example

_SCHEME: Final = "accessKey"
_DESCRIPTION: Final = (
    "出错时答复 `application/problem+json`（RFC 9457）：`code` 供程序判断，`detail` 供人阅读，`field`、`rule` 指出错处，`errors` 列出全部错处。"
    "未知的字段和查询参数均被拒绝。列表以 `after` 翻页，`next` 为空即末页。操作可带 `If-Match`（读取时的 ETag）和 `Idempotency-Key`"
    "（同一键的重试得到同一答复，保留一天）。时刻均为 UTC（RFC 3339），日期按城市所在时区的日历日。"
)
_LICENSE: Final = {"name": "Apache License 2.0", "identifier": "Apache-2.0"}
_NEVER_SENT: Final = ("HTTPValidationError", "ValidationError")


def install(app: FastAPI) -> None:
    """Let `app` describe itself: the key it asks for, problem details, and no error that is never sent."""
    framework: Any = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(framework())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    document["info"] |= {"description": _DESCRIPTION, "license": _LICENSE}
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _NEVER_SENT:
        schemas.pop(name, None)
    schemas.update(_problem())
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = {
        _SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "dbk_… / JWT",
            "description": "访问密钥，或统一身份认证的登录令牌",
        }
    }
    named: set[str] = set()
    for way in document.get("paths", {}).values():
        for operation in way.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _of_text(parameter["schema"])
            responses = operation["responses"]
            operation["security"] = [{_SCHEME: []}] if "401" in responses else []
            if "HTTPValidationError" in str(responses.get("422")):
                del responses["422"]
            for response in responses.values():
                named.update(response.get("content", {}).get(PROBLEM_CONTENT_TYPE, {}).get("examples", ()))
    components["examples"] = {code: example(code) for code in sorted(named)}
    return document


def _of_text(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an optional parameter without `null`: it can be left out, but text is never null."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) != 1:
        return schema
    return {**options[0], **{name: value for name, value in schema.items() if name != "anyOf"}}


def _problem() -> dict[str, Any]:
    _, components = msgspec.json.schema_components([ProblemDocument], ref_template="#/components/schemas/{name}")
    named = {name.removesuffix("Document"): schema for name, schema in components.items()}
    return {**named, "Problem": {**named["Problem"], "title": "Problem"}}
