"""What a submission says that was found: what of it is refused, what of it is news, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

import msgspec

from duban_contracts.admissible.dates import Present
from duban_contracts.admissible.texts import folded
from duban_contracts.events.findings import FindingRejected
from duban_contracts.events.inspections import InspectionFinding, repeated
from duban_contracts.events.tasks import TaskFacts
from duban_contracts.events.types import Grade, HazardFacts, HazardState
from duban_contracts.profile import City
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.validation import check_finding

# Constant for life: the ids of what is said follow from the cause.
_NAMESPACE: Final = UUID("7a1c7f0e-52d4-5b0b-8f3e-64756261e009")


class FoundHazard(msgspec.Struct, frozen=True, kw_only=True):
    """The hazard that came of a finding, as the ledger said last; `version` is that of the hazard."""

    hazard_id: str
    number: str
    version: int
    state: HazardState
    grade: Grade | None = None
    deadline_on: date | None = None
    overdue: bool = False

    @classmethod
    def of(cls, facts: HazardFacts, version: int) -> FoundHazard:
        """Return the hazard of these facts."""
        return cls(
            hazard_id=facts.hazard_id,
            number=facts.number,
            version=version,
            state=facts.state,
            grade=facts.grade,
            deadline_on=facts.deadline_on,
            overdue=facts.overdue,
        )


class NotRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """Why the ledger did not record a filing, in its words, and when it said so (UTC)."""

    code: str
    message: str
    field: str | None = None
    rule: str | None = None
    at: datetime

    @classmethod
    def of(cls, said: FindingRejected) -> NotRecorded:
        """Return what the ledger said."""
        return cls(code=said.code, message=said.message, field=said.field, rule=said.rule, at=said.rejected_at)


class FiledFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as it was filed last under its reference, and what became of it.

    `filing` counts what was filed under the reference. `hazard` is there from its registration on; `refusal` is the
    ledger's answer to this very filing. With neither, the ledger has not heard of it yet.
    """

    task_id: str
    finding: InspectionFinding
    filing: int
    filed_at: datetime
    hazard: FoundHazard | None = None
    refusal: NotRecorded | None = None

    @property
    def key(self) -> str:
        """Its reference as references are compared."""
        return folded(self.finding.reference)

    @property
    def event_id(self) -> str:
        """The id of the event that says so, from its cause: the same at every attempt."""
        return str(uuid5(_NAMESPACE, f"{self.task_id}\n{self.key}\n{self.filing}"))


def faults(findings: Sequence[InspectionFinding], task: TaskFacts, city: City, present: Present) -> Iterator[Refusal]:
    """Yield what is wrong with the findings of a submission of `task`, each at its field: `findings[2].sector`."""
    for place, finding in enumerate(findings):
        for wrong in check_finding(finding, task, city, present):
            yield _placed(wrong, f"findings[{place}]")
    for place in repeated(findings):
        yield refusal("finding-repeated", field=f"findings[{place}].reference")


def _placed(wrong: Refusal, place: str) -> Refusal:
    """Return a refusal whose path begins at the submission instead of at the finding."""
    inside = wrong.field or "$"
    field = place + inside.removeprefix("$")
    return msgspec.structs.replace(wrong, field=field, message=wrong.message.replace(f"({inside})", f"({field})", 1))


def news(
    findings: Sequence[InspectionFinding], standing: Mapping[str, FiledFinding], task_id: str, at: datetime
) -> list[FiledFinding]:
    """Return what is to be said to the ledger of a submission at `at`: what is new, and what is said otherwise.

    `standing` is what was filed for the task before, by key. What the ledger refused is said again, also in the same
    words: after a return, whoever files it again wants it recorded. A filing in the same words without a return is a
    repetition and never comes here. What a later submission leaves out stays as it was filed.
    """
    told = []
    for finding in findings:
        before = standing.get(folded(finding.reference))
        if before is None:
            told.append(FiledFinding(task_id=task_id, finding=finding, filing=1, filed_at=at))
        elif before.refusal is not None or not _alike(before.finding, finding):
            again = FiledFinding(task_id=task_id, finding=finding, filing=before.filing + 1, filed_at=at)
            told.append(msgspec.structs.replace(again, hazard=before.hazard))
    return told


def _alike(one: InspectionFinding, other: InspectionFinding) -> bool:
    return msgspec.structs.replace(one, reference=other.reference) == other
