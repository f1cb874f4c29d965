"""Reading notes, keys and proofs as C2SP writes them, and what the command says of files (promise P4)."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from duban_contracts.__main__ import main
from duban_contracts.codec import lookup
from duban_contracts.examples import example_event, examples
from duban_contracts.verify.copy import events_of, is_record, note_in, version_of
from duban_contracts.verify.findings import NotVerified
from duban_contracts.verify.notes import Key, key_of, opened, proof_of

pytestmark = pytest.mark.promise("P4")

# C2SP signed-note, "Verifier keys": its own example.
SPECIFIED_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPECIFIED_NOTE = (
    "This is an example message.\n\n"
    "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# The key under the example of the contract.
KEY = "duban/140500/ledger+ad5d8a8c+AZiMFGOenUcmJJdMAMEi+GaSgf6qPIYrVM3dieoDDS0x"
NOTE: str = examples()["duban.ledger.checkpoint_signed.v1"]["note"]


def test_the_example_of_the_specification_is_verified() -> None:
    # Its signature is right; that its text is no checkpoint is found after that.
    with pytest.raises(NotVerified, match="text is not one"):
        opened(SPECIFIED_NOTE, [key_of(SPECIFIED_KEY)])
    with pytest.raises(NotVerified, match="signature is false"):
        opened(SPECIFIED_NOTE.replace("This", "That"), [key_of(SPECIFIED_KEY)])


def test_the_example_of_the_contract_is_a_checkpoint() -> None:
    found = opened(NOTE, [key_of(KEY), key_of(SPECIFIED_KEY)])
    said = examples()["duban.ledger.checkpoint_signed.v1"]
    assert (found.origin, found.size, b64encode(found.root).decode()) == (said["origin"], said["size"], said["root"])
    assert found.keys == ("ad5d8a8c",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no signed checkpoint"),
        (NOTE.rstrip("\n"), "no signed checkpoint"),
        (NOTE.replace("ledger\n", "ledger\n\x01", 1), "no signed checkpoint"),
        (NOTE.replace("\n18342\n", "\n18343\n"), "signature is false"),
        (NOTE.replace("\u2014 duban", "\u2014 other"), "no key that is trusted"),
        (NOTE.replace("\u2014 ", "- "), "line of a signature"),
        (NOTE + NOTE.splitlines(keepends=True)[-1] * 16, "too many"),
        (NOTE.replace("gA=\n", "g*=\n"), "base64"),
    ],
)
def test_what_is_no_checkpoint_is_told_why(text: str, why: str) -> None:
    with pytest.raises(NotVerified, match=why):
        opened(text, [key_of(KEY)])


@pytest.mark.parametrize("text", ["", "name", "name+00000000+AAAA", KEY.replace("ad5d8a8c", "ad5d8a8d"), KEY[:-4]])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NotVerified):
        key_of(text)


def note_by(*keys: Ed25519PrivateKey, size: int = 7) -> tuple[str, list[Key]]:
    """A checkpoint under several keys, and those keys."""
    import hashlib  # noqa: PLC0415

    text = f"log\n{size}\n{b64encode(bytes(32)).decode()}\n"
    named = []
    for key in keys:
        raw = b"\x01" + key.public_key().public_bytes_raw()
        named.append(Key("log", hashlib.sha256(b"log\n" + raw).digest()[:4], raw[1:]))
    lines = "".join(
        f"\u2014 log {b64encode(known.key_id + key.sign(text.encode())).decode()}\n"
        for key, known in zip(keys, named, strict=True)
    )
    return f"{text}\n{lines}", named


def test_while_one_key_takes_over_from_another_either_verifies() -> None:
    note, (old, new) = note_by(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate())
    assert opened(note, [old]).keys == (old.key_id.hex(),)
    assert opened(note, [new]).keys == (new.key_id.hex(),)
    assert opened(note, [old, new]).keys == (old.key_id.hex(), new.key_id.hex())


@pytest.mark.parametrize("text", ["", "old 5\n", "old 05\n\n" + NOTE, "c2sp.org/tlog-proof@v1\nindex x\n\n" + NOTE])
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(NotVerified, match="no proof"):
        proof_of(text)


def test_a_proof_is_read_with_and_without_its_extra_line() -> None:
    line = b64encode(bytes(32)).decode()
    plain = proof_of(f"c2sp.org/tlog-proof@v1\nindex 0\n{line}\n\n{NOTE}")
    assert (plain.number, plain.hashes, plain.note, plain.extra) == (0, (bytes(32),), NOTE, b"")
    assert proof_of(f"c2sp.org/tlog-proof@v1\nextra aGk=\nindex 3\n\n{NOTE}").extra == b"hi"
    assert proof_of(f"old 5\n{line}\n{line}\n\n{NOTE}").hashes == (bytes(32),) * 2


def test_a_copy_may_be_lines_or_pages_of_the_feed_or_captured_records() -> None:
    event = example_event(lookup("duban.ledger.checkpoint_signed.v1"))
    from duban_contracts.cloudevents import to_kafka, to_structured  # noqa: PLC0415

    line = msgspec.json.encode(to_structured(event))
    page = msgspec.json.encode({"items": [{"cursor": "x", "event": msgspec.Raw(line)}], "next": "x", "since": None})
    key, value, headers = to_kafka(event)
    told = {
        "topic": "t",
        "key": (key or b"").decode(),
        "payload": value.decode(),
        "headers": [p.decode() if isinstance(p, bytes) else p for pair in headers for p in pair],
    }
    for raw in (line, page, msgspec.json.encode(told)):
        [found] = events_of(raw)
        assert note_in(found) == NOTE
        assert not is_record(found)
    assert is_record(example_event(lookup("duban.hazard.confirmed.v1")))


def test_whatever_the_ledger_records_of_a_hazard_or_an_accident_is_a_record_and_what_it_answers_is_none() -> None:
    of_hazard = replace(example_event(lookup("duban.enterprise.stopped.v1")), source="/duban/ledger")
    accident = example_event(lookup("duban.accident.registered.v1"))
    of_accident = replace(accident, source="/duban/ledger", aggregateversion=None)
    assert (is_record(of_hazard), version_of(of_hazard)) == (True, of_hazard.aggregateversion)
    assert (is_record(of_accident), version_of(of_accident)) == (True, examples()[accident.type]["accident"]["version"])
    for garbage in (b"{}", b"\xff", b'{"accident": {"version": "1"}}'):
        assert not is_record(replace(of_accident, data=garbage))
    assert not is_record(example_event(lookup("duban.claim.recorded.v1")))
    # A task's events have versions, too, and are no history of the ledger.
    assert not is_record(replace(of_hazard, source="/duban/scheduler"))


def verify(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["verify", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_the_command_says_what_it_saw_in_both_languages(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text(NOTE)
    (tmp_path / "keys").write_text(f"{KEY}\n")
    code, said = verify(capsys, "--key", str(tmp_path / "keys"), str(tmp_path / "kept.txt"))
    assert (code, said) == (0, "✓ kept.txt：检查点 18342 的签名有效（ad5d8a8c）\n✓ 核验通过\n")
    code, said = verify(capsys, "--language", "en", "--key", KEY, str(tmp_path / "kept.txt"))
    assert (code, said) == (0, "✓ kept.txt: checkpoint 18342, signed by ad5d8a8c\n✓ everything holds\n")


def test_files_that_hold_something_else_are_unreadable(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "other").write_text("hello")
    assert verify(capsys, "--key", KEY, str(tmp_path / "other"))[0] == 2
    assert verify(capsys, "--key", KEY, str(tmp_path / "missing"))[0] == 2
    assert verify(capsys, "--key", "x", str(tmp_path / "other"))[0] == 2
    assert main(["verifi"]) == 2
    assert "duban-contracts verify" in capsys.readouterr().err


@pytest.mark.servers
def test_without_its_extra_the_command_says_what_to_install() -> None:
    """A vendor has msgspec alone."""
    blocked = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from duban_contracts.__main__ import main; raise SystemExit(main(['verify', '--key', 'x', 'y']))"
    )
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, check=False)
    assert (done.returncode, "pip install './contracts[verify]'" in done.stderr) == (2, True)
