"""What a reader may ask about prices: figures by item, flags in words, what waits for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.queries import Duty, visible
from gongzhi.assessment.models import Incident
from gongzhi.supply.models import PriceFlag, PriceLook, PriceQuote, PriceReport
from gongzhi.supply.prices.proofs import legal_test
from gongzhi.supply.prices.words import OUTCOMES, kept, lines_of_test, why_flagged

STATE = PriceFlag.State
Asked = Callable[[Person, str, QuerySet[Any], str, datetime], set[int]]
"""Numbers of the units at which a person is asked and may use a power."""


def incidents_to_watch() -> list[Incident]:
    """Open incidents with prices in their area that came in after the last screening."""
    found: list[Incident] = []
    newest = PriceQuote.objects.order_by("-recorded_at").first()
    if newest is None:
        return found
    for incident in Incident.objects.filter(state=Incident.State.OPEN).select_related("area"):
        last = PriceLook.objects.filter(incident=incident).order_by("-made_at").first()
        new = PriceQuote.objects.filter(place__path__startswith=incident.area.path)
        if (new.filter(recorded_at__gt=last.made_at) if last else new).exists():
            found.append(incident)
    return found


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
    return reports.order_by("-opened_at", "-id")


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
    rows = visible(PriceReport, by, now).filter(state=PriceReport.State.APPEALED)
    rows = rows.exclude(opened_by=by).select_related("flag__seller", "flag__item")
    units = asked(by, "judge_price", rows, "flag__incident__area", now)
    return [
        Duty(
            title=_("Decide the appeal: %(what)s") % {"what": report.flag.item},
            where=str(report.flag.seller), due_at=None,
            why=_("Who opened the case does not decide it."), room="supply",
            verb="decide_price_appeal", inputs={"report": report.pk}, subject=report.ref,
        )
        for report in rows.filter(flag__incident__area__in=units).order_by("appealed_at")[:100]
    ]  # fmt: skip
