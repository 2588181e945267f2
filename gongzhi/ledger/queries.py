"""Read the log: receipts of writes, entries in their sealed order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from django.conf import settings

from gongzhi.engines.merkle import (
    EMPTY_ROOT,
    HASH_SIZE,
    TILE_WIDTH,
    Frontier,
    InclusionProof,
    NoteRefused,
    TileAddress,
    extend,
    leaf_hash,
    pack_entries,
    parse_checkpoint,
    parse_verifier_key,
    prove_inclusion_from_tiles,
    sign_note,
    tile_width,
    verifier_key,
    verify_note,
)  # fmt: skip
from gongzhi.ledger.compiled import CompiledQuery, param
from gongzhi.ledger.models import Checkpoint, Entry, Log, Receipt, Tile
from gongzhi.ledger.records import canonical


class Reader(Protocol):
    """Whoever reads, known by a plain reference."""

    @property
    def ref(self) -> str: ...


_RECEIPT = CompiledQuery(lambda: Receipt.objects.filter(by_ref=param("by_ref"), key=param("key")))


def receipt_of(by: Reader, key: str) -> Receipt | None:
    """The answer already given to this person for this idempotency key."""
    return next(iter(_RECEIPT.ask(by_ref=by.ref, key=key)), None)


def entries_of(subject: str) -> list[Entry]:
    """All entries about one record, oldest first."""
    return list(Entry.objects.filter(subject=subject).order_by("id"))


def sealed_after(leaf_index: int, limit: int = 200) -> list[Entry]:
    """Sealed entries after a place in the log, in log order."""
    entries = Entry.objects.filter(leaf_index__gt=leaf_index)
    return list(entries.order_by("leaf_index")[:limit])


def last_sealed() -> int:
    """The place of the last sealed entry, -1 in an empty log."""
    last = Entry.objects.exclude(leaf_index=None).order_by("-leaf_index").first()
    return last.leaf_index if last and last.leaf_index is not None else -1


def anything_unsealed() -> bool:
    """Whether an entry waits for its place in the log."""
    return Entry.objects.filter(leaf_index=None).exists()


def read_tile(level: int, index: int, width: int) -> bytes:
    """The first `width` hashes of a stored tile; empty where there is none."""
    tile = Tile.objects.filter(level=level, index=index).first()
    return bytes(tile.hashes)[: width * HASH_SIZE] if tile else b""


def last_checkpoint() -> Checkpoint | None:
    """The newest signed statement of size and root."""
    return Checkpoint.objects.order_by("-size").first()


def published(address: TileAddress) -> bytes | None:
    """The bytes at a tile's address, or None where the log has not grown so far."""
    log = Log.objects.filter(id=1).first()
    size = log.size if log else 0
    level = address.level or 0
    if address.width > tile_width(level, address.index, size=size):
        return None
    if address.level is not None:
        return read_tile(address.level, address.index, address.width)
    first = address.index * TILE_WIDTH
    entries = Entry.objects.filter(leaf_index__range=(first, first + address.width - 1))
    bodies = entries.order_by("leaf_index").values_list("body", flat=True)
    return pack_entries([body.encode() for body in bodies])


def proof_of(entry: Entry) -> InclusionProof | None:
    """The proof that a sealed entry is in the log at its present size."""
    log = Log.objects.filter(id=1).first()
    if log is None or entry.leaf_index is None:
        return None
    return prove_inclusion_from_tiles(read_tile, index=entry.leaf_index, size=log.size)


def public_key() -> str:
    """The key that strangers verify checkpoints with (C2SP signed-note verifier key)."""
    return str(verifier_key(settings.LEDGER_ORIGIN, bytes.fromhex(settings.LEDGER_KEY)))


def signed(text: str) -> str:
    """A text that ends with a line break, signed with the key of this site (C2SP signed-note)."""
    key = bytes.fromhex(settings.LEDGER_KEY)
    return str(sign_note(text, name=settings.LEDGER_ORIGIN, private_key=key))


def text_signed(note: str) -> str:
    """The text of a note that this site's key has signed.

    Errors: `NoteRefused` where the signature does not hold.
    """
    return _text_signed(note, public_key())


@lru_cache(4096)
def _text_signed(note: str, key: str) -> str:
    return str(verify_note(note, keys=[parse_verifier_key(key)]).text)


@dataclass(frozen=True)
class Verification:
    """What a walk over the whole log found."""

    size: int
    unsealed: int
    checkpoints: int
    root: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems

    def __str__(self) -> str:
        state = "holds" if self.holds else "DOES NOT HOLD:\n  " + "\n  ".join(self.problems)
        return (
            f"{self.size} sealed entries, {self.unsealed} not yet sealed, "
            f"{self.checkpoints} checkpoints, root {self.root}: the ledger {state}"
        )


def verify() -> Verification:
    """Walk the whole log: every entry, tile, root and signature is computed anew."""
    problems: list[str] = []
    frontier, roots = _regrow(problems)
    problems += _wrong_log(frontier)
    problems += _wrong_checkpoints(roots)
    return Verification(
        size=frontier.size,
        unsealed=Entry.objects.filter(leaf_index=None).count(),
        checkpoints=Checkpoint.objects.count(),
        root=frontier.root.hex(),
        problems=tuple(problems),
    )


def _wrong_log(frontier: Frontier) -> list[str]:
    """The log's own row, and the newest checkpoint, must speak of all sealed entries."""
    log, last = Log.objects.filter(id=1).first(), last_checkpoint()
    size, root, origin = 0, EMPTY_ROOT, settings.LEDGER_ORIGIN
    if log is not None:
        size, root, origin = log.size, bytes(log.root), log.origin
    problems = []
    if size != frontier.size:
        problems.append(f"The log says size {size}, the entries give {frontier.size}.")
    elif root != frontier.root:
        problems.append("The log's root is not that of its entries.")
    if origin != settings.LEDGER_ORIGIN:
        problems.append(f"The log says it is {origin}, not {settings.LEDGER_ORIGIN}.")
    signed = last.size if last else 0
    if signed < frontier.size:
        problems.append(f"Only {signed} of {frontier.size} sealed entries are signed for.")
    return problems


def _regrow(problems: list[str]) -> tuple[Frontier, dict[int, bytes]]:
    """Grow the tree again from the entries; collect the roots at the checkpoints' sizes."""
    sizes = list(Checkpoint.objects.order_by("size").values_list("size", flat=True))
    tiles = {(t.level, t.index): bytes(t.hashes) for t in Tile.objects.all()}
    frontier, roots = Frontier(), {}
    entries = Entry.objects.exclude(leaf_index=None).order_by("leaf_index").iterator(2000)
    hashes: list[bytes] = []
    cuts = iter([*sizes, -1])
    cut = next(cuts)
    grown: dict[tuple[int, int], bytes] = {}
    for expected, entry in enumerate(entries):
        if entry.leaf_index != expected:
            problems.append(f"Entry {expected} is missing: the next one is {entry.leaf_index}.")
            break
        problems += _wrong_columns(entry)
        hashes.append(leaf_hash(entry.body.encode()))
        if expected + 1 == cut or len(hashes) == 4096:
            extension = extend(frontier, hashes)
            grown |= {(t.level, t.index): t.hashes for t in extension.tiles}
            frontier, hashes = extension.frontier, []
            if expected + 1 == cut:
                roots[cut] = frontier.root
                cut = next(cuts)
    if hashes:
        extension = extend(frontier, hashes)
        grown |= {(t.level, t.index): t.hashes for t in extension.tiles}
        frontier = extension.frontier
    problems += [
        f"Tile {level}/{index} does not fit the entries below it."
        for level, index in sorted(grown.keys() | tiles.keys())
        if grown.get((level, index)) != tiles.get((level, index))
    ]
    return frontier, roots


def _wrong_columns(entry: Entry) -> list[str]:
    """The columns beside the body are for searching; they must say the same as the body."""
    head = {
        "at": entry.at, "verb": entry.verb, "subject": entry.subject, "unit": entry.unit_path,
        "by": entry.by_ref,
    }  # fmt: skip
    try:
        body = json.loads(entry.body)
    except ValueError:
        return [f"Entry {entry.leaf_index}: its text cannot be read."]
    said = {key: body.get(key) for key in head} if isinstance(body, dict) else None
    if canonical(said) != canonical(head):
        return [f"Entry {entry.leaf_index}: its columns differ from its text."]
    return []


def _wrong_checkpoints(roots: dict[int, bytes]) -> list[str]:
    key = verifier_key(settings.LEDGER_ORIGIN, bytes.fromhex(settings.LEDGER_KEY))
    problems = []
    for checkpoint in Checkpoint.objects.order_by("size"):
        try:
            said = parse_checkpoint(verify_note(checkpoint.note, keys=[key]).text)
        except NoteRefused as refusal:
            problems.append(f"Checkpoint {checkpoint.size}: {refusal}")
            continue
        if said.size != checkpoint.size or said.root != roots.get(checkpoint.size):
            problems.append(f"Checkpoint {checkpoint.size} does not fit the entries.")
    return problems
