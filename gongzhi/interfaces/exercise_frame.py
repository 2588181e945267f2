"""What every page of an exercise says of itself: that it is one, which, and its simulated time."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from gongzhi.interfaces import clock


def exercise(request: HttpRequest) -> dict[str, Any]:
    """The exercise for the frame round the page; None in the house itself."""
    held = settings.EXERCISE
    if held is None:
        return {"exercise": None}
    reading = held.clock.reading()
    return {
        "exercise": {
            "number": held.number,
            "title": held.spoken(get_language() or settings.LANGUAGE_CODE),
            "now": clock.now(),
            "speed": f"{held.speed:g}",
            "runs": reading.since is not None,
            "ended": reading.ended,
        }
    }
