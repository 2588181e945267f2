"""Refusals: one sentence for the person refused, one table to status and exit code.

A refusal says what was refused, why, and what to do next. The same sentence is shown in
the button's tooltip, in the API problem and on the command line.
"""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """A deed was refused; `str(refusal)` is the sentence for the person refused.

    `details` maps a field name to its own sentence, where the refusal is about input.
    """

    status = 400
    exit_code = 10
    slug = "refused"

    def __init__(self, sentence: object, *, details: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.details = dict(details or {})

    def __str__(self) -> str:
        return str(self.args[0])


class Malformed(Refused):
    """The input cannot be understood as it stands."""

    status = 422
    exit_code = 11
    slug = "malformed"


class NotAllowed(Refused):
    """This person may not do this here (permission)."""

    status = 403
    exit_code = 12
    slug = "not-allowed"


class NotFound(Refused):
    """There is no such record, or it lies outside what this person may see."""

    status = 404
    exit_code = 13
    slug = "not-found"


class NotNow(Refused):
    """The state of the record allows this for nobody at the moment (policy)."""

    status = 409
    exit_code = 14
    slug = "not-now"


class TooMany(Refused):
    """Too many tries in too short a time."""

    status = 429
    exit_code = 15
    slug = "too-many"
