"""How a list was read, in sentences its writer can check; notes and reasons are kept as codes."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy

NOTES = {
    "range": gettext_lazy("The text gives a range: the lower end was taken."),
    "at_least": gettext_lazy("The text says “at least”."),
    "packs": gettext_lazy("Packs were counted out by what the text says is in one."),
    "usual_pack": gettext_lazy("Packs were counted out by what one usually holds: check it."),
    "counted_up": gettext_lazy("A spreadsheet seems to have counted the name up."),
    "a_day": gettext_lazy("The text gives a use per day, which is no amount."),
    "several": gettext_lazy("The text gives several numbers."),
    "broken": gettext_lazy("The text gives no whole number."),
    "unit": gettext_lazy("The text counts in another unit: say how many pieces that is."),
    "too_many": gettext_lazy("The number is too large to be believed: write it again."),
}  # fmt: skip
"""Notes of the engine, and those of this room: usual_pack, unit, too_many."""


BY_ITSELF = {
    "not_wanted": gettext_lazy("The text says that it is not wanted."),
    "delivered": gettext_lazy("The text says that it was delivered already."),
    "unconfirmed": gettext_lazy("Nobody confirmed it in time."),
}


def notes_in_words(notes: Iterable[str]) -> list[str]:
    """The notes of a part as sentences; a note of an older version is left out."""
    return [str(NOTES[note]) for note in notes if note in NOTES]


def reason_in_words(reason: str) -> str:
    """Why a part was dropped: what a person wrote, or the sentence for what happened by itself."""
    return str(BY_ITSELF.get(reason, reason))
