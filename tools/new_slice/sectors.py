"""What the files of a listed slice say where its rows are of a sector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# What a list has where its rows are of a sector, too; without one each of these is nothing.
SECTOR: Final[Mapping[str, str]] = {
    "sector_line": "    sector: str\n",
    "sector_scoped": ', Dimension.SECTOR: "sector"',
    "sector_column": ', "sector": "text"',
    "sector_type": "from duban_contracts.events.types import Sector\n",
    "checked": "Checked, ",
    "sector_asked": "        sector: Annotated[str, Checked(Sector)] | None = None,\n",
    "sector_given": ", sector=sector",
    "or_sector": " or sector",
    "sector_sql": ",\n    sector text NOT NULL",
    "sector_index": "-- The list of a sector.\nCREATE INDEX {0}_by_sector ON {0} (sector, {0}_id);\n",
    "sector_walled": ', "sector": "sector"',
    "sector_said": ', sector="hazchem"',
    "sector_fact": ", sector=str(facts.sector)",
    "sector_carried": ", Dimension.SECTOR",
    "sector_named": ", sector",
}
