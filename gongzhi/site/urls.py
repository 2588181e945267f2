"""Addresses of the house: the console at the root, the API and the ledger beside it."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
