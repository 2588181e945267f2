"""The ledger in the browser and for strangers; whether the house is alive and ready."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client

from gongzhi.engines.merkle import (
    TILE_WIDTH,
    leaf_hash,
    parse_checkpoint,
    parse_verifier_key,
    tree_root,
    unpack_entries,
    verify_note,
)
from gongzhi.interfaces.console.pages import health
from gongzhi.ledger.actions import seal
from gongzhi.ledger.models import Checkpoint, Entry
from tests.interfaces.console_scene import NOW, SECRET_WORDS, Scene, seen, words


def test_a_stranger_verifies_the_whole_log_without_a_log_in(scene: Scene) -> None:
    """Only what the public addresses give: key, checkpoint, entries."""
    stranger = Client()
    key = parse_verifier_key(stranger.get("/ledger/key").content.decode().strip())
    note = verify_note(stranger.get("/ledger/checkpoint").content, keys=[key])
    signed = parse_checkpoint(note.text)
    assert signed.size == Entry.objects.count()
    bodies: list[bytes] = []
    for start in range(0, signed.size, TILE_WIDTH):
        width = min(TILE_WIDTH, signed.size - start)
        part = "" if width == TILE_WIDTH else f".p/{width}"
        answer = stranger.get(f"/ledger/tile/entries/{start // TILE_WIDTH:03d}{part}")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/octet-stream"
        bodies += unpack_entries(answer.content)
    assert tree_root([leaf_hash(body) for body in bodies]) == signed.root
    assert SECRET_WORDS.encode() not in b"".join(bodies)
    tile = stranger.get(f"/ledger/tile/0/000.p/{signed.size}")
    assert tile.content[:32] == leaf_hash(bodies[0])


def test_tiles_that_are_not_there_are_404(scene: Scene) -> None:
    stranger = Client()
    for path in ("0/001", "0/000.p/255", "9/000", "0/0", "x", "entries/999", "0/000.p/0"):
        assert stranger.get(f"/ledger/tile/{path}").status_code == 404, path


def test_before_the_first_seal_there_is_no_checkpoint(scene: Scene) -> None:
    Checkpoint.objects.all().delete()
    assert Client().get("/ledger/checkpoint").status_code == 404
    answer = Client(headers={"accept-language": "en"}).get("/ledger/")
    assert answer.status_code == 200
    assert "Nothing is sealed yet." in words(answer)


def test_a_stranger_reads_how_to_check_and_no_lines(scene: Scene) -> None:
    answer = Client(headers={"accept-language": "en"}).get("/ledger/")
    assert answer.status_code == 200
    assert "How a stranger checks it" in words(answer)
    assert answer.context["lines"] == []
    assert seen(answer).blocked == []


def test_an_entry_is_shown_as_signed_with_its_proof(scene: Scene) -> None:
    entry = Entry.objects.get(verb="command.give_order", subject=scene.order.ref)
    answer = scene.browser("mayor").get(f"/ledger/entries/{entry.pk}")
    assert answer.context["proof"].holds
    assert answer.context["leaf"] == leaf_hash(entry.body.encode()).hex()
    assert entry.body.replace('"', "&quot;") in words(answer)
    assert scene.browser("s11-duty").get(f"/ledger/entries/{entry.pk}").status_code == 200
    assert scene.browser("d2-duty").get(f"/ledger/entries/{entry.pk}").status_code == 404


def test_a_changed_entry_is_shown_as_not_verified(scene: Scene) -> None:
    entry = Entry.objects.get(verb="command.give_order", subject=scene.order.ref)
    Entry.objects.filter(pk=entry.pk).update(body=entry.body.replace("设立", "撤销"))
    answer = scene.browser("mayor").get(f"/ledger/entries/{entry.pk}")
    assert not answer.context["proof"].holds
    assert "It does NOT fit the signed checkpoint." in words(answer)
    assert "not verified" in words(
        scene.browser("mayor").get(f"/r/command/orders/{scene.order.pk}")
    )


def test_the_process_is_alive_without_a_log_in(db: None) -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, json.loads(answer.content)) == (200, {"status": "ok"})


def test_the_house_is_ready_while_rounds_seal_what_is_written(scene: Scene) -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert json.loads(answer.content)["checks"] == {
        "database": True, "migrations": True, "rounds": True,
    }  # fmt: skip


def test_the_house_is_not_ready_when_the_rounds_have_stopped(scene: Scene) -> None:
    entry = Entry.objects.order_by("-id").first()
    assert entry is not None
    Entry.objects.create(
        body=entry.body, at=NOW - timedelta(hours=9), verb=entry.verb, subject=entry.subject,
        unit_path=entry.unit_path, by_ref=entry.by_ref,
    )  # fmt: skip
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert json.loads(answer.content)["checks"]["rounds"] is False
    seal(now=NOW)
    assert Client().get("/readyz").status_code == 200


def test_the_house_is_not_ready_without_its_database(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_given: object) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(health, "MigrationExecutor", gone)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert json.loads(answer.content) == {"status": "not ready", "checks": {"database": False}}


def test_the_house_is_not_ready_with_tables_of_yesterday(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_given: ["one"])
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert json.loads(answer.content)["checks"]["migrations"] is False
