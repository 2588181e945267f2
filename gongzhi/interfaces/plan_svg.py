"""The diagram of a plan as an SVG file of its own, for print and for other programs."""

from __future__ import annotations

from xml.etree import ElementTree

from django.utils.translation import get_language

from gongzhi.command.plan_values import PlanFile
from gongzhi.command.queries import spoken
from gongzhi.interfaces.plan_drawing import WIDE, Drawing, Label, drawing_of

STYLE = (
    "text{font-family:'Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;"
    "fill:#1a1a1a}"
    ".plan-name{font-size:18px;font-weight:600}"
    ".plan-title{font-size:13px;font-weight:600}.plan-under{font-size:11px;fill:#444}"
    ".plan-time{font-size:11px;font-weight:600;fill:#444}"
    ".plan-band{fill:#f4f4f2;stroke:#bbb}.plan-box{fill:#fff;stroke:#1a1a1a}"
    ".plan-step{fill:#fff;stroke:#666}.plan-curve{fill:none;stroke:#555;stroke-width:1.2}"
    ".plan-tip{fill:#555}"
)
"""How a drawing looks where no page lends it its own style; it prints in black and white."""
MARGIN, HEAD = 12, 34


def svg_of(plan: PlanFile) -> str:
    """The diagram of a plan as a file of its own (SVG 1.1), with its name as the title."""
    drawing = drawing_of(plan)
    width, height = drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN + HEAD
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"{-MARGIN} {-MARGIN - HEAD} {width} {height}",
            "width": str(width),
            "height": str(height),
            "xml:lang": get_language() or "zh-hans",
        },
    )
    name = f"{spoken(plan.title)} {plan.version}"
    _element(root, "title", name)
    _element(root, "style", STYLE)
    _tip(root)
    _element(root, "text", name, **{"class": "plan-name", "x": "0", "y": str(-MARGIN - 2)})
    _draw(root, drawing)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _tip(root: ElementTree.Element) -> None:
    """The point of an arrow."""
    marker = _element(
        _element(root, "defs"), "marker", id="plan-tip", viewBox="0 0 8 8", refX="8", refY="4",
        markerWidth="7", markerHeight="7", orient="auto",
    )  # fmt: skip
    _element(marker, "path", **{"class": "plan-tip", "d": "M0 0L8 4L0 8z"})


def _draw(root: ElementTree.Element, drawing: Drawing) -> None:
    for frame in drawing.frames:
        _element(
            root, "rect", **{"class": frame.style}, x=str(frame.x), y=str(frame.y),
            width=str(frame.width), height=str(frame.height),
        )  # fmt: skip
    for curve in drawing.curves:
        _element(
            root, "path", **{"class": "plan-curve", "d": curve, "marker-end": "url(#plan-tip)"}
        )
    for label in drawing.labels:
        _text(root, label)
    for box in drawing.boxes:
        group = _element(root, "g", transform=f"translate({box.x} {box.y})")
        size = {"width": str(WIDE), "height": str(drawing.box_height)}
        _element(group, "rect", **{"class": "plan-box", **size})
        for label in box.labels:
            _text(group, label)


def _text(parent: ElementTree.Element, label: Label) -> None:
    _element(parent, "text", label.text, **{"class": label.style}, x=str(label.x), y=str(label.y))


def _element(
    parent: ElementTree.Element, tag: str, text: str | None = None, /, **attributes: str
) -> ElementTree.Element:
    found = ElementTree.SubElement(parent, tag, attributes)
    found.text = text
    return found
