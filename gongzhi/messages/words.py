"""Messages as sentences: one head line and one body line, in the language of whoever reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from gongzhi.writing import day_and_time, in_a_row

LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
Words = Mapping[str, object]

TEMPLATES: dict[str, tuple[str | Promise, str | Promise]] = {
    "order_given": (
        gettext_lazy("New order for %(unit)s: %(title)s"),
        gettext_lazy("Due %(due_at)s. Open it and accept it."),
    ),
    "order_amended": (
        gettext_lazy("Changed order for %(unit)s: %(title)s"),
        gettext_lazy("Due %(due_at)s. Open it, read what has changed and accept it again."),
    ),
    "order_offered": (
        gettext_lazy("%(unit)s offers you its order: %(title)s"),
        gettext_lazy("Due %(due_at)s. Take it over or decline; until then %(unit)s keeps it."),
    ),
    "order_declined": (
        gettext_lazy("%(to)s does not take your order over: %(title)s"),
        gettext_lazy("Due %(due_at)s. %(unit)s keeps it: carry it out or offer it to others."),
    ),
    "order_taken_over": (
        gettext_lazy("%(to)s took over from %(unit)s: %(title)s"),
        gettext_lazy("Due %(due_at)s. %(to)s answers for it from now on."),
    ),
    "phase_proposed": (
        gettext_lazy("“%(plan)s”, phase %(phase)s: %(says)s"),
        gettext_lazy("Its tests were held. Begin or end the phase, or let it be."),
    ),
    "wind_down_due": (
        gettext_lazy("“%(plan)s” is winding down"),
        gettext_lazy("Take back what it brought, one by one, and say how."),
    ),
    "order_extended": (
        gettext_lazy("More time for %(unit)s: %(title)s"),
        gettext_lazy("It is now due %(due_at)s."),
    ),
    "order_withdrawn": (
        gettext_lazy("Withdrawn from %(unit)s: %(title)s"),
        gettext_lazy("Stop the work on it; nothing more is asked."),
    ),
    "order_failed": (
        gettext_lazy("%(unit)s cannot do: %(title)s"),
        gettext_lazy("Read why, then issue it again, give it to another unit or withdraw it."),
    ),
    "order_climbed": (
        gettext_lazy("Late, climbed to you: %(title)s (%(unit)s)"),
        gettext_lazy(
            "It was due %(due_at)s. Press %(unit)s and write what was agreed; %(issuer)s can give "
            "more time or withdraw it."
        ),
    ),
    "call_raised": (
        gettext_lazy("%(street)s calls %(unit)s: %(about)s"),
        gettext_lazy("Answer by %(answer_at)s: coming, what you need, or whose it is."),
    ),
    "call_withdrawn": (
        gettext_lazy("%(street)s took its call back: %(about)s (%(unit)s)"),
        gettext_lazy("Do not set out, or stop; nothing more is asked. The call says why."),
    ),
    "call_answered": (
        gettext_lazy("%(unit)s answered your call on %(about)s: %(says)s"),
        gettext_lazy("Open the call to read the answer."),
    ),
    "promise_changed": (
        gettext_lazy("%(unit)s has a new time for your call on %(about)s: %(by_at)s"),
        gettext_lazy("It said why. If it cannot wait, call another unit or ask the tier above."),
    ),
    "call_ruled": (
        gettext_lazy("It was ruled that the call of %(street)s on %(about)s is for %(unit)s"),
        gettext_lazy("Answer by %(answer_at)s: when you come, or what you need."),
    ),
    "call_climbed": (
        gettext_lazy("Climbed to you: %(unit)s and the call of %(street)s on %(about)s"),
        gettext_lazy("Open it to read why: press %(unit)s, or say whose it is."),
    ),
    "followed_up": (
        gettext_lazy("%(ruler)s presses %(unit)s: %(title)s"),
        gettext_lazy(
            "It is late. Report it done, or say what is missing; the climb has its words."
        ),
    ),
    "warning_issued": (
        gettext_lazy("Warning, %(level)s: %(stream)s in %(place)s"),
        gettext_lazy("Acknowledge it by %(acknowledge_at)s, else it climbs one tier."),
    ),
    "warning_climbed": (
        gettext_lazy("Climbed to you: warning, %(level)s: %(stream)s in %(place)s"),
        gettext_lazy("Nobody acknowledged it in time. Take it on yourself by name."),
    ),
    "signal_climbed": (
        gettext_lazy("Climbed to you: a signal in %(place)s (%(stream)s)"),
        gettext_lazy("It was not judged in time. Judge whether it is real."),
    ),
    "order_left": (
        gettext_lazy("%(unit)s is dissolved and has not done your order: %(title)s"),
        gettext_lazy("Nobody has it now. Give it to another unit, or withdraw it."),
    ),
    "task_on_board": (
        gettext_lazy("On the board of %(unit)s: %(title)s"),
        gettext_lazy("It is due %(due_at)s. Whoever can takes it up."),
    ),
    "task_handed": (
        gettext_lazy("A task for you from %(unit)s: %(title)s"),
        gettext_lazy("It is due %(due_at)s. Do it, or give it back and say why."),
    ),
    "task_climbed": (
        gettext_lazy("Climbed to you: %(unit)s is late with “%(title)s”"),
        gettext_lazy("It was due %(due_at)s. Hand it to somebody of the team, or cancel it."),
    ),
    "measure_ends": (
        gettext_lazy("The measure “%(title)s” in %(place)s ends soon"),
        gettext_lazy("It ends %(end_at)s by itself. Renew it with reasons, or let it end."),
    ),
    "power_lent": (
        gettext_lazy("%(lender)s lent powers to %(unit)s: %(powers)s"),
        gettext_lazy("They can be used until %(end_at)s, inside their area and limits."),
    ),
    "power_revoked": (
        gettext_lazy("%(lender)s took powers back from %(unit)s: %(powers)s"),
        gettext_lazy("Do not use them any more; ask %(lender)s to do what is left."),
    ),
    "request_asked": (
        gettext_lazy("%(unit)s asks you: %(power)s, %(place)s"),
        gettext_lazy("It goes beyond its limits. Grant or refuse it by %(answer_at)s."),
    ),
    "request_climbed": (
        gettext_lazy("Climbed to you: %(unit)s asks: %(power)s, %(place)s"),
        gettext_lazy("Nobody answered it in time. Grant or refuse it by %(answer_at)s."),
    ),
    "request_answered": (
        gettext_lazy("Your request was answered: %(power)s, %(place)s: %(says)s"),
        gettext_lazy("Open the request to read the answer."),
    ),
    "donation_climbed": (
        gettext_lazy("Climbed to you: donation %(donation)s for %(hub)s"),
        gettext_lazy("Nobody judged it in time. Judge it by %(judge_at)s."),
    ),
    "price_appeal_climbed": (
        gettext_lazy("Climbed to you: %(seller)s appeals about the price of %(item)s"),
        gettext_lazy("Nobody decided it in time. Decide it by %(decide_at)s."),
    ),
    "use_drawn": (
        gettext_lazy("A use of a lent power by %(unit)s was drawn for your review"),
        gettext_lazy("Say by %(review_at)s whether it was in order, and why."),
    ),
    "review_climbed": (
        gettext_lazy("Climbed to you: the review of a use of a lent power by %(unit)s"),
        gettext_lazy("Nobody made it in time. Say by %(review_at)s whether it was in order."),
    ),
    "access_opened": (
        gettext_lazy("%(unit)s opened a record of %(keeper)s in an emergency"),
        gettext_lazy("Read which and why, and say by name that you have."),
    ),
    "access_notice_owed": (
        gettext_lazy("%(unit)s opened a record about residents of %(keeper)s"),
        gettext_lazy("Print the notice and hand it to them: they have no log-in."),
    ),
    "access_to_review": (
        gettext_lazy("For your review: %(unit)s opened a record of %(keeper)s in an emergency"),
        gettext_lazy("Say by %(review_at)s whether it was justified, and why."),
    ),
    "notice_climbed": (
        gettext_lazy("Climbed to you: a notice that %(keeper)s has not handed over"),
        gettext_lazy("%(unit)s opened a record about residents there. See that they are told."),
    ),
    "access_climbed": (
        gettext_lazy("Climbed to you: the review of an emergency access of %(unit)s"),
        gettext_lazy("Nobody made it in time. Say by %(review_at)s whether it was justified."),
    ),
    "access_objected": (
        gettext_lazy("An objection to an emergency access of %(unit)s"),
        gettext_lazy("Read it. Your review must answer it by %(review_at)s."),
    ),
    "access_reviewed": (
        gettext_lazy("The emergency access of %(unit)s was reviewed: %(says)s"),
        gettext_lazy("Open it to read the reasons."),
    ),
    "dissent_filed": (
        gettext_lazy("An expert disagrees with the assessment of “%(title)s”"),
        gettext_lazy("Read it in its own words, and say by name that you have."),
    ),
    "list_waits": (
        gettext_lazy("A list of %(unit)s waits to be confirmed"),
        gettext_lazy("Nothing of it counts before. Unconfirmed, it ends %(ends_at)s."),
    ),
    "need_raised": (
        gettext_lazy("%(unit)s may run short of %(item)s"),
        gettext_lazy("Nobody has said so: the amount is an estimate. Confirm or withdraw it."),
    ),
    "unread_climbed": (
        gettext_lazy("%(unit)s has not read an order and was not reached: %(title)s"),
        gettext_lazy("It is due %(due_at)s. Reach the unit, or act in its place."),
    ),
}

OTHER: tuple[str | Promise, str | Promise] = (
    gettext_lazy("News that concerns you"),
    gettext_lazy("Open the record to see what happened."),
)
"""The words of a message whose own are not known here any more."""


def in_all_languages(given: Sequence[Words]) -> list[dict[str, Any]]:
    """Each set of words as a message keeps it: plain text, or a text for each language.

    One language after the other, so that ten thousand orders cost three changes of language.
    """
    said: list[dict[str, dict[str, str]]] = [{} for _one in given]
    for language in LANGUAGES:
        with override(language):
            for kept, words in zip(said, given, strict=True):
                for name, value in words.items():
                    kept.setdefault(name, {})[language] = _plain(value)
    return [{name: _shortest(texts) for name, texts in kept.items()} for kept in said]


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value() if callable(value) else value)


def _shortest(texts: dict[str, str]) -> str | dict[str, str]:
    values = set(texts.values())
    return values.pop() if len(values) == 1 else texts


def sentences(
    template: str, parameters: Mapping[str, Any], *, exercise: bool = False, more: int = 0
) -> tuple[str, str]:
    """The head line and the body of a message, in the language that is active."""
    head, body = TEMPLATES.get(template, OTHER)
    language = (get_language() or settings.LANGUAGE_CODE).lower()
    facts = {name: _spoken(name, value, language) for name, value in parameters.items()}
    lines = [str(head) % facts, str(body) % facts]
    if exercise:
        lines[0] = _("EXERCISE, only an exercise: %(text)s") % {"text": lines[0]}
    if more:
        told = _("%(number)s more like it are in your inbox.") % {"number": more}
        lines[1] = in_a_row([lines[1], told])
    return lines[0], lines[1]


def _spoken(name: str, value: Any, language: str) -> str:
    text = str(value.get(language, value[LANGUAGES[0]]) if isinstance(value, dict) else value)
    if name.endswith("_at") and text != "None":
        return day_and_time(datetime.fromisoformat(text))
    return text
