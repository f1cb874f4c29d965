"""What a county says that stands for itself (登记): it is entered in a book of its own, and moves no hazard and no task."""

from __future__ import annotations

from duban_contracts.catalogue import EventData
from duban_contracts.events.types import CountyCode, Reference


class EnteredClaim(EventData, frozen=True, kw_only=True):
    """Base of every such claim: one entry under its `reference`, the county's own number; other content corrects it.

    It is answered by `claim.entered`. The ledger keeps a book for each type of it.
    """

    county: CountyCode
    reference: Reference
