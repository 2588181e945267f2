"""What a plan decided, in sentences a place can read; made from the machine-readable facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.writing import in_a_row

STOCK_LASTS = "stock lasts"
NO_BASIS = "amount unknown"
"""Reasons of this room, for needs that never reach the engine."""

REASONS = {
    "met": gettext_lazy("All that is counted as needed is on the way or promised."),
    "no eligible offer": gettext_lazy("Nobody has offered anything that could serve it."),
    "deadline": gettext_lazy("What is left would arrive after it is needed."),
    "unconfirmed amount": gettext_lazy(
        "The amount is an estimate: it gets the fair share only. Confirm the amount to get more."
    ),
    "lane full": gettext_lazy("More would have to go by a way whose lorries are full."),
    "minimum lot": gettext_lazy(
        "Who could give more sends nothing that small, and no hub can put it together with others."
    ),
    "cost": gettext_lazy("Supply is left, but so far away that the policy does not send it."),
    "floor of others": gettext_lazy("The next pieces belong to the fair share of other places."),
    "supply exhausted": gettext_lazy(
        "There is not enough: what could serve it goes where it counts for as much or more."
    ),
    STOCK_LASTS: gettext_lazy("Your own stock lasts for the days of cover; nothing is sent now."),
    NO_BASIS: gettext_lazy(
        "The amount is unknown and nothing is counted to estimate it from. "
        "Give a quantity, or count your stock and daily use."
    ),
}

REFUSED = {
    "barred": gettext_lazy("a rule bars it"),
    "directed elsewhere": gettext_lazy("it is a gift directed to another place"),
    "late": gettext_lazy("it would come too late"),
    "lane full": gettext_lazy("the lorries on the way are full"),
    "below its minimum lot": gettext_lazy("it sends nothing that small"),
    "empty": gettext_lazy("nothing is left of it"),
    "given to others": gettext_lazy("it is given to other places"),
    "amount unconfirmed": gettext_lazy("your amount is not confirmed"),
    "costs more than it brings": gettext_lazy("it is too far away"),
}


def count(number: float) -> str:
    """A number as people read it: 12,500 or 3.5."""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def estimate_sentence(basis: Mapping[str, Any]) -> str:
    """How a plausible amount was computed; empty when there was nothing to compute it from."""
    if not basis:
        return ""
    given = {
        "count": count(basis["count"]),
        "rate": f"{basis['rate']:g}",
        "days": count(basis["days"]),
        "stock": count(basis["stock"] or 0),
    }
    return {
        "use": _("Use of %(rate)s a day for %(days)s days, less %(stock)s in stock."),
        "beds": _(
            "%(count)s beds, %(rate)s each a day for %(days)s days, less %(stock)s in stock."
        ),
        "residents": _(
            "%(count)s residents, %(rate)s each a day for %(days)s days, less %(stock)s in stock."
        ),
    }[basis["basis"]] % given


def explain(
    *, wanted: int, got: int, reason: str, explanation: Mapping[str, Any], refused_by: str = ""
) -> str:
    """The sentences of one line of a plan: how much, why no more, and what would change it."""
    if not wanted and not got:  # nothing was planned: the amount is unknown, or the stock lasts
        parts = (str(REASONS[reason]), capped_sentence(explanation), _estimated(explanation))
        return in_a_row(filter(None, parts))
    said = [_("%(got)s of %(wanted)s.") % {"got": count(got), "wanted": count(wanted)}]
    said.append(str(REASONS[reason]))
    said += [part(explanation) for part in (capped_sentence, _estimated, _fair_share, _late)]
    refused = explanation.get("refused")
    if refused and refused_by:
        said.append(
            _("The nearest offer that gave nothing is that of %(who)s: %(why)s.")
            % {"who": refused_by, "why": REFUSED[refused["why"]]}
        )
    return in_a_row(filter(None, said))


def capped_sentence(explanation: Mapping[str, Any]) -> str:
    """Why less than was stated is counted; empty where all of it is."""
    if explanation.get("capped_at") is None:
        return ""
    return _("You asked for %(stated)s more; %(cap)s is plausible. %(why)s") % {
        "stated": count(explanation["stated"]),
        "cap": count(explanation["capped_at"]),
        "why": estimate_sentence(explanation["basis"]),
    }


def _estimated(explanation: Mapping[str, Any]) -> str:
    if explanation["amount"] == "known":
        return ""
    return estimate_sentence(explanation["basis"])


def _fair_share(explanation: Mapping[str, Any]) -> str:
    floor = explanation.get("floor_got")
    if not floor:
        return ""
    return _("%(floor)s of it is the fair share that every place gets first.") % {
        "floor": count(floor)
    }


def _late(explanation: Mapping[str, Any]) -> str:
    if not explanation.get("is_overdue"):
        return ""
    return _("Its time has passed; it is still planned for.")
