"""The house as an ASGI application: the live feed is asynchronous, the rest runs on threads."""

from __future__ import annotations

import gc
import os
from typing import Any

from django.core.asgi import get_asgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.site.settings")
_live = get_asgi_application()

from gongzhi.site.threads import Threads  # noqa: E402  (settings first)
from gongzhi.site.wsgi import application as _pages  # noqa: E402

_threads = Threads(_pages, workers=int(os.environ.get("GONGZHI_THREADS", "16")))
LIVE = "/live"


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Send a request to the live feed or to a thread."""
    if scope["type"] == "http" and scope["path"] != LIVE:
        await _threads(scope, receive, send)
    elif scope["type"] == "http":
        await _live(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _settle()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _settle() -> None:
    """Load every page before the first request, and spare the collector what stays for good.

    Without it each full collection walks the whole program again: measured at a sixth or more of
    the processor's time while batches of reports come in.
    """
    get_resolver().check()
    gc.collect()
    gc.freeze()
