"""The generators: each returns the text of the files it owns, by their path below the repository."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

from deploy.grafana import generate as dashboards
from deploy.kubernetes import alerting, manifests
from deploy.prometheus import operator
from duban_contracts.generate import files as contracts
from duban_contracts.generate.code_tables import guides
from services.chassis import openapi, rights
from services.ledger import generate as moves
from tools.generate import commands, features, machine, metrics, settings, tables

ROOT: Final = Path(__file__).resolve().parents[2]

Files = Mapping[str, str | None]
"""The content of each file; None for one that should not be there."""


def contract_files(root: Path = ROOT) -> Files:
    """Return what is made from the contract for a checkout at `root`, the county guides with their tables of codes among it."""
    directory = root / "contracts"
    texts = {**contracts.generated(version("duban-contracts")), **guides(directory)}
    # A path beside `contracts/` is said from the checkout, as all others are.
    made: dict[str, str | None] = {os.path.normpath(f"contracts/{name}"): text for name, text in texts.items()}
    for name in contracts.stale(directory, texts):
        made.setdefault(os.path.normpath(f"contracts/{name}"), None)
    return made


def _dashboards() -> Files:
    rendered = dashboards.render()
    texts = {**rendered, manifests.KUSTOMIZATION: manifests.boards_component(rendered)}
    return {f"deploy/grafana/dashboards/{name}": text for name, text in texts.items()}


def _operator() -> Files:
    return {str(operator.TARGET.relative_to(ROOT)): operator.render()}


def _kubernetes() -> Files:
    profile = dashboards.PROFILE
    return {
        **{f"k8s/cities/{profile.name}/{name}": text for name, text in manifests.kafka(profile).items()},
        f"deploy/profiles/{profile.name}/{manifests.KUSTOMIZATION}": manifests.profile_component(profile),
        str(alerting.TARGET.relative_to(ROOT)): alerting.render(),
    }


GENERATORS: Final[Mapping[str, Callable[[], Files]]] = {
    "contracts": contract_files,
    "dashboards": _dashboards,
    "operator": _operator,
    "kubernetes": _kubernetes,
    "openapi": openapi.generated,
    "rights": lambda: {"docs/rights.md": rights.generated()},
    "moves": lambda: {"docs/moves.md": moves.document(), "docs/moves.svg": machine.hazards(moves.ways())},
    "metrics": lambda: {"docs/metrics.md": metrics.document()},
    "settings": lambda: {"docs/settings.md": settings.document()},
    "tables": lambda: {"docs/tables.md": tables.document()},
    "commands": lambda: {"docs/duban.md": commands.document()},
    "features": lambda: {"docs/features.md": features.document(ROOT)},
}
# PostgreSQL's own catalogue is asked.
NEEDS_POSTGRES: Final = frozenset({"tables"})


def stale(files: Files, root: Path = ROOT) -> dict[str, str | None]:
    """Return those of `files` that the tree at `root` holds otherwise."""
    return {path: text for path, text in files.items() if _present(root / path) != text}


def _present(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
