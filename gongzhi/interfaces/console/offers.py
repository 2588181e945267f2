"""The next acts that a record's page offers: each a deed, allowed or refused with its sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import ForeignKey
from django.http import QueryDict
from django.urls import reverse

from gongzhi.actors.queries import Unit, visible
from gongzhi.errors import Refused
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.checks import CHECKS
from gongzhi.interfaces.console.forms.asking import Ask, asks_of
from gongzhi.interfaces.console.forms.choices import NARROW
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.reading import number_in
from gongzhi.interfaces.inputs import deeds_by_hand
from gongzhi.interfaces.rooms import duties_of
from gongzhi.ledger.deeds import Deed
from gongzhi.ledger.records import Record


@dataclass(frozen=True)
class Offer:
    """One deed offered on a record's page; `refusal` is the sentence where it is refused now."""

    deed: Deed
    name: str
    summary: str
    href: str
    refusal: str = ""
    is_about: bool = True


def offers_for(record: Record, reader: Reader) -> list[Offer]:
    """Deeds that take this record: those about it first, the allowed before the refused.

    Of a unit only the allowed ones: nearly every deed takes a unit.
    """
    found = [
        _offer(deed, asks, ask, record, reader)
        for deed in deeds_by_hand()
        for asks in [asks_of(deed)]
        for ask in asks
        if ask.model is type(record) and ask.reach is None and _may_stand(ask, record, deed)
    ]
    if isinstance(record, Unit):
        found = [offer for offer in found if not offer.refusal]
    return sorted(found, key=lambda o: (not o.is_about, bool(o.refusal)))


def _may_stand(ask: Ask, record: Record, deed: Deed) -> bool:
    """Whether a record fits an input: the tier of a unit, and for units a known power."""
    if any(getattr(record, k) != v for k, v in NARROW.get(ask.name, {}).items()):
        return False
    return not isinstance(record, Unit) or (deed.room, deed.verb, ask.name) in CHECKS


def _offer(deed: Deed, asks: Iterable[Ask], ask: Ask, record: Record, reader: Reader) -> Offer:
    first = next(a for a in asks if a.model is not None)
    query = prefilled(deed, {ask.name: record.pk}, record)
    return Offer(
        deed=deed,
        name=words.deed_name(deed),
        summary=words.deed_summary(deed),
        href=address(deed, query),
        refusal=refusal_of(deed, ask, record, reader),
        is_about=first.name == ask.name or isinstance(record, Unit),
    )


def address(deed: Deed, inputs: dict[str, Any]) -> str:
    """The form of a deed with some inputs filled in."""
    base = reverse("console:do", args=[deed.room, deed.verb])
    return f"{base}?{urlencode(inputs, doseq=True)}" if inputs else base


def prefilled(deed: Deed, given: dict[str, Any], record: Record) -> dict[str, Any]:
    """What can be filled in from the record: what it points to under the same name, its area."""
    filled = dict(given)
    fields = {f.name: f for f in record._meta.get_fields()}
    for ask in asks_of(deed):
        if ask.kind != "record" or ask.name in filled:
            continue
        field = fields.get(ask.name)
        number = None
        if isinstance(field, ForeignKey) and field.related_model is ask.model:
            number = getattr(record, field.attname)
        elif ask.name == "area":
            number = _area_of(record)
        if number is not None:
            filled[ask.name] = number
    return filled


def _area_of(record: Record) -> int | None:
    """The area a record is about: its own, or that of its incident."""
    for source in (record, getattr(record, "incident", None)):
        for name in ("area_id", "place_id"):
            number = getattr(source, name, None)
            if isinstance(number, int):
                return number
    return None


def refusal_of(deed: Deed, ask: Ask, record: Record, reader: Reader) -> str:
    """The sentence with which the deed would be refused for this record; empty where it is not."""
    for check in CHECKS.get((deed.room, deed.verb, ask.name), ()):
        try:
            check(record, reader)
        except Refused as refusal:
            return str(refusal)
    return ""


def forbidden(deed: Deed, values: QueryDict, reader: Reader) -> str:
    """Why a deed cannot be done with the records that its form already names."""
    for ask in asks_of(deed):
        number = number_in(values.get(ask.name, ""))
        if ask.model is None or ask.reach is not None or number is None:
            continue
        record = visible(ask.model, reader.by, reader.now).filter(pk=number).first()
        sentence = refusal_of(deed, ask, record, reader) if record is not None else ""
        if sentence:
            return sentence
    return ""


def acts_of(record: Record, reader: Reader) -> tuple[Offer | None, list[Offer], list[Offer]]:
    """The one next act, the others about this record, and those it only stands in."""
    offers = offers_for(record, reader)
    about = [o for o in offers if o.is_about]
    allowed = [o for o in about if not o.refusal]
    duties = duties_of(reader.by, reader.now, rooms={o.deed.room for o in allowed})
    asked = {(d.room, d.verb) for d in duties if d.subject == record.ref}
    first = next((o for o in allowed if (o.deed.room, o.deed.verb) in asked), None)
    if first is None and len(allowed) == 1 and _is_under_way(record):
        first = allowed[0]
    others = [o for o in about if o is not first]
    return first, others, [o for o in offers if not o.is_about and not o.refusal]


def _is_under_way(record: Record) -> bool:
    """Whether the record has states and is not yet in one that nothing leads out of."""
    moves = getattr(record, "MOVES", None)
    return bool(moves and moves.get(getattr(record, "state", None)))
