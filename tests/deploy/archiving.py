"""An archive and a server's data for backup.sh, without a server: PostgreSQL's programs are stand-ins."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tests.deploy.composition import COMPOSE

SEGMENT: Final = "000000010000000000000003"
PROGRAMS: Final = {
    "pg_basebackup": """
        for each; do case $each in --pgdata=*) target=${each#*=} ;; esac; done
        mkdir "$target"
        touch "$target/backup_manifest"
        echo "START WAL LOCATION: 0/3000028 (file 000000010000000000000003)" > "$target/backup_label" """,
    "pg_verifybackup": "[ ! -e $BACKUPS/damaged ]",
    "pg_archivecleanup": 'echo "$2" > $BACKUPS/cleaned',
    # The data's size; how much is free stands in a file.
    "psql": "echo 1000000000",
    "df": 'echo Avail; cat "$BACKUPS/free" 2> /dev/null || echo 2000000000',
    # As `find` and `cp` of who can't read, or whose disk is full.
    "cp": '[ ! -e "$BACKUPS/full" ] || exit 1\nexec /bin/cp "$@"',
    # A server that has nothing to take up.
    "postgres": 'rm "$2/recovery.signal"',
}


class Installation:
    """An archive with one base of a week ago, and data of a server."""

    def __init__(self, place: Path) -> None:
        self.archive, self.data, self.programs = place / "archive", place / "18" / "docker", place / "bin"
        self.programs.mkdir()
        self.stand_in(**PROGRAMS)
        (self.archive / "wal").mkdir(parents=True)
        (self.archive / "wal" / SEGMENT).write_bytes(b"log")
        self.data.mkdir(parents=True)
        (self.data / "PG_VERSION").write_text("what lay there\n", encoding="utf-8")
        self.environment = {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "BACKUPS": str(self.archive),
            "PGDATA": str(self.data),
            "KEEP_BASES": "2",
        }
        self.first = self.base(timedelta(days=7))

    def stand_in(self, **programs: str) -> None:
        """Put these shell scripts in the place of programs."""
        for name, text in programs.items():
            (self.programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            (self.programs / name).chmod(0o755)

    @property
    def bases(self) -> list[Path]:
        return sorted((self.archive / "base").iterdir())

    def base(self, age: timedelta) -> Path:
        """Put a base of this age there."""
        began = datetime.now(UTC) - age
        made = self.archive / "base" / began.strftime("%Y%m%dT%H%M%S.%f000Z")
        made.mkdir(parents=True)
        (made / "backup_manifest").touch()
        os.utime(made / "backup_manifest", (began.timestamp(), began.timestamp()))
        (made / "backup_label").write_text(f"START WAL LOCATION: 0/3000028 (file {SEGMENT})\n", encoding="utf-8")
        (made / "postgresql.auto.conf").write_text("restore_command = 'of before'\n", encoding="utf-8")
        (made / "PG_VERSION").write_text("of the base\n", encoding="utf-8")
        return made

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(COMPOSE / "backup.sh"), *words],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def untouched(self) -> bool:
        return (self.data / "PG_VERSION").read_text(encoding="utf-8") == "what lay there\n" and self.first in self.bases
