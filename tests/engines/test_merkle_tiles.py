"""Tiles of 256 hashes: growth step by step, proofs out of tiles, paths and entry bundles."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhi.engines.merkle import (
    EMPTY_ROOT,
    Extension,
    Frontier,
    Tile,
    TileAddress,
    extend,
    leaf_hash,
    pack_entries,
    parse_tile_path,
    prove_consistency_from_tiles,
    prove_inclusion_from_tiles,
    read_frontier,
    reference,
    root_from_tiles,
    tile_width,
    tree_root,
    unpack_entries,
    verify_consistency,
    verify_inclusion,
)

STEPS = st.lists(st.integers(0, 300) | st.sampled_from([255, 256, 257, 512]), max_size=8)


def entries_of(size: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(size)]


class Store:
    """Tiles in memory, kept as the ledger keeps them: one row per level and index."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, int], bytes] = {}
        self.reads: list[tuple[int, int, int]] = []

    def write(self, extension: Extension) -> None:
        for tile in extension.tiles:
            known = self.rows.get((tile.level, tile.index), b"")
            assert tile.hashes.startswith(known), "a tile only ever grows at its end"
            assert tile.hashes != known, "a tile that did not change need not be written"
            self.rows[tile.level, tile.index] = tile.hashes

    def read(self, level: int, index: int, width: int) -> bytes:
        self.reads.append((level, index, width))
        return self.rows[level, index][: width * 32]


def grown(size: int, *, step: int = 100_000) -> Store:
    store, frontier = Store(), Frontier()
    leaves = [leaf_hash(entry) for entry in entries_of(size)]
    for begin in range(0, size, step):
        extension = extend(frontier, leaves[begin : begin + step])
        store.write(extension)
        frontier = extension.frontier
    return store


@given(steps=STEPS)
@settings(max_examples=40, deadline=None)
def test_growth_in_steps_gives_the_twins_tiles_and_roots(steps: list[int]) -> None:
    entries = entries_of(sum(steps))
    leaves = [leaf_hash(entry) for entry in entries]
    store, frontier = Store(), Frontier()
    for step in steps:
        extension = extend(frontier, leaves[frontier.size : frontier.size + step])
        store.write(extension)
        assert extension.old_size == frontier.size
        frontier = extension.frontier
        assert extension.root == frontier.root == reference.tree_hash(entries[: frontier.size])
        assert read_frontier(frontier.size, store.read) == frontier
        assert root_from_tiles(frontier.size, store.read) == extension.root
    expected = reference.tiles_of(entries)
    assert {(level, index): value for (level, index, _), value in expected.items()} == store.rows
    for level, index, width in expected:
        assert tile_width(level, index, size=len(entries)) == width


@given(size=st.integers(1, 1500), data=st.data())
@settings(max_examples=60, deadline=None)
def test_proofs_from_tiles_agree_with_the_twin(size: int, data: st.DataObject) -> None:
    """The tree has grown beyond the size that is asked for, as it does in a living log."""
    later = size + data.draw(st.integers(0, 300))
    step = data.draw(st.integers(50, 400))
    entries, store = entries_of(later), grown(later, step=step)
    index, old_size = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root = reference.tree_hash(entries[:size])

    inclusion = prove_inclusion_from_tiles(store.read, index=index, size=size)
    assert list(inclusion.hashes) == reference.path(index, entries[:size])
    assert verify_inclusion(inclusion, leaf_hash=leaf_hash(entries[index]), root=root)

    consistency = prove_consistency_from_tiles(store.read, old_size=old_size, size=size)
    assert list(consistency.hashes) == reference.proof(old_size, entries[:size])
    old_root = reference.tree_hash(entries[:old_size])
    assert verify_consistency(consistency, old_root=old_root, root=root)


@given(
    size=st.integers(0, 2**40),
    steps=st.lists(st.integers(0, 600), min_size=1, max_size=4),
)
@settings(max_examples=30, deadline=None)
def test_one_append_equals_many_in_a_tree_of_any_size(size: int, steps: list[int]) -> None:
    """A frontier of made-up hashes stands for a log far too large to build here."""
    levels = -(-size.bit_length() // 8)
    widths = [(size >> 8 * level) % 256 for level in range(levels)]
    edge = [
        b"".join(leaf_hash(b"%d.%d" % (level, place)) for place in range(width))
        for level, width in enumerate(widths)
    ]
    start = Frontier(size, tuple(edge))
    leaves = [leaf_hash(entry) for entry in entries_of(sum(steps))]
    frontier, begin = start, 0
    last: dict[tuple[int, int], Tile] = {}
    for step in steps:
        extension = extend(frontier, leaves[begin : begin + step])
        last |= {(tile.level, tile.index): tile for tile in extension.tiles}
        frontier, begin = extension.frontier, begin + step
    at_once = extend(start, leaves)
    assert at_once.frontier == frontier
    assert {(tile.level, tile.index): tile for tile in at_once.tiles} == last


def test_a_tree_of_70_000_has_the_tiles_that_the_specification_counts() -> None:
    """The example of tlog-tiles, "Partial Tiles"; it also reaches a third level."""
    size = 70_000
    entries, store = entries_of(size), grown(size, step=9_999)
    counts = {
        level: sorted(len(value) // 32 for (at, _), value in store.rows.items() if at == level)
        for level in range(4)
    }
    assert counts == {0: [112, *[256] * 273], 1: [17, 256], 2: [1], 3: []}
    root = root_from_tiles(size, store.read)
    assert root == reference.tree_hash(entries)
    for index in (0, 255, 256, 65_535, 65_536, 69_887, 69_888, size - 1):
        proof = prove_inclusion_from_tiles(store.read, index=index, size=size)
        assert verify_inclusion(proof, leaf_hash=leaf_hash(entries[index]), root=root)
    for old_size in (1, 256, 65_535, 65_536, 65_537, size):
        grows = prove_consistency_from_tiles(store.read, old_size=old_size, size=size)
        old_root = reference.tree_hash(entries[:old_size])
        assert verify_consistency(grows, old_root=old_root, root=root)


def test_a_tree_of_256_is_one_full_tile_and_one_hash_above_it() -> None:
    extension = extend(Frontier(), [leaf_hash(entry) for entry in entries_of(256)])
    assert [tile.address.path for tile in extension.tiles] == ["tile/0/000", "tile/1/000.p/1"]
    assert extension.frontier.edge == (b"", extension.root)


def test_a_proof_reads_few_tiles_each_once() -> None:
    store = grown(70_000)
    store.reads.clear()
    prove_inclusion_from_tiles(store.read, index=12_345, size=70_000)
    assert len(store.reads) == len(set(store.reads)) <= 5
    store.reads.clear()
    root_from_tiles(70_000, store.read)
    assert store.reads == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]


def test_nothing_appended_changes_nothing() -> None:
    frontier = extend(Frontier(), [leaf_hash(b"one")]).frontier
    extension = extend(frontier, [])
    assert extension == Extension(1, frontier, leaf_hash(b"one"), ())
    assert extend(Frontier(), []).root == Frontier().root == EMPTY_ROOT == root_from_tiles(0, fail)


def fail(level: int, index: int, width: int) -> bytes:
    raise AssertionError(f"no tile should be read, but {(level, index, width)} was")


@given(size=st.integers(2, 1200), bit=st.integers(0, 7), data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_changed_tile_is_found_out(size: int, bit: int, data: st.DataObject) -> None:
    """Whichever stored hash is changed, the root or a proof that uses it fails."""
    entries, store = entries_of(size), grown(size)
    root = reference.tree_hash(entries)
    index = data.draw(st.integers(0, size - 1))
    tile, place = index // 256, index % 256 * 32 + data.draw(st.integers(0, 31))
    changed = bytearray(store.rows[0, tile])
    changed[place] ^= 1 << bit
    store.rows[0, tile] = bytes(changed)

    forged = bytes(changed[place // 32 * 32 :][:32])
    proof = prove_inclusion_from_tiles(store.read, index=index, size=size)
    assert not verify_inclusion(proof, leaf_hash=forged, root=root)
    neighbour = index ^ 1 if index ^ 1 < size else index - 1
    if neighbour // 256 == tile:
        proof = prove_inclusion_from_tiles(store.read, index=neighbour, size=size)
        assert not verify_inclusion(proof, leaf_hash=leaf_hash(entries[neighbour]), root=root)
    if tile == size // 256:
        assert root_from_tiles(size, store.read) != root


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    store = grown(300)
    store.rows[0, 1] = store.rows[0, 1][:-1]
    with pytest.raises(ValueError, match=r"tile/0/001\.p/44 must have 1408 bytes, not 1407"):
        root_from_tiles(300, store.read)
    with pytest.raises(ValueError, match=r"tile/0/001\.p/44 must have"):
        prove_inclusion_from_tiles(store.read, index=299, size=300)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Frontier(-1), "cannot have -1 entries"),
        (lambda: Frontier(1), "1 entries has 1 levels of tiles, not 0"),
        (lambda: Frontier(2, (bytes(32),)), "level 0 must have 64 bytes .* of 2 entries, not 32"),
        (lambda: Frontier(256, (bytes(32),)), "2 levels of tiles, not 1"),
        (lambda: extend(Frontier(), [b"short"]), "leaf hash is 32 bytes; number 0 has 5"),
        (lambda: Tile(0, 0, b""), "1 to 256 wide, not 0"),
        (lambda: Tile(0, 0, bytes(33)), "whole hashes of 32 bytes, not 33"),
        (lambda: Tile(64, 0, bytes(32)), "level is 0 to 63, not 64"),
        (lambda: Tile(0, -1, bytes(32)), "index is 0 to"),
        (lambda: Extension(2, Frontier(), EMPTY_ROOT, ()), "2 entries cannot grow to 0"),
        (lambda: Extension(0, Frontier(), b"", ()), "root is 32 bytes"),
    ],
)
def test_a_wrong_tree_cannot_be_made(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (TileAddress(0, 1234, 5), "tile/0/x001/234.p/5"),
        (TileAddress(3, 1_234_067), "tile/3/x001/x234/067"),
        (TileAddress(0, 0), "tile/0/000"),
        (TileAddress(63, 999, 255), "tile/63/999.p/255"),
        (TileAddress(1, 1000, 1), "tile/1/x001/000.p/1"),
        (TileAddress(None, 7, 200), "tile/entries/007.p/200"),
        (TileAddress(None, 1000), "tile/entries/x001/000"),
    ],
)
def test_tile_paths_are_spelt_as_the_specification_says(address: TileAddress, path: str) -> None:
    assert address.path == str(address) == path
    assert parse_tile_path(path) == address


@given(
    level=st.none() | st.integers(0, 63),
    index=st.integers(0, 2**64 - 1),
    width=st.integers(1, 256),
)
def test_tile_paths_read_back(level: int | None, index: int, width: int) -> None:
    address = TileAddress(level, index, width)
    assert parse_tile_path(address.path) == address


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/234",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/data/000",
        "tile/0/٠٠٠",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ],
)
def test_other_spellings_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="tile"):
        parse_tile_path(path)


@given(entries=st.lists(st.binary(max_size=300), min_size=1, max_size=256))
@settings(max_examples=50, deadline=None)
def test_entry_bundles_read_back(entries: list[bytes]) -> None:
    assert unpack_entries(pack_entries(entries)) == tuple(entries)


def test_an_entry_bundle_is_lengths_and_bytes() -> None:
    assert pack_entries([b"ab", b"", b"c" * 258])[:8] == b"\x00\x02ab\x00\x00\x01\x02"
    longest = b"x" * 65_535
    assert unpack_entries(pack_entries([longest])) == (longest,)


@pytest.mark.parametrize(
    ("bundle", "sentence"),
    [
        (b"", "1 to 256 entries, not 0"),
        (b"\x00", "cut off within entry 0"),
        (b"\x00\x01", "cut off within entry 0"),
        (b"\x00\x00\x00\x05abcd", "cut off within entry 1"),
        (b"\x00\x00" * 257, "1 to 256 entries, not 257"),
    ],
)
def test_a_broken_bundle_is_refused(bundle: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        unpack_entries(bundle)


def test_entries_that_no_bundle_can_hold_are_refused() -> None:
    with pytest.raises(ValueError, match=r"at most 65,535 bytes; number 1 .* has 65,536"):
        pack_entries([b"", b"x" * 65_536])
    with pytest.raises(ValueError, match="1 to 256 entries, not 257"):
        pack_entries([b""] * 257)


def test_values_read_well() -> None:
    extension = extend(Frontier(), [leaf_hash(entry) for entry in entries_of(300)])
    root = tree_root([leaf_hash(entry) for entry in entries_of(300)]).hex()
    expected = f"the tree grew from 0 to 300 entries: 3 tiles to write (1 full), root {root}"
    assert str(extension) == expected
    assert str(extension.frontier) == f"tree of 300 entries, root {root}"
    assert str(extension.tiles[1]) == "tile/0/001.p/44 (44 hashes)"
