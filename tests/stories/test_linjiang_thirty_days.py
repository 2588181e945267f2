"""The play of Linjiang, shortened and small: what the house remembers of it is read back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import translation
from rich.console import Console

from gongzhi.actors.queries import Person, Unit, visible
from gongzhi.errors import NotAllowed, NotNow
from gongzhi.evaluation.queries import results_seen, scorings_seen
from gongzhi.interfaces.cli.demo.closing import Closing
from gongzhi.interfaces.cli.demo.play import Wish, play
from gongzhi.interfaces.cli.demo.stage import Stage
from gongzhi.interfaces.cli.demo.state import State, mark_of_play, state_now
from gongzhi.interfaces.cli.demo.team import LOGIN
from gongzhi.interfaces.cli.demo.tell import Narrator
from gongzhi.interfaces.rooms import duties_of
from gongzhi.ledger.models import Entry
from gongzhi.ledger.queries import entries_of, verify
from gongzhi.supply.queries import line_sentence, trace

pytestmark = [pytest.mark.django_db, pytest.mark.long]
END = datetime(2026, 3, 20, 7, 23, tzinfo=UTC)
WISH = Wish(seed=2020, days=5, scale=0.03, end=END)


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    """The whole play, once for this file; afterwards the database is empty again."""
    narrator = Narrator(Console(file=StringIO()), "en")
    with django_db_blocker.unblock():
        stage = play(WISH, password="a password of the play", narrator=narrator)
    yield stage
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def market(played: Stage) -> Unit:
    """The community where it begins."""
    return played.unit[played.city.market_community]


@pytest.fixture
def district(played: Stage, market: Unit) -> Unit:
    return played.above(market, "district")


@pytest.fixture
def flood(played: Stage) -> Any:
    return played.see("assessment", "incidents").get(hazard="flood")


@pytest.fixture
def outbreak(played: Stage) -> Any:
    return played.see("assessment", "incidents").get(hazard="epidemic")


def verbs(record: Any) -> list[str]:
    return [entry.verb for entry in entries_of(record.ref)]


@pytest.mark.feature(17, 21)
def test_three_grid_workers_and_a_caller_tell_of_one_event(played: Stage, market: Unit) -> None:
    signals = played.see("sensing", "signals").filter(stream="fever", state="verified")
    signal = signals.filter(place__path__startswith=market.path).order_by("id").first()
    reports = list(signal.reports.all())
    assert sorted(r.channel for r in reports) == ["form", "form", "form", "hotline"]
    assert len({r.text for r in reports}) == 4
    assert {r.claimed_by.login for r in reports} == {
        played.desk(played.above(market, "street")).login
    }
    assert all(verbs(r).count("sensing.claim_report") == 1 for r in reports)
    assert signal.judged_by is not None
    assert signal.judgement


@pytest.mark.feature(17)
def test_a_report_that_is_taken_is_not_taken_twice(played: Stage) -> None:
    taken = played.see("sensing", "reports").filter(state="claimed").order_by("id").first()
    colleague = played.desk(played.above(taken.place, "community"))
    assert colleague != taken.claimed_by
    with translation.override("en"), pytest.raises(NotNow, match=taken.claimed_by.name):
        played.do("sensing", "claim_report", colleague, report=taken)


@pytest.mark.feature(19)
def test_every_warning_shows_its_numbers_and_is_taken_on_by_name(played: Stage) -> None:
    warnings = list(played.see("sensing", "warnings").select_related("acknowledged_by"))
    assert {w.level for w in warnings} == {"red", "yellow"}
    assert all(w.numbers["looks"] and w.parameters_version for w in warnings)
    answered = [w for w in warnings if w.acknowledged_at]
    assert len(answered) > len(warnings) / 2
    assert all(w.acknowledged_by.name and w.note for w in answered)


@pytest.mark.feature(19, 31)
def test_a_warning_that_nobody_takes_on_climbs_once(played: Stage) -> None:
    silent = list(played.see("sensing", "warnings").exclude(climbed_at=None))
    assert silent
    for warning in silent:
        assert warning.climbed_at >= warning.acknowledge_by
        assert warning.climbed_to.path == warning.place.path[:-5]
        assert verbs(warning).count("sensing.climb_warning") == 1


@pytest.mark.begun(25)
def test_a_level_has_its_test_its_decision_and_its_declarer(
    played: Stage, district: Unit, outbreak: Any
) -> None:
    levels = played.see("decision", "levels").filter(hazard="epidemic", ended_at=None)
    own, above = levels.get(area=district), levels.get(area=outbreak.area)
    assert (own.grade, above.grade) == (2, 3)
    for level in (own, above):
        test = level.entry_test
        assert set(test) >= {"rule", "found", "passed", "version"}
        assert test["passed"] or test["reason"]
        assert level.decision.legal_basis
        assert level.decision.decided_by == played.desk(outbreak.area, "commander")


@pytest.mark.feature(26, 27)
def test_a_district_goes_to_emergency_and_back_in_one_act_each(played: Stage, flood: Any) -> None:
    modes = list(played.see("decision", "modes").filter(area=flood.area).order_by("id"))
    assert [m.mode for m in modes] == ["emergency", "normal"]
    assert modes[0].ended_at == modes[1].starts_at
    assert modes[0].parameters != modes[1].parameters
    [measure] = played.see("decision", "measures").filter(area=flood.area)
    assert measure.state == "lifted"
    assert measure.ended_at == modes[1].starts_at < measure.ends_at
    assert not flood.orders.filter(state__in=("waiting", "issued", "accepted")).exists()
    assert flood.state == "closed"


@pytest.mark.feature(27)
def test_measures_die_on_their_day_unless_renewed_with_a_reason(
    played: Stage, district: Unit
) -> None:
    measures = {m.kind: m for m in played.see("decision", "measures").filter(area=district)}
    schools, market = measures["schools_closed"], measures["market_closed"]
    assert (schools.state, schools.renewals) == ("expired", [])
    assert timedelta() <= schools.ended_at - schools.ends_at < timedelta(hours=1)
    [renewal] = market.renewals
    assert renewal["reason"]
    assert datetime.fromisoformat(renewal["until"]) == market.ends_at
    assert measures["night_check"].state == "active"


@pytest.mark.feature(28)
def test_a_decision_keeps_what_was_seen_and_what_was_refused(played: Stage, outbreak: Any) -> None:
    decision = outbreak.decisions.order_by("id").first()
    options = list(decision.options.all())
    assert len(options) == 3
    assert sum(o.chosen for o in options) == 1
    assert all(o.reason_refused for o in options if not o.chosen)
    assert decision.snapshot["counts"]
    assert decision.snapshot["as_of"] == decision.decided_at.isoformat()
    [entry] = entries_of(decision.ref)
    assert decision.snapshot_digest in entry.body


@pytest.mark.feature(4, 32)
def test_a_plan_becomes_orders_with_commander_power_and_basis(played: Stage, outbreak: Any) -> None:
    [activation] = outbreak.activations.all()
    orders = list(activation.orders.select_related("commander", "unit"))
    assert len(orders) > 40
    assert len({o.unit_id for o in orders}) > 30
    assert all(o.commander.name and o.power and o.legal_basis for o in orders)
    assert all(o.due_at for o in orders if o.state != "waiting")
    for order in outbreak.orders.filter(state="done", key="visit-households"):
        before = order.prerequisites.all()
        assert all(first.ended_at <= order.issued_at for first in before)


@pytest.mark.feature(32)
def test_a_plan_goes_from_phase_to_phase_and_all_it_brought_is_taken_back(
    played: Stage, flood: Any
) -> None:
    [activation] = flood.activations.all()
    phases = {phase.phase: phase for phase in activation.phases.order_by("id")}
    assert [p.state for p in phases.values()] == ["over"] * 4
    prevent, control, treat, clear = phases.values()
    assert prevent.begun_at == activation.activated_at < control.begun_at

    # Control began before its test, with a reason; treatment when people slept in the shelters;
    # clearing up when nobody did any more. Nobody but the commander began or ended anything.
    reasons = [
        entry.body for phase in phases.values() for entry in entries_of(phase.ref)
        if entry.verb == "command.begin_phase" and "转移" in entry.body
    ]  # fmt: skip
    assert len(reasons) == 1
    assert verbs(treat)[:2] == ["command.propose_phase", "command.begin_phase"]
    assert verbs(clear)[:2] == ["command.propose_phase", "command.begin_phase"]
    assert clear.begun_at > treat.begun_at
    assert {p.over_by for p in phases.values()} == {played.desk(flood.area, "commander")}

    # Each phase gave its orders when it began, and at the end everything was taken back.
    keys = {"bring-out": control, "shelter-care": treat, "clean-up": clear}
    for key, phase in keys.items():
        given = activation.orders.filter(key=key)
        assert given and all(order.created_at == phase.begun_at for order in given)
    assert [item.state for item in activation.wind_down.all()] == ["done"] * 4


@pytest.mark.feature(32)
def test_orders_are_done_with_the_evidence_asked_for_and_their_stock_becomes_needs(
    played: Stage,
) -> None:
    done = played.see("command", "orders").filter(state="done").exclude(activation=None)
    assert {kind for order in done for kind in order.evidence} == {
        "photo", "measurement", "document", "count",
    }  # fmt: skip
    assert all(set(order.evidence) == set(order.evidence_kinds) for order in done)
    needs = played.see("supply", "needs").filter(order__isnull=False).select_related("item")
    items = {need.item.code for need in needs}
    assert {"mask-n95", "sandbag", "compute-hours"} <= items
    for need in needs.select_related("order"):
        lines = {line["item"]: line["quantity"] for line in need.order.stock}
        assert need.quantity == lines[need.item.code]
    told = played.see("messages", "messages").filter(verb="command.begin_phase")
    assert told.exists(), "Whoever gets an order of a phase is told."


@pytest.mark.feature(32)
def test_one_order_fails_and_everybody_who_waits_for_it_is_told(
    played: Stage, outbreak: Any
) -> None:
    failures = Entry.objects.filter(verb="command.fail_order")
    [failed] = [e for e in failures if '"told":["command.Order:' in e.body]
    order = played.see("command", "orders").get(pk=int(failed.subject.split(":")[1]))
    assert order.key == "count-stock"
    assert order.state == "done"  # it was given again and done then
    assert verbs(order)[-3:] == [
        "command.reissue_order", "command.accept_order", "command.finish_order",
    ]  # fmt: skip


@pytest.mark.feature(31)
def test_a_late_order_climbs_tier_by_tier_and_once_to_each(played: Stage) -> None:
    climbs = played.see("command", "climbs").filter(order__isnull=False).order_by("id")
    ladder: dict[int, list[Any]] = {}
    climbs = climbs.select_related("order__unit", "to_unit")
    for climb in climbs:
        assert climb.climbed_at >= climb.order.issued_at
        ladder.setdefault(climb.order_id, []).append(climb.to_unit.path)
    assert len(ladder) >= 3
    for paths in ladder.values():
        assert len(set(paths)) == len(paths)
        assert [len(p) for p in paths] == sorted((len(p) for p in paths), reverse=True)

    # Orders of a plan climb the plan's own ladder: its first step that stands above the unit.
    firsts = [c for c in climbs if c.to_unit.path == ladder[c.order_id][0]]
    by_plan = [c for c in firsts if c.order.escalation and c.order.unit.kind == "area"]
    assert by_plan
    for climb in by_plan:
        above = {"street", "district", "city"} - {climb.order.unit.tier}
        first = next(r["tier"] for r in climb.order.escalation if r["tier"] in above)
        assert climb.to_unit.tier == first


@pytest.mark.feature(5, 30)
def test_a_street_calls_and_each_path_ends_with_a_person(played: Stage, market: Unit) -> None:
    street = played.above(market, "street")
    [call] = played.see("command", "calls").filter(caller=street)
    answers = {a.department.subject or a.department.code: a for a in call.answers.all()}
    assert set(answers) == {"water", "power", "health", "emergency", "F901"}
    assert (answers["water"].state, answers["water"].score) == ("done", 5)
    assert answers["power"].state == "not_mine"
    assert answers["power"].named_instead.code == "F901"
    assert answers["F901"].state == "done"
    health = answers["health"]
    assert health.climbs.count() == 1
    assert health.ruled_by == played.desk(played.above(market, "district"))
    assert (health.state, health.score) == ("done", 2)
    assert all(a.responsible for a in answers.values())
    assert call.state == "closed"


@pytest.mark.feature(5)
def test_two_departments_refuse_and_the_district_rules_in_two_hours(
    played: Stage, district: Unit
) -> None:
    calls = played.see("command", "calls").filter(answers__department__subject="police")
    [call] = calls.distinct()
    answers = {a.department.subject: a for a in call.answers.all()}
    assert answers["police"].state == "not_mine"
    ruled = answers["transport"]
    assert ruled.ruled_at - call.raised_at < timedelta(hours=2)
    assert ruled.ruled_by == played.desk(district)
    assert ruled.state == "done"


@pytest.mark.feature(37)
@pytest.mark.begun(36)
def test_the_loud_hospital_and_the_quiet_village_can_both_read_why(played: Stage) -> None:
    asking = {row.code: row.asking for row in played.city.facilities}
    needs = played.see("supply", "needs").select_related("unit")
    loud = [n for n in needs if asking.get(n.unit.code) == "loud"]
    quiet = [n for n in needs if asking.get(n.unit.code) == "quiet" and n.order_id is None]
    shouted = max(loud, key=lambda n: n.quantity or 0)
    line = shouted.lines.order_by("-id").first()
    assert line.wanted < shouted.quantity / 2
    assert line_sentence(line)
    assert quiet
    assert all(n.is_quiet and n.quantity is None for n in quiet)
    assert sum(n.received_quantity for n in quiet) > 0
    unknown = [n for n in needs if n.amount in ("unknown", "open")]
    assert any(n.estimate for n in unknown)


@pytest.mark.feature(39)
def test_a_donors_pallet_is_followed_to_where_half_of_it_broke(played: Stage) -> None:
    sent = played.see("supply", "dispatches").filter(
        allocation__offer__is_donation=True, allocation__offer__unit__kind="social",
        handovers__quantity_damaged__gt=0,
    )  # fmt: skip
    [pallet] = sent
    told = trace(pallet)
    assert [step.harm > 0 for step in told.steps] == [False, True]
    assert told.steps[-1].is_final
    assert told.steps[-1].damaged == pallet.quantity // 2
    assert str(told.steps[0].place) == pallet.carrier.name


@pytest.mark.feature(3)
def test_a_lent_power_is_used_and_then_refuses_with_a_sentence(
    played: Stage, district: Unit, market: Unit
) -> None:
    street = played.above(market, "street")
    [lent] = played.see("actors", "delegations").filter(borrower=street)
    assert lent.powers == ["approve_match", "match_supply"], "Two powers in one signed object."
    end = lent.ends_at
    runs = played.see("supply", "match_runs").filter(area=street)
    officer = played.desk(street)
    assert all(run.approved_by == officer and run.approved_at < end for run in runs)
    assert len(runs) == 1
    with translation.override("en"), pytest.raises(NotAllowed, match=r"lent by .* ended on"):
        played.do("supply", "match", officer, area=street, group="mask")


@pytest.mark.begun(66)
def test_the_flood_is_reviewed_from_the_log_and_a_lesson_is_adopted(
    played: Stage, flood: Any
) -> None:
    [review] = flood.reviews.all()
    assert review.figures["river"]["minutes_to_decided"] > 0
    ordered = sum(row["orders"] for row in review.figures["orders"].values())
    assert ordered == flood.orders.count()
    answered = review.findings.exclude(state="open")
    assert [f.state for f in answered] == ["adopted"]
    assert answered[0].answer


@pytest.mark.feature(83)
def test_the_city_is_scored_twice_and_what_nothing_tested_says_so(played: Stage) -> None:
    last, first = scorings_seen(played.founder, played.now)
    assert first.made_at < last.made_at and last.area == played.unit[played.city.root.code]
    shown = {row.outcome: row for row in results_seen(last, played.founder, played.now)}
    assert set(shown) == {"met", "not_met", "not_shown"}
    assert shown["met"].total and shown["not_met"].total and not shown["not_shown"].total
    assert shown["not_shown"].next_act and not shown["met"].next_act
    drills = last.tiers["city"]["drills_held"]
    assert (drills["not_met"], drills["good"]) == (1, 0)


@pytest.mark.feature(1, 2)
def test_firms_and_streets_see_their_own_branch_and_have_something_to_do(played: Stage) -> None:
    closing = Closing(played.narrator, played.founder, played.now)
    found = closing.log_ins()
    kinds = {key for _person, key in found}
    assert kinds >= {
        "street", "grid_worker", "hospital", "supplier", "logistics", "social", "volunteers",
        "quiet", "audit", "expert", "district", "department", "community",
    }  # fmt: skip
    for person, key in found:
        assert duties_of(person, played.now), f"nothing waits for {key} {person.login}"
    clerk = next(person for person, key in found if key == "supplier")
    assert visible(Unit, clerk, played.now).count() == 1
    officer = next(person for person, key in found if key == "street")
    post = officer.posts.get()
    below = visible(Unit, officer, played.now)
    assert all(unit.path.startswith(post.unit.path) for unit in below)


@pytest.mark.feature(29)
def test_doors_wait_for_a_grid_worker_by_name_and_time(played: Stage, market: Unit) -> None:
    tasks = played.see("fieldwork", "tasks").filter(
        state="open", grid__path__startswith=market.path, team=None
    )
    [worker] = {task.worker for task in tasks}
    assert worker.posts.get().role == "grid_worker"
    assert all(task.due_at > END for task in tasks)
    titles = [duty.title for duty in duties_of(worker, END) if duty.room == "fieldwork"]
    assert len(titles) == len(tasks) >= 8
    visits = played.see("fieldwork", "visits")
    assert visits.exists()
    assert all(v.persons_ill <= v.persons_met for v in visits)


@pytest.mark.feature(81)
def test_a_joint_team_of_the_market_shares_a_board_that_is_in_use(
    played: Stage, market: Unit
) -> None:
    team = played.see("decision", "task_forces").get(composition="community")
    assert team.area == market and team.state == "active" and team.ends_at > END
    assert set(team.members.values_list("part", flat=True)) == {
        "committee", "property", "building_lead", "volunteer", "social_worker",
    }  # fmt: skip
    assert set(team.tasks.values_list("state", flat=True)) == {"to_take", "open", "done"}
    [late] = team.tasks.filter(climbs__isnull=False)
    assert late.due_at < END and late.climbs.get().to_unit == market
    lead = team.members.get(part="building_lead").person
    asked = {duty.verb for duty in duties_of(lead, END)}
    assert asked == {"take_up_task", "finish_task"}


def test_nothing_lies_beyond_the_present_and_the_ledger_holds(played: Stage) -> None:
    assert Entry.objects.order_by("-at").first().at == END
    assert Entry.objects.order_by("at").first().at == played.calendar.start
    found = verify()
    assert found.holds
    assert (found.unsealed, found.size) == (0, Entry.objects.count())


def test_what_was_played_is_known_from_the_ledger(played: Stage) -> None:
    assert state_now() is State.PLAYED
    assert mark_of_play() == {"seed": 2020, "days": 5, "scale": 0.03, "until": "2026-03-20"}


def test_measures_and_levels_slow_the_outbreak_only_where_they_are(
    played: Stage, district: Unit
) -> None:
    from gongzhi.interfaces.cli.demo.epidemic import Epidemic

    factors = Epidemic(played).factors()
    other = next(code for code in factors if code != district.code)
    assert factors[district.code] < factors[other] < 1


def test_everybody_can_log_in_with_the_one_password(played: Stage) -> None:
    lead = Person.objects.get(login=LOGIN)
    own = (played.founder.pk, lead.pk)
    hashes = set(Person.objects.exclude(pk__in=own).values_list("password", flat=True))
    assert len(hashes) == 1
    assert lead.check_password("a password of the play")
    assert played.person["city.duty"].check_password("a password of the play")
    assert played.founder.check_password("a password of the play")
