"""Addresses of the house: the console at the root, the API and the ledger beside it."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from gongzhi.interfaces.api.problems import not_here
from gongzhi.interfaces.api.views import build
from gongzhi.interfaces.live import live
from gongzhi.interfaces.reports import take_sms_reports

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", build().urls),
    re_path(r"^api/.*$", not_here),
    path("live", live, name="live"),
    path("reports/sms/<str:secret>", take_sms_reports, name="sms_reports"),
    path("", include("gongzhi.interfaces.console.urls")),
    path("", include("gongzhi.interfaces.pocket.urls")),
]

handler400 = "gongzhi.interfaces.console.pages.errors.bad_request"
handler403 = "gongzhi.interfaces.console.pages.errors.not_allowed"
handler404 = "gongzhi.interfaces.console.pages.errors.not_found"
handler500 = "gongzhi.interfaces.console.pages.errors.broken"
