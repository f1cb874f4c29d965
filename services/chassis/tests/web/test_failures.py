"""What callers are told of failures that no handler took."""

from __future__ import annotations

import msgspec
import pytest

from services.chassis.storage.rounds import RoundsFull
from services.chassis.web.failures import unexpected

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(("has_effect", "code"), [(False, "too-busy"), (True, "unavailable")])
def test_of_full_rounds_only_a_request_without_effect_is_told_that_nothing_was_done(
    has_effect: bool,  # noqa: FBT001 - parametrized
    code: str,
) -> None:
    answer = unexpected("POST", RoundsFull(), has_effect=has_effect)
    assert (answer.status_code, msgspec.json.decode(answer.body)["code"]) == (503, code)
    assert answer.headers["retry-after"]
    assert ("未产生任何影响" in bytes(answer.body).decode()) is not has_effect
