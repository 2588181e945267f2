"""What stands at the end: the figures of the play, and who can log in and what waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import F, Q, Sum
from rich.table import Table

from gongzhi.actors.queries import LISTINGS, Person, visible
from gongzhi.interfaces.cli.demo.tell import Narrator
from gongzhi.interfaces.rooms import duties_of
from gongzhi.ledger.queries import verify

ALWAYS = (
    ("province", "province"), ("city.commander", "commander"), ("city.duty", "duty"),
    ("city.expert", "expert"), ("city.audit", "audit"),
)  # fmt: skip
"""Log-ins that every size of the city has, with what they stand for."""
KINDS = ("hospital", "supplier", "logistics", "social", "volunteers")


class Closing:
    """Reads what the founder sees at one moment; nothing is changed."""

    def __init__(self, narrator: Narrator, founder: Person, now: datetime) -> None:
        self.narrator, self.founder, self.now = narrator, founder, now

    def see(self, room: str, name: str) -> Any:
        """All records of a kind, as the province sees them."""
        return visible(LISTINGS[room, name], self.founder, self.now)

    # Figures ------------------------------------------------------------------------------------

    def figures(self) -> dict[str, str]:
        """The figures of the play by the name of their line, in the order of the river."""
        return dict([*self._sensing(), *self._command(), *self._goods(), *self._ledger()])

    def _sensing(self) -> Iterator[tuple[str, str]]:
        reports, warnings = self.see("sensing", "reports"), self.see("sensing", "warnings")
        folded = reports.filter(state="folded").count()
        signals = self.see("sensing", "signals").count()
        yield "reports", self._text("reports", all=reports.count(), folded=folded, signals=signals)
        yield (
            "warnings",
            self._text(
                "warnings", red=warnings.filter(level="red").count(),
                yellow=warnings.filter(level="yellow").count(),
                climbed=warnings.exclude(climbed_at=None).count(),
            ),
        )  # fmt: skip
        yield "incidents", self._text(
            "incidents", open=self.see("assessment", "incidents").filter(state="open").count(),
            closed=self.see("assessment", "incidents").filter(state="closed").count(),
            decisions=self.see("decision", "decisions").count(),
        )  # fmt: skip
        measures = self.see("decision", "measures")
        yield "measures", self._text(
            "measures", all=measures.count(), active=measures.filter(state="active").count(),
            renewed=measures.exclude(renewals=[]).count(),
        )  # fmt: skip

    def _command(self) -> Iterator[tuple[str, str]]:
        orders = self.see("command", "orders")
        late = Q(ended_at__gt=F("due_at")) | Q(
            state__in=("issued", "accepted"), due_at__lte=self.now
        )
        yield "orders", self._text(
            "orders", all=orders.count(), done=orders.filter(state="done").count(),
            late=orders.filter(late).count(),
            climbs=self.see("command", "climbs").filter(order__isnull=False).count(),
        )  # fmt: skip
        phases = self.see("command", "phases")
        yield "phases", self._text(
            "phases", plans=self.see("command", "activations").count(),
            begun=phases.exclude(begun_at=None).count(), over=phases.filter(state="over").count(),
            evidence=orders.exclude(evidence={}).count(),
            needs=self.see("supply", "needs").filter(order__isnull=False).count(),
            back=self.see("command", "wind_down").filter(state="done").count(),
            messages=self.see("messages", "messages").count(),
        )  # fmt: skip
        yield "calls", self._text(
            "calls", calls=self.see("command", "calls").count(),
            answers=self.see("command", "answers").count(),
        )  # fmt: skip
        visits = self.see("fieldwork", "visits")
        yield "visits", self._text(
            "visits", visits=visits.count(), doors=self.see("fieldwork", "households").count(),
            nobody=visits.filter(outcome="nobody_in").count(),
        )  # fmt: skip

    def _goods(self) -> Iterator[tuple[str, str]]:
        needs = self.see("supply", "needs").exclude(state="withdrawn")
        sent = self.see("supply", "dispatches")
        yield "needs", self._text(
            "needs", all=needs.count(), met=needs.filter(state="met").count(),
            part=needs.filter(state="part_met").count(), quiet=needs.filter(is_quiet=True).count(),
        )  # fmt: skip
        yield "goods", self._text(
            "goods", sent=sent.count(), received=sent.filter(state="received").count(),
            pieces=needs.aggregate(total=Sum("received_quantity"))["total"] or 0,
        )  # fmt: skip

    def _ledger(self) -> Iterator[tuple[str, str]]:
        found = verify()
        key = "ledger" if found.holds else "ledger_broken"
        yield key, self._text(key, size=found.size, checkpoints=found.checkpoints, root=found.root)

    def _text(self, key: str, **facts: Any) -> str:
        shown = {k: f"{v:,}" if isinstance(v, int) else v for k, v in facts.items()}
        return self.narrator.word(f"figure_{key}", **shown)

    def show_figures(self) -> None:
        """Print the table of figures."""
        table = Table(title=self.narrator.word("figures"), show_header=False)
        for key, text in self.figures().items():
            table.add_row(self.narrator.word(f"head_{key}"), text)
        self.narrator.console.print(table)

    # Log-ins ------------------------------------------------------------------------------------

    def log_ins(self) -> list[tuple[Person, str]]:
        """One person for each kind of user, with the key of what they stand for."""
        found: dict[str, tuple[Person, str]] = {}
        for person, key in self._candidates():
            if person is not None and person.login not in found:
                found[person.login] = (person, key)
        return list(found.values())

    def _candidates(self) -> Iterator[tuple[Person | None, str]]:
        for login, key in ALWAYS:
            yield self._first(self._posts.filter(person__login=login)), key
        call = self.see("command", "calls").filter(state="open").order_by("-id").first()
        if call is not None:
            yield self._at(call.caller.parent_id, "commander"), "district"
            answer = call.answers.order_by("id").first()
            yield self._at(answer.department_id, "officer"), "department"
            yield self._at(call.caller_id, "officer"), "street"
        task = (
            self.see("fieldwork", "tasks").filter(state="open", team=None).order_by("-id").first()
        )
        if task is not None:
            yield self._at(task.grid.parent_id, "officer"), "community"
            yield task.worker, "grid_worker"
        lead = self.see("decision", "members").filter(part="building_lead").first()
        yield lead.person if lead else None, "building_lead"
        for kind in KINDS:
            issued = self.see("command", "orders").filter(state="issued", unit__kind=kind)
            order = issued.order_by("-id").first()
            yield self._at(order.unit_id, "clerk", "lead") if order else None, kind
        quiet = self.see("supply", "needs").filter(is_quiet=True, state__in=("open", "part_met"))
        need = quiet.order_by("-id").first()
        yield self._at(need.unit_id, "clerk") if need else None, "quiet"

    @property
    def _posts(self) -> Any:
        return self.see("actors", "posts").select_related("person", "unit").order_by("id")

    def _first(self, posts: Any) -> Person | None:
        post = posts.first()
        return post.person if post else None

    def _at(self, unit: int, *roles: str) -> Person | None:
        return self._first(self._posts.filter(unit=unit, role__in=roles))

    def show_log_ins(self, password: str | None) -> None:
        """Print who can log in, and how much waits for each; all have the same password."""
        table = Table(title=self.narrator.word("log_ins"))
        for head in ("login", "who", "waits", "sees"):
            table.add_column(self.narrator.word(f"column_{head}"), no_wrap=head == "login")
        for person, key in self.log_ins():
            unit = self._posts.filter(person=person).first().unit
            waits = len(duties_of(person, self.now))
            who = f"{person.name} · {self.narrator.name(unit)}"
            table.add_row(person.login, who, str(waits), self.narrator.word(f"sees_{key}"))
        self.narrator.console.print(table)
        self.narrator.say("password" if password else "password_changed", password=password or "")
