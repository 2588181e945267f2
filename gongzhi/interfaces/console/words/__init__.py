"""The words of the console: deeds, records, fields and lines of the ledger as people say them.

Tables of message ids, so that every word can be translated; a name that is not in its table
is shown as it stands, with spaces.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from gongzhi.interfaces.console.words.deeds import BY_CLOCK, DEEDS
from gongzhi.interfaces.console.words.fields import FIELDS
from gongzhi.interfaces.console.words.help import HELP
from gongzhi.interfaces.console.words.inside import CODES
from gongzhi.interfaces.console.words.inside import FIELDS as INSIDE
from gongzhi.interfaces.console.words.things import LISTS, RECORDS, ROOMS
from gongzhi.ledger.deeds import Deed


def plainly(name: str) -> str:
    """A technical name as words: `waiting_for` → "Waiting for"."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def deed_name(deed: Deed) -> str:
    """What a deed is called on its button."""
    return str(DEEDS.get((deed.room, deed.verb)) or plainly(deed.verb))


def verb_name(verb: str) -> str:
    """A deed or an act of the rounds as the ledger names it, as people call it."""
    room, _dot, name = verb.partition(".")
    return str(DEEDS.get((room, name)) or BY_CLOCK.get((room, name)) or plainly(name))


def deed_summary(deed: Deed) -> str:
    """What a deed does, in one sentence."""
    return _(deed.summary) if deed.summary else ""


def field_name(name: str) -> str:
    """What a field or an input is called."""
    return str(FIELDS.get(name) or plainly(name))


def key_name(key: str) -> str:
    """What a key of nested facts is called: a figure, a field, or a deed as the ledger names it."""
    return verb_name(key) if "." in key else str(INSIDE.get(key) or field_name(key))


def code_name(code: str) -> str:
    """A short code such as `water_outage` as words."""
    return str(CODES.get(code) or _(code.replace("_", " "))) if code else ""


def help_for(name: str, verb: str = "") -> str:
    """What to write into an input, with its unit; a deed may ask for more than its name says."""
    return str(HELP.get(f"{verb}.{name}") or HELP.get(name, ""))


def room_name(room: str) -> str:
    """What a room is called."""
    return str(ROOMS.get(room) or plainly(room))


def record_name(kind: str) -> str:
    """What one record of a class is called: `StreetCall` → "street call"."""
    return str(RECORDS.get(kind) or plainly(kind))


def kind_in(ref: str) -> str:
    """A record by its reference alone, without a word of it: "household 12"."""
    kind, _colon, number = ref.rpartition(".")[2].partition(":")
    return f"{record_name('Person' if kind == 'person' else kind)} {number}"


def list_name(room: str, listing: str) -> str:
    """What a list of records is called."""
    return str(LISTS.get((room, listing)) or plainly(listing))


SINGULAR = {
    "reports": "Report", "counts": "Count", "options": "Option", "needs": "Need",
    "offers": "Offer", "stocks": "Stock", "households": "Household", "times": "Time",
}  # fmt: skip


def singular(name: str) -> str:
    """What one row of a batch is called."""
    word = record_name(SINGULAR.get(name, name))
    return word[:1].upper() + word[1:]
