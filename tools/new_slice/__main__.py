"""`make new-slice S=ledger N=listings ROWS="SY29"`: write the files of a new slice, name it, say what is left to do."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Final

from services.ledger.entering.model import NoBook
from tools.generate.parts import SERVICES
from tools.new_slice import entered
from tools.new_slice.house import ROOT, House
from tools.new_slice.naming import (
    in_books,
    in_bootstrap,
    in_fill,
    in_growth,
    in_layers,
    in_layers_of_books,
    in_readme,
    in_reads,
    in_rights,
)
from tools.new_slice.reserved import RESERVED
from tools.new_slice.template import files, fill, of_a_sector, of_singular, words_of

_LAYERS: Final = "the layers of [tool.importlinter]"


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = _parser()
    chosen = parser.parse_args(arguments)
    house = House(root, chosen.service, chosen.noun)
    if not house.noun.isidentifier() or not house.noun.islower():
        parser.error(f"{house.noun} is no name for a folder of Python code")
    if of_singular(house.noun) in RESERVED:
        parser.error(f"PostgreSQL keeps the word {of_singular(house.noun)} for itself: no table is called that")
    if (house.home / house.noun).exists():
        parser.error(f"services/{house.service}/{house.noun} is there already")
    if chosen.sector and not chosen.listed:
        parser.error("a sector is of what is listed: say --list, too")
    if chosen.event is None:
        left = _begin(house, chosen)
    elif house.service != "ledger" or chosen.listed or chosen.zh:
        parser.error(
            "the ledger keeps the books; that they are listed, and what they are called, follows from the event"
        )
    else:
        try:
            left = _begin_book(house, chosen.rows, chosen.event, chosen.day)
        except NoBook as error:
            parser.error(str(error))
    house.tidy()
    sys.stdout.write(f"Next: {left}; then `make generate`.\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.new_slice", description=__doc__)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("noun", help="one noun of the domain, in the plural where it has one: listings")
    parser.add_argument("rows", nargs="*", help="the feature rows that it carries: SY29")
    parser.add_argument("--list", action="store_true", dest="listed", help="with a route that lists it page by page")
    parser.add_argument("--sector", action="store_true", help="its rows are of a sector: in scopes, and as a filter")
    parser.add_argument("--zh", help="the noun as people see it: 挂牌")
    parser.add_argument("--event", help="keeps the book of this EnteredClaim, and lists it: duban.drill.held.v1")
    parser.add_argument("--day", help="the field of the event by which it is listed: held_on")
    return parser


def _begin(house: House, chosen: argparse.Namespace) -> str:
    """Write a slice and name it; return what is left to do."""
    bootstrap = house.home / "bootstrap.py"
    made = files(
        house.service,
        house.noun,
        chosen.rows,
        zh=chosen.zh,
        listed=chosen.listed,
        sector=chosen.sector,
        walled="walled=True" in bootstrap.read_text(encoding="utf-8"),
    )
    house.write(made)
    house.name(bootstrap, "SLICES", in_bootstrap)
    house.name(house.root / "pyproject.toml", _LAYERS, in_layers)
    if chosen.listed:
        filling = fill(house.noun, sector=chosen.sector)
        asked = partial(in_reads, sector=chosen.sector)
        house.name_list(asked, in_rights, lambda text, *_: in_fill(text, filling))
    readme = f"services/{house.service}/README.md"
    return f"say what it owns in {readme}, and in tools/generate/growth.toml how its table grows"


def _begin_book(house: House, rows: list[str], event: str, day: str | None) -> str:
    """Write the slice of a claim that stands for itself, and name it; raises NoBook where that can't be."""
    entry = entered.claim(event, day)
    by, sector, table = str(day), entered.is_of_a_sector(entry), of_singular(house.noun)
    words = {**words_of(house.service, house.noun, rows, entry.title_zh), **of_a_sector(house.noun, there=sector)}
    house.write(entered.files(house.noun, words, entry, by))
    house.name(house.home / "bootstrap.py", "SLICES", in_bootstrap)
    house.name(house.root / "pyproject.toml", _LAYERS, in_layers_of_books)
    house.name(house.home / "claims" / "handlers" / "books.py", "BOOKS", in_books)
    filling, told = entered.fill(table, entry, by), entered.told(house.noun, words, entry, by)
    asked = partial(in_reads, sector=sector, days=True)
    house.name_list(asked, in_rights, lambda text, *_: in_fill(text, filling))
    growth = house.root / "tools" / "generate" / "growth.toml"
    house.name(growth, "how its table grows", lambda text, *_: in_growth(text, house.service, table, entry.title_zh))
    house.name(house.home / "README.md", "its tables", lambda text, *_: in_readme(text, told))
    told_of = "".join(f"that whoever is bound to {each}s sees none of it, " for each in entered.unseen(entry))
    return f"{told_of}the county guide in both languages, the glossary and CHANGELOG.md"


if __name__ == "__main__":
    sys.exit(main())
