"""A transport pass on paper: what a checkpoint compares, and the code with the signed text."""

from __future__ import annotations

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from gongzhi.actors.queries import find, root_unit
from gongzhi.interfaces.console.frame import Reader, bcp47, page
from gongzhi.interfaces.console.reading import address_of
from gongzhi.supply.pass_queries import TransportPass


@never_cache
@page
def paper(request: HttpRequest, reader: Reader, number: int) -> HttpResponse:
    """The pass to print and lay behind the windscreen."""
    one = find(TransportPass, number, reader.by, reader.now)
    need = one.dispatch.allocation.need
    context = {
        "now": reader.now, "language": bcp47(get_language()), "root": root_unit(), "pass": one,
        "giver": one.dispatch.allocation.offer.facility or one.dispatch.allocation.offer.unit,
        "receiver": need.facility or need.unit, "item": one.dispatch.allocation.offer.item,
        "qr": _drawn(one.signed), "record": address_of(one),
        "is_over": one.ends_at <= reader.now,
    }  # fmt: skip
    return render(request, "console/passes/paper.html", context)


def _drawn(text: str) -> SafeString:
    """The signed text as a code: what a checkpoint reads needs no line to anybody."""
    drawing = segno.make_qr(text, error="l").svg_inline(border=2, omitsize=True)
    return mark_safe(drawing)  # dots only: what they say stands nowhere as text


urlpatterns = [path("supplies/passes/<int:number>/paper", paper, name="transport_pass")]
