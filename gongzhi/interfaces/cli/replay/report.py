"""The report of a replay: one value of plain data, from which terminal, HTML and JSON are made.

Nothing in it depends on the machine or the moment: the same data, seed and language give the same
bytes. Keys and codes are English; sentences are in the language that is active.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from django.db.models import Max
from django.utils.translation import get_language, gettext_lazy, gettext_noop, ngettext
from django.utils.translation import gettext as _

from gongzhi.actors.queries import LISTINGS, visible
from gongzhi.exchange.importers import Disagreement, Origin
from gongzhi.interfaces.cli.replay.agenda import ZONE
from gongzhi.interfaces.cli.replay.play import QUIET_DAYS, Played
from gongzhi.interfaces.cli.replay.reading import City, Material
from gongzhi.interfaces.cli.replay.supplies import Hospital
from gongzhi.interfaces.cli.replay.words import subject
from gongzhi.interfaces.console.reading import level_word
from gongzhi.ledger.queries import verify
from gongzhi.ledger.records import storable
from gongzhi.sensing.words import warning_reasons, warning_sentence
from gongzhi.supply.queries import sentences as sentences_of
from gongzhi.supply.words import REASONS
from gongzhi.writing import among, in_a_row, listed, pair


def report_of(played: Played, seed: int) -> dict[str, Any]:
    """All figures and lists of a replay, as plain values in a fixed order."""
    material = played.stage.material
    records = _Records(played)
    province = _area(material.province.code, material.province.name, records)
    cities = [_city(city, records) for city in material.cities]
    hospitals = [_hospital(h, records) for _code, h in sorted(played.supplies.hospitals.items())]
    proof = verify()
    report: dict[str, Any] = {
        "scenario": material.scenario.code,
        "language": get_language(),
        "title": dict(material.scenario.title),
        "seed": seed,
        "first_day": material.first_day.isoformat(),
        "last_day": material.last_day.isoformat(),
        "assumptions": _assumptions(material),
        "data": [_account(kind, material) for kind in sorted(material.readings)],
        "notes": material.notes,
        "summary": _summary(province, cities, hospitals, records, played),
        "province": province,
        "cities": cities,
        "hospitals": hospitals,
        "needs_by_reason": _by_reason(hospitals),
        "hospitals_outside": [
            asdict(o) for _name, o in sorted(played.supplies.outside.items())
        ],
        "assumed_supply": dict(sorted(played.supplies.assumed.items())),
        "refusals": [list(r) for r in played.people.refusals],
        "ledger": {
            "entries": proof.size, "unsealed": proof.unsealed, "checkpoints": proof.checkpoints,
            "root": proof.root, "holds": proof.holds, "problems": list(proof.problems),
        },
    }  # fmt: skip
    whole: dict[str, Any] = storable(report)
    return whole


class _Records:
    """The records of the played river, read once and grouped."""

    def __init__(self, played: Played) -> None:
        self.by, self.now = played.stage.clock, played.until
        self.warnings = self._all("sensing", "warnings", "place", "acknowledged_by", "climbed_to")
        self.incidents = self._all("assessment", "incidents", "area", "warning__place", "signal")
        self.orders = self._all("command", "orders", "unit", "commander")
        self.phases = self._all("command", "phases", "activation")
        self.climbs = Counter(c.order_id for c in self._all("command", "climbs") if c.order_id)
        self.levels = self._all("decision", "levels", "area")
        self.measures = self._all("decision", "measures", "area")
        self.reviews = self._all("evaluation", "reviews")
        self.needs = {n.pk: n for n in self._all("supply", "needs", "item", "unit")}
        self.lines = {line.need_id: (line, text) for line, text in sentences_of(self._last_lines())}

    def _last_lines(self) -> list[Any]:
        """The line of every need in the last plan that reached it."""
        lines = visible(LISTINGS["supply", "need_lines"], self.by, self.now)
        last = lines.values("need").annotate(last=Max("pk")).order_by().values("last")
        return list(lines.filter(pk__in=last).select_related("run", "need").order_by("pk"))

    def _all(self, room: str, name: str, *related: str) -> list[Any]:
        found = visible(LISTINGS[room, name], self.by, self.now).order_by("pk")
        return list(found.select_related(*related) if related else found)


def _assumptions(material: Material) -> list[str]:
    people, share = material.scenario.people, material.scenario.assumed_supply_share
    return [
        _("Daily counts are those of the source %(source)s.") % {"source": material.source},
        _(
            "A city has no cases on record before its first figure, and so for %(days)s days "
            "before the data begin: the detectors need a history."
        )
        % {"days": QUIET_DAYS},
        _(
            "What people did, and after how long, is drawn by rules; the data do not say it: "
            "%(rules)s."
        )
        % {"rules": listed(_rule(name, value) for name, value in people.items())},
        _(
            "%(share)s of what the lists ask for is assumed to reach the province's hub: the lists "
            "hold no offers of goods with an amount."
        )
        % {"share": f"{share:.0%}"},
    ]


RULES = {
    "acknowledge": gettext_noop("a warning is acknowledged in %(value)s"),
    "silent_share": gettext_noop("%(value)s of the warnings wait for hours"),
    "declare": gettext_noop("an incident is declared in %(value)s"),
    "assess": gettext_noop("it is assessed in %(value)s"),
    "decide": gettext_noop("it is decided in %(value)s"),
    "accept_order": gettext_noop("an order is accepted in %(value)s"),
    "late_share": gettext_noop("%(value)s of the orders are late"),
    "fail_share": gettext_noop("%(value)s of the orders fail"),
    "measure_days": gettext_noop("a measure is planned for %(value)s days"),
}
"""How people act, by the names of `parameters/replays/`."""


def _rule(name: str, value: Any) -> str:
    if isinstance(value, list):
        said = _("%(from)s to %(to)s minutes") % {"from": value[0], "to": value[1]}
    else:
        said = f"{value:.0%}" if isinstance(value, float) else str(value)
    text = RULES.get(name)
    return _(text) % {"value": said} if text else f"{name.replace('_', ' ')}: {said}"


def _account(kind: str, material: Material) -> dict[str, Any]:
    """Every file and row of one folder: read, quarantined with its reason, or duplicate of."""
    reading = material.readings[kind]
    totals = reading.totals
    return {
        "kind": kind,
        "folder": reading.root,
        "files": totals.files,
        "files_not_read": totals.files_not_read,
        "rows": totals.rows,
        "read": totals.read,
        "quarantined": totals.quarantined,
        "duplicate": totals.duplicate,
        "adds_up": totals.rows == totals.read + totals.quarantined + totals.duplicate,
        "leaves_out": list(material.scenario.folders[kind].leave_out),
        "left_out": list(reading.left_out),
        "tables": [
            {"file": t.file, "kind": t.kind, "generation": t.generation, "rows": t.rows,
             "read": len(t.records), "quarantined": len(t.quarantined),
             "duplicate": len(t.duplicates)}
            for t in reading.tables
        ],
        "by_kind": [
            {"kind": k, "generation": g, "tables": t.tables, "rows": t.rows, "read": t.read,
             "quarantined": t.quarantined, "duplicate": t.duplicate}
            for (k, g), t in reading.by_kind().items()
        ],
        "not_understood": [line.shown() for line in reading.not_understood],
        "quarantine": [
            {"file": q.origin.file, "row": q.origin.row, "reason": q.reason.shown()}
            for table in reading.tables
            for q in table.quarantined
        ],
        "duplicates": [
            f"{_where(d.origin)} = {_where(d.of)}"
            for table in reading.tables
            for d in table.duplicates
        ],
        "disagreements": [_disagreement(d) for d in reading.disagreements],
    }  # fmt: skip


def _where(origin: Origin) -> str:
    return _("%(file)s, row %(row)s") % {"file": origin.file, "row": origin.row}


def _disagreement(found: Disagreement) -> str:
    places = among(map(_where, found.origins))
    return pair(subject(found.subject), places)


def _city(city: City, records: _Records) -> dict[str, Any]:
    return {
        **_area(city.code, city.name, records),
        "cases": sum(city.new.values()),
        "days": [[day.isoformat(), n] for day, n in sorted(city.new.items())],
    }


def _area(code: str, name: str, records: _Records) -> dict[str, Any]:
    """What was warned of and declared in one area itself, not in those below it."""
    warnings = [w for w in records.warnings if w.place.code == code]
    incidents = [i for i in records.incidents if i.area.code == code]
    first_red = next((w for w in warnings if w.level == "red"), None)
    return {
        "code": code,
        "name": name,
        "first_red": first_red.day.isoformat() if first_red else None,
        "warnings": [_warning(w) for w in warnings],
        "incidents": [_incident(i, records) for i in incidents],
    }


def _warning(warning: Any) -> dict[str, Any]:
    numbers = warning.numbers
    return {
        "level": warning.level,
        "day": warning.day.isoformat(),
        "issued_at": _iso(warning.issued_at),
        "why": numbers["causes"],
        "sentence": warning_sentence(warning),
        "reasons": warning_reasons(warning),
        "count": numbers["count"],
        "bounds": {look["method"]: look["bound"] for look in numbers["looks"]},
        "state": warning.state,
        "minutes_to_acknowledge": _minutes(warning.issued_at, warning.acknowledged_at),
        "climbed_to": str(warning.climbed_to) if warning.climbed_to else None,
        "ended_at": _iso(warning.ended_at),
    }


def _incident(incident: Any, records: _Records) -> dict[str, Any]:
    orders = [o for o in records.orders if o.incident_id == incident.pk]
    return {
        "title": incident.title,
        "declared_at": _iso(incident.declared_at),
        "closed_at": _iso(incident.closed_at),
        "because_of_warning_on": incident.warning.day.isoformat() if incident.warning else None,
        "because_of": _cause(incident),
        "levels": [
            {"grade": level.grade, "from": _iso(level.starts_at), "until": _iso(level.ended_at)}
            for level in records.levels
            if level.area_id == incident.area_id and level.starts_at >= incident.declared_at
            and (incident.closed_at is None or level.starts_at <= incident.closed_at)
        ],
        "measures": [
            {"title": m.title, "state": m.state, "ends_at": _iso(m.ends_at),
             "ended_at": _iso(m.ended_at), "renewed": len(m.renewals)}
            for m in records.measures
            if m.area.path.startswith(incident.area.path)
            and incident.declared_at <= m.starts_at <= (incident.closed_at or records.now)
        ],
        "reviewed": any(r.incident_id == incident.pk for r in records.reviews),
        "phases": [
            {"phase": p.phase, "state": p.state, "from": _iso(p.begun_at), "until": _iso(p.over_at)}
            for p in records.phases
            if p.activation.incident_id == incident.pk
        ],
        "orders": [_order(o, records) for o in orders],
    }  # fmt: skip


def _cause(incident: Any) -> str:
    warning = incident.warning
    if warning is None:
        return _("the verified signal “%(title)s”") % {"title": incident.signal.title}
    return _("the %(level)s warning of %(place)s on %(day)s") % {
        "level": level_word(warning.level), "place": warning.place, "day": warning.day,
    }  # fmt: skip


def _order(order: Any, records: _Records) -> dict[str, Any]:
    late = order.due_at is not None and (order.ended_at or records.now) > order.due_at
    return {
        "title": str(order),
        "unit": str(order.unit),
        "commander": order.commander.login,
        "issued_at": _iso(order.issued_at),
        "due_at": _iso(order.due_at),
        "state": order.state,
        "ended_at": _iso(order.ended_at),
        "late": late,
        "climbed": records.climbs.get(order.pk, 0),
        "waiting_for": order.waiting_for,
        "evidence": sorted(order.evidence),
    }


def _hospital(hospital: Hospital, records: _Records) -> dict[str, Any]:
    needs = [
        _need(code, records.needs[n.pk], hospital.lines_of[code], records)
        for code, n in sorted(hospital.needs.items())
    ]
    states = Counter(n["state"] for n in needs)
    return {
        "name": hospital.name,
        "city": hospital.city,
        "lines_read": hospital.lines,
        "not_in_catalogue": hospital.not_in_catalogue,
        "needs": needs,
        "met": states["met"],
        "met_in_part": states["part_met"],
        "unmet": states["open"],
    }


def _need(code: str, need: Any, lines: int, records: _Records) -> dict[str, Any]:
    line, why = records.lines.get(need.pk, (None, str(NOT_PLANNED)))
    if need.state == "part_met":
        arrived = ngettext(
            "%(number)s has arrived.", "%(number)s have arrived.", need.received_quantity
        )
        said = arrived % {"number": f"{need.received_quantity:,}"}
        why = in_a_row([said, _("Of what still lacks: %(why)s") % {"why": why}])
    return {
        "item": code,
        "name": str(need.item),
        "amount": need.amount,
        "wanted": need.quantity or need.estimate,
        "received": need.received_quantity,
        "state": need.state,
        "reason": line.reason if line else "not planned",
        "why": why,
        "lines_read": lines,
    }


NOT_PLANNED = gettext_lazy(
    "No plan has reached this need: no incident was open over its place after it was stated."
)


def _meaning(reason: str, state: str) -> str:
    said = str(REASONS.get(reason, NOT_PLANNED))
    return _("Of what still lacks: %(why)s") % {"why": said} if state == "part_met" else said


def _by_reason(hospitals: list[Any]) -> list[dict[str, Any]]:
    """How many needs ended for which reason, the most frequent first."""
    needs = [need for hospital in hospitals for need in hospital["needs"]]
    counted = Counter((n["state"], n["amount"], n["reason"]) for n in needs)
    return [
        {"state": state, "amount": amount, "reason": reason, "needs": number,
         "meaning": _meaning(reason, state)}
        for (state, amount, reason), number in sorted(
            counted.items(), key=lambda pair: (-pair[1], pair[0])
        )
    ]  # fmt: skip


def _summary(
    province: dict[str, Any],
    cities: list[Any],
    hospitals: list[Any],
    records: _Records,
    played: Played,
) -> dict[str, Any]:
    orders = [o for area in [province, *cities] for i in area["incidents"] for o in i["orders"]]
    needs = [n for h in hospitals for n in h["needs"]]
    return {
        "cities": len(cities),
        "cases": sum(c["cases"] for c in cities),
        "warnings": len(records.warnings),
        "red": sum(w.level == "red" for w in records.warnings),
        "climbed_warnings": sum(w.climbed_at is not None for w in records.warnings),
        "incidents": len(records.incidents),
        "incidents_closed": sum(i.state == "closed" for i in records.incidents),
        "phases": sum(p.begun_at is not None for p in records.phases),
        "phases_over": sum(p.over_at is not None for p in records.phases),
        "orders_with_evidence": sum(bool(o["evidence"]) for o in orders),
        "orders": len(orders),
        "orders_done": sum(o["state"] == "done" for o in orders),
        "orders_late": sum(o["late"] for o in orders),
        "orders_climbed": sum(o["climbed"] > 0 for o in orders),
        "hospitals": len(hospitals),
        "need_lines_read": sum(h["lines_read"] for h in hospitals),
        "need_lines_outside": sum(o.lines for o in played.supplies.outside.values()),
        "lines_not_in_catalogue": sum(len(h["not_in_catalogue"]) for h in hospitals),
        "needs": len(needs),
        "needs_amount_unknown": sum(n["amount"] != "known" for n in needs),
        "needs_met": sum(n["state"] == "met" for n in needs),
        "needs_met_in_part": sum(n["state"] == "part_met" for n in needs),
        "needs_unmet": sum(n["state"] == "open" for n in needs),
        "carriers": len(played.supplies.carriers),
        "rounds": played.rounds,
        "refusals": len(played.people.refusals),
    }


def _minutes(earlier: Any, later: Any) -> int | None:
    return int((later - earlier).total_seconds() // 60) if earlier and later else None


def _iso(moment: Any) -> str | None:
    return moment.astimezone(ZONE).isoformat() if moment else None
