"""The house as an ASGI application: the live feed is asynchronous, the rest runs on threads."""

from __future__ import annotations

import os
from typing import Any

from a2wsgi import WSGIMiddleware
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.site.settings")
_live = get_asgi_application()

from gongzhi.site.wsgi import application as _pages  # noqa: E402  (settings first)

_threads = WSGIMiddleware(_pages, workers=int(os.environ.get("GONGZHI_THREADS", "16")))
LIVE = "/live"


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Send a request to the live feed or to a thread."""
    if scope["type"] == "http" and scope["path"] != LIVE:
        await _threads(scope, receive, send)  # type: ignore[arg-type]
    elif scope["type"] == "http":
        await _live(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
