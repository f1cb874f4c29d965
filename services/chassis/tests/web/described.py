"""What the OpenAPI document says is what the service does: schemathesis tries it, right inputs and wrong ones.

`test_openapi_is_true.py` runs it as a program: schemathesis makes its cases while tests are collected, which takes
seconds, and every worker of every run collects.
"""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from services.chassis.tests.web.example import app

# What needs a database is tried by hand (test_idempotency.py, test_serving.py).
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", app()).exclude(path_regex="/readyz|/v1/(notes|forgetful)")


@SCHEMA.parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_document_describes(case: schemathesis.Case[Any]) -> None:
    # A contract's text may not be blank and holds no invisible character: no pattern says that.
    case.call_and_validate(excluded_checks=[positive_data_acceptance] if case.method == "POST" else [])
