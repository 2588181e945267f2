"""The tag that ties a page to the live feed: the place in the log that the page is as of."""

from __future__ import annotations

from django import template

from gongzhi.ledger.queries import last_sealed

register = template.Library()


@register.simple_tag
def log_place() -> int:
    """The place of the last sealed entry when the page was made, -1 in an empty log."""
    return last_sealed()
