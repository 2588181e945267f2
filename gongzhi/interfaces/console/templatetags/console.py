"""Tags of the console's templates: times, levels, figures, addresses of records."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from gongzhi.interfaces.console import figures, times
from gongzhi.interfaces.console.frame import bcp47
from gongzhi.interfaces.console.reading import level_word
from gongzhi.writing import among, listed

register = template.Library()

SHAPES = {"red": "▲", "yellow": "◆", "green": "●"}


def _time(moment: times.Moment, css: str) -> SafeString:
    name = f"{css} late" if moment.is_late else css
    return format_html(
        '<time class="{}" datetime="{}" title="{}">{}</time>',
        name, moment.iso, moment.exact, moment.text,
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def due(context: Context, value: datetime | None) -> str:
    """When something must be done; late is bold and says by how much."""
    return _time(times.due(value, context["now"]), "due") if value else _("no due time")


@register.simple_tag(takes_context=True)
def when(context: Context, value: datetime | date | None) -> str:
    """When something happened."""
    if value is None:
        return ""
    if not isinstance(value, datetime):
        return format_html('<time datetime="{0}">{0}</time>', value.isoformat())
    return _time(times.when(value, context["now"]), "when")


@register.simple_tag(takes_context=True)
def at_clock(context: Context, value: datetime) -> str:
    """The time of day alone, exact on hover."""
    now = context["now"]
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(), times.exact(value), times.clock_time(value, now),
    )  # fmt: skip


@register.simple_tag
def zone() -> str:
    """The city's zone as people call it."""
    return times.zone_word()


@register.simple_tag
def lasting(value: timedelta | None) -> str:
    """A length of time; a dash where none is known."""
    if value is None:
        return "–"
    return times.span(value) if value else "0"


@register.simple_tag
def level(value: str, word: str = "") -> str:
    """A warning or response level: shape, word and colour together."""
    if value not in SHAPES:
        return format_html("{}", word or value)
    return format_html(
        '<span class="level level-{}"><span aria-hidden="true">{}</span>{}</span>',
        value, SHAPES[value], word or level_word(value),
    )  # fmt: skip


@register.simple_tag
def figure(value: float | None) -> str:
    """A number as people say it, exact on hover."""
    if value is None:
        return ""
    said, whole = figures.spoken(value), figures.grouped(value)
    if said == whole:
        return format_html('<span class="figure">{}</span>', said)
    return format_html('<span class="figure" title="{}">{}</span>', whole, said)


register.filter("bcp47", bcp47)
register.filter("listed", listed)
register.filter("among", among)


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    """The value of a key in a mapping."""
    return mapping.get(key, "")


class Tip(Node):
    """A button that is refused now, with the sentence that says why."""

    def __init__(self, body: NodeList, name: FilterExpression, sentence: FilterExpression) -> None:
        self.body, self.name, self.sentence = body, name, sentence

    def render(self, context: Context) -> SafeString:
        name = f"why-{self.name.resolve(context)}"
        return format_html(
            '<span class="refused"><button type="button" class="press" aria-disabled="true"'
            ' aria-describedby="{0}" title="{1}">{2}</button>'
            '<span role="tooltip" id="{0}">{1}</span></span>',
            name, self.sentence.resolve(context), self.body.render(context),
        )  # fmt: skip


@register.tag
def refused(parser: Parser, token: Token) -> Tip:
    """`{% refused name sentence %}Label{% endrefused %}`: the label as a button that is refused."""
    try:
        _tag, name, sentence = token.split_contents()
    except ValueError:
        usage = "{% refused name sentence %}Label{% endrefused %}"
        raise template.TemplateSyntaxError(usage) from None
    body = parser.parse(("endrefused",))
    parser.delete_first_token()
    return Tip(body, parser.compile_filter(name), parser.compile_filter(sentence))
