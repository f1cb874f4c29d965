"""By what two plans, submissions or requests are the same: each word of them, and nothing else."""

from __future__ import annotations

import hashlib

import msgspec

from duban_contracts.events.types import Evidence
from duban_contracts.testing.calendar import june
from services.ledger.hazards.model.digests import extension_digest, plan_digest, submission_digest

PROOF = Evidence(name="整改后.jpg", sha256="a" * 64)


def of(*said: object) -> bytes:
    return hashlib.sha256(msgspec.json.encode(said)).digest()


def test_a_plan_is_its_words_its_money_and_its_contingency() -> None:
    assert plan_digest("更换", "安全总监", 5, "值守") == of("更换", "安全总监", 5, "值守")
    assert plan_digest("更换", "安全总监", 5) == of("更换", "安全总监", 5, None)
    assert plan_digest("更换", "安全总监", None, "值守") == of("更换", "安全总监", None, "值守")
    # As before plans could say money and contingency.
    assert plan_digest("更换", "安全总监") == of("更换", "安全总监")


def test_a_submission_is_its_words_its_day_and_its_proof() -> None:
    assert submission_digest("更换", june(1), [PROOF]) == of("更换", june(1), (PROOF,))
    assert submission_digest("更换", june(1), []) == of("更换", june(1), ())


def test_a_request_is_its_reason_and_its_day() -> None:
    assert extension_digest("到货延迟", june(9)) == of("到货延迟", june(9))
