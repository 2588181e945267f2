"""The hash tree stored as tiles of 256 hashes, as the C2SP tlog-tiles specification lays it out.

A tile at level 0 holds leaf hashes; each hash of a higher level is the root of a full tile below.
So an append needs only the unfinished tiles on the right edge, and a proof reads a few tiles.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .tree import (
    EMPTY_ROOT,
    HASH_SIZE,
    ConsistencyProof,
    InclusionProof,
    build_consistency,
    build_inclusion,
    check_hashes,
    fold,
    node_hash,
)

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 63
MAX_ENTRY_SIZE = 0xFFFF

ReadTile = Callable[[int, int, int], bytes]
"""`read(level, index, width)`: exactly `width` hashes of 32 bytes, joined; where a wider tile is
stored, its first `width` hashes."""

_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class TileAddress:
    """Where a tile is published; `level` None means a bundle of entries instead of hashes.

    `index` counts tiles of the level from 0, `width` is 1 to 256 hashes (256: a full tile).
    """

    level: int | None
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if self.level is not None and not 0 <= self.level <= MAX_LEVEL:
            raise ValueError(f"A tile's level is 0 to {MAX_LEVEL}, not {self.level}.")
        if not 0 <= self.index < 1 << 64:
            raise ValueError(f"A tile's index is 0 to 2^64 - 1, not {self.index}.")
        if not 1 <= self.width <= TILE_WIDTH:
            raise ValueError(f"A tile is 1 to {TILE_WIDTH} wide, not {self.width}.")

    @property
    def path(self) -> str:
        """The address below the log's prefix, such as `tile/0/x001/234.p/5`."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        kind = "entries" if self.level is None else str(self.level)
        suffix = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{number}{suffix}"

    def __str__(self) -> str:
        return self.path


def parse_tile_path(path: str) -> TileAddress:
    """Read a tile's or an entry bundle's path; only the one spelling of the standard is accepted.

    Raises ValueError with a sentence for anything else.
    """
    match = _PATH.fullmatch(path)
    if match:
        kind, number, width = match.groups()
        level = None if kind == "entries" else int(kind)
        index = int(number.replace("/", "").replace("x", ""))
        address = TileAddress(level, index, int(width) if width else TILE_WIDTH)
        # One tile must have one name, so leading zeros beyond the padding are refused.
        if address.path == path:
            return address
    raise ValueError(f"{path!r} is not the path of a tile, such as tile/0/x001/234.p/5.")


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile to be stored: 1 to 256 neighbouring hashes of 32 bytes, joined."""

    level: int
    index: int
    hashes: bytes

    def __post_init__(self) -> None:
        if len(self.hashes) % HASH_SIZE:
            raise ValueError(f"A tile is whole hashes of 32 bytes, not {len(self.hashes)} bytes.")
        TileAddress(self.level, self.index, self.width)

    @property
    def width(self) -> int:
        """The number of hashes in the tile."""
        return len(self.hashes) // HASH_SIZE

    @property
    def address(self) -> TileAddress:
        """Where the tile is published."""
        return TileAddress(self.level, self.index, self.width)

    def __str__(self) -> str:
        return f"{self.address.path} ({self.width} hashes)"


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that an append needs of a tree: its size and the unfinished tile of every level.

    `edge[level]` holds `size // 256**level % 256` hashes, joined (it may be empty). The empty
    tree is `Frontier()`.
    """

    size: int = 0
    edge: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError(f"A tree cannot have {self.size} entries.")
        if len(self.edge) != _level_count(self.size):
            raise ValueError(
                f"A tree of {self.size} entries has {_level_count(self.size)} levels of tiles, "
                f"not {len(self.edge)}."
            )
        for level, hashes in enumerate(self.edge):
            width = _edge_width(level, self.size)
            if len(hashes) != width * HASH_SIZE:
                raise ValueError(
                    f"The unfinished tile of level {level} must have {width * HASH_SIZE} bytes "
                    f"in a tree of {self.size} entries, not {len(hashes)}."
                )

    @property
    def root(self) -> bytes:
        """The root of the tree, 32 bytes."""
        root = b""
        for hashes in self.edge:
            nodes = _split(hashes)
            nodes = [*nodes, root] if root else nodes
            root = fold(nodes) if nodes else b""
        return root or EMPTY_ROOT

    def __str__(self) -> str:
        return f"tree of {self.size:,} entries, root {self.root.hex()}"


@dataclass(frozen=True, slots=True)
class Extension:
    """What an append brought: the tiles to write, the new frontier and the new root.

    `tiles` are all that became full and the unfinished ones that changed, lowest level first;
    an unfinished tile replaces the narrower one of the same level and index.
    """

    old_size: int
    frontier: Frontier
    root: bytes
    tiles: tuple[Tile, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.old_size <= self.frontier.size:
            raise ValueError(
                f"A tree of {self.old_size} entries cannot grow to {self.frontier.size}."
            )
        check_hashes([self.root], "root")

    @property
    def size(self) -> int:
        """The number of entries in the tree after the append."""
        return self.frontier.size

    def __str__(self) -> str:
        full = sum(tile.width == TILE_WIDTH for tile in self.tiles)
        return (
            f"the tree grew from {self.old_size:,} to {self.size:,} entries: "
            f"{len(self.tiles)} tiles to write ({full} full), root {self.root.hex()}"
        )


def extend(frontier: Frontier, leaf_hashes: Sequence[bytes]) -> Extension:
    """Append leaf hashes to a tree of which only the frontier is at hand.

    Costs time in proportion to the new leaves, whatever the size of the tree. Raises ValueError
    for a leaf hash that is not 32 bytes. Source: C2SP tlog-tiles, "Merkle Tree".
    """
    check_hashes(leaf_hashes, "leaf hash")
    incoming = list(leaf_hashes)
    tiles: list[Tile] = []
    edge: list[bytes] = []
    size = frontier.size + len(incoming)
    for level in range(_level_count(size)):
        old_edge = frontier.edge[level] if level < len(frontier.edge) else b""
        index = (frontier.size >> TILE_HEIGHT * level) // TILE_WIDTH
        written, incoming, rest = _grow_level(level, index, old_edge, incoming)
        tiles += written
        edge.append(rest)
    grown = Frontier(size, tuple(edge))
    return Extension(frontier.size, grown, grown.root, tuple(tiles))


def _grow_level(
    level: int, index: int, old_edge: bytes, incoming: list[bytes]
) -> tuple[list[Tile], list[bytes], bytes]:
    """Add hashes to one level; give the tiles written, the roots for the level above, the rest."""
    if not incoming:
        return [], [], old_edge
    joined = old_edge + b"".join(incoming)
    step = TILE_WIDTH * HASH_SIZE
    tiles = [
        Tile(level, index + place, joined[begin : begin + step])
        for place, begin in enumerate(range(0, len(joined), step))
    ]
    full = [tile for tile in tiles if tile.width == TILE_WIDTH]
    rest = joined[len(full) * step :]
    return tiles, [fold(_split(tile.hashes)) for tile in full], rest


def read_frontier(size: int, read: ReadTile) -> Frontier:
    """Load the frontier of a stored tree: at most one unfinished tile per level is read.

    Raises ValueError where a tile has not the bytes that the size asks for.
    """
    edge = []
    for level in range(_level_count(size)):
        width = _edge_width(level, size)
        index = (size >> TILE_HEIGHT * level) // TILE_WIDTH
        edge.append(_read(read, level, index, width) if width else b"")
    return Frontier(size, tuple(edge))


def root_from_tiles(size: int, read: ReadTile) -> bytes:
    """Compute the root (32 bytes) of a stored tree from the unfinished tile of each level."""
    return read_frontier(size, read).root


def prove_inclusion_from_tiles(read: ReadTile, *, index: int, size: int) -> InclusionProof:
    """Prove that entry `index` is in the stored tree of `size` entries.

    Raises ValueError for an index outside the tree or a tile of the wrong length.
    """
    return build_inclusion(_StoredTree(size, read).range_hash, index, size)


def prove_consistency_from_tiles(read: ReadTile, *, old_size: int, size: int) -> ConsistencyProof:
    """Prove that the first `old_size` entries began the stored tree of `size` entries.

    Raises ValueError for an old size of 0 or beyond the tree, or a tile of the wrong length.
    """
    return build_consistency(_StoredTree(size, read).range_hash, old_size, size)


def tile_width(level: int, index: int, *, size: int) -> int:
    """Say how many hashes a tile has in a tree of `size` entries (0: there is no such tile)."""
    below = (size >> TILE_HEIGHT * level) - index * TILE_WIDTH
    return min(TILE_WIDTH, max(0, below))


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """Join 1 to 256 entries into an entry bundle: each after its length, uint16 big-endian.

    Raises ValueError for an entry over 65,535 bytes or a wrong number of entries.
    """
    _check_entry_count(len(entries))
    for place, entry in enumerate(entries):
        if len(entry) > MAX_ENTRY_SIZE:
            raise ValueError(
                f"An entry has at most {MAX_ENTRY_SIZE:,} bytes; "
                f"number {place} of the bundle has {len(entry):,}."
            )
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack_entries(bundle: bytes) -> tuple[bytes, ...]:
    """Take an entry bundle apart; raises ValueError where it is cut off, empty or too long."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        begin = at + 2
        at = begin + int.from_bytes(bundle[at:begin], "big")
        if begin > len(bundle) or at > len(bundle):
            raise ValueError(f"The bundle is cut off within entry {len(entries)}.")
        entries.append(bundle[begin:at])
    _check_entry_count(len(entries))
    return tuple(entries)


class _StoredTree:
    """Range roots of a stored tree; each tile is read once per proof."""

    def __init__(self, size: int, read: ReadTile) -> None:
        self._size = size
        self._read = read
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def range_hash(self, begin: int, stop: int) -> bytes:
        """Give the root of the subtree `[begin, stop)` out of its whole pieces."""
        pieces = []
        while begin < stop:
            height = (stop - begin).bit_length() - 1
            pieces.append(self._whole(height, begin >> height))
            begin += 1 << height
        root = pieces.pop()
        while pieces:
            root = node_hash(pieces.pop(), root)
        return root

    def _whole(self, height: int, index: int) -> bytes:
        """Give the root of the whole subtree of 2^height leaves that starts at index 2^height."""
        level, depth = divmod(height, TILE_HEIGHT)
        first, count = index << depth, 1 << depth
        at = first % TILE_WIDTH
        return fold(self._tile(level, first // TILE_WIDTH)[at : at + count])

    def _tile(self, level: int, index: int) -> list[bytes]:
        if (level, index) not in self._tiles:
            width = tile_width(level, index, size=self._size)
            self._tiles[level, index] = _split(_read(self._read, level, index, width))
        return self._tiles[level, index]


def _read(read: ReadTile, level: int, index: int, width: int) -> bytes:
    address = TileAddress(level, index, width)
    hashes = read(level, index, width)
    if len(hashes) != width * HASH_SIZE:
        raise ValueError(
            f"The tile {address.path} must have {width * HASH_SIZE} bytes, not {len(hashes)}."
        )
    return hashes


def _check_entry_count(count: int) -> None:
    if not 1 <= count <= TILE_WIDTH:
        raise ValueError(f"An entry bundle holds 1 to {TILE_WIDTH} entries, not {count}.")


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[i : i + HASH_SIZE] for i in range(0, len(hashes), HASH_SIZE)]


def _level_count(size: int) -> int:
    """Count the levels that hold hashes in a tree of `size` entries."""
    return -(-size.bit_length() // TILE_HEIGHT)


def _edge_width(level: int, size: int) -> int:
    """Count the hashes in the unfinished tile of a level (tlog-tiles, "Partial Tiles")."""
    return (size >> TILE_HEIGHT * level) % TILE_WIDTH
