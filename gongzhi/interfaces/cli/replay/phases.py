"""Phases of the plans of a replay: begun and ended as the round proposes, then wound down."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongzhi.actors.queries import LISTINGS, Role, visible
from gongzhi.command.actions import begin_phase, end_phase, take_back
from gongzhi.interfaces.cli.replay.people import People


class Phases:
    """The commanders of a replay, as far as the phases of their plans are concerned."""

    def __init__(self, people: People) -> None:
        self.people, self.agenda, self.stage = people, people.agenda, people.stage
        self.coming: set[tuple[str, int]] = set()

    def notice(self) -> None:
        """See what is proposed, what could end and what is to be taken back; act a while later."""
        phases = self._seen("phases", ("proposed", "leaving"))
        for phase in phases.filter(activation__incident__state="open").order_by("id"):
            self._soon("phase", phase, self._act)
        for item in self._seen("wind_down", ("due",)).order_by("id"):
            self._soon("item", item, self._take_back)

    def _seen(self, name: str, states: tuple[str, ...]) -> Any:
        rows = visible(LISTINGS["command", name], self.stage.clock, self.agenda.now)
        return rows.filter(state__in=states).select_related("activation__incident__area")

    def _soon(self, kind: str, record: Any, act: Any) -> None:
        if (kind, record.pk) in self.coming:
            return
        self.coming.add((kind, record.pk))

        def later() -> None:
            self.coming.discard((kind, record.pk))
            record.refresh_from_db()
            act(record)

        self.agenda.soon(self.people.rules["decide"], later)

    def _act(self, phase: Any) -> None:
        by, now = self._commander(phase), self.agenda.now
        before = phase.activation.orders.count()
        if phase.activation.incident.state != "open":
            return
        if phase.state == "proposed":
            begun = self.people.trying(
                "begin_phase", lambda: begin_phase(phase=phase, by=by, now=now)
            )
            if begun is not None:
                orders = phase.activation.orders.count() - before
                text = ngettext(
                    "phase begun: %(phase)s, %(place)s, %(n)s order",
                    "phase begun: %(phase)s, %(place)s, %(n)s orders",
                    orders,
                )
                self._tell(text, phase, n=orders)
        elif phase.state == "leaving":
            reason = "结束条件已满足。"
            over = self.people.trying(
                "end_phase", lambda: end_phase(phase=phase, reason=reason, by=by, now=now)
            )
            if over is not None:
                self._tell(_("phase over: %(phase)s, %(place)s"), phase)

    def _take_back(self, item: Any) -> None:
        by, now = self._commander(item), self.agenda.now
        if item.state == "due":
            self.people.trying(
                "take_back", lambda: take_back(item=item, result="已收回。", by=by, now=now)
            )

    def _commander(self, record: Any) -> Any:
        return self.stage.who(record.activation.incident.area, Role.COMMANDER)

    def _tell(self, text: str, phase: Any, **facts: object) -> None:
        named = {"phase": phase.get_phase_display(), "place": phase.activation.incident.area}
        self.people.tell(text % {**named, **facts})
