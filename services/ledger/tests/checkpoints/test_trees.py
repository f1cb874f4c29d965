"""The tree: what RFC 6962 defines, however it grew, and proofs that a verifier who shares no code takes (promise P4)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duban_contracts.verify.tree import has_grown, is_included
from services.ledger.checkpoints.model.tiles import WIDTH, Tile, edge, grow, needed
from services.ledger.checkpoints.model.tree import HASH_BYTES, consistency, inclusion, leaf_hash, node_hash
from services.ledger.tests.checkpoints.trees import Grown, numbered, root_by_definition

pytestmark = pytest.mark.promise("P4")

# The leaves and roots by which implementations of RFC 6962 are compared: transparency-dev/merkle, testonly/constants.go.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# Trees that end just before, at and behind full tiles of both levels' kinds, and everything small.
SIZES = [*range(1, 18), 255, 256, 257, 511, 512, 513, 1000, 1024]


def grown(count: int) -> Grown:
    tree = Grown()
    tree.add(numbered(count))
    return tree


def test_roots_are_those_that_other_implementations_give() -> None:
    tree = Grown()
    for number, (entry, root) in enumerate(zip(LEAVES, ROOTS, strict=True), 1):
        tree.add([leaf_hash(bytes.fromhex(entry))])
        assert tree.root().hex() == root
        assert [tree.root(size).hex() for size in range(1, number + 1)] == ROOTS[:number]


def test_proofs_are_those_that_other_implementations_give() -> None:
    tree = Grown()
    tree.add([leaf_hash(bytes.fromhex(entry)) for entry in LEAVES])
    assert [h.hex() for h in tree.hashes(inclusion(5, 8))] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [h.hex() for h in tree.hashes(consistency(6, 8))] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(batches=st.lists(st.integers(1, 300), min_size=1, max_size=6))
@settings(deadline=None, max_examples=25)
def test_however_it_grew_a_tree_is_what_the_definition_says(batches: list[int]) -> None:
    leaves, tree = numbered(sum(batches)), Grown()
    for count in batches:
        tree.add(leaves[tree.size : tree.size + count])
    assert tree.root() == root_by_definition(leaves)
    size = batches[0]
    assert tree.root(size) == root_by_definition(leaves[:size])


def test_every_leaf_of_every_small_tree_is_proved() -> None:
    tree, leaves = grown(70), numbered(70)
    for size in range(1, 71):
        for index in range(size):
            proof = tree.hashes(inclusion(index, size))
            assert is_included(leaves[index], index, size, proof, tree.root(size))


def test_every_pair_of_small_trees_is_proved_consistent() -> None:
    tree = grown(70)
    for size in range(1, 71):
        for old in range(1, size + 1):
            proof = tree.hashes(consistency(old, size))
            assert has_grown(old, tree.root(old), size, tree.root(size), proof)


@pytest.mark.parametrize("size", SIZES)
def test_proofs_across_the_borders_of_tiles_hold(size: int) -> None:
    tree, leaves = grown(1030), numbered(1030)
    for index in {0, size // 3, size - 1}:
        assert is_included(leaves[index], index, size, tree.hashes(inclusion(index, size)), tree.root(size))
    for later in (size, size + 1, 1029, 1030):
        proof = tree.hashes(consistency(size, max(size, later)))
        assert has_grown(size, tree.root(size), max(size, later), tree.root(max(size, later)), proof)


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_any_flipped_bit_fails(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 600))
    tree, leaves = grown(size), numbered(size)
    index = data.draw(st.integers(0, size - 1))
    proof = [leaves[index], *tree.hashes(inclusion(index, size)), tree.root()]
    broken = flipped(proof, data)
    assert not is_included(broken[0], index, size, broken[1:-1], broken[-1])
    old = data.draw(st.integers(1, size - 1))
    proof = [tree.root(old), *tree.hashes(consistency(old, size)), tree.root()]
    broken = flipped(proof, data)
    assert not has_grown(old, broken[0], size, broken[-1], broken[1:-1])


def flipped(hashes: list[bytes], data: st.DataObject) -> list[bytes]:
    where, bit = data.draw(st.integers(0, len(hashes) - 1)), data.draw(st.integers(0, 255))
    wrong = bytearray(hashes[where])
    wrong[bit // 8] ^= 1 << bit % 8
    return [*hashes[:where], bytes(wrong), *hashes[where + 1 :]]


def test_a_proof_of_something_else_fails() -> None:
    tree, leaves = grown(300), numbered(300)
    proof = tree.hashes(inclusion(17, 300))
    assert not is_included(leaves[18], 17, 300, proof, tree.root())
    assert not is_included(leaves[17], 18, 300, proof, tree.root())
    assert not is_included(leaves[17], 17, 300, proof[:-1], tree.root())
    assert not is_included(leaves[17], 17, 300, [*proof, proof[0]], tree.root())
    assert not is_included(leaves[17], -1, 300, proof, tree.root())
    grew = tree.hashes(consistency(17, 300))
    assert not has_grown(17, tree.root(17), 300, tree.root(), grew[1:])
    assert not has_grown(17, tree.root(17), 300, tree.root(), [*grew, grew[0]])
    assert not has_grown(17, tree.root(17), 300, tree.root(), [])
    assert not has_grown(300, tree.root(), 17, tree.root(17), grew)
    assert not has_grown(300, tree.root(17), 300, tree.root(), [])


@pytest.mark.parametrize(("old", "size"), [(0, 5), (6, 5), (-1, 5)])
def test_there_is_no_proof_of_what_never_was(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="tree"):
        consistency(old, size)
    with pytest.raises(ValueError, match="leaf"):
        inclusion(size + old if old > 0 else old - 1, size)


def test_growing_by_one_writes_one_tile_and_now_and_then_one_more_a_level() -> None:
    tree = Grown()
    written = [tree.add([leaf]) for leaf in numbered(1025)]
    assert set(written) == {1, 2}
    assert written.count(2) == 1025 // 256
    # A level has one tile that is not full, at most.
    assert edge(70_000) == [(0, 273), (1, 1), (2, 0)]
    assert edge(256) == [(1, 0)]


def test_a_leaf_that_fills_two_levels_begins_a_third_with_the_hash_over_both() -> None:
    size = WIDTH * WIDTH - 1
    hashes = [bytes([number, level]) * (HASH_BYTES // 2) for level in (0, 1) for number in range(WIDTH - 1)]
    tiles = {(0, WIDTH - 1): b"".join(hashes[: WIDTH - 1]), (1, 0): b"".join(hashes[WIDTH - 1 :])}
    assert set(edge(size)) == set(tiles)
    leaf = bytes([255]) * HASH_BYTES

    def over(row: list[bytes]) -> bytes:
        while len(row) > 1:
            row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
        return row[0]

    first = over([*hashes[: WIDTH - 1], leaf])
    assert grow(size, tiles, [leaf]) == [
        Tile(0, WIDTH - 1, tiles[0, WIDTH - 1] + leaf),
        Tile(1, 0, tiles[1, 0] + first),
        Tile(2, 0, over([*hashes[WIDTH - 1 :], first])),
    ]


def test_a_proof_reads_some_tiles_of_a_tree_of_hundreds_of_millions() -> None:
    size = 300_000_000
    assert len(needed(inclusion(123_456_789, size))) <= 8
    assert len(needed(consistency(123_456_789, size))) <= 8
    assert len(needed([(0, size)])) <= 4
