"""Arrival and result are proved: a place in the area, a bare photo, a measurement with unit."""

from __future__ import annotations

import hashlib
import struct
import zlib

import pytest

from gongzhi.actors.models import Boundary
from gongzhi.command.actions import (
    answer_call,
    arrive,
    finish_answer,
    look_at_photo,
    raise_call,
)
from gongzhi.command.models import CallAnswer, Photo, Proof, Says
from gongzhi.command.photos import JPEG, PNG, NoPhoto, bare_picture
from gongzhi.command.places import metres_between, metres_outside
from gongzhi.errors import Malformed, NotFound
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import facts, lines

pytestmark = pytest.mark.usefixtures("in_english")


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


TABLES, FRAME = segment(0xDB, bytes(65)), segment(0xC0, bytes(15))
SCAN = segment(0xDA, bytes(10)) + b"\x12\xff\x00\x34\xff\xd0\x56"
JFIF = segment(0xE0, b"JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00")
THUMBED = segment(0xE0, b"JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x01\x01GPS")
EXIF = segment(0xE1, b"Exif\x00\x00GPS 30.9N 118.2E, serial 4711")
PHOTO = b"\xff\xd8" + JFIF + EXIF + segment(0xFE, b"owner") + TABLES + FRAME + SCAN + b"\xff\xd9"
BARE = b"\xff\xd8" + JFIF + TABLES + FRAME + SCAN + b"\xff\xd9"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


HEAD, DATA, END = chunk(b"IHDR", bytes(13)), chunk(b"IDAT", b"x"), chunk(b"IEND", b"")
SIGNED = b"\x89PNG\r\n\x1a\n"


# Photos -------------------------------------------------------------------------------------


def test_a_photo_keeps_the_picture_and_nothing_else() -> None:
    assert bare_picture(PHOTO).content == BARE
    assert bare_picture(PHOTO.replace(JFIF, THUMBED) + b"trailer GPS").content == BARE
    assert bare_picture(BARE).media_type == JPEG


def test_a_progressive_photo_with_several_scans_is_read_to_its_end() -> None:
    several = BARE[:-2] + segment(0xC4, b"table") + SCAN + b"\xff" + EXIF + b"\xff\xd9"
    bare = bare_picture(several).content
    assert b"GPS" not in bare and bare.count(SCAN) == 2


def test_a_png_keeps_what_is_drawn() -> None:
    text = chunk(b"tEXt", b"Author\x00me") + chunk(b"eXIf", b"GPS")
    made = bare_picture(SIGNED + HEAD + text + DATA + END + b"GPS")
    assert (made.media_type, made.content) == (PNG, SIGNED + HEAD + DATA + END)


@pytest.mark.parametrize(
    "data",
    [b"GIF89a", PHOTO[:40], BARE[:-2], BARE[:-1], b"\xff\xd8\x00", b"\xff\xd8\xff\xe1\x00\x01",
     SIGNED + HEAD, SIGNED + HEAD[:9], b"\xff\xd8\xff", BARE[:-2] + b"\xff"],
)  # fmt: skip
def test_what_is_no_whole_photo_is_refused(data: bytes) -> None:
    with pytest.raises(NoPhoto):
        bare_picture(data)


# Places -------------------------------------------------------------------------------------

SQUARE = [[118.0, 30.0], [118.1, 30.0], [118.1, 30.1], [118.0, 30.1], [118.0, 30.0]]
HOLE = [[118.04, 30.04], [118.06, 30.04], [118.06, 30.06], [118.04, 30.06], [118.04, 30.04]]


def test_a_point_is_inside_outside_or_in_a_hole() -> None:
    whole = {"type": "Polygon", "coordinates": [SQUARE]}
    holed = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE]]}
    assert metres_outside((118.05, 30.05), whole) == 0
    assert metres_outside((118.01, 30.05), holed) == 0
    assert metres_outside((118.05, 30.05), holed) == pytest.approx(962, abs=5)
    assert metres_outside((118.05, 30.11), whole) == pytest.approx(1112, abs=2)
    assert metres_outside((118.11, 30.11), whole) == pytest.approx(
        metres_between((118.11, 30.11), (118.1, 30.1)), rel=1e-3
    )


# The deeds ----------------------------------------------------------------------------------


@once
def coming(city: City) -> CallAnswer:
    call = raise_call(
        caller=city["S11"], subject="water", text="Water", departments=[city["WATER"]],
        by=city.person("s11-duty"), now=START,
    )  # fmt: skip
    return answer_call(
        answer=call.answers.get(), says=Says.COMING, arrive_minutes=30, by=city.person("water"),
        now=START,
    )  # fmt: skip


def arriving(city: City, answer: CallAnswer, **given: object) -> CallAnswer:
    return arrive(answer=answer, by=city.person("water"), now=START, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "photo"),
        ({"proof": "I am here"}, "photo"),
        ({"lon": 118.22}, "lat"),
        ({"lat": 30.9}, "lon"),
        ({"measured": "depth"}, "measured"),
        ({"measured": "depth", "measured_value": 3.0}, "measured"),
        ({"photo": b"GIF89a"}, "photo"),
        ({"lon": 119.5, "lat": 30.9}, "lon"),
    ],
)
def test_a_proof_must_prove_something(
    city: City, coming: CallAnswer, given: dict[str, object], field: str
) -> None:
    with pytest.raises(Malformed) as refused:
        arriving(city, coming, **given)
    assert field in refused.value.details
    coming.refresh_from_db()
    assert coming.state == "coming" and not Proof.objects.exists()


def test_the_hash_of_the_bare_photo_goes_into_the_ledger(city: City, coming: CallAnswer) -> None:
    arriving(city, coming, photo=PHOTO, proof="At the valve")
    [photo] = Photo.objects.all()
    assert bytes(photo.content) == BARE
    told = facts("command.arrive")
    assert told["photo_sha256"] == hashlib.sha256(BARE).hexdigest() == photo.proof.photo_sha256
    assert "At the valve" not in str(told)


def test_a_measurement_has_a_value_and_a_unit(city: City, coming: CallAnswer) -> None:
    arriving(city, coming, lon=118.22, lat=30.9)
    finish_answer(
        answer=CallAnswer.objects.get(pk=coming.pk), result="Dry", measured="water depth",
        measured_value=0.0, measured_unit="cm", by=city.person("water"), now=START,
    )  # fmt: skip
    kept = Proof.objects.get(stage="result")
    assert (kept.measured, kept.measured_value, kept.measured_unit) == ("water depth", 0.0, "cm")
    assert facts("command.finish_answer")["measured"]["unit"] == "cm"


def test_a_place_lies_in_the_outline_where_there_is_one(city: City, coming: CallAnswer) -> None:
    Boundary.objects.create(unit=city["S11"], geometry={"type": "Polygon", "coordinates": [SQUARE]})
    with pytest.raises(Malformed, match="912 m too far from 桥头街道"):
        arriving(city, coming, lon=118.05, lat=30.11)
    assert arriving(city, coming, lon=118.05, lat=30.101).state == "arrived"


def test_looking_at_a_photo_is_written_down(city: City, coming: CallAnswer) -> None:
    arriving(city, coming, photo=PHOTO)
    proof = Proof.objects.get()
    photo = look_at_photo(proof=proof, by=city.person("s11-duty"), now=START)
    assert bytes(photo.content) == BARE and lines("command.look_at_photo")
    photo.delete()
    with pytest.raises(NotFound, match="no photo"):
        look_at_photo(proof=proof, by=city.person("s11-duty"), now=START)
