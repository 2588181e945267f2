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
from gongzhi.writing import among, in_a_row

WIDE = 220
"""Width of one order's box, in units of the drawing; it is as high as the longest words need."""
GAP_X, GAP_Y = 48, 12
HEAD = 216
"""Width of the column that names the bands."""
LINE = 30
"""Halves of a Chinese letter that fit into one line of a box."""
LINE_UNDER = 35
"""The same for the smaller letters under them."""
LEAD, PAD = 15, 10
"""Height of a small line, and the free space at the edges of a band."""
MOST_ROWS = 3
"""Boxes that stand under one another; what begins at the same time goes on in the next column."""
MOST_LINES = 4
"""Lines of a title in its box; what does not fit ends in three dots."""
TOP = 26
"""Height of the line of a band that says the times of its columns."""
STEP_WIDE, STEP_HIGH = 132, 24
"""Size of one step of a ladder."""


@dataclass(frozen=True)
class Label:
    """A line of text: where it begins, and how it looks."""

    x: int
    y: int
    text: str
    style: str = "plan-under"


@dataclass(frozen=True)
class Box:
    """One order of the diagram: where it stands, and its words from its own corner on."""

    key: str
    x: int
    y: int
    labels: tuple[Label, ...]


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
    box_height: int
    frames: tuple[Frame, ...]
    labels: tuple[Label, ...]
    boxes: tuple[Box, ...]
    curves: tuple[str, ...]


def drawing_of(plan: PlanFile) -> Drawing:
    """Lay a plan out: a band for each phase, then who learns of lateness, measures and the end."""
    times = _times(plan)
    bands = [name for name in ("", *(p.phase for p in plan.phases)) if _of(plan, name)]
    columns = {name: _columns(plan, name, times) for name in bands}
    spots = {
        order.key: Spot(number, column, row)
        for number, name in enumerate(bands)
        for column, orders in enumerate(columns[name])
        for row, order in enumerate(orders)
    }
    wanted = [(before, o.key) for o in plan.orders for before in o.after]
    lanes = routes(spots, wanted, most_columns=max(map(len, columns.values())))
    width = HEAD + lanes.left + max(map(len, columns.values())) * (WIDE + lanes.gap)
    sheet = _Sheet(plan, width, times)
    for number, name in enumerate(bands):
        begins = [times[orders[0].key][0] for orders in columns[name]]
        sheet.band(name, begins, spots, lanes.above[number], lanes.left, lanes.gap)
    sheet.ladders()
    sheet.end()
    curves = (lanes.path(edge, sheet.tops, sheet.places, WIDE, sheet.high) for edge in wanted)
    return Drawing(
        width, sheet.y, sheet.high, tuple(sheet.frames), tuple(sheet.labels), tuple(sheet.boxes),
        tuple(curves),
    )  # fmt: skip


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


def _columns(
    plan: PlanFile, phase: str, times: dict[str, tuple[int, int]]
) -> list[list[PlanOrder]]:
    """The orders of a phase by when they begin; what is due first stands first."""
    found: list[list[PlanOrder]] = []
    for begins in sorted({times[order.key][0] for order in _of(plan, phase)}):
        here = [order for order in _of(plan, phase) if times[order.key][0] == begins]
        here.sort(key=lambda order: times[order.key][1])
        found += [here[n : n + MOST_ROWS] for n in range(0, len(here), MOST_ROWS)]
    return found


class _Sheet:
    """The sheet as it is filled, band after band from the top."""

    def __init__(self, plan: PlanFile, width: int, times: dict[str, tuple[int, int]]) -> None:
        self.plan, self.width, self.y = plan, width, 0
        self.words = {o.key: _words_of(o, times[o.key][1]) for o in plan.orders}
        self.high = max(found[-1].y for found in self.words.values()) + PAD
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
                y = top + spot.row * (self.high + GAP_Y)
                self.places[order.key] = x, y
                self.boxes.append(Box(order.key, x, y, self.words[order.key]))
                rows = max(rows, spot.row + 1)
        self._close(self._head(*self._tests(name)), top + rows * (self.high + GAP_Y) - GAP_Y)

    def _tests(self, name: str) -> tuple[str, list[str]]:
        phase = next((p for p in self.plan.phases if p.phase == name), None)
        if phase is None:
            return _("With the plan"), [
                _("begins with: %(tests)s") % {"tests": begins_words(self.plan.trigger)}
            ]
        return phase_name(name), [
            _("begins with: %(tests)s") % {"tests": begins_words(phase.enter)},
            _("is over with: %(tests)s") % {"tests": ends_words(phase.leave)},
        ]

    def _head(self, title: str, texts: Sequence[str]) -> int:
        """The words at the left of a band; gives where they end."""
        y = self.y + 20 - LEAD
        for line in wrapped(title):
            y += LEAD
            self.labels.append(Label(PAD, y, line, "plan-title"))
        for text in texts:
            y += 4
            for line in wrapped_under(text, LINE_UNDER - 2, lines=9):
                y += LEAD
                self.labels.append(Label(PAD, y, line))
        return y

    def _close(self, words_end: int, boxes_end: int) -> None:
        """Put the band behind what stands on it, and go on below it."""
        bottom = max(words_end, boxes_end) + PAD
        self.frames.insert(0, Frame(0, self.y, self.width, bottom - self.y, "plan-band"))
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
            y = self._ladder(ladder, among(whose), y) + PAD
        self._close(words_end, y - PAD)

    def _ladder(self, ladder: tuple[Rung, ...], whose: str, y: int) -> int:
        x = HEAD
        for rung in ladder:
            self.frames.append(Frame(x, y, STEP_WIDE, STEP_HIGH, "plan-step"))
            text = f"{ladder_whom(rung)} +{span(rung.minutes)}"
            self.labels.append(Label(x + 8, y + 16, wrapped_under(text, 21, lines=1)[0]))
            x += STEP_WIDE
            self.labels.append(Label(x + 6, y + 16, "→", "plan-time"))
            x += 24
        room = max(20, (self.width - x - PAD) // 6)
        lines = wrapped_under(whose, room, lines=3)
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
                words_end = self._head(title, [])
                rows = [self.y + 20 + n * (LEAD + 2) for n in range(len(texts))]
                self.labels += [Label(HEAD, y, text) for y, text in zip(rows, texts, strict=True)]
                self._close(words_end, rows[-1])


def _from(minutes: int) -> str:
    return _("from +%(time)s") % {"time": span(minutes)} if minutes else _("at once")


def _words_of(order: PlanOrder, due: int) -> tuple[Label, ...]:
    """What stands in the box of an order: its title, who receives it, when it is due with what."""
    needs = [_("due +%(time)s") % {"time": span(due)}, evidence_words(order.evidence_kinds)]
    under = [
        *wrapped_under(receiver_words(order.to)),
        *wrapped_under(" · ".join(filter(None, needs))),
    ]
    titles = wrapped(spoken(order.title), lines=MOST_LINES)
    found = [Label(PAD, 20 + 16 * n, text, "plan-title") for n, text in enumerate(titles)]
    first = found[-1].y + LEAD + 3
    return (*found, *(Label(PAD, first + LEAD * n, text) for n, text in enumerate(under)))


def span(minutes: int) -> str:
    """A time as people say it: minutes below two hours, then hours, days, never a fraction."""
    if minutes < 120 and minutes != 60:
        return _("%(n)s min") % {"n": minutes}
    days, rest = divmod(minutes, 1440)
    parts = [(days, _("%(n)s d")), (rest // 60, _("%(n)s h")), (rest % 60, _("%(n)s min"))]
    said = [text % {"n": n} for n, text in parts if n]
    return in_a_row(said)


def wrapped(text: str, *, lines: int = 2) -> tuple[str, ...]:
    """A bold text in at most so many lines; what does not fit ends in three dots."""
    return _broken(text, LINE, lines, bold=True)


def wrapped_under(text: str, line_width: int = LINE_UNDER, *, lines: int = 2) -> tuple[str, ...]:
    """The same for the smaller letters under it, which are not bold."""
    return _broken(text, line_width, lines, bold=False)


def _broken(text: str, line_width: int, lines: int, bold: bool) -> tuple[str, ...]:
    found, line, width = [], "", 0.0
    for piece in _pieces(text):
        size = sum(_width(letter, bold) for letter in piece)
        if line and width + size > line_width:
            found.append(line.rstrip())
            line, width = "", 0.0
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


NARROW, BROAD = frozenset(" .,:;'!|()[]fijlrtI1"), frozenset("mwMW%")


def _width(letter: str, bold: bool) -> float:
    """How wide a letter is set, in halves of a Chinese one, told for the widest of usual faces.

    The page is drawn without knowing the reader's letters.
    """
    if ord(letter) > 0x2E80:
        return 2
    wide = (
        0.9 if letter in NARROW else 1.6 if letter in BROAD else 1.45 if letter.isupper() else 1.3
    )
    return wide if bold else wide * 0.88
