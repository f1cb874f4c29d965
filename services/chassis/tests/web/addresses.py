"""The addresses of every service."""

from __future__ import annotations

import re

from services.chassis.unconnected import app_without_servers, service_names
from services.chassis.web.routes import Route

SERVICES = service_names()


def addresses(service: str, *methods: str) -> set[str]:
    """Return an address of each route that knows one of `methods` (any, where none is named), with something in every place."""
    routes = [route for route in app_without_servers(service).routes if isinstance(route, Route)]
    asked = [route for route in routes if not methods or set(methods) & (route.methods or set())]
    return {re.sub(r"\{[^}]*\}", "x", route.path) for route in asked}
