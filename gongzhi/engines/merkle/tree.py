"""The append-only hash tree (默克尔树) of the shared ledger and the proofs it gives.

Hashes and proofs follow RFC 6962 section 2.1; subtrees follow draft-ietf-plants-merkle-tree-certs
section "Subtrees". One routine serves every proof, because a leaf is the subtree
``[index, index + 1)`` and an older tree is the subtree ``[0, old_size)``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()

RangeHash = Callable[[int, int], bytes]
"""Root of the entries ``[begin, stop)``, from wherever the tree is kept."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash one ledger entry (32 bytes, RFC 6962 section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbouring nodes of 32 bytes each into their parent (RFC 6962 section 2.1)."""
    # Without this, 33 + 31 bytes would pass for 32 + 32.
    if len(left) != HASH_SIZE or len(right) != HASH_SIZE:
        raise ValueError(f"A node joins two hashes of 32 bytes, not {len(left)} and {len(right)}.")
    return sha256(b"\x01" + left + right).digest()


def tree_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Give the root (32 bytes) of a tree from its leaf hashes; no leaves give SHA-256 of nothing.

    Raises ValueError for a leaf hash that is not 32 bytes.
    """
    check_hashes(leaf_hashes, "leaf hash")
    return fold(leaf_hashes) if leaf_hashes else EMPTY_ROOT


def fold(nodes: Sequence[bytes]) -> bytes:
    """Hash neighbouring nodes (at least one) of equal height up to their common root."""
    # Pairing level by level and carrying an odd last node up unchanged gives RFC 6962's split
    # at the largest power of two.
    while len(nodes) > 1:
        pairs = [node_hash(nodes[i], nodes[i + 1]) for i in range(0, len(nodes) - 1, 2)]
        nodes = [*pairs, nodes[-1]] if len(nodes) % 2 else pairs
    return nodes[0]


def check_hashes(hashes: Iterable[bytes], what: str) -> None:
    """Refuse anything that is not a 32-byte hash, naming its place."""
    for place, value in enumerate(hashes):
        if len(value) != HASH_SIZE:
            raise ValueError(f"A {what} is 32 bytes; number {place} has {len(value)}.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a proof holds, and why in one sentence; true in a condition when it holds."""

    holds: bool
    reason: str

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        return f"{'holds' if self.holds else 'does not hold'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """The hashes that lead from one entry to the root (RFC 6962 section 2.1.1).

    `index` counts from 0, `size` is the number of entries, `hashes` run from the leaf upwards.
    """

    index: int
    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        check_index(self.index, 0, self.size)
        _check_shape(self.index, self.index + 1, self.size, self.hashes)

    def __str__(self) -> str:
        return f"entry {self.index} is in the tree of {self.size}, by {len(self.hashes)} hashes"


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """The hashes that show an older tree to be the beginning of a newer one (RFC 6962 2.1.2).

    Sizes are numbers of entries, with 0 < `old_size` <= `size`: an empty tree begins every
    tree, so a proof from it would say nothing.
    """

    old_size: int
    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        check_growth(self.old_size, self.size)
        _check_shape(0, self.old_size, self.size, self.hashes)

    def __str__(self) -> str:
        return (
            f"the tree of {self.old_size} is the beginning of the tree of {self.size}, "
            f"by {len(self.hashes)} hashes"
        )


@dataclass(frozen=True, slots=True)
class SubtreeInclusionProof:
    """The hashes that lead from one entry to the root of the subtree `[start, end)`."""

    index: int
    start: int
    end: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        check_subtree(self.start, self.end, self.end)
        check_index(self.index, self.start, self.end)
        place = self.index - self.start
        _check_shape(place, place + 1, self.end - self.start, self.hashes)

    def __str__(self) -> str:
        return (
            f"entry {self.index} is in the subtree [{self.start}, {self.end}), "
            f"by {len(self.hashes)} hashes"
        )


@dataclass(frozen=True, slots=True)
class SubtreeConsistencyProof:
    """The hashes that show the subtree `[start, end)` to be part of the tree of `size` entries.

    An empty subtree (`start == end`) is part of every tree and needs no hashes.
    """

    start: int
    end: int
    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        check_subtree(self.start, self.end, self.size)
        _check_shape(self.start, self.end, self.size, self.hashes)

    def __str__(self) -> str:
        return (
            f"the subtree [{self.start}, {self.end}) is part of the tree of {self.size}, "
            f"by {len(self.hashes)} hashes"
        )


def prove_inclusion(leaf_hashes: Sequence[bytes], *, index: int) -> InclusionProof:
    """Prove that entry `index` is in the tree of these leaf hashes.

    Raises ValueError for an index outside the tree or a leaf hash that is not 32 bytes.
    """
    return build_inclusion(_leaf_ranges(leaf_hashes), index, len(leaf_hashes))


def prove_consistency(leaf_hashes: Sequence[bytes], *, old_size: int) -> ConsistencyProof:
    """Prove that the first `old_size` entries began the tree of these leaf hashes.

    Raises ValueError for an old size of 0 or beyond the tree, or a bad leaf hash.
    """
    return build_consistency(_leaf_ranges(leaf_hashes), old_size, len(leaf_hashes))


def prove_subtree_inclusion(
    leaf_hashes: Sequence[bytes], *, index: int, start: int, end: int
) -> SubtreeInclusionProof:
    """Prove that entry `index` is in the subtree `[start, end)` of the tree of all leaf hashes.

    Raises ValueError where the subtree or the index does not exist.
    """
    check_subtree(start, end, len(leaf_hashes))
    check_index(index, start, end)
    inner = prove_inclusion(leaf_hashes[start:end], index=index - start)
    return SubtreeInclusionProof(index, start, end, inner.hashes)


def prove_subtree_consistency(
    leaf_hashes: Sequence[bytes], *, start: int, end: int
) -> SubtreeConsistencyProof:
    """Prove that the subtree `[start, end)` is part of the tree of all leaf hashes.

    Raises ValueError where the subtree does not exist.
    """
    size = len(leaf_hashes)
    check_subtree(start, end, size)
    hashes = _collect(_leaf_ranges(leaf_hashes), start, end, size)
    return SubtreeConsistencyProof(start, end, size, hashes)


def verify_inclusion(proof: InclusionProof, *, leaf_hash: bytes, root: bytes) -> Verdict:
    """Say whether the proof leads from this leaf hash to this root (RFC 9162 section 2.1.3.2)."""
    return _verify_leaf(proof.index, proof.size, proof.hashes, leaf_hash, root)


def verify_subtree_inclusion(
    proof: SubtreeInclusionProof, *, leaf_hash: bytes, root: bytes
) -> Verdict:
    """Say whether the proof leads from this leaf hash to this root of the subtree."""
    place, width = proof.index - proof.start, proof.end - proof.start
    return _verify_leaf(place, width, proof.hashes, leaf_hash, root)


def verify_consistency(proof: ConsistencyProof, *, old_root: bytes, root: bytes) -> Verdict:
    """Say whether the proof shows the old root's tree to begin the new root's tree.

    Two trees of equal size need no hashes: they agree when their roots are the same.
    """
    route = _route(0, proof.old_size, proof.size)
    return _follow(route, proof.hashes, part=old_root, root=root)


def verify_subtree_consistency(
    proof: SubtreeConsistencyProof, *, subtree_root: bytes, root: bytes
) -> Verdict:
    """Say whether the proof shows the subtree with this root to be part of the tree."""
    if proof.start == proof.end:
        if subtree_root == EMPTY_ROOT:
            return Verdict(True, "an empty subtree is part of every tree.")
        return Verdict(False, "the root given for an empty subtree is not that of an empty tree.")
    route = _route(proof.start, proof.end, proof.size)
    return _follow(route, proof.hashes, part=subtree_root, root=root)


def build_inclusion(range_hash: RangeHash, index: int, size: int) -> InclusionProof:
    """Prove inclusion with range roots from any store."""
    check_index(index, 0, size)
    return InclusionProof(index, size, _collect(range_hash, index, index + 1, size))


def build_consistency(range_hash: RangeHash, old_size: int, size: int) -> ConsistencyProof:
    """Prove consistency with range roots from any store."""
    check_growth(old_size, size)
    return ConsistencyProof(old_size, size, _collect(range_hash, 0, old_size, size))


def check_index(index: int, start: int, end: int) -> None:
    """Refuse an entry number outside `[start, end)`."""
    if not start <= index < end:
        raise ValueError(f"Entry {index} is not among the entries {start} up to before {end}.")


def check_growth(old_size: int, size: int) -> None:
    """Refuse a proof from an empty tree or towards a smaller one."""
    if old_size < 1:
        raise ValueError(f"A consistency proof starts from at least one entry, not {old_size}.")
    if old_size > size:
        raise ValueError(f"A tree of {old_size} entries cannot have grown into one of {size}.")


def check_subtree(start: int, end: int, size: int) -> None:
    """Refuse an interval that is not a subtree of a tree with `size` entries."""
    if not 0 <= start <= end <= size:
        raise ValueError(f"[{start}, {end}) does not lie within a tree of {size} entries.")
    room = 1 << max(0, end - start - 1).bit_length()
    if start % room:
        raise ValueError(f"The subtree [{start}, {end}) must start at a multiple of {room}.")


class _Step(NamedTuple):
    """One sibling on the way down: its entries, its side, and whether the subtree holds it."""

    begin: int
    stop: int
    on_left: bool
    inside: bool


class _Route(NamedTuple):
    """The way from the root down to a subtree, and the piece to start from on the way back.

    `seed` is None where the subtree is itself a node of the tree: the verifier knows its root.
    """

    steps: tuple[_Step, ...]
    seed: tuple[int, int] | None


def _route(start: int, end: int, size: int) -> _Route:
    """Find the siblings that a proof for the checked subtree `[start, end)` must carry."""
    if start == end:
        return _Route((), None)
    begin, stop, first = 0, size, start
    steps = []
    while (begin, stop) != (first, end):
        middle = begin + (1 << (stop - begin - 1).bit_length() - 1)
        if end <= middle:
            steps.append(_Step(middle, stop, on_left=False, inside=False))
            stop = middle
        else:
            # A subtree on both sides of the middle begins where its node begins, so its left
            # half is a whole sibling, and only the rest of it remains to be found.
            inside = first < middle
            steps.append(_Step(begin, middle, on_left=True, inside=inside))
            begin = middle
            first = middle if inside else first
    return _Route(tuple(steps), None if first == start else (begin, stop))


def _collect(range_hash: RangeHash, start: int, end: int, size: int) -> tuple[bytes, ...]:
    """Gather the hashes of a proof in the order of the standard: from below upwards."""
    route = _route(start, end, size)
    seed = [range_hash(*route.seed)] if route.seed else []
    return (*seed, *(range_hash(step.begin, step.stop) for step in reversed(route.steps)))


def _check_shape(start: int, end: int, size: int, hashes: tuple[bytes, ...]) -> None:
    """Refuse a proof with more, fewer or other things than the hashes its sizes ask for."""
    check_hashes(hashes, "proof hash")
    route = _route(start, end, size)
    needed = len(route.steps) + (route.seed is not None)
    if len(hashes) != needed:
        raise ValueError(f"This proof must carry {needed} hashes, not {len(hashes)}.")


def _leaf_ranges(leaf_hashes: Sequence[bytes]) -> RangeHash:
    """Serve range roots from a list of leaf hashes."""
    check_hashes(leaf_hashes, "leaf hash")
    return lambda begin, stop: fold(leaf_hashes[begin:stop])


def _verify_leaf(
    index: int, size: int, hashes: tuple[bytes, ...], leaf: bytes, root: bytes
) -> Verdict:
    """Verify a proof for a single entry, whose leaf hash must be whole even in a tree of one."""
    if len(leaf) != HASH_SIZE:
        return Verdict(False, f"a leaf hash is 32 bytes, not {len(leaf)}.")
    return _follow(_route(index, index + 1, size), hashes, part=leaf, root=root)


def _follow(route: _Route, hashes: tuple[bytes, ...], *, part: bytes, root: bytes) -> Verdict:
    """Rebuild the part's root and the whole root along the route and compare both."""
    if route.steps and len(part) != HASH_SIZE:
        return Verdict(False, f"a root is 32 bytes, not {len(part)}.")
    siblings = iter(hashes)
    small = large = next(siblings) if route.seed else part
    for step, sibling in zip(reversed(route.steps), siblings, strict=True):
        large = node_hash(sibling, large) if step.on_left else node_hash(large, sibling)
        small = node_hash(sibling, small) if step.inside else small
    if small != part:
        return Verdict(False, "the proof's hashes do not give the root of the part.")
    if large != root:
        return Verdict(False, "the proof's hashes do not give the root of the whole tree.")
    return Verdict(True, f"its {len(hashes)} hashes lead to the root.")
