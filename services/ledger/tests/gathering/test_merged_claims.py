"""What comes or waits under the reference of a merged hazard goes to the one that goes on, and comes back."""

from __future__ import annotations

import pytest

from duban_contracts.events.feedback import ClaimRecorded, ClaimRejected
from duban_contracts.testing.calendar import june
from duban_contracts.testing.claims import plan, rectification, report
from services.ledger.tests.gathering.merging import merged, shown, told, unmerge
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import FOREIGN

pytestmark = pytest.mark.feature("SY26")


async def test_what_comes_under_a_merged_reference_goes_to_the_hazard_that_goes_on(ledger: InProcess) -> None:
    survivor, other = await ledger.confirmed(), await ledger.confirmed()
    await merged(ledger, other, survivor)
    await ledger.take(rectification(other["reference"], completed_on=june(1)))
    assert (await shown(ledger, survivor))["state"] == "in_review"
    assert (await shown(ledger, other))["state"] == "duplicate"
    answer = (await told(ledger, other))[-1]
    assert isinstance(answer, ClaimRecorded)
    assert (answer.number, answer.outcome, answer.linked_reference) == (
        survivor["number"],
        "applied",
        survivor["reference"],
    )
    assert answer.message is not None
    assert survivor["number"] in answer.message


async def test_a_merged_report_that_is_sent_again_is_known_and_not_corrected(ledger: InProcess) -> None:
    survivor, other = await ledger.registered(), await ledger.registered()
    await merged(ledger, other, survivor)
    await ledger.take(report(other["reference"]), report(other["reference"], place="另一处"))
    known, refused = (await told(ledger, other))[-2:]
    assert isinstance(known, ClaimRecorded)
    assert (known.outcome, known.number, known.message) == (
        "duplicate",
        other["number"],
        f"该隐患已归并到 {survivor['number']}",
    )
    assert isinstance(refused, ClaimRejected)
    assert (refused.code, refused.field) == ("hazard-merged", "reference")


async def test_a_county_does_not_speak_for_another_countys_hazard(ledger: InProcess) -> None:
    mine, theirs = await ledger.confirmed(), await ledger.confirmed(county=FOREIGN)
    await merged(ledger, mine, theirs, "city")
    await ledger.take(rectification(mine["reference"], completed_on=june(1)))
    refused = (await told(ledger, mine))[-1]
    assert isinstance(refused, ClaimRejected)
    assert refused.code == "hazard-merged"
    assert (await shown(ledger, theirs))["state"] == "confirmed"


async def test_what_waits_goes_along_and_comes_back(ledger: InProcess) -> None:
    survivor, other = await ledger.registered(), await ledger.registered()
    await ledger.take(rectification(other["reference"], completed_on=june(1)))
    await merged(ledger, other, survivor)
    await unmerge(ledger, other)
    await ledger.confirm(survivor)
    assert (await shown(ledger, survivor))["state"] == "confirmed"
    await unmerge(ledger, other)
    await ledger.confirm(other)
    assert (await shown(ledger, other))["state"] == "in_review"


async def test_what_waits_under_a_merged_reference_is_released_by_the_hazard_that_goes_on(ledger: InProcess) -> None:
    survivor, other = await ledger.registered(), await ledger.registered()
    await ledger.take(rectification(other["reference"], completed_on=june(1)), plan(other["reference"]))
    await merged(ledger, other, survivor)
    confirmed = await ledger.confirm(survivor, grade="major")
    assert confirmed.json()["state"] == "in_review"


async def test_what_waits_is_released_at_once_where_the_other_was_confirmed(ledger: InProcess) -> None:
    survivor, other = await ledger.confirmed(), await ledger.registered()
    await ledger.take(rectification(other["reference"], completed_on=june(1)))
    await merged(ledger, other, survivor)
    assert (await shown(ledger, survivor))["state"] == "in_review"
