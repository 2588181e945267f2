"""The hospitals' lists become needs; what is assumed to arrive is matched, sent and received."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from gongzhi.actors.queries import LISTINGS, Kind, Tier, visible
from gongzhi.exchange.importers import Line, ReliefRecord, State, newest
from gongzhi.interfaces.cli.replay.people import People
from gongzhi.interfaces.cli.replay.reading import LOGISTICS, NEED
from gongzhi.interfaces.cli.replay.stage import HUB, Stage
from gongzhi.supply.actions import (
    NeedDraft,
    OfferDraft,
    approve_match,
    confirm_amount,
    dispatch,
    receive_goods,
    state_needs,
    state_offers,
)  # fmt: skip
from gongzhi.supply.queries import left_to_send

LARGEST = 1_000_000
TYPICAL = 200
"""Pieces assumed for an unknown amount when the assumed supply is sized."""


@dataclass
class Hospital:
    """One hospital of the lists and what was read of its needs."""

    subject: str
    name: str
    city: str
    code: str
    lines: int = 0
    lines_of: Counter[str] = field(default_factory=Counter)
    not_in_catalogue: list[str] = field(default_factory=list)
    needs: dict[str, Any] = field(default_factory=dict)


@dataclass
class Outside:
    """One hospital of the lists that could not be placed, with what it asked for and why not."""

    name: str
    place: str
    why: str
    lines: int = 0


class Supplies:
    """What the lists of a replay ask for, and what becomes of it."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.stage: Stage = people.stage
        self.agenda = people.agenda
        self.hospitals: dict[str, Hospital] = {}
        self.carriers: dict[str, str] = {}
        self.outside: dict[str, Outside] = {}
        self.assumed: Counter[str] = Counter()
        self.seen_runs: set[int] = set()
        items = visible(LISTINGS["supply", "items"], self.stage.clock, self.agenda.now)
        self.items = {item.code: item for item in items}

    @property
    def by(self) -> Any:
        """The province's health officer, who enters what the lists say."""
        return self.stage.who(self.stage.units[f"{self.stage.root.code}-health"])

    # Reading a snapshot --------------------------------------------------------------------------

    def take_snapshot(self, day: date) -> None:
        """Enter the newest record of every subject of one day's lists."""
        self.people.declare_province()
        records = [r for r in self.stage.material.relief if r.snapshot_on == day]
        latest = newest(records)
        needs = [r for (kind, _), r in sorted(latest.items()) if kind == NEED]
        carriers = [r for (kind, _), r in sorted(latest.items()) if kind == LOGISTICS]
        self._found([*needs, *carriers])
        before = len(self.assumed)
        wanted = self._state(needs)
        self._assume(wanted)
        self.people.tell(
            _(
                "lists of %(day)s: %(hospitals)s hospitals, %(pieces)s pieces wanted, "
                "%(items)s new items"
            )
            % {
                "day": day, "hospitals": len(needs), "pieces": sum(wanted.values()),
                "items": len(self.assumed) - before,
            }
        )  # fmt: skip

    def _found(self, records: Iterable[ReliefRecord]) -> None:
        """Found a unit for every hospital and carrier that is new."""
        rows = []
        for record in records:
            known = self.hospitals if record.kind == NEED else self.carriers
            if record.subject in known:
                continue
            above = self._place(record) if record.kind == NEED else self.stage.root
            if above is None:
                self._set_aside(record)
                continue
            rows.append(self._row(record, above))
        self.stage.add(rows, self.agenda.now)
        for row in rows:
            if row["kind"] == Kind.HOSPITAL:
                unit = self.stage.units[row["code"]]
                self.stage.open(unit, unit.parent, "hospital", self.agenda.now)

    def _row(self, record: ReliefRecord, above: Any) -> dict[str, Any]:
        is_hospital = record.kind == NEED
        if is_hospital:
            code = f"H{len(self.hospitals) + 1:05d}"
            city = next(
                p
                for p in self.stage.units.values()
                if above.path.startswith(p.path) and p.tier == Tier.CITY
            )
            self.hospitals[record.subject] = Hospital(record.subject, record.name, city.name, code)
        else:
            code = f"L{len(self.carriers) + 1:05d}"
            self.carriers[record.subject] = code
        return {
            "parent_code": above.code, "code": code, "tier": above.tier, "name": record.name[:120],
            "kind": Kind.HOSPITAL if is_hospital else Kind.LOGISTICS,
        }  # fmt: skip

    def _set_aside(self, record: ReliefRecord) -> None:
        """Keep the name and the lines of a hospital that has no place in this house."""
        place = record.place
        known = self.outside.setdefault(
            record.subject,
            Outside(
                record.name,
                " ".join(n for n in (place.province, place.city, place.district) if n),
                _("Its place is not one of the province that is played. Name its city.")
                if place.city or place.district
                else _("The list does not say in which city it is. Name its city."),
            ),
        )
        known.lines += len(record.wanted)

    def _place(self, record: ReliefRecord) -> Any:
        """The district or city of a hospital, where the divisions know it inside the province."""
        material = self.stage.material
        place = record.place
        province = place.province or material.province.name
        # Of a hospital without a city the district may be one: a city that the province runs.
        names = [(place.city, place.district), (place.city, ""), (place.district, "")]
        for city, district in names:
            found = material.gazetteer.locate(province, city, district)
            for division in found.divisions[:1]:
                if division.code in self.stage.units and division.code != material.province.code:
                    return self.stage.units[division.code]
        return None

    # Needs ---------------------------------------------------------------------------------------

    def _state(self, records: Iterable[ReliefRecord]) -> Counter[str]:
        """State what is new in these records; give the pieces wanted by item."""
        drafts: list[tuple[Hospital, str, NeedDraft]] = []
        wanted: Counter[str] = Counter()
        for record in records:
            hospital = self.hospitals.get(record.subject)
            if hospital is None:
                continue
            for code, lines in self._by_item(hospital, record).items():
                quantity = sum(
                    x.amount.quantity or 0 for x in lines if x.amount.state is State.KNOWN
                )
                quantity = min(quantity, LARGEST)
                wanted[code] += quantity or TYPICAL
                self._one(hospital, code, quantity, lines, drafts)
        if drafts:
            made = state_needs(
                needs=[draft for _, _, draft in drafts], by=self.by, now=self.agenda.now
            )
            for (hospital, code, _draft), need in zip(drafts, made, strict=True):
                hospital.needs[code] = need
        return wanted

    def _by_item(self, hospital: Hospital, record: ReliefRecord) -> dict[str, list[Line]]:
        found: dict[str, list[Line]] = defaultdict(list)
        for line in record.wanted:
            hospital.lines += 1
            if line.item_id in self.items:
                found[line.item_id].append(line)
                hospital.lines_of[line.item_id] += 1
            else:
                hospital.not_in_catalogue.append(line.label)
        return found

    def _one(
        self, hospital: Hospital, code: str, quantity: int, lines: list[Line],
        drafts: list[tuple[Hospital, str, NeedDraft]],
    ) -> None:  # fmt: skip
        """A need that is new is stated; one whose amount became known is confirmed."""
        now, known = self.agenda.now, hospital.needs.get(code)
        if known is not None:
            known.refresh_from_db()
            if quantity and known.amount != "known" and known.state in ("open", "part_met"):
                clerk = self.stage.desk(self.stage.units[hospital.code])
                hospital.needs[code] = self.people.trying(
                    "confirm_amount",
                    lambda: confirm_amount(need=known, quantity=quantity, by=clerk, now=now),
                ) or known  # fmt: skip
            return
        is_open = any(x.amount.state is State.OPEN for x in lines)
        drafts.append(
            (
                hospital,
                code,
                NeedDraft(
                    unit=self.stage.units[hospital.code].pk, item=self.items[code].pk,
                    amount="known" if quantity else "open" if is_open else "unknown",
                    quantity=quantity or None, urgency=1, needed_by=now + timedelta(days=7),
                    facility=self.stage.facilities[hospital.code].pk,
                    words="；".join(dict.fromkeys(x.label for x in lines))[:400],
                ),
            )
        )  # fmt: skip

    def _assume(self, wanted: Counter[str]) -> None:
        """Let the assumed share of what is wanted be offered by the province's hub."""
        share = self.stage.material.scenario.assumed_supply_share
        hub = self.stage.units[HUB]
        amounts = {c: int(n * share) for c, n in sorted(wanted.items()) if int(n * share) > 0}
        if not amounts:
            return
        drafts = [
            OfferDraft(
                unit=hub.pk, item=self.items[code].pk, quantity=min(pieces, LARGEST * 100),
                ready_at=self.agenda.now + timedelta(hours=self.agenda.random.randint(1, 36)),
                facility=self.stage.facilities[HUB].pk, is_donation=True,
            )
            for code, pieces in amounts.items()
        ]  # fmt: skip
        state_offers(offers=drafts, by=self.stage.desk(hub), now=self.agenda.now)
        self.assumed.update(amounts)

    # Matching and sending ------------------------------------------------------------------------

    def notice(self) -> None:
        """Approve what the round proposed, after somebody has looked at it."""
        now = self.agenda.now
        runs = visible(LISTINGS["supply", "match_runs"], self.stage.clock, now)
        for run in runs.filter(state="proposed").select_related("area").order_by("id"):
            if run.pk not in self.seen_runs:
                self.seen_runs.add(run.pk)
                self.agenda.soon([20, 90], lambda r=run: self._approve(r))

    def _approve(self, run: Any) -> None:
        run.refresh_from_db()
        if run.state != "proposed":
            return
        by = self.stage.clock if run.area_id == self.stage.root.pk else self.stage.who(run.area)
        done = self.people.trying(
            "approve_match", lambda: approve_match(run=run, by=by, now=self.agenda.now)
        )
        if done is not None:
            self.agenda.soon([60, 480], lambda: self._send(run))

    def _send(self, run: Any) -> None:
        run.refresh_from_db()
        if run.state != "approved":
            return
        hub = self.stage.desk(self.stage.units[HUB])
        codes = sorted(self.carriers.values()) or [HUB]  # without a carrier the hub brings it
        for allocation in run.allocations.select_related("need__unit", "offer__unit").order_by(
            "id"
        ):
            quantity = left_to_send(allocation)
            if quantity <= 0:
                continue
            carrier = self.stage.units[self.agenda.random.choice(codes)]
            sent = self.people.trying(
                "dispatch",
                lambda a=allocation, q=quantity, c=carrier: dispatch(
                    allocation=a, carrier=c, quantity=q,
                    arrive_by=self.agenda.now + timedelta(hours=36), by=hub, now=self.agenda.now,
                ),
            )  # fmt: skip
            if sent is not None:
                unit = allocation.need.unit
                self.agenda.soon([360, 2160], lambda s=sent, u=unit: self._receive(s, u))

    def _receive(self, sent: Any, unit: Any) -> None:
        by = self.stage.desk(self.stage.units[unit.code])
        self.people.trying(
            "receive_goods",
            lambda: receive_goods(
                dispatch=sent, quantity_good=sent.quantity, by=by, now=self.agenda.now
            ),
        )
