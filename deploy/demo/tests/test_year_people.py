from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from jsonschema import Draft202012Validator

from deploy.demo.year.people import OFFICE, accounts, filled

FORMS = json.loads((Path(__file__).parents[2] / "profiles" / "jincheng" / "forms.json").read_bytes())["forms"]


def test_people_can_fill_in_every_form_of_the_city() -> None:
    wrong = {
        kind: error.message
        for kind, form in FORMS.items()
        for error in Draft202012Validator(form["schema"]).iter_errors(filled(form["schema"], date(2024, 6, 30)))
    }
    assert wrong == {}


def test_everybody_has_an_account_and_a_key_of_their_own() -> None:
    keys = accounts("140500", ["140502", "140521"], ["water_bureau", "fire_rescue"])
    assert len({key.token for key in keys}) == len({key.principal.account for key in keys}) == len(keys) == 6
    assert OFFICE in {key.principal.account for key in keys}
