"""What stands above an order in the rooms' tests: warning, incident, assessment, decision.

Everything but the warning itself is made by the real deeds of the rooms upstream.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gongzhi.assessment.actions import assess, declare_incident
from gongzhi.assessment.models import Assessment, Hazard, Incident
from gongzhi.command.actions import activate_plan, adopt_plan, give_order
from gongzhi.command.models import Activation
from gongzhi.decision.actions import OptionDraft, decide, switch_mode
from gongzhi.decision.models import Decision, Mode
from gongzhi.ledger.actions import seal
from gongzhi.messages.actions import follow_ledger
from gongzhi.sensing.actions import acknowledge_warning
from gongzhi.sensing.models import Level, Warning
from tests.rooms.cast import START, City

STREAMS = {Hazard.EPIDEMIC: "fever", Hazard.FLOOD: "water_level"}


@dataclass
class Upstream:
    """One crisis, as far as the decision that orders rest on."""

    warning: Warning
    incident: Incident
    assessment: Assessment
    decision: Decision


def red_warning(
    city: City, area: str = "D1", *, hazard: Hazard = Hazard.EPIDEMIC, now: datetime = START
) -> Warning:
    """A red warning as the clock issues it, not yet acknowledged."""
    return Warning.objects.create(
        place=city[area], stream=STREAMS.get(hazard, "report"), level=Level.RED, day=now.date(),
        numbers={"counted": 31, "expected": 9.5}, parameters_version="test@1", issued_at=now,
        acknowledge_by=now + timedelta(minutes=20),
    )  # fmt: skip


def crisis(
    city: City,
    *,
    area: str = "C",
    by: str = "mayor",
    hazard: Hazard = Hazard.EPIDEMIC,
    emergency: bool = True,
    now: datetime = START,
) -> Upstream:
    """A warning, declared, assessed and decided on, in an area in emergency mode."""
    person = city.person(by)
    warning = red_warning(city, area, hazard=hazard, now=now)
    acknowledge_warning(warning=warning, note="我来处理。", by=person, now=now)
    incident = declare_incident(
        area=city[area], hazard=hazard, title="发热病例聚集", warning=warning,
        legal_basis="突发公共卫生事件应急条例第二十六条", by=person, now=now,
    )  # fmt: skip
    assessment = assess(
        incident=incident,
        risk=Assessment.Risk.HIGH,
        findings="两个区同时上升。",
        by=person,
        now=now,
    )
    decision = decide(
        incident=incident, assessment=assessment, title="启动预案", reason="越早越好。",
        legal_basis="突发事件应对法", by=person, now=now,
        options=[
            OptionDraft(title="启动预案", chosen=True, cost_cents=0),
            OptionDraft(title="继续观察", reason_refused="太慢"),
        ],
    )  # fmt: skip
    if emergency:
        switch_mode(
            decision=decision, area=city[area], mode=Mode.ModeKind.EMERGENCY, by=person, now=now
        )
    return Upstream(warning, incident, assessment, decision)


def words(text: str) -> dict[str, str]:
    """One text in the three written forms, as a plan file has it."""
    return {"zh-Hans": text, "zh-Hant": text, "en": text}


def plan_order(key: str, to: dict[str, str], minutes: int = 60, **more: Any) -> dict[str, Any]:
    """One order of a plan file."""
    return {"key": key, "title": words(f"Do {key}"), "to": to, "minutes": minutes, **more}


def in_force(city: City, above: Upstream, document: str, now: datetime = START) -> Activation:
    """The plan of this text, adopted and put into force by the mayor."""
    mayor = city.person("mayor")
    return activate_plan(
        plan=adopt_plan(document=document, by=mayor, now=now), incident=above.incident,
        decision=above.decision, by=mayor, now=now,
    )  # fmt: skip


def orders_told(city: City, above: Upstream, number: int, *, minutes: int) -> None:
    """So many orders to the water department, sealed and told."""
    for each in range(number):
        give_order(
            unit=city["WATER"], title=f"Order {each}", minutes=minutes, decision=above.decision,
            by=city.person("mayor"), now=START,
        )  # fmt: skip
    seal(now=START)
    follow_ledger(by=city.person("founder"), now=START)


def plan_document(*orders: dict[str, Any], code: str = "test-plan", **more: Any) -> str:
    """The text of a plan file with these orders; JSON is YAML."""
    plan = {
        "plan": code, "version": "1.0", "title": words("预案"), "hazard": "epidemic",
        "purpose": words("目的"), "legal_basis": "Law (2020), art. 1",
        "trigger": {"red_warnings": 1}, "orders": list(orders), **more,
    }  # fmt: skip
    return json.dumps(plan, ensure_ascii=False, indent=1)
