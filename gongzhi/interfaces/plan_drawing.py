"""The diagram of a plan: its phases as bands, the orders of each along time, what waits for what.

A band begins with the phase's name and its tests. Its columns are the moments at which its orders
begin, counted from the phase's own beginning when every order takes all the time it is allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from gongzhi.command.plan_values import PlanFile, PlanOrder, Rung
from gongzhi.command.queries import spoken
from gongzhi.interfaces.order_needs import evidence_words, ladder_whom
from gongzhi.interfaces.plan_routes import Spot, routes
from gongzhi.interfaces.plan_words import begins_words, ends_words, phase_name, receiver_words

WIDE, HIGH = 220, 82
"""Size of one order's box, in units of the drawing."""
GAP_X, GAP_Y = 48, 12
HEAD = 216
"""Width of the column that names the bands."""
LINE = 25
"""Half-width letters that fit into one line of a box; Chinese letters count as two."""
LINE_UNDER = 34
"""The same for the smaller letters under them."""
LEAD, PAD = 15, 10
"""Height of a small line, and the free space at the edges of a band."""
TOP = 26
"""Height of the line of a band that says the times of its columns."""
STEP_WIDE, STEP_HIGH = 132, 24
"""Size of one step of a ladder."""


@dataclass(frozen=True)
class Box:
    """One order of the diagram: where it stands and what it says."""

    key: str
    x: int
    y: int
    lines: tuple[str, ...]
    under: tuple[str, ...]


@dataclass(frozen=True)
class Label:
    """A line of text: where it begins, and how it looks."""

    x: int
    y: int
    text: str
    style: str = "plan-under"


@dataclass(frozen=True)
class Frame:
    """A rectangle: a band, or a step of a ladder."""

    x: int
    y: int
    width: int
    height: int
    style: str


@dataclass(frozen=True)
class Drawing:
    """A plan as bands, boxes, the lines between them, and words."""

    width: int
    height: int
    frames: tuple[Frame, ...]
    labels: tuple[Label, ...]
    boxes: tuple[Box, ...]
    curves: tuple[str, ...]


def drawing_of(plan: PlanFile) -> Drawing:
    """Lay a plan out: a band for each phase, then who learns of lateness, measures and the end."""
    times = _times(plan)
    bands = [name for name in ("", *(p.phase for p in plan.phases)) if _of(plan, name)]
    columns = {name: sorted({times[o.key][0] for o in _of(plan, name)}) for name in bands}
    spots = _spots(plan, bands, columns, times)
    wanted = [(before, o.key) for o in plan.orders for before in o.after]
    lanes = routes(spots, wanted, most_columns=max(map(len, columns.values())))
    width = HEAD + lanes.left + max(map(len, columns.values())) * (WIDE + lanes.gap)
    sheet = _Sheet(plan, width, times)
    for number, name in enumerate(bands):
        sheet.band(name, columns[name], spots, lanes.above[number], lanes.left, lanes.gap)
    sheet.ladders()
    sheet.end()
    curves = tuple(lanes.path(edge, sheet.tops, sheet.places, WIDE, HIGH) for edge in wanted)
    return Drawing(
        width, sheet.y, tuple(sheet.frames), tuple(sheet.labels), tuple(sheet.boxes), curves
    )


def _of(plan: PlanFile, phase: str) -> list[PlanOrder]:
    return [order for order in plan.orders if order.phase == phase]


def _times(plan: PlanFile) -> dict[str, tuple[int, int]]:
    """When each order begins and is due, in minutes from the beginning of its own phase."""
    found: dict[str, tuple[int, int]] = {}
    for step in plan.stages():
        for order in step:
            before = [found[k][1] for k in order.after if plan.order(k).phase == order.phase]
            begins = max(before, default=0)
            found[order.key] = begins, begins + order.minutes
    return found


def _spots(
    plan: PlanFile,
    bands: Sequence[str],
    columns: dict[str, list[int]],
    times: dict[str, tuple[int, int]],
) -> dict[str, Spot]:
    """Band, column and row of each order; within a column, what is due first stands first."""
    spots: dict[str, Spot] = {}
    for number, name in enumerate(bands):
        for column, begins in enumerate(columns[name]):
            here = [o for o in _of(plan, name) if times[o.key][0] == begins]
            for row, order in enumerate(sorted(here, key=lambda o: times[o.key][1])):
                spots[order.key] = Spot(number, column, row)
    return spots


class _Sheet:
    """The sheet as it is filled, band after band from the top."""

    def __init__(self, plan: PlanFile, width: int, times: dict[str, tuple[int, int]]) -> None:
        self.plan, self.width, self.times = plan, width, times
        self.y = 0
        self.frames: list[Frame] = []
        self.labels: list[Label] = []
        self.boxes: list[Box] = []
        self.tops: list[int] = []
        self.places: dict[str, tuple[int, int]] = {}

    def band(
        self, name: str, begins: list[int], spots: dict[str, Spot], above: int, left: int, gap: int
    ) -> None:
        """One phase: its name and tests at the left, its orders along its own time."""
        number = len(self.tops)
        self.y += above
        self.tops.append(self.y)
        for column, minutes in enumerate(begins):
            x = HEAD + left + column * (WIDE + gap)
            self.labels.append(Label(x, self.y + 18, _from(minutes), "plan-time"))
        top, rows = self.y + TOP, 0
        for order in self.plan.orders:
            spot = spots[order.key]
            if spot.band == number:
                x = HEAD + left + spot.column * (WIDE + gap)
                y = top + spot.row * (HIGH + GAP_Y)
                self.places[order.key] = x, y
                self.boxes.append(_box(order, x, y, self.times[order.key][1]))
                rows = max(rows, spot.row + 1)
        self._close(self._head(*self._tests(name)), top + rows * (HIGH + GAP_Y) - GAP_Y, "band")

    def _tests(self, name: str) -> tuple[str, list[str]]:
        phase = next((p for p in self.plan.phases if p.phase == name), None)
        if phase is None:
            return _("With the plan"), [_("begins with: %(tests)s") % _tests(self.plan.trigger)]
        return phase_name(name), [
            _("begins with: %(tests)s") % _tests(phase.enter),
            _("is over with: %(tests)s") % {"tests": ends_words(phase.leave)},
        ]

    def _head(self, title: str, texts: Sequence[str]) -> int:
        """The words at the left of a band; gives where they end."""
        self.labels.append(Label(PAD, self.y + 20, title, "plan-title"))
        y = self.y + 20
        for text in texts:
            y += 4
            for line in wrapped(text, LINE_UNDER - 2, lines=9):
                y += LEAD
                self.labels.append(Label(PAD, y, line))
        return y

    def _close(self, words_end: int, boxes_end: int, style: str) -> None:
        bottom = max(words_end, boxes_end) + PAD
        self.frames.append(Frame(0, self.y, self.width, bottom - self.y, f"plan-{style}"))
        self.y = bottom

    def ladders(self) -> None:
        """Who learns in turn that an order is late: the plan's ladder, then those of orders."""
        own = [(order, order.escalation) for order in self.plan.orders if order.escalation]
        by_ladder: dict[tuple[Rung, ...], list[str]] = {}
        if self.plan.escalation:
            by_ladder[self.plan.escalation] = [_("all other orders") if own else _("all orders")]
        for order, ladder in own:
            by_ladder.setdefault(ladder, []).append(spoken(order.title))
        if not by_ladder:
            return
        self.y += GAP_Y
        words_end = self._head(_("When an order is late"), [_("who learns of it, step by step")])
        y = self.y + PAD
        for ladder, whose in by_ladder.items():
            y = self._ladder(ladder, "; ".join(whose), y) + PAD
        self._close(words_end, y - PAD, "band")

    def _ladder(self, ladder: tuple[Rung, ...], whose: str, y: int) -> int:
        x = HEAD
        for rung in ladder:
            self.frames.append(Frame(x, y, STEP_WIDE, STEP_HIGH, "plan-step"))
            text = f"{ladder_whom(rung)} +{span(rung.minutes)}"
            self.labels.append(Label(x + 8, y + 16, wrapped(text, 20, lines=1)[0]))
            x += STEP_WIDE
            self.labels.append(Label(x + 6, y + 16, "→", "plan-time"))
            x += 24
        room = max(20, (self.width - x - PAD) // 6)
        lines = wrapped(whose, room, lines=3)
        for number, line in enumerate(lines):
            self.labels.append(Label(x, y + 16 + number * LEAD, line))
        self.labels.pop(-1 - len(lines))  # no arrow after the last step
        return y + max(STEP_HIGH, len(lines) * LEAD + 4)

    def end(self) -> None:
        """Measures with their days, and what is taken back."""
        lists = [
            (_("Measures"), [f"{spoken(m.title)} · {span(m.days * 1440)}" for m in
                             self.plan.measures]),
            (_("To be wound down at the end"), [spoken(words) for words in self.plan.wind_down]),
        ]  # fmt: skip
        for title, texts in lists:
            if texts:
                self.y += GAP_Y
                words_end = self._head("", [])
                self.labels[-1:] = [
                    Label(PAD, self.y + 20 + n * LEAD, line, "plan-title")
                    for n, line in enumerate(wrapped(title, LINE, lines=2))
                ]
                for number, text in enumerate(texts):
                    self.labels.append(Label(HEAD, self.y + 20 + number * (LEAD + 2), text))
                self._close(words_end, self.y + 20 + (len(texts) - 1) * (LEAD + 2), "band")


def _tests(trigger: object) -> dict[str, str]:
    return {"tests": begins_words(trigger)}  # type: ignore[arg-type]


def _from(minutes: int) -> str:
    return _("from +%(time)s") % {"time": span(minutes)} if minutes else _("at once")


def _box(order: PlanOrder, x: int, y: int, due: int) -> Box:
    needs = [_("due +%(time)s") % {"time": span(due)}, evidence_words(order.evidence_kinds)]
    under = (receiver_words(order.to), " · ".join(filter(None, needs)))
    return Box(
        key=order.key, x=x, y=y, lines=wrapped(spoken(order.title)),
        under=tuple(wrapped(text, LINE_UNDER, lines=1)[0] for text in under),
    )  # fmt: skip


def span(minutes: int) -> str:
    """A time as people say it: minutes below two hours, days from two days on."""
    for size, text in ((1440, _("%(n)s d")), (60, _("%(n)s h"))):
        if minutes >= 2 * size or minutes == size:
            return text % {"n": f"{minutes / size:.3g}"}
    return _("%(n)s min") % {"n": minutes}


def wrapped(text: str, line_width: int = LINE, *, lines: int = 2) -> tuple[str, ...]:
    """A text in at most so many lines; what does not fit ends in three dots."""
    found, line, width = [], "", 0
    for piece in _pieces(text):
        size = _width(piece)
        if line and width + size > line_width:
            found.append(line.rstrip())
            line, width = "", 0
        line, width = line + piece, width + size
    found.append(line.rstrip())
    if len(found) > lines:
        found = [*found[: lines - 1], found[lines - 1] + "…"]
    return tuple(found)


def _pieces(text: str) -> list[str]:
    """Where a line may break: after each Chinese letter, between other words."""
    pieces: list[str] = []
    word = ""
    for letter in text:
        if ord(letter) > 0x2E80:
            pieces += [word, letter] if word else [letter]
            word = ""
        elif letter == " ":
            pieces.append(word + " ")
            word = ""
        else:
            word += letter
    return [*pieces, word] if word else pieces


def _width(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
