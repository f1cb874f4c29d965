"""What reading a file yields: plans, campaigns and duties; the faults that refuse it, and the doubts that don't."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from duban_contracts.findings import Findings
from duban_contracts.terms import check_terms
from services.scheduler.campaigns.model.campaign import Campaign
from services.scheduler.campaigns.model.plan import Plan
from services.scheduler.duties.model.duty import Duty


@dataclass(slots=True)
class Read(Findings):
    """What a file holds, and everything that was found about it. With an error nothing of it is loaded."""

    plans: list[Plan] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)

    def prove(self) -> None:
        """Note what of all that was made can't be kept: a text too long or with control characters, a code that is none.

        What is kept is read again by its own rules, and would be refused there when it is too late.
        """
        for kept in (self.plans, self.campaigns, self.duties):
            names: set[str] = set()
            for one in kept:
                name = one.duty_id if isinstance(one, Duty) else one.code
                if name in names:
                    self.error(name, "repeated-row", "must stand once in the file")
                names.add(name)
                self._prove(one, name)

    def _prove(self, one: Plan | Campaign | Duty, name: str) -> None:
        try:
            msgspec.convert(msgspec.to_builtins(one), type(one))
        except msgspec.ValidationError as error:
            rule, _, path = str(error).partition(" - at `")
            self.error(name, "wrong-cell", rule, path.rstrip("`"))
        for broken in check_terms(one):
            self.error(name, broken.code, broken.rule or "", broken.field)
