"""`duban health`: whether every service does its work."""

from __future__ import annotations

import httpx
import typer

from services.cli.output import NO, rows
from services.cli.surroundings import SERVICES, told


def health() -> None:
    """各服务是否就绪；有一个未就绪即以 1 退出。"""
    found = []
    for service in SERVICES:
        url = told(f"DUBAN_{service.upper()}_URL")
        try:
            body = httpx.get(f"{url}/readyz", timeout=5).json()
            state, missing = body["status"], "；".join(body["missing"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            state, missing = "unreachable", type(error).__name__
        found.append({"service": service, "state": state, "missing": missing})
    rows("services", {"service": "服务", "state": "状态", "missing": "说明"}, found)
    if any(each["state"] != "ready" for each in found):
        raise typer.Exit(NO)
