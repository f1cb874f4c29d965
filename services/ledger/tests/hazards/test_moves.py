"""The list of moves: whole, shown in docs/moves.md, and the only thing that HTTP and the documents follow."""

from __future__ import annotations

import msgspec

from duban_contracts.codes import CODES
from duban_contracts.events.types import Actor, HazardState
from duban_contracts.refusals import Refusal
from services.ledger import generate
from services.ledger.hazards.documents import HazardDocument
from services.ledger.hazards.http.commands import action_of
from services.ledger.hazards.model import ShownHazard
from services.ledger.hazards.moves import MOVES, Door, decide
from services.ledger.tests.telling import CLOSE, COUNTY, by, confirmed


def test_the_document_shows_the_moves_as_they_are() -> None:
    shown = generate.TARGET.read_text(encoding="utf-8")
    assert shown == generate.document(), "run: python -m services.ledger.generate"


def test_every_move_has_its_own_name_words_and_command() -> None:
    for each in ("name", "zh", "command"):
        values = [getattr(move, each) for move in MOVES]
        assert len(values) == len(set(values)), each
    assert all(code in CODES for move in MOVES for code in move.refusals)
    assert all(move.major is None or move.major <= move.roles for move in MOVES)


def test_every_state_but_the_last_ones_can_be_left() -> None:
    left = {state for move in MOVES for state in move.leads}
    reached = {state for move in MOVES for state in move.leads.values()}
    assert reached - left == {HazardState.REJECTED}
    assert left - reached == {None}


def test_every_move_over_http_has_a_right_of_its_own() -> None:
    actions = {move.name: action_of(move) for move in MOVES if Door.HTTP in move.doors}
    assert len({action.name for action in actions.values()}) == len(actions)
    assert all(actions[move.name].roles == move.roles for move in MOVES if move.name in actions)


def test_authority_is_asked_before_the_state_is_told() -> None:
    # Whoever may not close learns nothing about where the hazard stands.
    nobody = Actor(account="x", role="integrator")
    decision = decide(confirmed(), CLOSE, by(nobody))
    assert isinstance(decision, Refusal)
    assert decision.code == "role-not-allowed"
    assert decide(confirmed(), CLOSE, by(COUNTY)).code == "state-conflict"  # type: ignore[union-attr]


def test_accounts_and_digests_are_not_shown() -> None:
    shown = {field.name for field in msgspec.structs.fields(ShownHazard)}
    # The inspection that found it is a task and a unit, nobody's account.
    assert [name for name in shown if name.endswith(("_by", "_digest", "_key"))] == ["found_by"]
    assert shown == {field.name for field in msgspec.structs.fields(HazardDocument)}
