"""What a reader may ask about prices: figures by item, flags in words, what waits for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.queries import Duty, expose, visible
from gongzhi.assessment.models import Incident
from gongzhi.ledger.compiled import CompiledQuery
from gongzhi.supply.models import (
    Invoice,
    PriceAppealClimb,
    PriceFlag,
    PriceLook,
    PriceQuote,
    PriceReport,
)
from gongzhi.supply.prices.proofs import legal_test
from gongzhi.supply.prices.words import OUTCOMES, kept, lines_of_test, why_flagged

STATE = PriceFlag.State
Asked = Callable[[Person, str, QuerySet[Any], str, datetime], set[int]]
"""Numbers of the units at which a person is asked and may use a power."""


def _to_watch() -> QuerySet[Incident]:
    looks = PriceLook.objects.filter(incident=OuterRef(OuterRef("pk"))).order_by("-id")
    new = PriceQuote.objects.filter(
        pk__gt=Coalesce(Subquery(looks.values("newest")[:1]), 0),
        place__path__startswith=OuterRef("area__path"),
    )
    found = Incident.objects.filter(Exists(new), state=Incident.State.OPEN)
    return found.select_related("area").order_by("id")


_TO_WATCH = CompiledQuery(_to_watch)
"""Kept ready: the clock asks this every minute, and mostly nothing is new."""


def incidents_to_watch() -> list[Incident]:
    """Open incidents with prices in their area that came in after the last screening."""
    return _TO_WATCH.ask()


def appeals_undecided(now: datetime) -> QuerySet[PriceReport]:
    """Appeals against a case whose time to be decided has passed."""
    late = PriceReport.objects.filter(state=PriceReport.State.APPEALED, decide_by__lte=now)
    return late.select_related("to_unit").order_by("decide_by", "id")


def flag_sentence(flag: PriceFlag) -> str:
    """Why a price stands out, in words the seller can read."""
    return why_flagged(flag.facts) if flag.facts else ""


def judged_by_sentence(flag: PriceFlag) -> str:
    """The legal test as it was judged by, line by line; before that, what the invoices say now."""
    if not flag.test:
        handed_in = flag.state == STATE.HANDED_IN
        return "\n".join(computation(flag=flag, now=flag.raised_at)) if handed_in else ""
    rule = flag.test["rule"]
    said = [*lines_of_test(flag.test["lines"]), str(OUTCOMES[flag.test["outcome"]]), rule["source"]]
    return "\n".join(said)


def computation(*, flag: PriceFlag, now: datetime, **_others: Any) -> list[str]:
    """What the invoices show by the rule of the area, line by line, before anything is judged."""
    found, rule = legal_test(flag)
    test = kept(found)
    return [*lines_of_test(test["lines"]), str(OUTCOMES[test["outcome"]]), rule.source]


def last_look(incident: Incident) -> PriceLook | None:
    """The latest screening of an incident's area."""
    return PriceLook.objects.filter(incident=incident).order_by("-made_at", "-id").first()


def price_flags(by: Person, now: datetime) -> QuerySet[PriceFlag]:
    """Prices of one's area that stand out and are not judged, the oldest first."""
    flags = visible(PriceFlag, by, now).filter(judged_at=None)
    ends = ("seller", "item", "incident__area", "quote__place")
    return flags.select_related(*ends).order_by("raised_at", "id")


def price_reports(by: Person, now: datetime) -> QuerySet[PriceReport]:
    """Cases of price gouging of one's area, the latest first."""
    reports = visible(PriceReport, by, now).select_related("flag__seller", "flag__item", "call")
    return reports.order_by("-filed_at", "-id")


def flags_by_item(incident: Incident) -> dict[str, int]:
    """How many prices of each item stand out and are not judged; no seller is named."""
    waiting = PriceFlag.objects.filter(
        incident=incident, state__in=[STATE.RAISED, STATE.ASKED, STATE.HANDED_IN]
    )
    rows = waiting.order_by().values_list("item__code").annotate(Count("id"))
    return dict(rows)


def price_duties(
    by: Person, now: datetime, asked: Asked, wanted: Callable[[str], bool]
) -> list[Duty]:
    """What is asked about prices: invoices of whom they are asked, of officers the rest."""
    found: list[Duty] = []
    flags = visible(PriceFlag, by, now).select_related("seller", "item", "incident__area")
    for verb, which, power, unit, title, why in _flag_duties(now):
        if wanted(verb):
            rows = flags.filter(which)
            units = asked(by, power, rows, unit, now)
            mine = rows.filter(**{f"{unit}__in": units}).order_by("raised_at", "id")[:100]
            found += _duties(mine, verb, title, why)
    return found + (_appeals(by, now, asked) if wanted("decide_price_appeal") else [])


def _flag_duties(now: datetime) -> Iterable[tuple[str, Q, str, str, str, str]]:
    over = Q(state=STATE.HANDED_IN) | Q(state=STATE.ASKED, due_at__lte=now)
    yield (
        "ask_invoices", Q(state=STATE.RAISED), "judge_price", "incident__area",
        _("Ask for invoices: %(what)s"), _("Its price stands out among its like."),
    )  # fmt: skip
    yield (
        "judge_price", over, "judge_price", "incident__area",
        _("Judge the price: %(what)s"), _("The invoices are in, or their time has passed."),
    )  # fmt: skip
    yield (
        "hand_in_invoices", Q(state=STATE.ASKED), "answer_price_flag", "seller",
        _("Hand in invoices: %(what)s"), _("Without them the price is judged as it stands."),
    )  # fmt: skip


def _duties(flags: Iterable[PriceFlag], verb: str, title: str, why: str) -> list[Duty]:
    return [
        Duty(
            title=title % {"what": flag.item}, where=str(flag.seller), due_at=flag.due_at, why=why,
            room="supply", verb=verb, inputs={"flag": flag.pk}, subject=flag.ref,
        )
        for flag in flags
    ]  # fmt: skip


def _appeals(by: Person, now: datetime, asked: Asked) -> list[Duty]:
    """Of the unit that has to decide, and of those that were silent before it."""
    open_ones = PriceReport.objects.filter(state=PriceReport.State.APPEALED).exclude(filed_by=by)
    units = {
        unit
        for whom in ("to_unit", "climbs__silent")
        for unit in asked(by, "judge_price", open_ones.exclude(**{whom: None}), whom, now)
    }
    mine = open_ones.filter(Q(to_unit__in=units) | Q(climbs__silent__in=units)).distinct()
    rows = mine.select_related("flag__seller", "flag__item").order_by("decide_by", "id")
    return [
        Duty(
            title=_("Decide the appeal: %(what)s") % {"what": report.flag.item},
            where=str(report.flag.seller), due_at=report.decide_by,
            why=_("Who opened the case does not decide it."), room="supply",
            verb="decide_price_appeal", inputs={"report": report.pk}, subject=report.ref,
        )
        for report in rows[:100]
    ]  # fmt: skip


expose(
    "supply", price_quotes=PriceQuote, price_looks=PriceLook, price_flags=PriceFlag,
    invoices=Invoice, price_reports=PriceReport, price_appeal_climbs=PriceAppealClimb,
)  # fmt: skip
