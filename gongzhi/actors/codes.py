"""The short code in a resident's hand: how it is made, typed and kept, and how guessing is slowed.

Whoever reported something, or whose record was opened in an emergency, has no log-in here. A code
on paper or said by telephone stands for one (凭码): ten letters and digits, the same everywhere.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.models import LogInAttempt
from gongzhi.errors import NotFound, TooMany

SHAPE = r"^ *[A-Za-z2-7](?:[ -]?[A-Za-z2-7]){9} *$"
Code = Annotated[str, Field(pattern=SHAPE)]
"""A code as somebody types it: in small letters, with a space or a dash between."""
TRIES = 5
"""Wrong passwords of one name, or ten times as many of one address, before a pause."""
PAUSE = timedelta(minutes=15)
BY_CODE = "#"
"""Stands in the place of the log-in name of whoever typed a code."""
T = TypeVar("T")


def code_of(salt: bytes) -> str:
    """Ten letters and digits (50 bits) that are read out and typed without mistakes (RFC 4648)."""
    return base64.b32encode(salt).decode()[:10]


def hidden_code(salt: bytes) -> str:
    """The code that a record's salt stands for: told only with the key of this house."""
    return code_of(salted_hmac("gongzhi.code", bytes(salt).hex(), algorithm="sha256").digest())


def key_of(code: str) -> str:
    """What is kept of a hidden code: whoever reads the database cannot tell the code from it."""
    return salted_hmac("gongzhi.code.key", written(code), algorithm="sha256").hexdigest()


def written(code: str) -> str:
    """A code as it is kept, however it was typed."""
    return "".join(code.split()).replace("-", "").upper()


def looks_like_a_code(text: str) -> bool:
    """Whether somebody typed a code at all, right or wrong."""
    return re.fullmatch(SHAPE, text) is not None


def grouped(code: str) -> str:
    """A code as it stands on paper: in two halves."""
    return f"{code[:5]}-{code[5:]}"


def with_code(act: Callable[[], T], address: str, now: datetime) -> T:
    """Do what a code opens, for somebody without a log-in; guessing is slowed down.

    Errors: `TooMany` after fifty unknown codes from one address in fifteen minutes.
    """
    recent = LogInAttempt.objects.filter(at__gt=now - PAUSE, at__lte=now, login=BY_CODE)
    if recent.filter(address=address[:60]).count() >= 10 * TRIES:
        raise TooMany(_("Too many wrong codes. Wait fifteen minutes, or ask your grid worker."))
    try:
        return act()
    except NotFound:
        LogInAttempt.objects.create(login=BY_CODE, address=address[:60], at=now)
        raise
