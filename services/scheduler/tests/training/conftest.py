"""The books of training, as enterprises and offices see them."""

from __future__ import annotations

import pytest

from services.scheduler.tests.office import Office
from services.scheduler.tests.training.stage import Books, store_keys


@pytest.fixture
async def books(office: Office) -> Books:
    """The API on Wednesday 15 May 2024, as enterprises and offices see it."""
    await store_keys(office.database)
    return Books(office.client, office.database)
