"""The ledger's own errors over HTTP."""

from __future__ import annotations

from services.chassis.web.problems import Problem


def no_such_hazard(name: str) -> Problem:
    """Return 404 for an id or number that the ledger doesn't hold."""
    return Problem(404, "hazard-not-found", "台账中没有该隐患", field="name", rule=f"{name[:64]} is not known")


def outside_scope() -> Problem:
    """Return 403 for a hazard outside the caller's area, sectors or enterprise (DOMAIN §10)."""
    return Problem(
        403,
        "outside-scope",
        "该隐患不在您的管辖范围内",
        rule="data scope is area x sector; an enterprise sees its own",
    )


def county_outside_scope(county: str) -> Problem:
    """Return 403 for a filter on a county that the caller doesn't cover."""
    return Problem(403, "outside-scope", f"您无权查看{county}的数据", field="county", rule="own area only")
