"""Published test vectors of the hash tree, and whole logs of others, found in GONGZHI_GOLDEN.

A vector is any JSON file below `merkle/` that says `wantErr`; its kind is told by its fields, so
other folders of the same layout run too. A log is a signed checkpoint beside a `tile` folder.
"""

import json
import os
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gongzhi.engines.merkle import (
    HASH_SIZE,
    TILE_WIDTH,
    ConsistencyProof,
    Frontier,
    InclusionProof,
    SubtreeConsistencyProof,
    SubtreeInclusionProof,
    TileAddress,
    Verdict,
    VerifierKey,
    extend,
    leaf_hash,
    make_checkpoint,
    pack_entries,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
    root_from_tiles,
    sign_note,
    tile_width,
    unpack_entries,
    verifier_key,
    verify_consistency,
    verify_inclusion,
    verify_note,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

CHECKOUT = Path(__file__).resolve().parents[2]
MERKLE = Path(os.environ.get("GONGZHI_GOLDEN", CHECKOUT.parent / "shared/golden")) / "merkle"

Vector = dict[str, Any]


def hashes(vector: Vector) -> tuple[bytes, ...]:
    return tuple(b64decode(value) for value in vector["proof"] or ())


def inclusion(vector: Vector) -> Verdict:
    proof = InclusionProof(vector["leafIdx"], vector["treeSize"], hashes(vector))
    leaf, root = b64decode(vector["leafHash"]), b64decode(vector["root"])
    return verify_inclusion(proof, leaf_hash=leaf, root=root)


def consistency(vector: Vector) -> Verdict:
    proof = ConsistencyProof(vector["size1"], vector["size2"], hashes(vector))
    old_root, root = b64decode(vector["root1"]), b64decode(vector["root2"])
    return verify_consistency(proof, old_root=old_root, root=root)


def subtree_inclusion(vector: Vector) -> Verdict:
    span = (vector["leafIdx"], vector["start"], vector["end"])
    proof = SubtreeInclusionProof(*span, hashes(vector))
    leaf, root = b64decode(vector["leafHash"]), b64decode(vector["root"])
    return verify_subtree_inclusion(proof, leaf_hash=leaf, root=root)


def subtree_consistency(vector: Vector) -> Verdict:
    span = (vector["start"], vector["end"], vector["size"])
    proof = SubtreeConsistencyProof(*span, hashes(vector))
    part, root = b64decode(vector["root1"]), b64decode(vector["root2"])
    return verify_subtree_consistency(proof, subtree_root=part, root=root)


KINDS: dict[frozenset[str], Callable[[Vector], Verdict]] = {
    frozenset({"leafIdx", "treeSize", "root", "leafHash"}): inclusion,
    frozenset({"size1", "size2", "root1", "root2"}): consistency,
    frozenset({"leafIdx", "start", "end", "root", "leafHash"}): subtree_inclusion,
    frozenset({"start", "end", "size", "root1", "root2"}): subtree_consistency,
}


def kind_of(vector: Vector) -> Callable[[Vector], Verdict] | None:
    return KINDS.get(frozenset(vector) - {"proof", "desc", "wantErr"})


def read_vectors() -> Iterator[tuple[str, Vector]]:
    for path in sorted(MERKLE.rglob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        if isinstance(content, dict) and "wantErr" in content:
            yield str(path.relative_to(MERKLE).with_suffix("")), content


VECTORS = list(read_vectors())
KNOWN = [pytest.param(vector, id=case) for case, vector in VECTORS if kind_of(vector)]
NONE = pytest.param(None, id="none-found")


@pytest.mark.parametrize("vector", KNOWN or [NONE])
def test_vector(vector: Vector | None) -> None:
    """A vector with `wantErr` must not even be written down, or must not hold."""
    if vector is None:
        pytest.skip("GONGZHI_GOLDEN has no merkle vectors")
    check = kind_of(vector)
    assert check is not None
    try:
        verdict = check(vector)
    except ValueError as refusal:
        verdict = Verdict(False, str(refusal))
    assert verdict.holds is not vector["wantErr"], f"{vector['desc']}: {verdict}"


def test_no_vector_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts every kind aloud; a kind that is not checked fails the test."""
    if not VECTORS:
        pytest.skip("GONGZHI_GOLDEN has no merkle vectors")
    checks = [(case, kind_of(vector)) for case, vector in VECTORS]
    counts = Counter(check.__name__ if check else "NOT COVERED" for _, check in checks)
    with capsys.disabled():
        print("\nmerkle vectors:", ", ".join(f"{kind} {n}" for kind, n in sorted(counts.items())))
    assert not [case for case, check in checks if check is None]


def find_keys(folder: Path) -> list[VerifierKey]:
    """Verifier keys that lie beside a log, each in a file of its own."""
    paths = [*sorted(folder.glob("*.pub")), *sorted(folder.glob("*vkey*"))]
    return [parse_verifier_key(path.read_text("utf-8").strip()) for path in paths]


def find_checkpoints(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*checkpoint*"))
    return [path for path in found if path.is_file() and (path.parent / "tile").is_dir()]


def read_stored(folder: Path, level: int | None, index: int, width: int) -> bytes:
    """The narrowest stored tile or bundle that is wide enough, as a log may drop narrow ones."""
    for candidate in range(width, TILE_WIDTH + 1):
        path = folder / TileAddress(level, index, candidate).path
        if path.is_file():
            return path.read_bytes()
    raise AssertionError(f"{folder.name} has no {TileAddress(level, index, width)}")


def check_log(path: Path) -> str:
    """Rebuild a checkpoint's root from the entries and again from the tiles; say who signed it."""
    folder, checkpoint = path.parent, parse_checkpoint(parse_note(path.read_bytes()).text)
    size = checkpoint.size
    frontier, bundle = Frontier(), 0
    while width := tile_width(0, bundle, size=size):
        entries = unpack_entries(read_stored(folder, None, bundle, width))[:width]
        extension = extend(frontier, [leaf_hash(entry) for entry in entries])
        for tile in extension.tiles:
            stored = read_stored(folder, tile.level, tile.index, tile.width)
            assert stored.startswith(tile.hashes), f"{path}: {tile} differs from its entries"
        frontier, bundle = extension.frontier, bundle + 1
    assert frontier.root == checkpoint.root, f"{path}: the entries give another root"

    def read(level: int, index: int, width: int) -> bytes:
        return read_stored(folder, level, index, width)[: width * HASH_SIZE]

    assert root_from_tiles(size, read) == checkpoint.root, f"{path}: the tiles give another root"
    keys = find_keys(folder)
    if not keys:
        return "no verifier key beside it, signature not checked"
    return f"signed by {verify_note(path.read_bytes(), keys=keys).signers[0].name}"


LOGS = [pytest.param(path, id=str(path.relative_to(MERKLE))) for path in find_checkpoints(MERKLE)]


@pytest.mark.parametrize("checkpoint", LOGS or [NONE])
def test_log(checkpoint: Path | None, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody else's log: each of its checkpoints follows from its entries and its tiles."""
    if checkpoint is None:
        pytest.skip("GONGZHI_GOLDEN has no tiled log (a checkpoint beside a tile folder)")
    outcome = check_log(checkpoint)
    with capsys.disabled():
        print(f"\n{checkpoint.relative_to(MERKLE)}: {outcome}")


def write_log(folder: Path, sizes: list[int]) -> None:
    """Publish a log as tlog-tiles says, with a checkpoint at each size."""
    entries, frontier, seed = [b"entry %d" % n for n in range(max(sizes))], Frontier(), bytes(32)
    (folder / "log.pub").write_text(f"{verifier_key('log.example', seed)}\n", "utf-8")
    for size in sizes:
        extension = extend(frontier, [leaf_hash(entry) for entry in entries[frontier.size : size]])
        files = {tile.address.path: tile.hashes for tile in extension.tiles}
        for tile in extension.tiles:
            if tile.level == 0:
                begin = tile.index * TILE_WIDTH
                address = TileAddress(None, tile.index, tile.width)
                files[address.path] = pack_entries(entries[begin : begin + tile.width])
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        frontier = extension.frontier
        text = make_checkpoint("log.example", size=size, root=extension.root)
        note = sign_note(text, name="log.example", private_key=seed)
        (folder / f"checkpoint.{size}").write_bytes(note.encode())


def test_the_check_of_logs_accepts_a_sound_one_and_sees_a_changed_one(tmp_path: Path) -> None:
    """So that the check above can be trusted where no log of others is at hand."""
    write_log(tmp_path, [0, 3, 256, 700])
    found = find_checkpoints(tmp_path)
    assert [path.suffix for path in found] == [".0", ".256", ".3", ".700"]
    assert {check_log(path) for path in found} == {"signed by log.example"}
    bundle = tmp_path / "tile/entries/001"
    bundle.write_bytes(bundle.read_bytes().replace(b"entry 300", b"entry 3OO"))
    with pytest.raises(AssertionError, match="differs from its entries"):
        check_log(found[-1])
