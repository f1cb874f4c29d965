"""Finds decisions about roles, areas and sectors that stand outside `access`; run by `make lint` and by a test.

It prevents an incident that happened: notifications checked the county of whoever asked for letters, by itself, and
forgot sectors and enterprises. A coal regulator read every letter of his county, and so did the principal of one single
enterprise. Each service had its own opinion about who sees what (scheduler, ledger and statistics had three others, of
which one let any key in), and no test could hold them together. Now there is one, and this keeps a fifth from arising.

What it finds, in the code of services (not in tests):
- reading `.area`, `.sectors` or `.role` of anything: ask `caller.scope`, `caller.county`, `caller.actor`, `holds(...)`;
- a role as text: say `Role.X`;
- comparing with `Role.X` or with a group of roles: ask `holds(actor, roles)`;
- comparing the county, township, unit or enterprise of a caller, an actor, a hand or a signatory (`by`): ask `access.belonging`.
  Whether there is one at all (`by.county is None`) may be asked.
Declarations (`Action(..., roles=...)`, `Move(..., roles=...)`) compare nothing, so they pass.

    python -m services.chassis.access.lint            # prints path:line: what; exit code 1 when there is something
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from services.chassis.access import roles as role_groups
from services.chassis.access.roles import Role

_FIELDS: Final = frozenset({"area", "sectors", "role"})
_WHO: Final = frozenset({"actor", "by", "caller", "hand", "principal", "signatory", "who"})
_THEIRS: Final = frozenset({"county", "enterprise", "township", "unit"})
_CODES: Final = frozenset(role.value for role in Role)
_GROUPS: Final = frozenset(name for name, value in vars(role_groups).items() if isinstance(value, frozenset))
_ROLES_MODULE: Final = role_groups.__name__

# Fields of those names that are no principal's: file (below services/) -> attribute expressions, each with its reason.
_OTHERS: Final = {
    "chassis/assembly.py": {"job.role"},  # a role of the process: http, consumer, relay
    # In which role somebody acted, written down.
    "chassis/storage/trail.py": {"act.role"},
    "chassis/trail/recorder.py": {"act.role"},
    # Of which sectors a task is: its facts, by which the caller's scope decides.
    "scheduler/tasks/model/planned.py": {"self.sectors"},
    "scheduler/tasks/model/task.py": {"plan.sectors"},
    # Of which sectors a duty is, and what a document says that a unit does (协助): content, of nobody's rights.
    "scheduler/campaigns/handlers.py": {"duty.sectors"},
    "scheduler/campaigns/model/gaps.py": {"row.sectors"},
    "scheduler/duties/model/planning.py": {"duty.sectors"},
    # What an expert knows, and what an inspection asks for.
    "scheduler/experts/documents.py": {"expert.sectors"},
    "scheduler/experts/model.py": {"expert.sectors", "inspection.sectors", "task.plan.sectors"},
    "scheduler/experts/tables.py": {"expert.sectors"},
    "scheduler/imports/model/nine_ones.py": {"row.sectors"},
    "scheduler/imports/model/three_year.py": {"item.sectors", "part.role"},
}


def check(text: str, name: str = "") -> list[tuple[int, str]]:
    """Return (line, what) for each decision in a module's source; `name` is its path below services/."""
    tree = ast.parse(text)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == _ROLES_MODULE
        for alias in node.names
        if alias.name in _GROUPS or alias.name == Role.__name__
    }
    found = [pair for node in ast.walk(tree) for pair in _decisions(node, imported, _OTHERS.get(name, set()))]
    return sorted(set(found))


def _decisions(node: ast.AST, imported: set[str], others: set[str]) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Attribute(attr=attribute, ctx=ast.Load()) if attribute in _FIELDS:
            if ast.unparse(node) not in others:
                yield node.lineno, f"reads {ast.unparse(node)}: ask the caller's scope, county or actor, or holds()"
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=attribute), *_]) if attribute in _FIELDS:
            yield node.lineno, f"reads {attribute}: ask the caller's scope, county or actor, or holds()"
        case ast.Constant(value=str(text)) if text in _CODES:
            yield node.lineno, f'names the role "{text}" as text: say Role.{Role(text).name}'
        case ast.Compare(left=left, comparators=comparators):
            if any(_names_roles(part, imported) for operand in (left, *comparators) for part in ast.walk(operand)):
                yield node.lineno, f"compares roles ({ast.unparse(node)}): ask holds(actor, roles)"
            elif not _asks_for_none(node) and any(_is_theirs(each) for each in _compared((left, *comparators))):
                yield node.lineno, f"compares whose it is ({ast.unparse(node)}): ask access.belonging"
        case ast.MatchValue(value=ast.Attribute(value=value)) if _names_roles(value, imported):
            yield value.lineno, f"matches a member of {ast.unparse(value)}: ask holds(actor, roles)"


def _asks_for_none(node: ast.Compare) -> bool:
    return all(isinstance(each, ast.Constant) and each.value is None for each in node.comparators)


def _compared(operands: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Yield what is compared, and what stands in a set, tuple or list that is."""
    for each in operands:
        if isinstance(each, ast.Set | ast.Tuple | ast.List):
            yield from _compared(each.elts)
        else:
            yield each


def _is_theirs(node: ast.AST) -> bool:
    """Say whether this is `caller.county`, `by.actor.unit` or their like."""
    match node:
        case ast.Attribute(value=ast.Name(id=who) | ast.Attribute(attr=who), attr=attribute):
            return attribute in _THEIRS and who in _WHO
        case _:
            return False


def _names_roles(node: ast.AST, imported: set[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in imported
        case ast.Attribute(value=ast.Name(id="roles"), attr=attribute):
            return attribute in _GROUPS or attribute == Role.__name__
        case _:
            return False


def modules(root: Path) -> Iterator[Path]:
    """Yield the modules of all services that have to ask `access`: not access itself, and no tests."""
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        if "tests" not in parts and parts[:2] not in {("chassis", "access"), ("chassis", "testing")}:
            yield path


def findings(root: Path, paths: Iterable[Path]) -> list[str]:
    """Return `path:line: what` for every decision in `paths`, which lie below `root`, the folder of the services."""
    return [
        f"{path}:{line}: {what}"
        for path in paths
        for line, what in check(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
    ]


def main() -> int:
    """Print what there is to find; return the exit code."""
    root = Path(__file__).parents[2]
    lines = findings(root, modules(root))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
