"""The way of a donation by its number, for everybody; and the hub's receipt to print.

The page of the way needs no log-in and sets no cookie. It reads only through the room's `public`
module, as the public board does.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from gongzhi.actors.queries import find, root_unit
from gongzhi.errors import NotNow
from gongzhi.interfaces import clock
from gongzhi.interfaces.console.frame import Reader, bcp47, page
from gongzhi.interfaces.console.pages.notices import drawn
from gongzhi.interfaces.console.reading import address_of
from gongzhi.ledger.queries import public_key
from gongzhi.ledger.records import Record
from gongzhi.supply.donations.public import public_donation
from gongzhi.supply.donations.queries import Donation


def _asked_language(request: HttpRequest) -> str:
    """The language chosen in the address, else the one that the browser asks for."""
    wanted = request.GET.get("lang", "")
    return wanted if wanted in dict(settings.LANGUAGES) else str(get_language())


def _answer(request: HttpRequest, typed: str) -> HttpResponse:
    now = clock.now()
    with override(_asked_language(request)):
        found = public_donation(typed) if typed else None
        context = {
            "now": now, "language": bcp47(get_language()), "root": root_unit(), "typed": typed,
            "gift": found,
        }  # fmt: skip
        status = 404 if typed and found is None else 200
        return render(request, "console/donations/way.html", context, status=status)


@require_safe
@cache_control(public=True, max_age=15)
def ask(request: HttpRequest) -> HttpResponse:
    """Type the number of a donation and see its way."""
    return _answer(request, request.GET.get("number", "").strip()[:40])


@require_safe
@cache_control(public=True, max_age=15)
def way(request: HttpRequest, number: str) -> HttpResponse:
    """The way of one donation, as of now."""
    return _answer(request, number[:40])


@never_cache
@page
def receipt(request: HttpRequest, reader: Reader, number: int) -> HttpResponse:
    """The signed receipt of the hub, to print and give to the donor."""
    gift = find(Donation, number, reader.by, reader.now)
    if not gift.signed:
        raise NotNow(_("Nothing has been counted yet. The receipt is signed when it is."))
    own = settings.CHANNELS.address or request.build_absolute_uri("/").rstrip("/")
    place = own + reverse("console:donation", args=[gift.number])
    with override(_asked_language(request)):
        context = {
            "now": reader.now, "language": bcp47(get_language()), "root": root_unit(),
            "gift": public_donation(gift.number), "signed": gift.signed, "key": public_key(),
            "place": place, "qr": drawn(place), "record": address_of(gift),
        }  # fmt: skip
        return render(request, "console/donations/receipt.html", context)


def receipt_of(record: Record) -> str:
    """Where the receipt of a donation is printed, once it was counted; empty for other records."""
    counted = isinstance(record, Donation) and bool(record.signed)
    return reverse("console:donation-receipt", args=[record.pk]) if counted else ""


urlpatterns = [
    path("donations", ask, name="donations"),
    path("donations/<str:number>", way, name="donation"),
    path("donations/<int:number>/receipt", receipt, name="donation-receipt"),
]
