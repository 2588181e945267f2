"""The ledger: one line per deed in the deed's transaction, sealed, and nothing changed unseen."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from pydantic import Field

from gongzhi.actors.models import Person, Unit
from gongzhi.engines.merkle import (
    EMPTY_ROOT,
    TileAddress,
    leaf_hash,
    parse_checkpoint,
    parse_verifier_key,
    prove_consistency_from_tiles,
    unpack_entries,
    verify_consistency,
    verify_inclusion,
    verify_note,
)  # fmt: skip
from gongzhi.engines.merkle.reference import tiles_of, tree_hash
from gongzhi.errors import NotNow
from gongzhi.ledger import actions, deeds
from gongzhi.ledger.actions import append, keep_receipt, seal
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.models import Checkpoint, Entry, Log, Tile
from gongzhi.ledger.queries import (
    Verification,
    entries_of,
    last_checkpoint,
    last_sealed,
    proof_of,
    public_key,
    published,
    read_tile,
    receipt_of,
    sealed_after,
    verify,
)  # fmt: skip
from gongzhi.ledger.records import canonical, digest, list_or_digest, new_salt, plain, seeded_salts
from gongzhi.sensing.actions import judge_signal
from gongzhi.sensing.models import Report, Signal
from tests.rooms.cast import START, City
from tests.rooms.scenes import Branch, lines, taken_report

pytestmark = pytest.mark.usefixtures("in_english")


def write(city: City, count: int = 1, now: datetime = START, **facts: object) -> Entry:
    """Write some lines and give the last one."""
    for number in range(count):
        entry = append(
            verb="test.write", subject=city["D1"], place=city["D1"], by=city.person("d1-duty"),
            now=now, number=number, **facts,
        )  # fmt: skip
    return entry


def write_many(city: City, count: int) -> None:
    """Write many lines fast: the same rows as `append` makes."""
    first = write(city)
    fields = {f.name: getattr(first, f.name) for f in Entry._meta.concrete_fields if f.name != "id"}
    Entry.objects.bulk_create(Entry(**fields) for _ in range(count - 1))


# One line of a deed -------------------------------------------------------------------------------


def test_a_line_says_who_did_what_where_when_and_why(city: City) -> None:
    entry = write(city, because="水位上涨", subject_of=city["S11"], at_noon=START)
    assert json.loads(entry.body) == {
        "at": "2021-03-01T01:00:00+00:00",
        "verb": "test.write",
        "subject": f"actors.Unit:{city['D1'].pk}",
        "unit": city["D1"].path,
        "by": f"person:{city.person('d1-duty').pk}",
        "facts": {
            "number": 0,
            "because": "水位上涨",
            "subject_of": f"actors.Unit:{city['S11'].pk}",
            "at_noon": "2021-03-01T01:00:00+00:00",
        },
    }
    assert entry.body == canonical(json.loads(entry.body))
    assert (entry.at, entry.verb, entry.unit_path) == (START, "test.write", city["D1"].path)
    assert entry.leaf_index is None


def test_a_line_without_a_place_has_no_path(city: City) -> None:
    founder = city.person("founder")
    entry = append(verb="test.nowhere", subject=founder, place=None, by=founder, now=START)
    assert entry.unit_path == ""


def test_a_time_in_another_zone_is_written_in_utc(city: City) -> None:
    shanghai = timezone(timedelta(hours=8))
    write(city, now=START.astimezone(shanghai))
    seal(now=START)
    assert '"at":"2021-03-01T01:00:00+00:00"' in lines("test.write")[0].body
    assert verify().holds


def test_a_line_that_is_too_long_is_an_error_and_not_cut(city: City) -> None:
    with pytest.raises(ValueError, match="put a digest in"):
        write(city, everything="危" * 22_000)
    assert lines("test.write") == []


def test_plain_values_of_every_kind() -> None:
    moment = datetime(2021, 3, 1, 9, 30, tzinfo=UTC)
    told = plain(
        {"a": (1, 2.0000000001), 3: {"x"}, "b": b"\x01\xff", "d": moment.date(), "n": None}
    )
    assert told == {"a": [1, 2.0], "3": ["x"], "b": "01ff", "d": "2021-03-01", "n": None}
    assert plain(Report.Channel.SMS) == "sms"
    assert plain(memoryview(b"\x0a")) == "0a"
    assert canonical({"乙": 1, "a": [True]}) == '{"a":[true],"乙":1}'
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 2, "b": 1})


# In the deed's own transaction --------------------------------------------------------------------


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], deeds.Deed]:
    """An empty catalogue, so that deeds made for a test do not reach any interface."""
    empty: dict[tuple[str, str], deeds.Deed] = {}
    monkeypatch.setattr(deeds, "CATALOGUE", empty)
    return empty


def test_a_deed_that_fails_after_its_line_leaves_no_line_and_no_change(
    city: City, catalogue: object
) -> None:
    @deed()
    def rename_unit(*, unit: Unit, name: str, by: Person, now: datetime) -> Unit:
        """Rename a unit."""
        unit.name = name
        unit.save(update_fields=["name"])
        append(verb="test.rename", subject=unit, place=unit, by=by, now=now)
        if not name:
            raise NotNow("A unit needs a name.")
        return unit

    by = city.person("d1-duty")
    with pytest.raises(NotNow):
        rename_unit(unit=city["S11"], name="", by=by, now=START)
    assert lines("test.rename") == []
    assert Unit.objects.get(code="S11").name == "桥头街道"
    rename_unit(unit=city["S11"], name="新桥街道", by=by, now=START)
    assert len(lines("test.rename")) == 1
    assert Unit.objects.get(code="S11").name == "新桥街道"


def test_a_deed_inside_a_deed_falls_back_alone(city: City, catalogue: object) -> None:
    """An outer deed that goes on after a refusal keeps nothing of the refused one."""

    @deed()
    def refused(*, unit: Unit, by: Person, now: datetime) -> None:
        """Write and then refuse."""
        append(verb="test.inner", subject=unit, place=unit, by=by, now=now)
        raise NotNow("Not now.")

    @deed()
    def goes_on(*, unit: Unit, by: Person, now: datetime) -> None:
        """Try the other and go on."""
        with pytest.raises(NotNow):
            refused(unit=unit, by=by, now=now)
        append(verb="test.outer", subject=unit, place=unit, by=by, now=now)

    goes_on(unit=city["S11"], by=city.person("d1-duty"), now=START)
    assert (len(lines("test.inner")), len(lines("test.outer"))) == (0, 1)


def test_a_deed_knows_its_inputs(catalogue: dict[tuple[str, str], deeds.Deed]) -> None:
    @deed(by_hand=False, tells=("personal",))
    def look(*, unit: Unit, words: Annotated[str, Field(max_length=9)] = "", by: Person) -> None:
        """Look at a unit.

        More words.
        """

    [known] = catalogue.values()
    assert (known.verb, known.summary, known.by_hand) == ("look", "Look at a unit.", False)
    assert known.tells == ("personal",)
    assert [(i.name, i.required, i.default) for i in known.inputs[1:]] == [("words", False, "")]
    assert known.inputs[0].annotation is Unit and known.inputs[0].required


def test_a_deed_takes_keywords_only(catalogue: object) -> None:
    @deed()
    def look(*, by: Person) -> None:
        """Look."""

    with pytest.raises(TypeError, match="keyword arguments only"):
        look(None)  # type: ignore[misc]
    with pytest.raises(TypeError, match="must be keyword-only"):
        deed()(lambda by: None)


def test_two_people_who_answer_the_same_thing_come_one_after_the_other(city: City) -> None:
    """Each read the open signal; the second is refused by what the first left in the database."""
    signal = Branch(city, 1).of(Signal)
    as_seen_by_another = Signal.objects.get(pk=signal.pk)
    said = {"judgement": "A doctor was there", "now": START}
    judge_signal(signal=signal, verified=True, by=city.person("d1-duty"), **said)
    with pytest.raises(NotNow, match="judged already"):
        judge_signal(signal=as_seen_by_another, verified=False, by=city.person("d1-chief"), **said)
    signal.refresh_from_db()
    assert signal.state == "verified" and signal.judged_by == city.person("d1-duty")
    assert len(lines("sensing.judge_signal")) == 1


# Sealing ------------------------------------------------------------------------------------------


def test_nothing_new_is_not_sealed(db: None) -> None:
    assert seal(now=START) is None
    assert last_checkpoint() is None and last_sealed() == -1
    assert verify() == Verification(0, 0, 0, EMPTY_ROOT.hex(), ())


def test_sealing_gives_every_line_its_place_and_signs_the_root(city: City) -> None:
    write(city, 3)
    bodies = [entry.body.encode() for entry in lines()]
    checkpoint = seal(now=START)
    assert checkpoint is not None
    assert [entry.leaf_index for entry in lines()] == list(range(len(bodies)))
    said = parse_checkpoint(
        verify_note(checkpoint.note, keys=[parse_verifier_key(public_key())]).text
    )
    assert (said.size, said.root) == (len(bodies), tree_hash(bodies))
    assert last_sealed() == len(bodies) - 1
    assert seal(now=START) is None


def test_two_seals_and_the_second_tree_begins_with_the_first(city: City) -> None:
    write(city, 5)
    first = seal(now=START)
    write(city, 7)
    second = seal(now=START + timedelta(minutes=1))
    assert first is not None and second is not None
    assert last_checkpoint() == second
    roots = [parse_checkpoint(c.note.rpartition("\n\n")[0] + "\n").root for c in (first, second)]
    proof = prove_consistency_from_tiles(read_tile, old_size=first.size, size=second.size)
    assert verify_consistency(proof, old_root=roots[0], root=roots[1])
    found = verify()
    assert found.holds and found.checkpoints == 2 and found.size == second.size
    assert "the ledger holds" in str(found)


def test_what_was_rolled_back_is_not_sealed_and_leaves_no_hole(city: City) -> None:
    write(city)
    with pytest.raises(NotNow), transaction.atomic():
        write(city, 2)
        raise NotNow("The deed failed.")
    write(city)
    before = len(lines())
    seal(now=START)
    assert [entry.leaf_index for entry in lines()] == list(range(before))
    assert verify().holds


def test_a_line_committed_late_is_sealed_later_and_moves_nothing(city: City) -> None:
    """A transaction that began early and ended late has a lower number than sealed lines."""
    late = write(city)
    Entry.objects.filter(pk=late.pk).update(leaf_index=-5)  # not to be seen yet
    write(city, 2)
    seal(now=START)
    places = dict(Entry.objects.exclude(pk=late.pk).values_list("pk", "leaf_index"))
    Entry.objects.filter(pk=late.pk).update(leaf_index=None)
    seal(now=START)
    late.refresh_from_db()
    assert late.leaf_index == len(places)
    assert dict(Entry.objects.exclude(pk=late.pk).values_list("pk", "leaf_index")) == places
    assert verify().holds


def test_tiles_are_those_of_the_published_layout(city: City) -> None:
    """Over 256 lines in several seals: full and unfinished tiles on two levels."""
    write_many(city, 200)
    seal(now=START)
    write_many(city, 330)
    seal(now=START)
    bodies = [entry.body.encode() for entry in Entry.objects.order_by("leaf_index")]
    assert len(bodies) > 512
    wanted = {(level, n): hashes for (level, n, _width), hashes in tiles_of(bodies).items()}
    assert {(t.level, t.index): bytes(t.hashes) for t in Tile.objects.all()} == wanted
    assert verify().holds


def test_a_seal_takes_only_so_many_lines_at_once(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "SEALED_AT_ONCE", 4)
    write(city, 9)
    total = len(lines())
    sizes = []
    while (checkpoint := seal(now=START)) is not None:
        sizes.append(checkpoint.size)
    assert sizes == [*range(4, total, 4), total]
    assert verify().holds


# What strangers ask for ---------------------------------------------------------------------------


def test_the_proof_of_a_line_verifies_against_the_signed_root(city: City) -> None:
    write(city, 20)
    unsealed = lines()[7]
    assert proof_of(unsealed) is None
    checkpoint = seal(now=START)
    assert checkpoint is not None
    root = parse_checkpoint(checkpoint.note.rpartition("\n\n")[0] + "\n").root
    for entry in lines():
        proof = proof_of(entry)
        assert proof is not None
        assert verify_inclusion(proof, leaf_hash=leaf_hash(entry.body.encode()), root=root)
        assert not verify_inclusion(proof, leaf_hash=leaf_hash(b"another"), root=root)


def test_tiles_and_bundles_of_lines_are_published_as_far_as_the_log_has_grown(city: City) -> None:
    write_many(city, 270)
    seal(now=START)
    bodies = [entry.body.encode() for entry in lines()]
    over = len(bodies) - 256
    whole = published(TileAddress(0, 0, 256))
    assert whole == b"".join(leaf_hash(body) for body in bodies[:256])
    part = published(TileAddress(None, 1, over))
    assert part is not None and list(unpack_entries(part)) == bodies[256:]
    assert published(TileAddress(0, 1, over + 1)) is None
    assert published(TileAddress(1, 0, 1)) == tree_hash(bodies[:256])
    assert published(TileAddress(0, 2, 1)) is None


def test_nothing_is_published_of_an_empty_log(db: None) -> None:
    assert published(TileAddress(0, 0, 1)) is None


def test_lines_of_a_record_and_lines_after_a_place(city: City) -> None:
    write(city, 3)
    assert [e.verb for e in entries_of(city["D1"].ref)] == ["test.write"] * 3
    assert sealed_after(-1) == []
    seal(now=START)
    assert [e.leaf_index for e in sealed_after(1, limit=2)] == [2, 3]


# Tampering ----------------------------------------------------------------------------------------


def change_text() -> None:
    entry = Entry.objects.get(leaf_index=4)
    Entry.objects.filter(pk=entry.pk).update(body=entry.body.replace('"number":', '"Number":'))


def change_text_to_nonsense() -> None:
    Entry.objects.filter(leaf_index=4).update(body="not JSON")


def change_text_to_a_list() -> None:
    Entry.objects.filter(leaf_index=4).update(body="[1]")


def change_a_fact_and_a_name_in_text() -> None:
    entry = Entry.objects.get(leaf_index=5)
    said = json.loads(entry.body)
    said["by"] = "person:1"
    Entry.objects.filter(pk=entry.pk).update(body=canonical(said), by_ref="person:1")


def change_verb() -> None:
    Entry.objects.filter(leaf_index=4).update(verb="test.other")


def change_time() -> None:
    Entry.objects.filter(leaf_index=4).update(at=F("at") + timedelta(seconds=1))


def change_person() -> None:
    Entry.objects.filter(leaf_index=4).update(by_ref="person:999")


def change_subject() -> None:
    Entry.objects.filter(leaf_index=4).update(subject="actors.Unit:999")


def change_place() -> None:
    Entry.objects.filter(leaf_index=4).update(unit_path="00009")


def drop_a_line() -> None:
    Entry.objects.filter(leaf_index=4).delete()


def drop_the_last_line() -> None:
    Entry.objects.filter(leaf_index=last_sealed()).delete()


def drop_all_lines() -> None:
    Entry.objects.all().delete()


def swap_two_lines() -> None:
    four, five = Entry.objects.get(leaf_index=4), Entry.objects.get(leaf_index=5)
    Entry.objects.filter(pk=four.pk).update(leaf_index=None)
    Entry.objects.filter(pk=five.pk).update(leaf_index=4)
    Entry.objects.filter(pk=four.pk).update(leaf_index=5)


def unseal_a_line() -> None:
    Entry.objects.filter(leaf_index=last_sealed()).update(leaf_index=None)


def seal_by_hand() -> None:
    Entry.objects.filter(leaf_index=None).update(leaf_index=last_sealed() + 1)


def drop_a_tile() -> None:
    Tile.objects.all().delete()


def change_a_tile() -> None:
    tile = Tile.objects.get(level=0, index=0)
    first, *others = bytes(tile.hashes)
    tile.hashes = bytes([first ^ 1, *others])
    tile.save()


def shorten_a_tile() -> None:
    tile = Tile.objects.get(level=0, index=0)
    tile.hashes = bytes(tile.hashes)[:-32]
    tile.save()


def add_a_tile() -> None:
    Tile.objects.create(level=0, index=9, hashes=b"\0" * 32)


def _change_note(change: Callable[[str], str]) -> None:
    checkpoint = Checkpoint.objects.order_by("size")[0]
    Checkpoint.objects.filter(pk=checkpoint.pk).update(note=change(checkpoint.note))


def change_root_in_a_checkpoint() -> None:
    other = base64.b64encode(b"\0" * 32).decode()
    _change_note(lambda note: note.replace(note.split("\n")[2], other))


def change_size_in_a_checkpoint() -> None:
    def bigger(note: str) -> str:
        origin, size, rest = note.split("\n", 2)
        return "\n".join([origin, str(int(size) + 1), rest])

    _change_note(bigger)


def change_signature() -> None:
    def other(note: str) -> str:
        head, _, line = note.rstrip("\n").rpartition(" ")
        raw = base64.b64decode(line)
        return f"{head} {base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()}\n"

    _change_note(other)


def change_checkpoint_to_nonsense() -> None:
    _change_note(lambda _note: "nothing")


def change_size_beside_a_checkpoint() -> None:
    first = Checkpoint.objects.order_by("size")[0]
    Checkpoint.objects.filter(pk=first.pk).update(size=first.size - 1)


def drop_the_last_checkpoint() -> None:
    Checkpoint.objects.order_by("-size")[0].delete()


def drop_all_checkpoints() -> None:
    Checkpoint.objects.all().delete()


def change_size_of_the_log() -> None:
    Log.objects.update(size=F("size") + 1)


def change_root_of_the_log() -> None:
    Log.objects.update(root=b"\0" * 32)


def change_origin_of_the_log() -> None:
    Log.objects.update(origin="somewhere.else/ledger")


def drop_the_log() -> None:
    Log.objects.all().delete()


TAMPERINGS = [
    (change_text, "Tile 0/0 does not fit"),
    (change_text_to_nonsense, "Entry 4: its text cannot be read"),
    (change_text_to_a_list, "Entry 4: its columns differ"),
    (change_a_fact_and_a_name_in_text, "does not fit the entries"),
    (change_verb, "Entry 4: its columns differ"),
    (change_time, "Entry 4: its columns differ"),
    (change_person, "Entry 4: its columns differ"),
    (change_subject, "Entry 4: its columns differ"),
    (change_place, "Entry 4: its columns differ"),
    (drop_a_line, "Entry 4 is missing"),
    (drop_the_last_line, "the entries give"),
    (drop_all_lines, "the entries give 0"),
    (swap_two_lines, "does not fit the entries"),
    (unseal_a_line, "the entries give"),
    (seal_by_hand, "sealed entries are signed for"),
    (drop_a_tile, "Tile 0/0 does not fit"),
    (change_a_tile, "Tile 0/0 does not fit"),
    (shorten_a_tile, "Tile 0/0 does not fit"),
    (add_a_tile, "Tile 0/9 does not fit"),
    (change_root_in_a_checkpoint, "signature"),
    (change_size_in_a_checkpoint, "signature"),
    (change_signature, "signature"),
    (change_checkpoint_to_nonsense, "A note ends"),
    (change_size_beside_a_checkpoint, "does not fit the entries"),
    (drop_the_last_checkpoint, "sealed entries are signed for"),
    (drop_all_checkpoints, "Only 0 of"),
    (change_size_of_the_log, "The log says size"),
    (change_root_of_the_log, "The log's root"),
    (change_origin_of_the_log, "somewhere.else"),
    (drop_the_log, "The log says size 0"),
]


@pytest.mark.parametrize(
    ("tamper", "finding"), TAMPERINGS, ids=lambda v: getattr(v, "__name__", "")
)
def test_tampering_is_found(city: City, tamper: Callable[[], None], finding: str) -> None:
    write(city, 6)
    seal(now=START)
    write(city, 6)
    seal(now=START)
    write(city)
    assert verify().holds
    tamper()
    found = verify()
    assert not found.holds
    assert any(finding in problem for problem in found.problems), found.problems
    assert "DOES NOT HOLD" in str(found)


def test_a_forged_history_signed_with_another_key_is_found(city: City, settings: object) -> None:
    """Whoever rewrites everything, tiles and roots included, cannot sign it."""
    write(city, 6)
    seal(now=START)
    key = settings.LEDGER_KEY  # type: ignore[attr-defined]
    settings.LEDGER_KEY = "11" * 32  # type: ignore[attr-defined]
    Entry.objects.filter(leaf_index=3).delete()
    Entry.objects.update(leaf_index=None)
    for model in (Tile, Checkpoint, Log):
        model.objects.all().delete()
    seal(now=START)
    assert verify().holds  # with the forger's own key
    settings.LEDGER_KEY = key  # type: ignore[attr-defined]
    assert any("known keys" in problem for problem in verify().problems)


# Receipts -----------------------------------------------------------------------------------------


def give_receipt(city: City, login: str, key: str, answer: str = '{"count": 1}') -> None:
    keep_receipt(
        by=city.person(login),
        key=key,
        request_digest="0" * 64,
        status=201,
        answer=answer,
        now=START,
    )


def test_a_receipt_gives_the_same_answer_again(city: City) -> None:
    duty, chief = city.person("d1-duty"), city.person("d1-chief")
    assert receipt_of(duty, "k1") is None
    give_receipt(city, "d1-duty", "k1")
    kept = receipt_of(duty, "k1")
    assert kept is not None and (kept.status, kept.answer) == (201, '{"count": 1}')
    assert receipt_of(chief, "k1") is None
    give_receipt(city, "d1-chief", "k1", "{}")
    again = receipt_of(duty, "k1")
    assert again is not None and again.answer == '{"count": 1}'


def test_a_key_is_answered_once(city: City) -> None:
    give_receipt(city, "d1-duty", "k1")
    with pytest.raises(IntegrityError), transaction.atomic():
        give_receipt(city, "d1-duty", "k1")


# Commitments --------------------------------------------------------------------------------------


def test_a_seed_gives_the_same_salts_twice_and_none_the_same_within() -> None:
    with seeded_salts("drill 7"):
        first = [new_salt() for _ in range(5)]
    with seeded_salts("drill 7"):
        assert [new_salt() for _ in range(5)] == first
    with seeded_salts("drill 8"):
        assert new_salt() not in first
    assert len(set(first)) == 5 and {len(salt) for salt in first} == {16}
    assert new_salt() != new_salt()


def test_a_commitment_changes_with_every_personal_field_and_with_the_salt(city: City) -> None:
    report = taken_report(city)
    before = report.commitment()
    for name, value in (("text", "x"), ("reporter_name", "王"), ("reporter_phone", "1")):
        changed = Report.objects.get(pk=report.pk)
        setattr(changed, name, value)
        assert changed.commitment() != before, name
    report.salt = b"another salt 123"
    assert report.commitment() != before


def test_a_commitment_is_the_same_when_read_from_the_database(city: City) -> None:
    report = taken_report(city)
    assert Report.objects.get(pk=report.pk).commitment() == report.commitment()


def test_a_long_list_stands_in_a_line_as_its_number_and_digest() -> None:
    short, long = ["a"] * 500, [f"command.Order:{n}" for n in range(10_000)]
    assert list_or_digest(short) == short
    told = list_or_digest(long)
    assert told == {"count": 10_000, "digest": digest(long)}
    assert list_or_digest(long[::-1]) != told
    assert list_or_digest(["a"], 0) == {"count": 1, "digest": digest(["a"])}
    assert list_or_digest([], 0) == []
