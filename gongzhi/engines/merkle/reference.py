"""The hash tree word for word from its definitions, slow and obviously right, for the tests.

RFC 6962 sections 2.1 to 2.1.2, draft-ietf-plants-merkle-tree-certs "Generating a Subtree
Consistency Proof", C2SP tlog-tiles "Merkle Tree". Works on entries, not on leaf hashes, and
shares no code with the engine.
"""

from collections.abc import Sequence
from hashlib import sha256

Entries = Sequence[bytes]


def tree_hash(entries: Entries) -> bytes:
    """MTH(D[n]) of RFC 6962 section 2.1 (32 bytes)."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = _split(len(entries))
    return sha256(b"\x01" + tree_hash(entries[:k]) + tree_hash(entries[k:])).digest()


def path(m: int, entries: Entries) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962 section 2.1.1: the inclusion proof of entry m."""
    if len(entries) == 1:
        return []
    k = _split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), tree_hash(entries[k:])]
    return [*path(m - k, entries[k:]), tree_hash(entries[:k])]


def proof(m: int, entries: Entries) -> list[bytes]:
    """PROOF(m, D[n]) of RFC 6962 section 2.1.2: the first m entries began all of them."""
    return _subproof(m, entries, True)


def _subproof(m: int, entries: Entries, known: bool) -> list[bytes]:
    if m == len(entries):
        return [] if known else [tree_hash(entries)]
    k = _split(len(entries))
    if m <= k:
        return [*_subproof(m, entries[:k], known), tree_hash(entries[k:])]
    return [*_subproof(m - k, entries[k:], False), tree_hash(entries[:k])]


def subtree_proof(start: int, end: int, entries: Entries) -> list[bytes]:
    """SUBTREE_PROOF(start, end, D_n): the subtree `[start, end)` is part of the tree."""
    return _subtree_subproof(start, end, entries, True)


def _subtree_subproof(start: int, end: int, entries: Entries, known: bool) -> list[bytes]:
    if start == 0 and end == len(entries):
        return [] if known else [tree_hash(entries)]
    k = _split(len(entries))
    left, right = entries[:k], entries[k:]
    if end <= k:
        return [*_subtree_subproof(start, end, left, known), tree_hash(right)]
    if k <= start:
        return [*_subtree_subproof(start - k, end - k, right, known), tree_hash(left)]
    return [*_subtree_subproof(0, end - k, right, False), tree_hash(left)]


def tile(level: int, index: int, width: int, entries: Entries) -> bytes:
    """The first `width` hashes of a tile, each MTH(D[(n*256+i) * 256^l : (n*256+i+1) * 256^l])."""
    span = 256**level
    begins = [(index * 256 + i) * span for i in range(width)]
    return b"".join(tree_hash(entries[begin : begin + span]) for begin in begins)


def tiles_of(entries: Entries) -> dict[tuple[int, int, int], bytes]:
    """Every tile of the tree by level, index and width, counted as tlog-tiles does."""
    found, level = {}, 0
    while hashes := len(entries) // 256**level:
        full, rest = divmod(hashes, 256)
        widths = [256] * full + ([rest] if rest else [])
        for index, width in enumerate(widths):
            found[level, index, width] = tile(level, index, width, entries)
        level += 1
    return found


def _split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k
