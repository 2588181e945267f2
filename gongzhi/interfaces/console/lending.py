"""A lent power on its page: the chain it came by, how far each link reaches, whether it holds."""

from __future__ import annotations

from dataclasses import dataclass

from gongzhi.actors.lent import LentVerdict, verify
from gongzhi.actors.queries import Delegation
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.reading import Value, address_of, named, value_of
from gongzhi.ledger.records import Record

LIMITS = ("area", "limit_cents", "limit_people", "limit_tier", "limit_days", "ends_at")


@dataclass(frozen=True)
class Link:
    """One link of the chain: who lent to whom, its limits in words, its proof."""

    name: str
    href: str
    limits: list[tuple[str, Value]]
    verdict: LentVerdict


def links_of(record: Record, reader: Reader) -> list[Link]:
    """The links of a lent power, the first lender first; none for other records."""
    if not isinstance(record, Delegation):
        return []
    return [_link(verdict) for verdict in reversed(verify(record, reader.now))]


def _link(verdict: LentVerdict) -> Link:
    lent = verdict.delegation
    limits = [(words.field_name(name), value_of(lent, name)) for name in LIMITS]
    return Link(named(lent), address_of(lent), [p for p in limits if not p[1].is_empty], verdict)
