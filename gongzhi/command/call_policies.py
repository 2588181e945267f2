"""What the state of calls and of the duties matrix allows, and by whose power one calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches

from django.utils.translation import gettext as _

from gongzhi.actors.codes import written
from gongzhi.actors.models import STEP, Kind, Tier, Unit
from gongzhi.actors.queries import departments_serving, units_below
from gongzhi.assessment.models import Incident
from gongzhi.assessment.policies import check_is_open
from gongzhi.command.duties_text import DutyDraft
from gongzhi.command.models import CallAnswer, CallReport, DutiesMatrix, Says, StreetCall
from gongzhi.command.plan_text import Problem, words
from gongzhi.command.queries import UNFINISHED, area_over, needs_ruling, path_end, problem_sentence
from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.sensing.models import Report
from gongzhi.writing import day_and_time, listed

# Raising ------------------------------------------------------------------------------------


def caller_power(caller: Unit) -> str:
    """The power by which a unit calls: a street or community, or whoever calls firms together."""
    close = caller.kind == Kind.AREA and caller.tier in (Tier.STREET, Tier.COMMUNITY, Tier.GRID)
    return "raise_call" if close else "raise_joint_call"


def check_can_call(caller: Unit, called: Sequence[Unit], incident: Incident | None) -> None:
    """One calls departments that serve one's area and organisations inside it, each once."""
    if caller.kind not in (Kind.AREA, Kind.DEPARTMENT) or caller.tier == Tier.GRID:
        raise Malformed(
            _("A street, a community, a department or a district calls; %(unit)s is none of these.")
            % {"unit": caller},
            details={"caller": _("Choose an area of yours or a department.")},
        )
    if len({unit.pk for unit in called}) != len(called):
        raise Malformed(
            _("A unit is named twice. Name each once."),
            details={"departments": _("Name each unit once.")},
        )
    home = caller.parent if caller.kind == Kind.DEPARTMENT and caller.parent else caller
    serving = set(departments_serving(home).values_list("pk", flat=True)) - {caller.pk}
    strangers = [str(u) for u in called if u.pk not in serving and not _inside(u, home, caller)]
    if strangers:
        raise Malformed(
            _("These neither serve %(unit)s nor belong to it: %(units)s. Call others.")
            % {"unit": caller, "units": listed(strangers)},
            details={"departments": _("Choose departments of your tiers, or units of your area.")},
        )
    if incident is not None:
        check_is_open(incident)


def _inside(unit: Unit, home: Unit, caller: Unit) -> bool:
    """Whether an organisation belongs to the caller's area; areas get orders, not calls."""
    within = unit.path.startswith(home.path) and unit.pk not in (home.pk, caller.pk)
    return within and unit.kind != Kind.AREA


# Answering ----------------------------------------------------------------------------------


def answer_power(unit: Unit) -> str:
    """The power by which a unit answers: called departments, or whom one of them named."""
    return "answer_call" if unit.kind == Kind.DEPARTMENT else "answer_as_named"


def check_call_open(call: StreetCall) -> None:
    """A call that is closed or was taken back is not answered any more."""
    if call.state == StreetCall.State.WITHDRAWN:
        raise NotNow(
            _("%(street)s took this call back on %(when)s. There is nothing left to do.")
            % {"street": call.caller, "when": day_and_time(call.closed_at)}
        )
    if call.state != StreetCall.State.OPEN:
        raise NotNow(
            _("%(street)s closed this call on %(when)s. There is nothing left to do.")
            % {"street": call.caller, "when": day_and_time(call.closed_at)}
        )


def check_can_answer(answer: CallAnswer, says: Says) -> None:
    """A department answers, later says it comes after all, and does not refuse after a ruling."""
    check_call_open(answer.call)
    if says == Says.NOT_MINE and answer.ruled_at is not None:
        raise NotNow(
            _("%(name)s ruled on %(when)s that this is yours. Say when you come or what you need.")
            % {"name": answer.ruled_by, "when": day_and_time(answer.ruled_at)}
        )
    if says == Says.COMING and answer.state == CallAnswer.State.COMING:
        raise NotNow(
            _(
                "%(unit)s has said that it comes, by %(when)s. Is it another time or person? "
                "Change what was promised, and say why."
            )
            % {"unit": answer.department, "when": day_and_time(answer.arrive_by)}
        )
    check_answer_moves(answer, CallAnswer.State(says))


def check_can_change_promise(answer: CallAnswer) -> None:
    """Whoever is coming says a new arrival; whoever is on site, by when it will have finished."""
    check_call_open(answer.call)
    if answer.state not in (CallAnswer.State.COMING, CallAnswer.State.ARRIVED):
        raise NotNow(
            _("%(unit)s has promised no time (%(state)s). Answer the call instead.")
            % {"unit": answer.department, "state": answer.get_state_display()}
        )


def check_answer_moves(answer: CallAnswer, to: CallAnswer.State) -> None:
    """An answer moves only as its table of moves allows."""
    if to not in CallAnswer.MOVES[CallAnswer.State(answer.state)] or (
        answer.state == CallAnswer.State.NOT_MINE
    ):
        raise NotNow(
            _("%(unit)s stands at “%(state)s”; “%(to)s” does not follow from that.")
            % {"unit": answer.department, "state": answer.get_state_display(), "to": to.label}
        )


def check_says_enough(
    says: Says,
    arrive_minutes: int | None,
    reason: str,
    named: Unit | None,
    needed_from: Unit | None,
    unit: Unit,
) -> None:
    """Coming says when; needing says what; refusing says why, and names somebody else."""
    if says == Says.COMING and arrive_minutes is None:
        text = _("Say in how many minutes you arrive.")
        raise Malformed(text, details={"arrive_minutes": text})
    if says != Says.COMING and not reason:
        text = _("Say what you need, or why it is not yours.")
        raise Malformed(text, details={"reason": text})
    if says != Says.NOT_MINE and named is not None:
        text = _("Name somebody instead only when it is not yours.")
        raise Malformed(text, details={"named_instead": text})
    if named is not None and named.pk == unit.pk:
        text = _("You named yourself instead. Name the unit whose it is.")
        raise Malformed(text, details={"named_instead": text})
    if says != Says.NEEDS and needed_from is not None:
        text = _("Name who supplies it only when you need something.")
        raise Malformed(text, details={"needed_from": text})
    if needed_from is not None and needed_from.pk == unit.pk:
        text = _("You named yourself. Name the unit that can supply what you need.")
        raise Malformed(text, details={"needed_from": text})


def check_can_help(helper: CallAnswer) -> None:
    """Whoever has finished its part of a call is not asked for more in it."""
    if helper.state in (CallAnswer.State.DONE, CallAnswer.State.RELEASED):
        text = _("%(unit)s has finished its part of this call. Name another unit.") % {
            "unit": helper.department
        }
        raise NotNow(text, details={"needed_from": text})


# Ruling -------------------------------------------------------------------------------------


def check_can_rule(answer: CallAnswer, now: datetime) -> None:
    """A ruling is made when a called unit is silent beyond its time, or when all refuse."""
    check_call_open(answer.call)
    if not needs_ruling(answer, now):
        raise NotNow(
            _("Somebody has this duty already or still has time to answer. Wait for the answer.")
        )


def check_can_oblige(ruler: Unit, unit: Unit) -> None:
    """A ruling binds the units of whoever rules; over another's only their common superior rules.

    Left alone, the question climbs there by itself.
    """
    if not unit.path.startswith(ruler.path):
        raise NotAllowed(
            _(
                "%(unit)s is not under %(ruler)s and need not follow its ruling. Name a unit of "
                "your own, or leave it: the question climbs to %(upper)s when its time is over."
            )
            % {"unit": unit, "ruler": ruler, "upper": area_over(ruler, unit) or ruler}
        )


def check_can_read_ruling(answer: CallAnswer) -> None:
    """A ruling is read once by each unit that refused and was told whose it is."""
    if answer.overruled_by is None:
        raise NotNow(_("No ruling was made on this refusal. There is nothing to read."))
    if answer.ruling_read_at is not None:
        raise NotNow(
            _("%(name)s has read this ruling on %(when)s. There is nothing left to do.")
            % {"name": answer.ruling_read_by, "when": day_and_time(answer.ruling_read_at)}
        )


# The end ------------------------------------------------------------------------------------


def check_can_score(answer: CallAnswer) -> None:
    """The street scores once, when the work is done or the call is over."""
    if answer.score is not None:
        raise NotNow(_("This answer is scored already. A score stands once it is given."))
    withdrawn = answer.call.state == StreetCall.State.WITHDRAWN
    if answer.state != CallAnswer.State.DONE and withdrawn:
        raise NotNow(_("The call was taken back before it was done. There is nothing to score."))
    if answer.state != CallAnswer.State.DONE and answer.call.state == StreetCall.State.OPEN:
        raise NotNow(_("It is not done yet. Score it when it is, or after closing the call."))


def check_can_close(call: StreetCall) -> None:
    """A call is closed when each path has ended: done, or with somebody answering for it."""
    check_call_open(call)
    for answer in call.answers.select_related("department").order_by("id"):
        silent = answer.state == CallAnswer.State.WAITING and not answer.climbs.exists()
        refused = answer.state == CallAnswer.State.NOT_MINE and path_end(answer) is None
        if silent or refused or answer.state in ("needs", "coming", "arrived"):
            raise NotNow(
                _("%(unit)s has not finished (%(state)s). Close the call when all have.")
                % {"unit": answer.department, "state": answer.get_state_display()}
            )


def check_can_withdraw(call: StreetCall) -> None:
    """A call is taken back while somebody still works on it; what a reporter reopened is not."""
    check_call_open(call)
    if call.reopens_id is not None:
        raise NotNow(
            _("A reporter reopened this call; it is not taken back. Close it when all is done.")
        )
    if not call.answers.filter(state__in=UNFINISHED).exists():
        raise NotNow(_("Nobody is on it any more. Close the call."))


def check_can_reopen(call: StreetCall, within: timedelta, now: datetime) -> None:
    """A closed call is reopened once, within its time."""
    if call.state == StreetCall.State.WITHDRAWN:
        raise NotNow(
            _("%(street)s took this call back on %(when)s; it is not reopened. Report it anew.")
            % {"street": call.caller, "when": day_and_time(call.closed_at)}
        )
    if call.closed_at is None:
        raise NotNow(_("This call is still open. Tell the street what is missing."))
    later = StreetCall.objects.filter(reopens=call).first()
    if later is not None:
        raise NotNow(
            _("This call was reopened on %(when)s already. Follow the new one.")
            % {"when": day_and_time(later.raised_at)}
        )
    if now > call.closed_at + within:
        raise NotNow(
            _("This call was closed on %(when)s, more than %(days)s days ago. Report it anew.")
            % {"when": day_and_time(call.closed_at), "days": within.days}
        )


def check_reported(call: StreetCall, report: Report) -> CallReport:
    """Only a call about a report is reopened for whoever made that report."""
    link = CallReport.objects.filter(call=call, report=report).first()
    if link is None:
        text = _("This report is not what the call is about. Choose one of the call's reports.")
        raise Malformed(text, details={"report": text})
    return link


def check_code_known(code: str) -> CallReport:
    """The call a reporter's code belongs to: the last one, where it was reopened before."""
    links = CallReport.objects.filter(code=written(code)).select_related("call", "report__place")
    link = links.order_by("-call_id").first()
    if link is None:
        text = _("There is no call with this code. Look at it again, or ask your street.")
        raise NotFound(text, details={"reporter_code": text})
    return link


# The duties matrix --------------------------------------------------------------------------


@dataclass(frozen=True)
class FoundDuty:
    """A row of a matrix with its units found."""

    draft: DutyDraft
    area: Unit
    department: Unit
    together: tuple[Unit, ...]


class _Names:
    """The units that a matrix of an area may name, by code and by name."""

    def __init__(self, area: Unit) -> None:
        every = [*units_below(area), *departments_serving(area)]
        self.areas = _by_name(unit for unit in every if unit.kind == Kind.AREA)
        self.others = _by_name(unit for unit in every if unit.kind != Kind.AREA)

    def find(
        self, draft: DutyDraft, name: str, among: dict[str, Unit | None], problems: list[Problem]
    ) -> Unit | None:
        """The one unit of a code or a name; else a problem that names the nearest."""
        unit = among.get(name)
        if unit is None:
            sentence = words("There is no “%(name)s” here. Write the code or name: %(near)s?")
            if name in among:
                sentence = words("Several are called “%(name)s”. Write the code: %(near)s?")
            near = get_close_matches(name, among, 1, 0.3) or list(among)[:1] or ["?"]
            facts = (("name", name[:60]), ("near", near[0]))
            problems.append(Problem(draft.line, 1, sentence, facts))
        return unit


def _by_name(units: Iterable[Unit]) -> dict[str, Unit | None]:
    found: dict[str, Unit | None] = {}
    for unit in units:
        found[unit.code] = unit
        found[unit.name] = None if found.get(unit.name, unit) != unit else unit
    return found


def found_duties(area: Unit, drafts: Sequence[DutyDraft]) -> tuple[list[FoundDuty], list[Problem]]:
    """The rows with their units found, and what is wrong with the others."""
    known, problems = _Names(area), list[Problem]()
    found: list[FoundDuty] = []
    seen: dict[tuple[str, int], list[DutyDraft]] = {}
    for draft in drafts:
        place = known.find(draft, draft.area, known.areas, problems)
        unit = known.find(draft, draft.department, known.others, problems)
        helpers = [known.find(draft, name, known.others, problems) for name in draft.together]
        if place is None or unit is None or None in helpers:
            continue
        if not _serves(unit, place):
            sentence = words("%(unit)s does not serve %(area)s. Name a department that does.")
            facts = (("unit", str(unit)), ("area", str(place)))
            problems.append(Problem(draft.line, 1, sentence, facts))
            continue
        same = seen.setdefault((draft.subject, place.pk), [])
        problems += [_twice(draft, other) for other in same if _overlap(draft, other)][:1]
        same.append(draft)
        together = tuple(h for h in dict.fromkeys(helpers) if h is not None and h != unit)
        found.append(FoundDuty(draft, place, unit, together))
    return found, problems


def _serves(unit: Unit, area: Unit) -> bool:
    home = unit.path[:-STEP]
    return area.path.startswith(home) or home.startswith(area.path)


def _overlap(one: DutyDraft, other: DutyDraft) -> bool:
    return (one.ends_on or date.max) >= other.starts_on and (
        other.ends_on or date.max
    ) >= one.starts_on


def _twice(draft: DutyDraft, other: DutyDraft) -> Problem:
    sentence = words(
        "“%(subject)s” in %(area)s stands in line %(other)s for the same days. Keep one, or end "
        "one of them with a day under “till”."
    )
    facts = (("subject", draft.subject), ("area", draft.area), ("other", str(other.line)))
    return Problem(draft.line, 1, sentence, facts)


def check_duties_read(problems: Sequence[Problem]) -> None:
    """A matrix is adopted whole or not at all; every mistake is listed with its line."""
    if not problems:
        return
    lines = [
        _("Line %(line)s: %(sentence)s") % {"line": p.line, "sentence": problem_sentence(p)}
        for p in sorted(problems, key=lambda p: p.line)
    ]
    raise Malformed(
        _("The matrix has %(number)s problems. The first: %(first)s Mend them and adopt it again.")
        % {"number": len(lines), "first": lines[0]},
        details={"table": "\n".join(lines)},
    )


def check_matrix_is_new(before: DutiesMatrix | None, digest: str) -> None:
    """The text in force is not adopted a second time."""
    if before is not None and before.digest == digest:
        raise NotNow(
            _("Version %(version)s is in force with this very text. There is nothing left to do.")
            % {"version": before.version}
        )
