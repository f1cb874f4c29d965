"""Writes the profile of an invented city with as many counties as asked for, to see what holds at that size.

Run as `python -m deploy.profiles.generate --counties 300 [DIRECTORY]`; without a directory it is `.duban/profiles/300`,
and the command prints where. The same number gives the same bytes. What is not said by county (calendar, policies, forms,
letters …) is the example city's; divisions, accounts, enterprises and contacts are made, each after the example county's.
No real place has these codes: GB/T 2260 has no province 99.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

from duban_contracts import uscc

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLE: Final = Path(__file__).resolve().parent / "jincheng"
CITY: Final = "990000"
CITY_NAME: Final = "示例市（虚构）"
MOST_COUNTIES: Final = 999
_COUNTIES_IN_A_GROUP: Final = 10
_EXAMPLE_COUNTY: Final = "140502"
_EXAMPLE_CITY: Final = "140500"


def generate(counties: int, directory: Path) -> Path:
    """Write the profile into `directory`, replacing one that was made here; return it.

    Raises ValueError for less than one county or more than the codes of one province can name, and for a directory that
    holds anything else.
    """
    if not 1 <= counties <= MOST_COUNTIES:
        raise ValueError(f"a profile has 1 to {MOST_COUNTIES} counties, not {counties}")
    if directory.exists() and any(directory.iterdir()) and not _is_ours(directory):
        raise ValueError(f"{directory} holds something else than a generated profile")
    codes = [f"99{number:04d}" for number in range(1, counties + 1)]
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(EXAMPLE, directory, ignore=shutil.ignore_patterns("kustomization.yaml"))
    made = {"city": _city(codes), "accounts": _accounts(codes), "contacts": _contacts(codes), "rosters": _rosters()}
    for name, document in made.items():
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        (directory / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    return directory


def _is_ours(directory: Path) -> bool:
    city = directory / "city.json"
    return city.is_file() and json.loads(city.read_text(encoding="utf-8")).get("code") == CITY


def _read(name: str) -> Any:
    return json.loads((EXAMPLE / f"{name}.json").read_text(encoding="utf-8"))


def _name(code: str) -> str:
    return f"示例第{code[2:]}县"


def _city(codes: list[str]) -> dict[str, Any]:
    example = _read("city")
    own = {"code": CITY, "name": CITY_NAME, "level": "city"}
    groups = [codes[start : start + _COUNTIES_IN_A_GROUP] for start in range(0, len(codes), _COUNTIES_IN_A_GROUP)]
    return {
        **example,
        "code": CITY,
        "name": CITY_NAME,
        "regions": [own, *({"code": code, "name": _name(code), "level": "county"} for code in codes)],
        "groups": [
            {"code": f"G{number}", "name": f"第{number}包片督导组（示例）", "areas": areas}
            for number, areas in enumerate(groups, start=1)
        ],
        "enterprises": [
            _enterprise(code, number, enterprise)
            for code in codes
            for number, enterprise in enumerate(_of_the_example_county(example["enterprises"]), start=1)
        ],
    }


def _enterprise(code: str, number: int, example: dict[str, Any]) -> dict[str, Any]:
    organisation = f"XXXX{number:04d}"
    body = f"91{code}{organisation}{uscc.organisation_check_character(organisation)}"
    return {
        **example,
        "name": f"{_name(code)}示例{number}号单位（虚构）",
        "uscc": body + uscc.check_character(body),
        "county": code,
        "place": f"{_name(code)}示例路{number}号",
    }


def _accounts(codes: list[str]) -> list[dict[str, Any]]:
    of_a_county = _of_the_example_county(_read("accounts"), "area")
    of_the_city = [each | {"area": CITY} for each in _read("accounts") if each["area"] == _EXAMPLE_CITY]
    return [_moved(each, code) for code in codes for each in of_a_county] + of_the_city


def _contacts(codes: list[str]) -> dict[str, Any]:
    example = _read("contacts")
    offices = _of_the_example_county(example["offices"])
    of_the_city = [each for each in example["offices"] if each["county"] == _EXAMPLE_CITY]
    return {
        **example,
        "note": "示例通讯录：单位与地址均为虚构。",
        "offices": [_moved(each, code) for code in codes for each in offices]
        + [json.loads(_renamed(json.dumps(each, ensure_ascii=False))) for each in of_the_city],
    }


def _rosters() -> Any:
    return json.loads(_renamed(json.dumps(_read("rosters"), ensure_ascii=False)))


def _of_the_example_county(entries: list[dict[str, Any]], field: str = "county") -> list[dict[str, Any]]:
    return [each for each in entries if each[field] == _EXAMPLE_COUNTY]


def _moved(entry: dict[str, Any], code: str) -> dict[str, Any]:
    text = json.dumps(entry, ensure_ascii=False).replace(_EXAMPLE_COUNTY, code).replace("晋城市城区", _name(code))
    moved: dict[str, Any] = json.loads(text)
    return moved


def _renamed(text: str) -> str:
    return text.replace(_EXAMPLE_CITY, CITY).replace("晋城市", CITY_NAME)


def main(arguments: list[str] | None = None) -> int:
    """Write the profile and print its directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counties", type=int, default=300)
    parser.add_argument("directory", nargs="?", type=Path)
    chosen = parser.parse_args(arguments)
    directory = chosen.directory or ROOT / ".duban" / "profiles" / str(chosen.counties)
    try:
        print(generate(chosen.counties, directory))  # noqa: T201
    except ValueError as refused:
        print(refused, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
