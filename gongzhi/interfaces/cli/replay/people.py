"""How people act in a replay: rules that answer what the house says, with drawn delays.

Every act is a real deed by the person whose post gives the power; what the house refuses is
kept for the report. Nothing here moves a record by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongzhi.actors.queries import LISTINGS, Role, visible
from gongzhi.assessment.actions import assess, close_incident, declare_incident
from gongzhi.assessment.queries import facts_of, open_incidents, undeclared_warnings
from gongzhi.command.actions import (
    accept_order,
    activate_plan,
    end_phase,
    fail_order,
    finish_order,
    reissue_order,
)
from gongzhi.decision.actions import (
    OptionDraft,
    change_level,
    decide,
    end_level,
    renew_measure,
    switch_mode,
)  # fmt: skip
from gongzhi.decision.policies import entry_test, exit_test, mode_of
from gongzhi.decision.queries import level_over, measures_in_force
from gongzhi.errors import Refused
from gongzhi.evaluation.actions import review
from gongzhi.interfaces.cli.evidence import evidence_for
from gongzhi.interfaces.cli.replay.agenda import ZONE, Agenda
from gongzhi.interfaces.cli.replay.stage import Stage
from gongzhi.interfaces.console.reading import level_word
from gongzhi.sensing.actions import (
    acknowledge_warning,
    claim_report,
    judge_signal,
    raise_signal,
    receive_report,
)
from gongzhi.sensing.queries import open_warnings

Tell = Callable[[str], None]


class People:
    """The duty officers, commanders, experts and clerks of a replay."""

    def __init__(self, stage: Stage, agenda: Agenda, plan: Any, tell: Tell) -> None:
        self.stage, self.agenda, self.plan, self.tell = stage, agenda, plan, tell
        self.rules = stage.material.scenario.people
        self.last_warning = 0
        self.seen_orders: set[int] = set()
        self.renewed: set[int] = set()
        self.busy: set[int] = set()
        self.refusals: list[tuple[str, str, str]] = []
        self.stirred = True
        """Whether anybody did anything since the people last looked."""

    def trying(self, what: str, do: Callable[[], Any]) -> Any:
        """Do a deed; keep the sentence if the house refuses it."""
        self.stirred = True
        try:
            return do()
        except Refused as refusal:
            self.refusals.append((self.agenda.now.astimezone(ZONE).isoformat(), what, str(refusal)))
            return None

    def notice(self) -> None:
        """Look at what is new, as people do when a round moved something or somebody acted."""
        self.stirred = False
        self._notice_warnings()
        self._notice_incidents()
        self._notice_orders()

    # Warnings ------------------------------------------------------------------------------------

    def _notice_warnings(self) -> None:
        now, top = self.agenda.now, self.stage.clock
        fresh = open_warnings(top, now).filter(pk__gt=self.last_warning)
        for warning in fresh.order_by("pk"):
            self.last_warning = warning.pk
            level = level_word(warning.level)
            self.tell(
                _("%(level)s warning: %(place)s, %(day)s")
                % {"level": level, "place": warning.place, "day": warning.day}
            )
            silent = self.agenda.chance(self.rules["silent_share"])
            span = [60, 240] if silent else self.rules["acknowledge"]
            self.agenda.soon(span, lambda w=warning: self._acknowledge(w))

    def _acknowledge(self, warning: Any) -> None:
        warning.refresh_from_db()
        by = self.stage.who(warning.place)
        self.trying(
            "acknowledge_warning",
            lambda: acknowledge_warning(
                warning=warning, note="已核实，正在处理。", by=by, now=self.agenda.now
            ),
        )

    # From a warning to a decision ----------------------------------------------------------------

    def _notice_incidents(self) -> None:
        now = self.agenda.now
        waiting = list(undeclared_warnings(self.stage.clock, now))
        covered = {i.area_id for i in open_incidents(self.stage.clock, now)} if waiting else set()
        for warning in waiting:
            place = warning.place
            if place.pk in covered or place.pk in self.busy:
                continue
            self.busy.add(place.pk)
            self.agenda.soon(self.rules["declare"], lambda w=warning, p=place: self._because(w, p))

    def declare_province(self) -> None:
        """Let the province declare too when the hospitals' lists come in: the goods lie with it.

        The cause is an acknowledged warning no incident answers; without one, the lists themselves.
        """
        now, root = self.agenda.now, self.stage.root
        if root.pk in self.busy:
            return
        free = open_warnings(self.stage.clock, now).filter(state="acknowledged", incidents=None)
        warning = free.order_by("-issued_at", "-id").first()
        self.busy.add(root.pk)
        if warning is not None:
            self._because(warning, root)
        else:
            signal = self.trying("raise_signal", lambda: self._shortage(root))
            self._declare(root, warning=None, signal=signal)

    def _shortage(self, root: Any) -> Any:
        """A report of what the lists ask for, taken up, made a signal and found true."""
        by, now = self.stage.who(root, Role.COMMANDER), self.agenda.now
        report = receive_report(
            place=root, stream="supplies", channel="file", text="多家医院公开求援防护物资。",
            by=by, now=now,
        )  # fmt: skip
        claimed = claim_report(report=report, by=by, now=now)
        signal = raise_signal(reports=[claimed], title="医院防护物资短缺", by=by, now=now)
        judgement = "求援清单已核对。"
        return judge_signal(signal=signal, verified=True, judgement=judgement, by=by, now=now)

    def _because(self, warning: Any, area: Any) -> None:
        warning.refresh_from_db()
        self._declare(area, warning=warning, signal=None)

    def _declare(self, area: Any, *, warning: Any, signal: Any) -> None:
        scenario = self.stage.material.scenario
        commander = self.stage.who(area, Role.COMMANDER)
        incident = self.trying(
            "declare_incident",
            lambda: declare_incident(
                area=area, hazard=scenario.hazard, title=f"{area.name}呼吸道传染病疫情",
                legal_basis=scenario.legal_basis, warning=warning, signal=signal,
                by=commander, now=self.agenda.now,
            ),
        )  # fmt: skip
        if incident is None:
            self.busy.discard(area.pk)
            return
        self.tell(_("declared: %(incident)s") % {"incident": incident.title})
        self.agenda.soon(self.rules["assess"], lambda: self._assess(incident))

    def _assess(self, incident: Any) -> None:
        health = self.stage.units[f"{incident.area.code}-health"]
        facts = facts_of(incident, self.agenda.now)
        cases = sum(row[2] for row in facts["counts"])
        made = self.trying(
            "assess",
            lambda: assess(
                incident=incident, risk="high" if cases >= 50 else "moderate",
                findings=f"近十四天新增{cases}例，红色预警{facts['warnings'].get('red', 0)}处。",
                advice="建议启动应急预案。", by=self.stage.who(health, Role.EXPERT),
                now=self.agenda.now,
            ),
        )  # fmt: skip
        if made is not None:
            self.agenda.soon(self.rules["decide"], lambda: self._decide(incident, made))

    def _decide(self, incident: Any, assessment: Any) -> None:
        now, scenario = self.agenda.now, self.stage.material.scenario
        commander = self.stage.who(incident.area, Role.COMMANDER)
        decision = self.trying(
            "decide",
            lambda: decide(
                incident=incident, assessment=assessment, title="启动应急响应和预案",
                reason="病例持续增加，超出日常能力。", legal_basis=scenario.legal_basis,
                options=[
                    OptionDraft(title="启动预案，措施限期十四天", chosen=True),
                    OptionDraft(title="继续观察", reason_refused="连续超出界限，等待会失去时间"),
                    OptionDraft(title="全市停业", reason_refused="代价过大，依据不足"),
                ],
                by=commander, now=now,
            ),
        )  # fmt: skip
        if decision is None:
            return
        own_mode = mode_of(incident.area)
        if own_mode is None or own_mode.area_id != incident.area_id or own_mode.mode == "normal":
            self.trying(
                "switch_mode",
                lambda: switch_mode(
                    decision=decision,
                    area=incident.area,
                    mode="emergency",
                    override_reason="病例持续增加。",
                    by=commander,
                    now=now,
                ),
            )
        grade = next((g for g in (1, 2, 3, 4) if entry_test(incident.area, g, now)["passed"]), 4)
        self.trying(
            "change_level",
            lambda: change_level(
                decision=decision, area=incident.area, grade=grade, by=commander, now=now
            ),
        )
        if incident.area_id != self.stage.root.pk:
            self._activate(incident, decision, commander)

    def _activate(self, incident: Any, decision: Any, commander: Any) -> None:
        made = self.trying(
            "activate_plan",
            lambda: activate_plan(
                plan=self.plan, incident=incident, decision=decision, by=commander,
                now=self.agenda.now,
            ),
        )  # fmt: skip
        if made is not None:
            orders = incident.orders.count()
            text = ngettext(
                "plan in force: %(incident)s, %(n)s order",
                "plan in force: %(incident)s, %(n)s orders",
                orders,
            )
            self.tell(text % {"incident": incident.title, "n": orders})
            self._notice_orders()

    # Orders --------------------------------------------------------------------------------------

    def _notice_orders(self) -> None:
        orders = visible(LISTINGS["command", "orders"], self.stage.clock, self.agenda.now)
        for order in orders.filter(state="issued").select_related("unit").order_by("id"):
            if order.pk in self.seen_orders:
                continue
            self.seen_orders.add(order.pk)
            self._expect(order)

    def _expect(self, order: Any) -> None:
        """Draw when an order that was issued will be accepted and ended, from its issue on."""
        allowed = order.minutes_allowed
        late = self.agenda.chance(self.rules["late_share"])
        share = (
            self.agenda.random.uniform(1.1, 2.5) if late else self.agenda.random.uniform(0.3, 0.95)
        )
        fails = self.agenda.chance(self.rules["fail_share"])
        accept = min(self.agenda.random.uniform(*self.rules["accept_order"]), allowed * share / 2)
        self._then(order, accept, lambda: self._accept(order))
        self._then(order, allowed * share, lambda: self._end_order(order, fails))

    def _then(self, order: Any, minutes: float, do: Callable[[], None]) -> None:
        self.agenda.at(max(self.agenda.now, order.issued_at + timedelta(minutes=minutes)), do)

    def _accept(self, order: Any) -> None:
        order.refresh_from_db()
        if order.state == "issued":
            by = self.stage.desk(order.unit)
            self.trying(
                "accept_order", lambda: accept_order(order=order, by=by, now=self.agenda.now)
            )

    def _end_order(self, order: Any, fails: bool) -> None:
        order.refresh_from_db()
        if order.state not in ("issued", "accepted"):
            return
        by, now = self.stage.desk(order.unit), self.agenda.now
        if fails:
            reason = "人手不足，需要上级支援。"
            self.trying(
                "fail_order", lambda: fail_order(order=order, reason=reason, by=by, now=now)
            )
            self.agenda.soon([120, 600], lambda: self._reissue(order))
        else:
            result, evidence = "已完成，材料已上报。", self._evidence(order)
            self.trying(
                "finish_order",
                lambda: finish_order(order=order, result=result, by=by, now=now, **evidence),
            )
            for released in order.dependants.filter(state="issued").select_related("unit"):
                if released.pk not in self.seen_orders:
                    self.seen_orders.add(released.pk)
                    self._expect(released)

    def _evidence(self, order: Any) -> dict[str, Any]:
        """What the order asks for; invented as the people are, and the words say so."""
        return evidence_for(
            order, photo="（回放假定）现场照片", measured="（回放假定）读数正常",
            paper=f"（回放假定）第{order.pk}号", count=self.agenda.random.randrange(1, 400),
        )  # fmt: skip

    def _reissue(self, order: Any) -> None:
        order.refresh_from_db()
        if order.state != "failed":
            return
        by = self.stage.who(order.issuer, Role.COMMANDER)
        self.trying(
            "reissue_order",
            lambda: reissue_order(
                order=order, minutes=order.minutes_allowed, reason="已派人支援。", by=by,
                now=self.agenda.now,
            ),
        )  # fmt: skip
        self.seen_orders.discard(order.pk)

    # Wind-down -----------------------------------------------------------------------------------

    def look_back(self) -> None:
        """Once a day: renew what is still needed, end what is over."""
        now = self.agenda.now
        for incident in list(open_incidents(self.stage.clock, now)):
            self._renew(incident)
            level = level_over(incident.area, incident.hazard)
            if level is None or level.area_id != incident.area_id:
                continue
            if now - level.starts_at > timedelta(days=3) and exit_test(level, now)["passed"]:
                self.trying("wind_down", lambda i=incident, le=level: self._wind_down(i, le))

    def _renew(self, incident: Any) -> None:
        now = self.agenda.now
        commander = self.stage.who(incident.area, Role.COMMANDER)
        ending = measures_in_force(commander, now).filter(
            decision__incident=incident, ends_at__lte=now + timedelta(days=1)
        )
        old = [measure for measure in ending if measure.pk not in self.renewed]
        reds = open_warnings(commander, now).filter(level="red", place=incident.area)
        if old and reds.exists():
            for measure in old:
                self.renewed.add(measure.pk)
                until = measure.ends_at + timedelta(days=7)
                self.trying(
                    "renew_measure",
                    lambda m=measure, u=until: renew_measure(
                        measure=m, ends_at=u, reason="红色预警仍在。", by=commander, now=now
                    ),
                )

    def _wind_down(self, incident: Any, level: Any) -> None:
        """Assess again, decide the end, leave the level, go back to normal, close, review."""
        now, area = self.agenda.now, incident.area
        commander = self.stage.who(area, Role.COMMANDER)
        expert = self.stage.who(self.stage.units[f"{area.code}-health"], Role.EXPERT)
        assessment = assess(
            incident=incident, risk="low", findings="退出条件已满足。", advice="恢复常态。",
            by=expert, now=now,
        )  # fmt: skip
        decision = decide(
            incident=incident, assessment=assessment, title="结束应急响应",
            reason="连续多日无新的红色预警。", legal_basis=self.stage.material.scenario.legal_basis,
            options=[OptionDraft(title="恢复常态", chosen=True, cost_cents=0),
                     OptionDraft(title="再延长十四天", reason_refused="没有依据")],
            by=commander, now=now,
        )  # fmt: skip
        end_level(level=level, decision=decision, by=commander, now=now)
        switch_mode(
            decision=decision, area=area, mode="normal", override_reason="退出条件已满足。",
            by=commander, now=now,
        )  # fmt: skip
        phases = visible(LISTINGS["command", "phases"], commander, now)
        running = phases.filter(activation__incident=incident, state__in=("begun", "leaving"))
        for phase in running.order_by("id"):
            end_phase(phase=phase, reason="退出条件已满足。", by=commander, now=now)
        close_incident(incident=incident, reason="退出条件已满足。", by=commander, now=now)
        review(incident=incident, by=commander, now=now)
        self.busy.discard(area.pk)
        self.tell(_("closed: %(incident)s") % {"incident": incident.title})
