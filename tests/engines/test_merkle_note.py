"""Signed notes and checkpoints: known answers, round trips, tampering, malformed notes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.engines.merkle import (
    EMPTY_ROOT,
    Checkpoint,
    Note,
    NoteRefused,
    Signature,
    VerifiedNote,
    VerifierKey,
    make_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
    sign_note,
    verifier_key,
    verify_note,
)

# The worked example in the documentation of Go's golang.org/x/mod/sumdb/note.
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_NOTE = (
    f"{PETER_TEXT}\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM=\n"
)

NAME = "linjiang.example/ledger"
SEED = bytes(range(32))
OTHER_SEED = bytes(range(1, 33))
KEY = verifier_key(NAME, SEED)
OTHER_KEY = verifier_key("witness.example", OTHER_SEED)
TEXT = "first line\n\n市级总账, last line\n"
NOTE = sign_note(TEXT, name=NAME, private_key=SEED)

LETTERS = st.characters(exclude_categories=["Cs"], min_codepoint=0x20)
TEXTS = st.lists(st.text(LETTERS), min_size=1).map(lambda lines: "\n".join(lines) + "\n")
LINES = st.text(LETTERS, min_size=1)


def with_signature_of(note: str, other: str) -> str:
    """The note with the other note's signature lines below its own."""
    return note + other.rpartition("\n\n")[2]


def test_the_example_of_the_go_documentation() -> None:
    key = parse_verifier_key(PETER_KEY)
    assert (key.name, key.key_id.hex(), str(key)) == ("PeterNeumann", "c74f20a3", PETER_KEY)
    assert verify_note(PETER_NOTE, keys=[key]) == VerifiedNote(PETER_TEXT, (key,))
    assert sign_note(PETER_TEXT, name="PeterNeumann", private_key=PETER_SEED) == PETER_NOTE
    assert verifier_key("PeterNeumann", PETER_SEED) == key


@given(text=TEXTS)
def test_what_is_signed_reads_back(text: str) -> None:
    note = sign_note(text, name=NAME, private_key=SEED)
    assert verify_note(note, keys=[OTHER_KEY, KEY]) == VerifiedNote(text, (KEY,))
    assert verify_note(note.encode(), keys=[KEY]).text == text
    assert str(parse_note(note)) == note


@given(seed=st.binary(min_size=32, max_size=32), name=st.from_regex(r"[a-z./0-9]+", fullmatch=True))
def test_verifier_keys_read_back(seed: bytes, name: str) -> None:
    key = verifier_key(name, seed)
    assert parse_verifier_key(str(key)) == key


@given(place=st.integers(0, len(TEXT.encode()) - 2), bit=st.integers(0, 7))
def test_one_changed_bit_of_the_text_is_found_out(place: int, bit: int) -> None:
    changed = bytearray(NOTE.encode())
    changed[place] ^= 1 << bit
    with pytest.raises(NoteRefused):
        verify_note(bytes(changed), keys=[KEY])


@given(place=st.integers(0, 63), bit=st.integers(0, 7))
def test_one_changed_bit_of_the_signature_is_found_out(place: int, bit: int) -> None:
    good = parse_note(NOTE).signatures[0]
    changed = bytearray(good.signature)
    changed[place] ^= 1 << bit
    forged = Note(TEXT, (Signature(good.name, good.key_id, bytes(changed)),))
    with pytest.raises(NoteRefused, match="does not fit the note's text"):
        verify_note(str(forged), keys=[KEY])


def test_signatures_of_strangers_are_ignored_and_all_known_ones_are_named() -> None:
    both = with_signature_of(NOTE, sign_note(TEXT, name="witness.example", private_key=OTHER_SEED))
    assert [signature.name for signature in parse_note(both).signatures] == [
        NAME,
        "witness.example",
    ]
    assert verify_note(both, keys=[KEY]).signers == (KEY,)
    assert verify_note(both, keys=[OTHER_KEY]).signers == (OTHER_KEY,)
    verified = verify_note(both, keys=[OTHER_KEY, KEY])
    assert verified.signers == (KEY, OTHER_KEY)
    assert str(verified) == f"signed by {NAME}, witness.example:\n{TEXT}"


def test_the_same_signature_twice_counts_once() -> None:
    assert verify_note(with_signature_of(NOTE, NOTE), keys=[KEY]).signers == (KEY,)


def test_a_strangers_signature_of_another_kind_is_tolerated() -> None:
    """Witnesses sign with other algorithms, so a signature may have another length."""
    longer = str(Signature("witness.example", b"\x00\x00\x00\x01", bytes(2500)))
    assert verify_note(NOTE + longer, keys=[KEY]).signers == (KEY,)


def test_a_key_of_the_same_name_is_another_key() -> None:
    namesake = verifier_key(NAME, OTHER_SEED)
    with pytest.raises(NoteRefused, match="None of the known keys has signed"):
        verify_note(NOTE, keys=[namesake])
    with pytest.raises(NoteRefused, match="None of the known keys has signed"):
        verify_note(NOTE, keys=[])


def test_one_false_signature_of_a_known_key_spoils_the_note() -> None:
    elsewhere = sign_note("something else\n", name="witness.example", private_key=OTHER_SEED)
    with pytest.raises(NoteRefused, match=r"signature of witness\.example does not fit"):
        verify_note(with_signature_of(NOTE, elsewhere), keys=[KEY, OTHER_KEY])


def test_a_public_key_that_is_no_point_of_the_curve_verifies_nothing() -> None:
    broken = VerifierKey(NAME, b"\xff" * 32)
    note = Note(TEXT, (Signature(NAME, broken.key_id, bytes(64)),))
    with pytest.raises(NoteRefused, match="does not fit"):
        verify_note(str(note), keys=[broken])


def test_sixteen_signatures_are_borne_and_a_hundred_and_one_are_not() -> None:
    line = NOTE.rpartition("\n\n")[2]
    assert verify_note(NOTE + line * 15, keys=[KEY]).signers == (KEY,)
    assert len(parse_note(NOTE + line * 99).signatures) == 100
    with pytest.raises(NoteRefused, match="1 to 100 signatures, not 101"):
        parse_note(NOTE + line * 100)


SIGNATURE = base64.b64encode(bytes(68)).decode()


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("", "ends with an empty line and signature lines"),
        ("text\n", "ends with an empty line and signature lines"),
        ("text\n\n", "ends with an empty line and signature lines"),
        (f"text\n— name {SIGNATURE}\n", "ends with an empty line and signature lines"),
        (f"text\n\n— name {SIGNATURE}", "ends with an empty line and signature lines"),
        (f"text\n\n- name {SIGNATURE}\n", "A signature line is a long dash"),
        (f"text\n\n—name {SIGNATURE}\n", "A signature line is a long dash"),
        ("text\n\n— name\n", "A signature line is a long dash"),
        (f"text\n\n—  {SIGNATURE}\n", "one word without spaces and plus signs, not ''"),
        (f"text\n\n— na+me {SIGNATURE}\n", "one word without spaces and plus signs"),
        (f"text\n\n— na\u00a0me {SIGNATURE}\n", "one word without spaces and plus signs"),
        (f"text\n\n— name {SIGNATURE} more\n", "The signature is not base64"),
        (f"text\n\n— name {SIGNATURE}=\n", "The signature is not base64"),
        ("text\n\n— name AAAAAAB=\n", "not base64 in its one right spelling"),
        ("text\n\n— name AAAAAA==\n", "signature of name is too short"),
        ("text\n\n— name ====\n", "signature"),
        (f"te\txt\n\n— name {SIGNATURE}\n", "must not hold control characters"),
        (f"text\r\n\n— name {SIGNATURE}\n", "must not hold control characters"),
        (f"text\n\n— na\x00me {SIGNATURE}\n", "must not hold control characters"),
        (b"\xff\n\n" + f"— name {SIGNATURE}\n".encode(), "UTF-8"),
        (f"\ud800\n\n— name {SIGNATURE}\n", "UTF-8"),
        ("x" * 1_000_001, "at most 1,000,000 bytes, not 1,000,001"),
    ],
)
def test_a_malformed_note_is_refused_with_a_sentence(raw: str | bytes, sentence: str) -> None:
    with pytest.raises(NoteRefused, match=sentence):
        parse_note(raw)


@given(raw=st.binary(max_size=200) | st.text(max_size=200))
def test_anything_else_is_refused_and_never_breaks(raw: str | bytes) -> None:
    with pytest.raises(NoteRefused):
        verify_note(raw, keys=[KEY])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must end with a line end"),
        ("no end", "must end with a line end"),
        ("tab\there\n", "must not hold control characters"),
        ("\ud800\n", "UTF-8"),
    ],
)
def test_a_text_that_no_note_can_hold_is_not_signed(text: str, sentence: str) -> None:
    with pytest.raises(NoteRefused, match=sentence):
        sign_note(text, name=NAME, private_key=SEED)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u3000b", "a\nb", "a\x01b"])
def test_a_name_that_no_key_can_have_is_refused(name: str) -> None:
    with pytest.raises(NoteRefused):
        sign_note(TEXT, name=name, private_key=SEED)


def test_a_private_key_of_the_wrong_length_is_refused_without_being_shown() -> None:
    secret = b"do not show this"
    with pytest.raises(NoteRefused, match="private key is 32 bytes, not 16") as refusal:
        sign_note(TEXT, name=NAME, private_key=secret)
    assert "show" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "name\\+hash\\+key"),
        ("name", "name\\+hash\\+key"),
        ("name+c74f20a3", "name\\+hash\\+key"),
        (PETER_KEY.replace("c74f20a3", "C74F20A3"), "8 hex digits"),
        (PETER_KEY.replace("c74f20a3", "c74f20a"), "8 hex digits"),
        (PETER_KEY.replace("c74f20a3", "c74f20a4"), "does not have the hash c74f20a4"),
        (PETER_KEY.replace("Peter", "Petra"), "does not have the hash"),
        (PETER_KEY.replace("+AR", "+BR"), "not an Ed25519 key"),
        (PETER_KEY + "=", "verifier key is not base64"),
        (PETER_KEY + "AAAA", "public key is 32 bytes, not 35"),
        ("PeterNeumann+c74f20a3+", "not an Ed25519 key"),
        ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "one word"),
    ],
)
def test_a_malformed_verifier_key_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(NoteRefused, match=sentence):
        parse_verifier_key(text)


def test_a_checkpoint_is_spelt_as_the_specification_says() -> None:
    """The text of the example in C2SP tlog-checkpoint."""
    encoded = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    text = make_checkpoint(
        "example.com/behind-the-sofa", size=20_852_163, root=base64.b64decode(encoded)
    )
    assert text == f"example.com/behind-the-sofa\n20852163\n{encoded}\n"
    assert parse_checkpoint(text).size == 20_852_163


@given(
    origin=LINES,
    size=st.integers(1, 2**64 - 1),
    root=st.binary(min_size=32, max_size=32),
    extra=st.lists(LINES, max_size=3),
)
def test_a_signed_checkpoint_reads_back(
    origin: str, size: int, root: bytes, extra: list[str]
) -> None:
    text = make_checkpoint(origin, size=size, root=root, extra=extra)
    verified = verify_note(sign_note(text, name=NAME, private_key=SEED), keys=[KEY])
    assert parse_checkpoint(verified.text) == Checkpoint(origin, size, root, tuple(extra))


def test_a_checkpoint_of_an_empty_log() -> None:
    text = make_checkpoint(NAME, size=0, root=EMPTY_ROOT)
    assert parse_checkpoint(text) == Checkpoint(NAME, 0, EMPTY_ROOT)
    with pytest.raises(NoteRefused, match="root of an empty log"):
        make_checkpoint(NAME, size=0, root=bytes(32))


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "at least three lines"),
        ("origin\n5\n", "at least three lines"),
        (f"origin\n5\n{ROOT}", "at least three lines"),
        (f"\n5\n{ROOT}\n", "Each line of a checkpoint holds something"),
        (f"origin\n5\n{ROOT}\n\n", "Each line of a checkpoint holds something"),
        (f"origin\n05\n{ROOT}\n", "second line is the number of entries, not '05'"),
        (f"origin\n-5\n{ROOT}\n", "second line is the number of entries"),
        (f"origin\n+5\n{ROOT}\n", "second line is the number of entries"),
        (f"origin\n٥\n{ROOT}\n", "second line is the number of entries"),
        (f"origin\n{'9' * 5000}\n{ROOT}\n", "second line is the number of entries"),
        (f"origin\n{2**64}\n{ROOT}\n", "A log cannot have 18446744073709551616 entries"),
        (f"origin\n5\n{ROOT[:-1]}\n", "The root is not base64"),
        (f"origin\n5\n{ROOT} \n", "The root is not base64"),
        ("origin\n5\nAAAA\n", "A root is 32 bytes, not 3"),
        (f"ori\tgin\n5\n{ROOT}\n", "control characters"),
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(NoteRefused, match=sentence):
        parse_checkpoint(text)


@pytest.mark.parametrize("extra", [("",), ("two\nlines",), ("tab\t",)])
def test_a_checkpoint_of_broken_lines_cannot_be_made(extra: tuple[str, ...]) -> None:
    with pytest.raises(NoteRefused):
        make_checkpoint(NAME, size=1, root=bytes(32), extra=extra)


def test_values_that_say_too_little_cannot_be_made() -> None:
    with pytest.raises(NoteRefused, match="1 to 100 signatures, not 0"):
        Note(TEXT, ())
    with pytest.raises(NoteRefused, match="at least one known signer"):
        VerifiedNote(TEXT, ())
    assert str(Checkpoint(NAME, 1200, bytes(32))) == f"{NAME}: 1,200 entries, root {'00' * 32}"
