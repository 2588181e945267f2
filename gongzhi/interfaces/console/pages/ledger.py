"""The ledger: what is signed, how a stranger checks it, an entry with its proof, the tiles."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from gongzhi.actors.queries import Person, find, visible
from gongzhi.engines.merkle import leaf_hash, parse_tile_path
from gongzhi.interfaces import clock
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.lines import lines_of, proof_for
from gongzhi.interfaces.console.reading import number_in, tree
from gongzhi.ledger.queries import Entry, last_checkpoint, public_key, published

LATEST = 50
FOREVER = "public, max-age=31536000, immutable"


def overview(request: HttpRequest) -> HttpResponse:
    """What is signed and how to check it, for everybody; the latest lines for people on duty."""
    now = clock.now()
    checkpoint = last_checkpoint()
    person = request.user if isinstance(request.user, Person) else None
    context: dict[str, Any] = {
        "checkpoint": checkpoint,
        "origin": settings.LEDGER_ORIGIN,
        "key": public_key(),
        "lines": _latest(Reader(person, now), request.GET.get("before", "")) if person else [],
        "known": person is not None,
    }
    return show(request, "ledger.html", context, now=now)


def _latest(reader: Reader, before: str) -> list[Any]:
    entries = visible(Entry, reader.by, reader.now).order_by("-id")
    number = number_in(before)
    if number is not None:
        entries = entries.filter(pk__lt=number)
    return lines_of(entries[:LATEST], reader)


@page
def entry(request: HttpRequest, reader: Reader, number: int) -> HttpResponse:
    """One entry as it is signed, in words, with its proof."""
    found = find(Entry, number, reader.by, reader.now)
    [line] = lines_of([found], reader)
    body = json.loads(found.body)
    context = {
        "line": line,
        "body": found.body,
        "facts": tree(body["facts"]),
        "verb": found.verb,
        "proof": proof_for(found),
        "leaf": leaf_hash(found.body.encode()).hex(),
        "checkpoint": last_checkpoint(),
        "key": public_key(),
    }
    return show(request, "entry.html", context, now=reader.now)


def checkpoint(request: HttpRequest) -> HttpResponse:
    """The last signed checkpoint (C2SP tlog-checkpoint); no log-in, not kept by caches."""
    last = last_checkpoint()
    if last is None:
        raise Http404(_("Nothing is sealed yet."))
    answer = HttpResponse(last.note, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


def tile(request: HttpRequest, rest: str) -> HttpResponse:
    """The bytes of a tile or of a bundle of entries (C2SP tlog-tiles); no log-in."""
    try:
        address = parse_tile_path(f"tile/{rest}")
    except ValueError as error:
        raise Http404(str(error)) from None
    data = published(address)
    if data is None:
        raise Http404(_("The log has not grown so far."))
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Cache-Control"] = FOREVER
    return answer


def verifier_key(request: HttpRequest) -> HttpResponse:
    """The key that checkpoints are verified with (C2SP signed-note)."""
    return HttpResponse(public_key() + "\n", content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("ledger/", overview, name="ledger"),
    path("ledger/entries/<int:number>", entry, name="entry"),
    path("ledger/checkpoint", checkpoint, name="checkpoint"),
    path("ledger/key", verifier_key, name="ledger_key"),
    path("ledger/tile/<path:rest>", tile, name="tile"),
]
