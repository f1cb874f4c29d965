"""The OpenAPI documents of all services, as files: what client generators and integrators read without a platform.

python -m services.chassis.openapi        # writes docs/openapi/
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from services.chassis.unconnected import SERVICES, app_without_servers, service_names

ROOT: Final = SERVICES.parent
FOLDER: Final = Path("docs") / "openapi"

_HEAD: Final = """\
# 接口文档 · OpenAPI

由各服务的接口生成，请勿手改：`python -m services.chassis.openapi`。运行中的服务在 `/openapi.json` 给出同一份文档。
Generated from the services' routes, not written by hand: `python -m services.chassis.openapi`. A running service gives
the same document at `/openapi.json`.

| 服务 service | 接口 operations | 文档 document |
|---|---|---|
"""

_RULES: Final = """
各服务的约定相同 · The same everywhere:

* 密钥 key: `Authorization: Bearer dbk_…`; 登录令牌 token: `Authorization: Bearer <JWT>`; 权限见 rights stand in [rights.md](../rights.md).
* 出错 errors: `application/problem+json` (RFC 9457). `code` 稳定、供程序判断 is stable and meant for programs; `detail`
  是中文、供人阅读 is Chinese and meant for people; `field`、`rule` 指出错处 name what is wrong; `errors` 一次列出全部错处
  lists everything at once. 每个 `code` 的含义和办法见各文档的 `components.examples` say what each code means and what to do.
* 请求正文和查询参数是封闭的 bodies and queries are closed: 未知字段、未知参数均被拒绝 what is unknown is refused by name.
* 列表 lists: `limit`、`after`; `next` 为空即末页 null is the last page. 游标不可解读，也不应保存 cursors are opaque and not kept.
* 并发 concurrency: 读取得到 `ETag`，操作时以 `If-Match` 送回 a read gives an `ETag`, a command sends it back as `If-Match`;
  412 表示内容已变 says that it has changed.
* 重试 retries: 操作带 `Idempotency-Key` 即可安全重试，一天内得到同一答复 with an `Idempotency-Key` a command can be repeated
  safely, and gets the same answer for a day.
"""


def generated() -> dict[str, str]:
    """Return the text of every file, by its path below the repository."""
    documents = {service: app_without_servers(service).openapi() for service in service_names()}
    files = {str(FOLDER / f"{service}.json"): _json(document) for service, document in documents.items()}
    return {**files, str(FOLDER / "README.md"): _readme(documents)}


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _readme(documents: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        f"| {document['info']['title']} | {_operations(document)} | [{service}.json]({service}.json) |\n"
        for service, document in documents.items()
    ]
    return "".join([_HEAD, *rows, _RULES])


def _operations(document: Mapping[str, Any]) -> int:
    return sum(len(way) for path, way in document["paths"].items() if path.startswith("/v1/"))


if __name__ == "__main__":
    for name, text in generated().items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name}\n")
