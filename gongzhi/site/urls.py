"""Addresses of the house: the console at the root, the API and the ledger beside it."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from gongzhi.interfaces.api.problems import not_here
from gongzhi.interfaces.api.views import build

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", build().urls),
    re_path(r"^api/.*$", not_here),
]
