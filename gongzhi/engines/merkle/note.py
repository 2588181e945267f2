"""Checkpoints of the ledger (检查点) as signed notes, so that anybody can hold us to what we said.

Formats: C2SP signed-note (Ed25519, signature type 0x01) and C2SP tlog-checkpoint.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .tree import EMPTY_ROOT, HASH_SIZE

ED25519 = b"\x01"
KEY_SIZE = 32
KEY_ID_SIZE = 4
MAX_SIGNATURES = 100
MAX_NOTE_SIZE = 1_000_000

_DASH = "\N{EM DASH} "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


class NoteRefused(ValueError):
    """A note, key or checkpoint that must not be believed; the message says why."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a signing key: whose it is and the 32 bytes of its Ed25519 key."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        _check_key_name(self.name)
        if len(self.public_key) != KEY_SIZE:
            raise NoteRefused(
                f"An Ed25519 public key is {KEY_SIZE} bytes, not {len(self.public_key)}."
            )

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell this key from others of the same name."""
        named = self.name.encode() + b"\n" + ED25519 + self.public_key
        return sha256(named).digest()[:KEY_ID_SIZE]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_to_base64(ED25519 + self.public_key)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note: who claims to have signed, with which key, and the bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        _check_key_name(self.name)
        if len(self.key_id) != KEY_ID_SIZE or not self.signature:
            raise NoteRefused(f"The signature of {self.name} is too short to be one.")

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {_to_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures below it, read but not yet verified: do not believe the text."""

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        _check_text(self.text)
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            raise NoteRefused(
                f"A note carries 1 to {MAX_SIGNATURES} signatures, not {len(self.signatures)}."
            )

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(str(signature) for signature in self.signatures)}"


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A text that known keys have signed, and whose keys they are."""

    text: str
    signers: tuple[VerifierKey, ...]

    def __post_init__(self) -> None:
        _check_text(self.text)
        if not self.signers:
            raise NoteRefused("A verified note has at least one known signer.")

    def __str__(self) -> str:
        return f"signed by {', '.join(key.name for key in self.signers)}:\n{self.text}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself at one moment: its name, number of entries and root (32 bytes).

    `extra` lines are optional and opaque; C2SP tlog-checkpoint advises against them.
    """

    origin: str
    size: int
    root: bytes
    extra: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extra):
            _check_line(line)
        if not 0 <= self.size < 1 << 64:
            raise NoteRefused(f"A log cannot have {self.size} entries.")
        if len(self.root) != HASH_SIZE:
            raise NoteRefused(f"A root is {HASH_SIZE} bytes, not {len(self.root)}.")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise NoteRefused("The root of an empty log is the SHA-256 of nothing.")

    @property
    def text(self) -> str:
        """The lines that are signed."""
        lines = (self.origin, str(self.size), _to_base64(self.root), *self.extra)
        return "".join(f"{line}\n" for line in lines)

    def __str__(self) -> str:
        return f"{self.origin}: {self.size:,} entries, root {self.root.hex()}"


def make_checkpoint(origin: str, *, size: int, root: bytes, extra: Sequence[str] = ()) -> str:
    """Write a checkpoint's text, ready to be signed (C2SP tlog-checkpoint, "Note text").

    Raises NoteRefused for an empty or broken line, a wrong size or a root that is not 32 bytes.
    """
    return Checkpoint(origin, size, root, tuple(extra)).text


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint out of a note's text; verify the note first.

    Raises NoteRefused with a sentence for a text that is not a checkpoint.
    """
    lines = text.removesuffix("\n").split("\n")
    if not text.endswith("\n") or len(lines) < 3:
        raise NoteRefused("A checkpoint has at least three lines, each with its line end.")
    origin, size, root, *extra = lines
    if not _DECIMAL.fullmatch(size):
        raise NoteRefused(
            f"A checkpoint's second line is the number of entries, not {size[:80]!r}."
        )
    return Checkpoint(origin, int(size), _from_base64(root, "root"), tuple(extra))


def verifier_key(name: str, private_key: bytes) -> VerifierKey:
    """Give the public half of a 32-byte Ed25519 private key, to be handed to verifiers."""
    return VerifierKey(name, _load_private(private_key).public_key().public_bytes_raw())


def parse_verifier_key(text: str) -> VerifierKey:
    """Read a verifier key written as `name+hash+base64` (C2SP signed-note).

    Raises NoteRefused where the form, the kind of key or the hash is wrong.
    """
    parts = text.split("+", 2)
    if len(parts) != 3 or not _KEY_ID.fullmatch(parts[1]):
        raise NoteRefused("A verifier key is written as name+hash+key, the hash in 8 hex digits.")
    name, key_id, encoded = parts
    raw = _from_base64(encoded, "verifier key")
    if raw[:1] != ED25519:
        raise NoteRefused(f"The verifier key of {name} is not an Ed25519 key (type 01).")
    key = VerifierKey(name, raw[1:])
    if key.key_id.hex() != key_id:
        raise NoteRefused(f"The verifier key of {name} does not have the hash {key_id}.")
    return key


def sign_note(text: str, *, name: str, private_key: bytes) -> str:
    """Sign a text and give the whole note; the name says whose key it is.

    `private_key` is the 32-byte Ed25519 seed of RFC 8032. Raises NoteRefused for a text that
    does not end in a line end or holds control characters, or a name with a space or plus.
    """
    _check_text(text)
    signed = _load_private(private_key).sign(text.encode())
    key = verifier_key(name, private_key)
    return str(Note(text, (Signature(name, key.key_id, signed),)))


def parse_note(raw: str | bytes) -> Note:
    """Take a note apart into its text and signatures, without verifying any of them.

    Raises NoteRefused with a sentence where the note is malformed.
    """
    note = _decode(raw)
    text, gap, below = note.rpartition("\n\n")
    if not gap or not below.endswith("\n"):
        raise NoteRefused("A note ends with an empty line and signature lines below it.")
    lines = below.removesuffix("\n").split("\n")
    return Note(f"{text}\n", tuple(_parse_signature(line) for line in lines))


def verify_note(raw: str | bytes, *, keys: Sequence[VerifierKey]) -> VerifiedNote:
    """Give a note's text back only if at least one of these keys has signed it.

    Signatures of other keys are ignored; a false signature of one of these keys, like a note
    that none of them signed, raises NoteRefused (C2SP signed-note, "Signatures").
    """
    note = parse_note(raw)
    known = {(key.name, key.key_id): key for key in keys}
    signers: list[VerifierKey] = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        _check_signature(key, signature.signature, note.text)
        if key not in signers:
            signers.append(key)
    if not signers:
        raise NoteRefused("None of the known keys has signed this note.")
    return VerifiedNote(note.text, tuple(signers))


def _check_signature(key: VerifierKey, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, text.encode())
    except InvalidSignature as error:
        raise NoteRefused(f"The signature of {key.name} does not fit the note's text.") from error


def _parse_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteRefused(
            "A signature line is a long dash, the signer's name and the signature, "
            f"with a space between them, not {line[:80]!r}."
        )
    raw = _from_base64(encoded, "signature")
    return Signature(name, raw[:KEY_ID_SIZE], raw[KEY_ID_SIZE:])


def _load_private(private_key: bytes) -> Ed25519PrivateKey:
    # The key itself must never show in a message.
    if len(private_key) != KEY_SIZE:
        raise NoteRefused(f"An Ed25519 private key is {KEY_SIZE} bytes, not {len(private_key)}.")
    return Ed25519PrivateKey.from_private_bytes(private_key)


def _decode(raw: str | bytes) -> str:
    """Read a note of bearable length as UTF-8."""
    try:
        encoded = raw.encode() if isinstance(raw, str) else raw
        text = encoded.decode()
    except UnicodeError as error:
        raise NoteRefused("A note is written in UTF-8; this one is not.") from error
    if len(encoded) > MAX_NOTE_SIZE:
        raise NoteRefused(f"A note has at most {MAX_NOTE_SIZE:,} bytes, not {len(encoded):,}.")
    return text


def _check_text(text: str) -> None:
    if not _decode(text).endswith("\n"):
        raise NoteRefused("A note's text must end with a line end.")
    if _CONTROL.search(text):
        raise NoteRefused("A note must not hold control characters other than the line end.")


def _check_line(line: str) -> None:
    if not line or "\n" in line:
        raise NoteRefused("Each line of a checkpoint holds something, and no line end within.")
    _check_text(f"{line}\n")


def _check_key_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise NoteRefused(f"A key's name is one word without spaces and plus signs, not {name!r}.")
    _check_text(f"{name}\n")


def _to_base64(raw: bytes) -> str:
    return b64encode(raw).decode()


def _from_base64(encoded: str, what: str) -> bytes:
    try:
        raw = b64decode(encoded, validate=True)
    except ValueError as error:
        raise NoteRefused(f"The {what} is not base64.") from error
    # Two spellings of one value would let a note be altered without breaking its signature.
    if _to_base64(raw) != encoded:
        raise NoteRefused(f"The {what} is not base64 in its one right spelling.")
    return raw
