"""The log of our own: lines of JSON that hold the keys of the settings' list only.

Apart from the settings, so that a short command that writes no line need not load what writes it.
"""

from __future__ import annotations

import sys
from typing import Any

import structlog
from django.conf import settings


def only_allowed_keys(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Drop every key of a log line that is not on the list."""
    return {k: v for k, v in event.items() if k in settings.LOGGED_KEYS}


structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        only_allowed_keys,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(settings.LOG_LEVEL),
    logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    cache_logger_on_first_use=False,
)
log = structlog.get_logger()
