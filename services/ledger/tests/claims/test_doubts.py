"""A doubtful credit code turns no hazard away: it is recorded with the doubt, in the hazard and in its events."""

from __future__ import annotations

import pytest

from duban_contracts.events.types import ReportedEnterprise
from duban_contracts.testing.claims import report
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.settling import Batch


def enterprise(code: str | None) -> ReportedEnterprise:
    return ReportedEnterprise(name="示例化工有限公司（虚构）", uscc=code)


@pytest.mark.feature("SY24")
@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    ("written", "kept", "doubts"),
    [
        ("91140502XXXX00035P", "91140502XXXX00035P", ()),
        ("91140502xxxx00035p", "91140502XXXX00035P", ()),
        ("９１１４０５０２ＸＸＸＸ０００３５Ｐ ", "91140502XXXX00035P", ()),
        ("91140502XXXX000193", "91140502XXXX000193", ("uscc_check_character",)),
        ("0" * 18, "0" * 18, ("uscc_placeholder",)),
        ("911111111111111111", "911111111111111111", ("uscc_placeholder",)),
        ("无", None, ("uscc_malformed",)),
        ("140502600012345", None, ("uscc_malformed",)),
        ("", None, ()),
        ("  ", None, ()),
        (None, None, ()),
    ],
)
def test_a_code_is_read_as_codes_are_written_and_doubted_where_it_is_doubtful(
    written: str | None, kept: str | None, doubts: tuple[str, ...]
) -> None:
    batch = Batch().take(report(enterprise=enterprise(written)), report(enterprise=enterprise(written)))
    assert batch.told == ["registered", "duplicate"]
    assert (batch.hazard.enterprise.uscc, batch.hazard.doubts) == (kept, doubts)


def test_a_correction_takes_the_doubt_away() -> None:
    batch = Batch().take(report(enterprise=enterprise("无")), report(enterprise=enterprise("91140502XXXX00035P")))
    assert batch.told == ["registered", "corrected"]
    assert batch.hazard.doubts == ()


async def test_the_doubt_stands_in_the_hazards_document_and_in_its_history(ledger: InProcess) -> None:
    hazard = await ledger.registered(enterprise=enterprise("91140502XXXX000193"))
    assert hazard["doubts"] == ["uscc_check_character"]
    history = (await ledger.get(f"/v1/hazards/{hazard['number']}/history")).json()["items"]
    assert history[0]["payload"]["hazard"]["doubts"] == ["uscc_check_character"]
    assert (await ledger.confirm(hazard)).json()["doubts"] == ["uscc_check_character"]
