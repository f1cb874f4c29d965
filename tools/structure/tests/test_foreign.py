"""A slice takes from another what is offered: words and verbs, never its ways in, and its rows in handlers alone."""

from __future__ import annotations

import pytest

from tools.structure import foreign
from tools.structure.source import module_of


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("http.py", "from services.ledger.history.tables import records", 1),
        ("http/reads.py", "from services.ledger.history import tables", 1),
        ("events.py", "import services.ledger.history.tables.records", 1),
        ("wire.py", "from services.ledger.history.tables.records import COLUMNS", 1),
        ("documents.py", "from services.ledger.history.tables import records", 1),
        ("handlers.py", "from services.ledger.history.tables import records", 0),
        ("tables/rows.py", "from services.ledger.history.tables import records", 0),
        ("http.py", "from services.ledger.hazards.tables import register", 0),
        ("http.py", "from services.ledger.history.handlers import history_of", 0),
        ("wire.py", "from services.ledger.history.events import CONSUMER", 1),
        ("handlers.py", "from services.ledger.history import http", 1),
        ("wire.py", "from services.ledger.hazards.events import CONSUMER", 0),
        ("http.py", "from services.chassis.trail import tables", 0),
        ("tests/test_x.py", "from services.ledger.history.tables import records", 0),
    ],
)
def test_what_a_slice_takes_of_another_that_is_its_own_is_found(path: str, text: str, found: int) -> None:
    assert len(list(foreign.check([module_of(f"services/ledger/hazards/{path}", text)]))) == found
