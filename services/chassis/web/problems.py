"""Errors over HTTP: RFC 9457 problem details with a stable code, a Chinese message, the field and the rule."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from services.chassis.storage.database import RETRYABLE, is_retryable
from services.chassis.telemetry import tracing

_log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS: Final = 5
PROBLEM_CONTENT_TYPE: Final = "application/problem+json"

_MESSAGES: Final = {
    400: ("bad-request", "请求格式不正确"),
    401: ("unauthenticated", "缺少有效的访问密钥"),
    403: ("forbidden", "无权进行此项操作"),
    404: ("not-found", "没有找到所请求的内容"),
    405: ("method-not-allowed", "该地址不支持此请求方法"),
    413: ("content-too-large", "请求内容过大"),
    415: ("unsupported-media-type", "不支持的内容类型"),
    422: ("invalid-field", "字段内容不符合要求"),
    503: ("unavailable", "服务暂时不可用，请稍后重试"),
}


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """An answer that is an error. `code` is stable; `detail` is Chinese, for people; the rest names the cause."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        rule: str | None = None,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.headers = headers
        self.body = problem_body(status, code, detail, field=field, rule=rule, **extra)


def problem_body(
    status: int, code: str, detail: str, *, field: str | None = None, rule: str | None = None, **extra: Any
) -> dict[str, Any]:
    """Return the JSON object of a problem; members that are None are left out."""
    body: dict[str, Any] = {
        "type": f"urn:duban:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "field": field,
        "rule": rule,
        **extra,
    }
    return {name: value for name, value in body.items() if value is not None}


def respond(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """Return a problem as a response."""
    return JSONResponse(body, status_code=status, headers=headers, media_type=PROBLEM_CONTENT_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem: ours, the framework's and the unexpected."""

    @app.exception_handler(Problem)
    async def on_problem(_: Request, problem: Problem) -> Response:
        return respond(problem.status, problem.body, problem.headers)

    @app.exception_handler(HTTPException)
    async def on_http(_: Request, error: HTTPException) -> Response:
        code, detail = _MESSAGES.get(error.status_code, ("error", "请求无法处理"))
        headers = dict(error.headers) if error.headers else None
        return respond(error.status_code, problem_body(error.status_code, code, detail), headers)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_: Request, error: RequestValidationError) -> Response:
        errors = [{"field": _field(e), "rule": e["msg"]} for e in error.errors()]
        code, detail = _MESSAGES[422]
        named = f"{detail}：{'、'.join(e['field'] for e in errors)}"
        return respond(422, problem_body(422, code, named, **errors[0], errors=errors))

    async def on_away(_: Request, error: Exception) -> Response:
        if not is_retryable(error):
            raise error
        _log.warning("request met something that is away", error=repr(error))
        code, detail = _MESSAGES[503]
        return respond(503, problem_body(503, code, detail), {"Retry-After": str(RETRY_AFTER_SECONDS)})

    for kind in RETRYABLE:
        app.add_exception_handler(kind, on_away)


def unexpected(method: str, error: Exception) -> Response:
    """Log a bug and return what its caller is told: nothing but that it is logged."""
    traceparent = tracing.current_traceparent()
    _log.error("request failed", method=method, traceparent=traceparent, exc_info=error)
    return respond(500, problem_body(500, "internal-error", "服务内部错误，已记录"))


def _field(error: dict[str, Any]) -> str:
    """Return where a value is wrong; a body that is no JSON has only a position."""
    path = () if error["type"] == "json_invalid" else error["loc"][1:]
    return ".".join(str(part) for part in path) or str(error["loc"][0])
