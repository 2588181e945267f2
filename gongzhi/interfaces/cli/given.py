"""What was typed after an option, as a deed takes it: a text, a file, a list in JSON.

`@plan.yaml` stands for the text in that file, in whatever encoding it is (UTF-8, GB 18030, …), and
`@@` for a text that begins with one @. An input that is a file takes its path; `-` reads what is
piped in.
"""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from gongzhi.errors import Malformed
from gongzhi.exchange.reading import decode
from gongzhi.exchange.said import Said

LARGEST = 30_000_000
"""Bytes of a file at most; what a deed takes is less."""


def typed(value: str, name: str) -> str:
    """The text that was typed, or the one in the file it names."""
    if value.startswith("@@") or not value.startswith("@"):
        return value.removeprefix("@") if value.startswith("@@") else value
    decoded = decode(bytes_of(value[1:], name))
    if isinstance(decoded, Said):
        said = _("The file %(file)s is no text. %(reason)s")
        raise _wrong(name, said % {"file": value[1:], "reason": decoded.shown()})
    return decoded.text


def several(parts: tuple[str, ...], name: str) -> list[Any]:
    """The members of a list: from repeated options, each a text, a number or JSON."""
    found: list[Any] = []
    for part in parts:
        text = typed(part, name)
        try:
            read = json.loads(text)
        except (ValueError, RecursionError):
            read = text
        found += read if isinstance(read, list) else [read]
    return found


def file_values(name: str, path: str) -> Mapping[str, Any]:
    """A file in base64, as schemas take it, and its own name."""
    content = b64encode(bytes_of(path, name))
    return {name: content, "file_name": "standard input" if path == "-" else Path(path).name}


def bytes_of(path: str, name: str) -> bytes:
    """What lies at a path, or is piped in; a refusal under the name of the input that asks."""
    if path == "-":
        data = sys.stdin.buffer.read(LARGEST + 1)
    else:
        try:
            with Path(path).open("rb") as file:
                data = file.read(LARGEST + 1)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else _("it cannot be a name")
            said = _("The file %(file)s cannot be opened (%(reason)s).")
            raise _wrong(name, said % {"file": ascii(path), "reason": why}) from None
    if len(data) > LARGEST:
        said = _("The file is larger than %(number)s bytes. Split it.")
        raise _wrong(name, said % {"number": f"{LARGEST:,}"})
    return data


def _wrong(name: str, sentence: str) -> Malformed:
    return Malformed(sentence, details={name: sentence})
