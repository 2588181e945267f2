"""The hash tree and its proofs: known answers, agreement with the slow twin, tampering."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhi.engines.merkle import (
    EMPTY_ROOT,
    ConsistencyProof,
    InclusionProof,
    SubtreeConsistencyProof,
    SubtreeInclusionProof,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    prove_subtree_consistency,
    prove_subtree_inclusion,
    reference,
    tree_root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

# The eight entries and the roots over the first n of them that Certificate Transparency
# implementations have shared as test data since 2012.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

SIZES = st.integers(min_value=1, max_value=300)


def entries_of(size: int) -> list[bytes]:
    """Different entries, some of them empty of meaning but none alike."""
    return [f"entry {number}".encode() for number in range(size)]


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(entry) for entry in entries_of(size)]


def flipped(value: bytes, bit: int) -> bytes:
    place = bit % (8 * len(value))
    changed = bytearray(value)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


@st.composite
def subtrees(draw: st.DrawFn) -> tuple[int, int, int]:
    """A tree size and a subtree `[start, end)` with at least one entry in it."""
    size = draw(SIZES)
    start = draw(st.integers(min_value=0, max_value=size - 1))
    room = start & -start if start else size
    return size, start, draw(st.integers(start + 1, min(size, start + room)))


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_of_the_shared_test_data(size: int) -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES[:size]]
    assert tree_root(leaves).hex() == ROOTS[size]
    assert reference.tree_hash(ENTRIES[:size]).hex() == ROOTS[size]


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert tree_root([]).hex() == ROOTS[0]
    assert tree_root([]) == EMPTY_ROOT


def test_leaf_and_node_hashes_are_told_apart() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) != leaf_hash(left + right)
    with pytest.raises(ValueError, match="two hashes of 32 bytes, not 33 and 31"):
        node_hash(b"x" * 33, b"x" * 31)


def test_the_example_proofs_of_rfc_6962_section_2_1_3() -> None:
    """The letters are those of the RFC's picture of a tree with seven leaves."""
    a, b, c, d, e, f, j = leaves = leaves_of(7)
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, m = node_hash(g, h), node_hash(i, j)
    inclusion = {0: (b, h, m), 3: (c, g, m), 4: (f, j, k), 6: (i, k)}
    for index, hashes in inclusion.items():
        assert prove_inclusion(leaves, index=index).hashes == hashes
    consistency = {3: (c, d, g, m), 4: (m,), 6: (i, j, k)}
    for old_size, hashes in consistency.items():
        assert prove_consistency(leaves, old_size=old_size).hashes == hashes


def test_the_example_subtree_proofs_of_the_draft() -> None:
    """draft-ietf-plants-merkle-tree-certs: trees of 13 and 14 entries."""
    entries, leaves = entries_of(14), leaves_of(14)

    def mth(begin: int, stop: int) -> bytes:
        return reference.tree_hash(entries[begin:stop])

    inside = prove_subtree_inclusion(leaves, index=10, start=8, end=13)
    assert inside.hashes == (mth(11, 12), mth(8, 10), mth(12, 13))
    whole = prove_subtree_consistency(leaves, start=4, end=8)
    assert whole.hashes == (mth(0, 4), mth(8, 14))
    partial = prove_subtree_consistency(leaves, start=8, end=13)
    assert partial.hashes == (mth(12, 13), mth(13, 14), mth(8, 12), mth(0, 8))


@given(size=st.integers(min_value=0, max_value=1500))
@settings(max_examples=40, deadline=None)
def test_roots_agree_with_the_twin(size: int) -> None:
    assert tree_root(leaves_of(size)) == reference.tree_hash(entries_of(size))


@given(size=SIZES, data=st.data())
@settings(deadline=None)
def test_inclusion_agrees_with_the_twin_and_holds(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    proof = prove_inclusion(leaves, index=index)
    assert list(proof.hashes) == reference.path(index, entries_of(size))
    verdict = verify_inclusion(proof, leaf_hash=leaves[index], root=tree_root(leaves))
    assert verdict, str(verdict)


@given(size=SIZES, data=st.data())
@settings(deadline=None)
def test_consistency_agrees_with_the_twin_and_holds(size: int, data: st.DataObject) -> None:
    old_size = data.draw(st.integers(1, size))
    leaves = leaves_of(size)
    proof = prove_consistency(leaves, old_size=old_size)
    assert list(proof.hashes) == reference.proof(old_size, entries_of(size))
    old_root = reference.tree_hash(entries_of(old_size))
    verdict = verify_consistency(proof, old_root=old_root, root=tree_root(leaves))
    assert verdict, str(verdict)


@given(where=subtrees(), data=st.data())
@settings(deadline=None)
def test_subtree_proofs_agree_with_the_twin_and_hold(
    where: tuple[int, int, int], data: st.DataObject
) -> None:
    size, start, end = where
    index = data.draw(st.integers(start, end - 1))
    entries, leaves = entries_of(size), leaves_of(size)
    part = reference.tree_hash(entries[start:end])

    consistency = prove_subtree_consistency(leaves, start=start, end=end)
    assert list(consistency.hashes) == reference.subtree_proof(start, end, entries)
    assert verify_subtree_consistency(consistency, subtree_root=part, root=tree_root(leaves))

    inclusion = prove_subtree_inclusion(leaves, index=index, start=start, end=end)
    assert list(inclusion.hashes) == reference.path(index - start, entries[start:end])
    assert verify_subtree_inclusion(inclusion, leaf_hash=leaves[index], root=part)


@given(size=SIZES, bit=st.integers(0, 255), data=st.data())
@settings(deadline=None)
def test_one_changed_bit_breaks_an_inclusion_proof(
    size: int, bit: int, data: st.DataObject
) -> None:
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof, root = prove_inclusion(leaves, index=index), tree_root(leaves)
    assert not verify_inclusion(proof, leaf_hash=flipped(leaves[index], bit), root=root)
    assert not verify_inclusion(proof, leaf_hash=leaves[index], root=flipped(root, bit))
    for place, value in enumerate(proof.hashes):
        hashes = (*proof.hashes[:place], flipped(value, bit), *proof.hashes[place + 1 :])
        forged = InclusionProof(index, size, hashes)
        assert not verify_inclusion(forged, leaf_hash=leaves[index], root=root)


@given(where=subtrees(), bit=st.integers(0, 255))
@settings(deadline=None)
def test_one_changed_bit_breaks_a_subtree_consistency_proof(
    where: tuple[int, int, int], bit: int
) -> None:
    size, start, end = where
    leaves = leaves_of(size)
    proof = prove_subtree_consistency(leaves, start=start, end=end)
    part, root = tree_root(leaves[start:end]), tree_root(leaves)
    assert not verify_subtree_consistency(proof, subtree_root=flipped(part, bit), root=root)
    assert not verify_subtree_consistency(proof, subtree_root=part, root=flipped(root, bit))
    for place, value in enumerate(proof.hashes):
        hashes = (*proof.hashes[:place], flipped(value, bit), *proof.hashes[place + 1 :])
        forged = SubtreeConsistencyProof(start, end, size, hashes)
        assert not verify_subtree_consistency(forged, subtree_root=part, root=root)


@given(size=st.integers(2, 300), data=st.data())
@settings(deadline=None)
def test_a_proof_for_one_place_does_not_serve_another(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda place: place != index))
    hashes = prove_inclusion(leaves, index=index).hashes
    root = tree_root(leaves)
    try:
        moved = InclusionProof(other, size, hashes)
    except ValueError:
        return  # a path of another length cannot even be written down for this place
    assert not verify_inclusion(moved, leaf_hash=leaves[index], root=root)
    assert not verify_inclusion(moved, leaf_hash=leaves[other], root=root)


@given(size=st.integers(2, 300), data=st.data())
@settings(deadline=None)
def test_rewritten_history_is_found_out(size: int, data: st.DataObject) -> None:
    """A log that changes an old entry has no proof from its old root to its new one."""
    leaves = leaves_of(size)
    old_size = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, old_size - 1))
    rewritten = [*leaves[:changed], leaf_hash(b"another story"), *leaves[changed + 1 :]]
    old_root = tree_root(leaves[:old_size])
    for witness in (leaves, rewritten):
        proof = prove_consistency(witness, old_size=old_size)
        assert not verify_consistency(proof, old_root=old_root, root=tree_root(rewritten))


def test_equal_sizes_agree_when_the_roots_are_the_same() -> None:
    proof = ConsistencyProof(5, 5, ())
    root = tree_root(leaves_of(5))
    assert verify_consistency(proof, old_root=root, root=root)
    assert not verify_consistency(proof, old_root=root, root=tree_root(leaves_of(4)))


def test_an_empty_subtree_is_part_of_every_tree_but_only_by_its_own_root() -> None:
    root = tree_root(leaves_of(3))
    proof = prove_subtree_consistency(leaves_of(3), start=2, end=2)
    assert verify_subtree_consistency(proof, subtree_root=EMPTY_ROOT, root=root)
    assert not verify_subtree_consistency(proof, subtree_root=root, root=root)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_hashes_of_another_length_are_refused(length: int) -> None:
    odd = b"x" * length
    with pytest.raises(ValueError, match=f"leaf hash is 32 bytes; number 1 has {length}"):
        tree_root([leaf_hash(b""), odd])
    with pytest.raises(ValueError, match=f"leaf hash is 32 bytes; number 0 has {length}"):
        prove_inclusion([odd], index=0)
    with pytest.raises(ValueError, match=f"proof hash is 32 bytes; number 0 has {length}"):
        InclusionProof(0, 2, (odd,))
    assert not verify_inclusion(InclusionProof(0, 1, ()), leaf_hash=odd, root=odd)


def test_an_old_root_of_another_length_is_a_verdict() -> None:
    """A shorter root with a longer sibling must not be hashed as if both were whole."""
    proof = prove_consistency(leaves_of(2), old_size=1)
    verdict = verify_consistency(proof, old_root=b"x" * 31, root=tree_root(leaves_of(2)))
    assert not verdict
    assert str(verdict) == "does not hold: a root is 32 bytes, not 31."


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: ConsistencyProof(0, 4, ()), "starts from at least one entry, not 0"),
        (lambda: ConsistencyProof(0, 0, ()), "starts from at least one entry, not 0"),
        (lambda: prove_consistency(leaves_of(4), old_size=0), "at least one entry"),
        (lambda: ConsistencyProof(5, 4, ()), "5 entries cannot have grown into one of 4"),
        (lambda: InclusionProof(4, 4, ()), "Entry 4 is not among the entries 0 up to before 4"),
        (lambda: InclusionProof(-1, 4, ()), "Entry -1 is not among"),
        (lambda: prove_inclusion([], index=0), "Entry 0 is not among"),
        (lambda: InclusionProof(0, 4, (EMPTY_ROOT,)), "must carry 2 hashes, not 1"),
        (lambda: SubtreeInclusionProof(3, 3, 5, ()), r"\[3, 5\) must start at a multiple of 2"),
        (lambda: SubtreeInclusionProof(0, 2, 1, ()), "does not lie within"),
        (lambda: SubtreeInclusionProof(1, 1, 1, ()), "Entry 1 is not among"),
        (lambda: SubtreeConsistencyProof(2, 6, 8, ()), "must start at a multiple of 4"),
        (lambda: SubtreeConsistencyProof(0, 9, 8, ()), "does not lie within a tree of 8"),
        (lambda: SubtreeConsistencyProof(1, 1, 1, (EMPTY_ROOT,)), "must carry 0 hashes, not 1"),
    ],
)
def test_a_proof_of_impossible_shape_cannot_be_made(
    make: Callable[[], object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        make()


def test_proofs_and_verdicts_read_well() -> None:
    leaves = leaves_of(7)
    proof = prove_inclusion(leaves, index=3)
    assert str(proof) == "entry 3 is in the tree of 7, by 3 hashes"
    verdict = verify_inclusion(proof, leaf_hash=leaves[3], root=tree_root(leaves))
    assert str(verdict) == "holds: its 3 hashes lead to the root."
    wrong = verify_inclusion(proof, leaf_hash=leaves[2], root=tree_root(leaves))
    assert str(wrong).startswith("does not hold: the proof's hashes do not give the root")
    grown = prove_consistency(leaves, old_size=3)
    assert str(grown) == "the tree of 3 is the beginning of the tree of 7, by 4 hashes"
    assert "[4, 6)" in str(prove_subtree_inclusion(leaves, index=5, start=4, end=6))
    assert "[4, 6)" in str(prove_subtree_consistency(leaves, start=4, end=6))
