from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.certificates import Authority
from services.chassis.storage.database import connect


async def test_a_database_that_has_to_speak_tls_is_not_spoken_to_without(postgres_dsn: str, tmp_path: Path) -> None:
    demanding = f"{postgres_dsn}?sslmode=verify-full&sslrootcert={Authority.at(tmp_path).certificate}"
    with pytest.raises(ConnectionError, match="rejected SSL upgrade"):
        await connect(demanding, application_name="test")
