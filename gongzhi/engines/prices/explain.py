"""Results in plain sentences, for the command line and for whoever reads a log."""

from .values import Basis, Judged, Segment, Verdict


def sentence(one: Judged) -> str:
    """What was found about one seller's item, and why."""
    head = f"{one.seller}, {one.item}: {one.now:.2f} a piece with delivery"
    if one.was is not None and one.rise is not None:
        then = "in its own baseline" if one.basis is Basis.OWN_BASELINE else "when it began"
        head += f", {one.was:.2f} {then} ({one.rise:+.0%})"
    if one.segment is None or one.overprice is None or one.score is None:
        return f"{head}. Not judged: fewer sellers of it than a comparison needs."
    compared = f"{head}. {_others(one, one.segment)}"
    if one.verdict is Verdict.UNIT_DOUBTED:
        times = one.overprice + 1
        factor = times if times >= 1 else 1 / times
        return f"{compared} Out by a factor of {factor:.3g}, like a pack size: check the unit."
    if one.verdict is Verdict.FLAGGED:
        return (
            f"{compared} That is {one.overprice:+.0%} and {one.score:.1f} spreads above them: "
            "ask for invoices."
        )
    return f"{compared} {one.score:+.1f} spreads from them: ordinary."


def _others(one: Judged, segment: Segment) -> str:
    where = ", ".join(
        filter(None, (segment.region or "all regions", segment.channel or "all channels"))
    )
    what = "ask" if one.basis is Basis.SEGMENT_PRICE else "rose to"
    return (
        f"The {segment.sellers} sellers of it ({where}) {what} what would be "
        f"{one.expected:.2f} here."
    )
