"""What people tell: taken in, taken by one officer, folded in the evening, judged, or closed."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.utils import translation

from gongzhi.actors.queries import Person, Unit
from gongzhi.interfaces.cli.demo.cast import CHANNELS, STREAMS
from gongzhi.interfaces.cli.demo.epidemic import Epidemic
from gongzhi.interfaces.cli.demo.stage import MINUTE, Act, Stage
from gongzhi.interfaces.cli.demo.tell import said
from gongzhi.interfaces.cli.linjiang import FreeReport

FEW = 3
"""Ill persons in one single report from which it becomes a signal of its own."""


class Reports:
    """The desks that take reports in, the streets that work them, the district that judges."""

    def __init__(self, stage: Stage, epidemic: Epidemic) -> None:
        self.stage, self.epidemic = stage, epidemic
        self.dice = stage.dice("reports")
        self.left_alone: set[int] = set()
        """Reports that nobody takes any more: they wait in the queue when the play ends."""
        self.left_open: set[int] = set()
        """Signals that nobody judges any more."""
        self._seen: set[int] = set()
        self._judged: set[int] = set()
        self._first_taken = False
        self.verified: list[Act] = []
        """Who looks at the house as soon as a signal is verified."""

    def begin(self) -> None:
        """Each day's reports come at their minute; in the evening the streets sort them."""
        stage = self.stage
        stage.looks.append(self.look)
        for number in range(stage.calendar.days + 1):
            stage.at(stage.calendar.day(number) + 2 * MINUTE, self.hear_day)
        stage.daily("22:40", self.sort_evening)

    # Taking in ----------------------------------------------------------------------------------

    def hear_day(self) -> None:
        """Put every report of the day on the agenda; who called before the start was not heard."""
        today = self.epidemic.days[-1]
        midnight = self.stage.calendar.day(today.day)
        for report in today.reports:
            when = midnight + timedelta(minutes=report.minute)
            if when >= self.stage.now:
                self.stage.at(when, lambda heard=report: self.take_in(heard))  # type: ignore[misc]

    def take_in(self, heard: FreeReport) -> None:
        """Somebody tells, and the desk of that channel writes it down in their words."""
        stage = self.stage
        place = stage.unit[heard.place]
        stage.do(
            "sensing", "receive_report", self._desk(heard, place), place=place,
            stream=STREAMS[heard.subject], channel=CHANNELS[heard.channel], text=heard.text,
            persons=max(1, heard.persons),
        )  # fmt: skip
        if heard.cluster:
            stage.tell("report", place=place, channel=CHANNELS[heard.channel], text=heard.text)
        stage.look_soon(self.look)

    def _desk(self, heard: FreeReport, place: Unit) -> Person:
        if heard.channel == "grid_worker":
            return self.stage.desk(place, "grid_worker")
        if heard.channel == "clinic":
            district = self.stage.above(place, "district")
            return self.stage.desk(self.stage.department("health", district))
        return self.stage.person["city.deputy"]

    # Working ------------------------------------------------------------------------------------

    def look(self) -> None:
        """See which reports are new in the queue, and which signals wait to be judged."""
        new = self.stage.see("sensing", "reports").filter(
            state="new", stream__in=set(STREAMS.values())
        )
        for report in new.exclude(pk__in=self._seen).select_related("place").order_by("id"):
            self._seen.add(report.pk)
            if report.pk in self.left_alone:
                continue
            when = self.stage.now + self.dice.uniform(5, 40) * MINUTE
            when = self.stage.by_day(when, opens=7, closes=22)
            self.stage.at(when, lambda r=report: self._take(r))  # type: ignore[misc]
        signals = self.stage.see("sensing", "signals").filter(state="open")
        for signal in signals.exclude(pk__in=self._judged).select_related("place").order_by("id"):
            self._judged.add(signal.pk)
            if signal.pk in self.left_open:
                continue
            self.stage.after(self.dice.uniform(15, 105), lambda s=signal: self._judge(s))  # type: ignore[misc]

    def _take(self, report: Any) -> None:
        """The street takes it; whoever tries next is told who has it."""
        stage = self.stage
        officer = stage.desk(stage.above(report.place, "street"))
        if stage.attempt("sensing", "claim_report", officer, report=report):
            return
        if report.stream != "fever":
            minutes = self.dice.uniform(10, 40)
            stage.after(minutes, lambda: self._close(report, officer))
        elif not self._first_taken:
            self._first_taken = True
            stage.after(4, lambda: self._too_late(report, officer))

    def _too_late(self, report: Any, officer: Person) -> None:
        second = self.stage.desk(self.stage.above(report.place, "community"))
        with translation.override(self.stage.narrator.locale):
            refusal = self.stage.attempt("sensing", "claim_report", second, report=report)
        if refusal is not None:
            self.stage.tell("taken_once", who=second, sentence=str(refusal))

    def _close(self, report: Any, officer: Person) -> None:
        reason = said(f"dismissed.{report.stream}")
        self.stage.attempt("sensing", "dismiss_report", officer, report=report, reason=reason)

    def sort_evening(self) -> None:
        """Fold what tells of the same event; a single mild case is shown the way to a clinic."""
        held = self.stage.see("sensing", "reports").filter(state="claimed", stream="fever")
        groups: dict[str, list[Any]] = defaultdict(list)
        for report in held.select_related("place", "claimed_by").order_by("id"):
            groups[report.place.code[:12]].append(report)
        for code, reports in groups.items():
            officer = reports[0].claimed_by
            if len(reports) == 1 and reports[0].persons < FEW:
                self.stage.do(
                    "sensing", "dismiss_report", officer, report=reports[0],
                    reason=said("dismissed.fever"),
                )  # fmt: skip
                continue
            self._fold(self.stage.unit[code], reports, officer)
        self.stage.look_soon(self.look)

    def _fold(self, community: Unit, reports: list[Any], officer: Person) -> None:
        persons = max(report.persons for report in reports)
        signal = self.stage.do(
            "sensing", "raise_signal", officer, reports=reports,
            title=said("signal.fever", place=community.name, persons=persons),
        )  # fmt: skip
        self.stage.tell("signal", place=community, reports=len(reports), title=signal.title)

    def _judge(self, signal: Any) -> None:
        """The health desk of the district says whether it is real."""
        stage = self.stage
        desk = stage.desk(stage.department("health", stage.above(signal.place, "district")))
        told = list(signal.reports.values_list("persons", flat=True))
        real = len(told) > 1 or max(told) > FEW
        judgement = said("signal.real" if real else "signal.not_real")
        stage.attempt(
            "sensing", "judge_signal", desk, signal=signal, verified=real, judgement=judgement
        )
        stage.tell("judged" if real else "discarded", place=signal.place, reports=len(told))
        for look in self.verified if real else ():
            stage.look_soon(look)
