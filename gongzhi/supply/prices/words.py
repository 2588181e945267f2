"""What the price watch found, in sentences a seller and an officer can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.engines.prices import Basis, Found, Outcome, Verdict

STEPS = (-0.1, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Rises over the own baseline between which sellers are counted; the first and last are open."""


def steps_in_words() -> list[str]:
    """The names of the steps, from those that fell to those that rose most."""
    between = [f"{percent(low)} – {percent(high)}" for low, high in pairwise(STEPS)]
    return [f"< {percent(STEPS[0])}", *between, f"> {percent(STEPS[-1])}"]


VERDICTS = {
    Verdict.FLAGGED.value: gettext_lazy("stands out: invoices should be asked for"),
    Verdict.ORDINARY.value: gettext_lazy("ordinary"),
    Verdict.UNIT_DOUBTED.value: gettext_lazy("the pack size is in doubt"),
    Verdict.TOO_FEW.value: gettext_lazy("too few sellers to compare with"),
}

OUTCOMES = {
    Outcome.WITHIN.value: gettext_lazy("within the rule"),
    Outcome.OUTSIDE.value: gettext_lazy("outside the rule"),
    Outcome.OPEN.value: gettext_lazy("open: something is not shown"),
}


def money(amount: float | Fraction) -> str:
    """An amount of the main unit with two places, more where it is less than a tenth of it."""
    value = float(amount)
    return f"{value:,.2f}" if abs(value) >= 0.1 or not value else f"{value:.2g}"


def percent(share: float | Fraction) -> str:
    """A share with one place at most: 15 %, 12.5 %; it is not broken at the end of a line."""
    figure = f"{round(float(share) * 100, 1):g}".replace("-", "−")
    return _("%(figure)s\u00a0%%") % {"figure": figure}


def why_flagged(facts: Mapping[str, Any]) -> str:
    """Why a seller's price was flagged or not; from the facts of one result of the screening."""
    parts = [_asked(facts)]
    if facts["segment"] is None:
        parts.append(_("Fewer sellers offer it than a comparison needs, so it is not judged."))
        return reduce(_beside, parts)
    parts.append(_compared(facts))
    parts.append(_says(facts))
    return reduce(_beside, parts)


def _beside(said: str, then: str) -> str:
    """One sentence after another: Chinese puts no space between them."""
    return _("%(said)s %(then)s") % {"said": said, "then": then}


def _asked(facts: Mapping[str, Any]) -> str:
    if facts["was"] is None:
        return _(
            "A piece costs %(now)s with delivery; there is no earlier price of this seller."
        ) % {"now": money(facts["now"])}
    said = _(
        "A piece costs %(now)s with delivery; before the crisis this seller asked %(was)s "
        "(%(rise)s)."
    )
    if facts["basis"] == Basis.FIRST_PRICE.value:
        said = _(
            "A piece costs %(now)s with delivery; when this seller began it asked %(was)s "
            "(%(rise)s)."
        )
    return said % {
        "now": money(facts["now"]), "was": money(facts["was"]),
        "rise": f"{'+' if facts['rise'] >= 0 else '−'}{percent(abs(facts['rise']))}",
    }  # fmt: skip


def _compared(facts: Mapping[str, Any]) -> str:
    given = {
        "sellers": facts["segment"]["sellers"],
        "expected": money(facts["expected"]),
        "where": _("of all channels")
        if facts["segment"]["channel"] is None
        else (
            _("of all districts, same channel")
            if facts["segment"]["region"] is None
            else _("same district and channel")
        ),
    }
    if facts["was"] is None:
        return (
            _("What the %(sellers)s sellers of it (%(where)s) ask lies around %(expected)s.")
            % given
        )
    return (
        _(
            "Had it moved as the %(sellers)s sellers of it did (%(where)s), it would cost "
            "%(expected)s."
        )
        % given
    )


def _says(facts: Mapping[str, Any]) -> str:
    score = f"{abs(facts['score']):.1f}"
    over = percent(abs(facts["overprice"]))
    if facts["verdict"] == Verdict.UNIT_DOUBTED.value:
        return _("It is out by about a pack size: check the unit before anything else.")
    if facts["verdict"] == Verdict.FLAGGED.value:
        return _(
            "It lies %(over)s and %(score)s spreads above that. This is a reason to ask for "
            "invoices, and no finding."
        ) % {"over": over, "score": score}
    return _("It lies %(score)s spreads from that, which is ordinary.") % {"score": score}


LINES = {
    "price": gettext_lazy("Price of a piece now, delivery included"),
    "cost": gettext_lazy("Cost of a piece now, by the invoice"),
    "was_price": gettext_lazy("Price of a piece at the last sale of the baseline"),
    "was_cost": gettext_lazy("Cost of a piece then, by the invoice"),
    "margin": gettext_lazy("Margin now: price less cost"),
    "was_margin": gettext_lazy("Margin then: price less cost"),
    "rate": gettext_lazy("Margin rate now: margin over cost"),
    "was_rate": gettext_lazy("Margin rate then: margin over cost"),
    "cap": gettext_lazy("Limit where nothing was sold before"),
    "missing_cost": gettext_lazy("No invoice shows what it costs now"),
    "missing_was_price": gettext_lazy("The earlier price is not shown"),
    "missing_was_cost": gettext_lazy("No invoice shows what it cost before"),
    "not_risen": gettext_lazy("The price has not risen above that of the baseline"),
}
SHARES = ("rate", "was_rate", "cap")


def kept(found: Found) -> dict[str, Any]:
    """A result of the legal test as it is kept: exact figures as fractions in text."""
    return {
        "outcome": found.outcome.value,
        "lines": [
            {"what": line.what.value, "figure": None if line.figure is None else str(line.figure),
             "from": [str(amount) for amount in line.made_from]}
            for line in found.lines
        ],
    }  # fmt: skip


def lines_of_test(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """The computation of a legal test, a sentence for each line with the figures it is made of."""
    return [_line(line) for line in lines]


def _line(line: Mapping[str, Any]) -> str:
    what = str(LINES[line["what"]])
    if line["figure"] is None:
        return _("%(what)s.") % {"what": what}
    figure = Fraction(line["figure"])
    shown = percent(figure) if line["what"] in SHARES else money(figure)
    if not line["from"]:
        return _("%(what)s: %(figure)s") % {"what": what, "figure": shown}
    price, cost = (Fraction(amount) for amount in line["from"])
    made = f"{money(price)} − {money(cost)}"
    if line["what"] in SHARES:
        made = f"({made}) ÷ {money(cost)}"
    return _("%(what)s: %(made)s = %(figure)s") % {"what": what, "made": made, "figure": shown}
