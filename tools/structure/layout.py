"""A service is a list of slices; a slice is one noun; the file's name says the layer (CONTRIBUTING, Slices)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.structure.source import Finding

# Stand beside the slices of a service.
_SERVICE_FILES: Final = frozenset(
    {"__init__.py", "__main__.py", "bootstrap.py", "settings.py", "metrics.py", "README.md", "generate.py"}
)
_SERVICE_FOLDERS: Final = frozenset({"migrations", "tests"})
# A layer is a file, or a folder of that name once the file would be too long.
LAYERS: Final = ("wire", "http", "events", "jobs", "documents", "handlers", "tables", "moves", "kinds", "model")
_BESIDE_LAYERS: Final = frozenset({"__init__", "__main__", "metrics"})
_SLICE_ENTRIES: Final = 12
# Slices that are a shelf: beside their layers stands one file for each thing of a kind, so that a new one is one file.
_SHELVES: Final = frozenset({"services/notifications/channels"})
_NO_SERVICE: Final = frozenset({"chassis", "cli"})


def services(root: Path) -> list[Path]:
    """Return the folders of the services."""
    return sorted(
        p for p in (root / "services").iterdir() if (p / "bootstrap.py").exists() and p.name not in _NO_SERVICE
    )


def slices(service: Path) -> list[Path]:
    """Return the slices of a service."""
    return sorted(p for p in service.iterdir() if (p / "__init__.py").exists() and p.name not in _SERVICE_FOLDERS)


def check(root: Path) -> Iterator[Finding]:
    """Yield what stands where nobody would look for it."""
    for service in services(root):
        yield from _service(root, service)
        for each in slices(service):
            yield from _slice(root, each)


def _service(root: Path, service: Path) -> Iterator[Finding]:
    known = {each.name for each in slices(service)}
    for entry in _entries(service):
        fine = entry.name in (known | _SERVICE_FOLDERS) if entry.is_dir() else entry.name in _SERVICE_FILES
        if not fine:
            yield Finding(str(entry.relative_to(root)), 1, "is neither a slice nor a file that every service has")
    for folder in _entries(service / "migrations"):
        if folder.name not in known:
            yield Finding(str(folder.relative_to(root)), 1, "migrations stand in the folder of their slice")
    for folder in _entries(service / "tests"):
        if folder.is_dir() and folder.name not in known:
            yield Finding(str(folder.relative_to(root)), 1, "tests stand in the folder of their slice, or beside all")


def _slice(root: Path, each: Path) -> Iterator[Finding]:
    entries = _entries(each)
    if len(entries) > _SLICE_ENTRIES:
        yield Finding(str(each.relative_to(root)), 1, f"{len(entries)} files; a slice has at most {_SLICE_ENTRIES}")
    shelf = str(each.relative_to(root)) in _SHELVES
    for entry in entries:
        name = entry.name if entry.is_dir() else entry.stem
        if not shelf and (entry.suffix not in {"", ".py"} or name not in {*LAYERS, *_BESIDE_LAYERS}):
            yield Finding(str(entry.relative_to(root)), 1, f"a slice has {', '.join(LAYERS)}; this is none of them")
    if not (each / "wire.py").exists() and any((each / f"{way}.py").exists() for way in ("http", "events", "jobs")):
        yield Finding(str(each.relative_to(root)), 1, "a slice that is called from outside has a wire.py")


def _entries(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.name != "__pycache__") if folder.exists() else []
