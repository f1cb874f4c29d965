"""What may be entered: a plant's layout, which takes nothing back, and a check of a part that was there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from duban_contracts.refusals import Refusal, violation
from services.scheduler.duties.model.periods import Period, span_of
from services.scheduler.selfchecks.model import CheckFindings, CheckLevel, PlantLayout, life_of


def broken_layout(laid: PlantLayout, before: PlantLayout | None, earliest: date) -> Iterator[Refusal]:
    """Yield every rule that a plant's layout breaks; against the one `before`, nothing that was there may be undone."""
    if laid.since < earliest:
        yield violation("date-too-early", "$.since", earliest=earliest)
    if laid.until is not None and laid.until < laid.since:
        yield violation("duty-ends-before-it-begins", "$.until", first=laid.since)
    seen: set[str] = set()
    for index, part in enumerate(laid.parts):
        if part.code in seen:
            yield violation("selfcheck-part-twice", f"$.parts[{index}].code")
        seen.add(part.code)
        if part.until is not None and part.until < part.since:
            yield violation("duty-ends-before-it-begins", f"$.parts[{index}].until", first=part.since)
    if before is not None and not _fixed(before) <= _fixed(laid):
        yield violation("selfcheck-part-fixed", "$.parts")


def _fixed(laid: PlantLayout) -> set[tuple[str, str, date]]:
    """Return what no change may take back: that a part was there, its level, and since when."""
    return {("", "", laid.since), *((part.code, part.level, part.since) for part in laid.parts)}


def broken_check(found: CheckFindings, laid: PlantLayout, today: date) -> Iterator[Refusal]:
    """Yield every rule that a check breaks: held by today, by a part that was there, with figures that can be."""
    if found.held_on > today:
        yield violation("selfcheck-ahead", "$.held_on", today=today)
    day = span_of(Period.DAY, found.held_on)
    known = {part.code for part in laid.parts if part.level == found.level.value and part.exists_in(day)}
    whole = found.level in {CheckLevel.MONTH, CheckLevel.QUARTER}
    if not life_of(laid).exists_in(day) or (found.part is not None if whole else found.part not in known):
        yield violation("selfcheck-part-unknown", "$.part", known=", ".join(sorted(known)) or "-")
    if found.major > found.hazards:
        yield violation("out-of-range", "$.major", zh=f"不大于{found.hazards}", en=f"at most {found.hazards}")
    if found.no_work and (found.level is not CheckLevel.DAY or found.hazards):
        yield violation("selfcheck-no-work", "$.no_work")
