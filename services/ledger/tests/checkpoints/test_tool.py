"""The stand-alone tool: the whole history held against checkpoints by nothing but the standard library (promise P4)."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ledger.checkpoints.model import note as notes_of
from services.ledger.tests.checkpoints.log import Log
from services.ledger.tests.checkpoints.trees import numbered, root_by_definition

pytestmark = pytest.mark.promise("P4")
TOOL = Path(__file__).parents[4] / "tools" / "verify_history" / "verify_checkpoint.py"

# RFC 8032 §7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


def tool() -> ModuleType:
    found = importlib.util.spec_from_file_location("verify_checkpoint", TOOL)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_signatures_are_verified_as_rfc_8032_says(public: str, message: str, signature: str) -> None:
    given = [bytes.fromhex(each) for each in (public, message, signature)]
    assert tool().verify(*given)
    for which, at in ((0, 3), (2, 0), (2, 40)):
        wrong = list(given)
        wrong[which] = wrong[which][:at] + bytes([wrong[which][at] ^ 1]) + wrong[which][at + 1 :]
        assert not tool().verify(*wrong)
    # Each signature has one form only.
    doubled = given[2][:32] + (int.from_bytes(given[2][32:], "little") + tool().ORDER).to_bytes(32, "little")
    assert not tool().verify(given[0], given[1], doubled)
    assert not tool().verify(given[0], given[1] + b"x", given[2])


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=5)
def test_it_agrees_with_a_library_that_many_trust(message: bytes) -> None:
    key = Ed25519PrivateKey.generate()
    assert tool().verify(key.public_key().public_bytes_raw(), message, key.sign(message))


def test_its_roots_are_those_of_the_definition() -> None:
    entries = [str(number).encode() for number in range(70)]
    found = dict(tool().roots(entries, set(range(1, 71))))
    assert found == {size: root_by_definition(numbered(size)) for size in range(1, 71)}


@pytest.mark.parametrize(("origin", "counts"), [("log", True), ("log2", False)])
def test_a_key_speaks_for_the_log_of_its_name_alone(tmp_path: Path, origin: str, *, counts: bool) -> None:
    key = Ed25519PrivateKey.generate()
    public, text = key.public_key().public_bytes_raw(), notes_of.text_of(origin, 3, bytes(32))
    kept = tmp_path / "kept.txt"
    kept.write_text(notes_of.signed(text, "log", [(public, key.sign(text.encode()))]), encoding="utf-8")
    assert tool().checkpoint(str(kept), [notes_of.verifier_key("log", public)]) == (3, bytes(32), counts)


def checked(folder: Path, history: list[dict[str, Any]], notes: dict[str, str], keys: list[str]) -> tuple[int, str]:
    export = folder / "export.jsonl"
    export.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in history), encoding="utf-8")
    for name, note in notes.items():
        (folder / name).write_text(note, encoding="utf-8")
    words = [str(export), *(str(folder / name) for name in notes), *(word for key in keys for word in ("--key", key))]
    done = subprocess.run([sys.executable, "-I", str(TOOL), *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


async def test_an_export_is_held_against_every_checkpoint_that_was_kept(log: Log, tmp_path: Path) -> None:
    await log.ledger.confirmed()
    notes = {"first": await log.checkpoint()}
    await log.ledger.confirmed()
    notes["second"] = await log.checkpoint()
    history = (await log.ledger.get("/v1/history", "office", limit=5000)).json()["items"]
    keys = log.keys.verifier_keys()
    assert checked(tmp_path, history, notes, keys) == (
        0,
        f"2 checkpoints, up to {len(history)} of {len(history)} records: whole\n",
    )
    changed = [*history]
    changed[-1] = {**history[-1], "payload": history[-1]["payload"].replace("general", "generam", 1)}
    code, said = checked(tmp_path, changed, notes, keys)
    assert (code, said.count("BROKEN"), "second: is not the root of the first" in said) == (1, 2, True)
    code, said = checked(tmp_path, history[:-1], notes, keys)
    assert (code, f"second: holds {len(history)} records, the export {len(history) - 1}" in said) == (1, True)
    code, said = checked(tmp_path, history, {"forged": notes["first"].replace("\n", "\nx", 1)}, keys)
    assert code == 2
    stranger = "duban/140500/ledger+ad5d8a8c+AZiMFGOenUcmJJdMAMEi+GaSgf6qPIYrVM3dieoDDS0x"
    code, said = checked(tmp_path, history, notes, [stranger])
    assert (code, said.count("signed by no key")) == (1, 2)
