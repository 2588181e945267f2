"""The diagram of a plan: its orders in steps from left to right, and what waits for what."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gongzhi.actors.queries import Kind, Tier
from gongzhi.command.plan_values import PlanFile, PlanOrder, Receiver
from gongzhi.command.queries import spoken

WIDE, HIGH = 220, 64
"""Size of one order's box, in units of the drawing."""
GAP_X, GAP_Y = 56, 16
LINE = 25
"""Half-width letters that fit into one line of a box; Chinese letters count as two."""
LINE_UNDER = 34
"""The same for the smaller letters under them."""


STYLE = (
    "text{font-family:'Noto Sans','Noto Sans CJK SC',sans-serif;fill:#1a1a1a}"
    ".plan-title{font-size:13px;font-weight:600}.plan-under{font-size:11px;fill:#555}"
    ".plan-box{fill:#fff;stroke:#1a1a1a}.plan-curve{fill:none;stroke:#888;stroke-width:1.5}"
)
"""How a drawing looks where no page lends it its own style."""
MARGIN = 12


@dataclass(frozen=True)
class Box:
    """One order of the diagram: where it stands and what it says."""

    key: str
    x: int
    y: int
    lines: tuple[str, ...]
    under: str

    @property
    def left(self) -> tuple[int, int]:
        """Where a line comes in."""
        return self.x, self.y + HIGH // 2

    @property
    def right(self) -> tuple[int, int]:
        """Where a line goes out."""
        return self.x + WIDE, self.y + HIGH // 2


@dataclass(frozen=True)
class Drawing:
    """A plan as boxes and the curves between them."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    curves: tuple[str, ...]


def drawing_of(plan: PlanFile) -> Drawing:
    """Lay a plan out: a column for each step, a curve from each prerequisite."""
    steps = plan.stages()
    boxes = {
        order.key: _box(order, column, row)
        for column, step in enumerate(steps)
        for row, order in enumerate(step)
    }
    curves = tuple(
        _curve(boxes[before], boxes[order.key]) for order in plan.orders for before in order.after
    )
    tallest = max(len(step) for step in steps)
    return Drawing(
        width=len(steps) * (WIDE + GAP_X) - GAP_X,
        height=tallest * (HIGH + GAP_Y) - GAP_Y,
        boxes=tuple(boxes.values()),
        curves=curves,
    )


def _box(order: PlanOrder, column: int, row: int) -> Box:
    return Box(
        key=order.key, x=column * (WIDE + GAP_X), y=row * (HIGH + GAP_Y),
        lines=wrapped(spoken(order.title)),
        under=wrapped(receiver_words(order.to), LINE_UNDER, lines=1)[0],
    )  # fmt: skip


def receiver_words(to: Receiver) -> str:
    """Who receives an order, in the reader's language: "every department: health, city"."""
    each = Tier(to.each).label if to.each in Tier.values else Kind(to.each).label
    more = [
        _(to.subject.replace("_", " ")) if to.subject else "",
        Tier(to.tier).label if to.tier else "",
    ]
    details = ", ".join(filter(None, map(str, more)))
    said = _("every %(each)s") % {"each": each}
    return f"{said}: {details}" if details else said


def _curve(start: Box, end: Box) -> str:
    (x1, y1), (x2, y2) = start.right, end.left
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"


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


def svg_of(plan: PlanFile) -> str:
    """The diagram of a plan as a file of its own (SVG 1.1), with its name as the title."""
    drawing = drawing_of(plan)
    width, height = drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"{-MARGIN} {-MARGIN} {width} {height}",
            "width": str(width),
            "height": str(height),
            "xml:lang": get_language() or "zh-hans",
        },
    )
    _element(root, "title", f"{spoken(plan.title)} {plan.version}")
    _element(root, "style", STYLE)
    for curve in drawing.curves:
        _element(root, "path", **{"class": "plan-curve", "d": curve})
    for box in drawing.boxes:
        _draw(root, box)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _draw(root: ElementTree.Element, box: Box) -> None:
    group = _element(root, "g", transform=f"translate({box.x} {box.y})")
    _element(group, "rect", **{"class": "plan-box", "width": str(WIDE), "height": str(HIGH)})
    for number, line in enumerate(box.lines):
        _element(
            group, "text", line, **{"class": "plan-title", "x": "10", "y": str(20 + 17 * number)}
        )
    _element(group, "text", box.under, **{"class": "plan-under", "x": "10", "y": "56"})


def _element(
    parent: ElementTree.Element, tag: str, text: str | None = None, /, **attributes: str
) -> ElementTree.Element:
    found = ElementTree.SubElement(parent, tag, attributes)
    found.text = text
    return found
