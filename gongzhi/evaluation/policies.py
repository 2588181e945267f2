"""What can be scored."""

from __future__ import annotations

from django.utils.translation import gettext as _

from gongzhi.actors.models import Kind, Tier, Unit
from gongzhi.errors import NotNow


def check_is_government(area: Unit) -> None:
    """Units are scored together, with the area of government that they lie in."""
    if area.kind != Kind.AREA or area.tier == Tier.GRID:
        raise NotNow(
            _("The standard is scored by areas of government, not for %(unit)s alone. "
              "Choose the area that it lies in.")
            % {"unit": area}
        )  # fmt: skip
