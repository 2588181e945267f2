"""The slow, obviously right twins: on dictionaries and exact fractions, without any solver.

`best_worth`: every piece its own edge; successive shortest paths found by Bellman and Ford: send
along the cheapest way from supply to need, with ways to take back what was sent before, until the
cheapest way costs as much as it brings. Ford and Fulkerson, Flows in Networks (1962).
`best_relaxed`: the program in fractions of pieces, with partial substitutes and lanes; the simplex
method on a tableau with Bland's rule (Mathematics of Operations Research 2(2), 1977).
"""

from fractions import Fraction

from .arcs import Arc
from .problem import Problem
from .values import POINT, Need, Policy

Node = tuple[str, str]
Edge = tuple[Node, Node, str]
SOURCE, SINK = ("source", ""), ("sink", "")


def best_worth(problem: Problem, *, policy: Policy) -> int:
    """The largest worth any plan of the problem can have, in thousandths of a point."""
    room, price = _edges(problem, policy)
    earned = 0
    while path := _cheapest_path(room, price):
        cost = sum(_price(price, edge) for edge in path)
        if cost >= 0:
            break
        pieces = min(room[edge] for edge in path)
        earned -= cost * pieces
        for edge in path:
            room[edge] -= pieces
            room[_reverse(edge)] = room.get(_reverse(edge), 0) + pieces
    under_way = (
        _worth_of(need, _frozen_to(problem, need), problem, policy) for need in problem.needs
    )
    return earned + sum(under_way)


def worth_of_flows(problem: Problem, flows: dict[tuple[str, str], int], *, policy: Policy) -> int:
    """Worth of any plan, added up from (offer, need) -> pieces, dispatched pieces included."""
    frozen = _committed(problem, frozen=True)
    promised = _committed(problem, frozen=False)
    cost = {(arc.offer, arc.need): arc.cost_milli for arc in problem.arcs}
    effect = {(arc.offer, arc.need): round(arc.efficacy * 1000) for arc in problem.arcs}
    worth = 0
    for need in problem.needs:
        rows = [(pair, pieces) for pair, pieces in flows.items() if pair[1] == need.key]
        units = sum(pieces * effect.get(pair, 1000) for pair, pieces in rows)
        worths = _piece_worths(need, problem, policy)
        worth += sum(worths[: units // 1000]) * 1000
        worth += units % 1000 * (worths[units // 1000 :] or [0])[0]
    worth //= 1000
    for pair, pieces in flows.items():
        moved = pieces - frozen.get(pair, 0)
        worth -= moved * cost.get(pair, 0)
        worth += min(moved, promised.get(pair, 0)) * policy.keep_bonus * POINT
    return worth


def floor_of(need: Need, problem: Problem, policy: Policy) -> int:
    """Floor of one need in pieces: its share rounded down, then the pieces left by rounding."""
    usable = _eligible(problem)
    givers, reached = {arc.offer for arc in usable}, {arc.need for arc in usable}
    frozen = _committed(problem, frozen=True)
    supply = sum(offer.quantity for offer in problem.offers if offer.key in givers)
    supply += sum(pieces for (offer, _), pieces in frozen.items() if offer not in givers)
    takers = [row for row in problem.needs if row.key in reached]
    demand = sum(row.quantity for row in takers)
    for row in problem.needs:
        if row not in takers:
            demand += min(row.quantity, _frozen_to(problem, row))
    if demand == 0:
        return 0
    wish = Fraction(str(policy.floor_fraction)) * supply / demand
    share = min(Fraction(str(policy.floor_cap)), wish)
    given = {row.key: int(share * row.quantity) for row in problem.needs}
    pot = int(share * sum(row.quantity for row in takers)) - sum(given[r.key] for r in takers)
    queue = sorted(takers, key=lambda r: (given[r.key] - share * r.quantity, r.tier, r.key))
    return given[need.key] + (need in queue[:pot])


def _eligible(problem: Problem) -> list[Arc]:
    """Arcs that may be used: not barred, and there in time."""
    ready = {offer.key: offer.ready_in_h for offer in problem.offers}
    due = {need.key: need.due_in_h for need in problem.needs}
    return [
        arc
        for arc in problem.arcs
        if not arc.barred and ready[arc.offer] + arc.lead_h <= due[arc.need]
    ]


def _committed(problem: Problem, *, frozen: bool) -> dict[tuple[str, str], int]:
    return {
        (row.offer, row.need): row.quantity for row in problem.committed if row.frozen is frozen
    }


def _frozen_to(problem: Problem, need: Need) -> int:
    rows = _committed(problem, frozen=True).items()
    return sum(pieces for (_, key), pieces in rows if key == need.key)


def _piece_worths(need: Need, problem: Problem, policy: Policy) -> list[int]:
    """Worth of the need's first piece, its second, and so on, in thousandths of a point."""
    weight = policy.tier_weights[need.tier - 1] * POINT
    floor = floor_of(need, problem, policy)
    rest = need.quantity - floor if need.confirmed else 0
    worths = [policy.floor_value * POINT + weight] * floor
    for segment in range(policy.segments):
        size = rest // policy.segments + (1 if segment < rest % policy.segments else 0)
        worths += [weight * (policy.segments - segment) // policy.segments] * size
    return worths


def _worth_of(need: Need, got: int, problem: Problem, policy: Policy) -> int:
    return sum(_piece_worths(need, problem, policy)[:got])


def _edges(problem: Problem, policy: Policy) -> tuple[dict[Edge, int], dict[Edge, int]]:
    """Room and price of every edge: source to offers, arcs, and each single piece to the sink."""
    room: dict[Edge, int] = {}
    price: dict[Edge, int] = {}

    def lay(tail: Node, head: Node, label: str, pieces: int, cost: int) -> None:
        room[tail, head, label] = pieces
        price[tail, head, label] = cost

    frozen, promised = _committed(problem, frozen=True), _committed(problem, frozen=False)
    for offer in problem.offers:
        gone = sum(pieces for (key, _), pieces in frozen.items() if key == offer.key)
        lay(SOURCE, ("offer", offer.key), "", offer.quantity - gone, 0)
    for arc in _eligible(problem):
        ends = ("offer", arc.offer), ("need", arc.need)
        kept = promised.get((arc.offer, arc.need), 0)
        lay(*ends, "promised", kept, arc.cost_milli - policy.keep_bonus * POINT)
        lay(*ends, "free", 10**12, arc.cost_milli)
    for need in problem.needs:
        worths = _piece_worths(need, problem, policy)
        for number in range(_frozen_to(problem, need), len(worths)):
            lay(("need", need.key), SINK, str(number), 1, -worths[number])
    return room, price


def _reverse(edge: Edge) -> Edge:
    tail, head, label = edge
    return head, tail, label


def _price(price: dict[Edge, int], edge: Edge) -> int:
    return price[edge] if edge in price else -price[_reverse(edge)]


def _cheapest_path(room: dict[Edge, int], price: dict[Edge, int]) -> list[Edge]:
    """Cheapest path with room from source to sink, as edges; empty if there is none."""
    dear = {SOURCE: 0}
    via: dict[Node, Edge] = {}
    changed = True
    while changed:
        changed = False
        for edge, pieces in room.items():
            tail, head, _ = edge
            if pieces and tail in dear:
                cost = dear[tail] + _price(price, edge)
                if head not in dear or cost < dear[head]:
                    dear[head], via[head], changed = cost, edge, True
    path: list[Edge] = []
    node = SINK
    while node in via and node != SOURCE:
        path.append(via[node])
        node = via[node][0]
    return path[::-1]


def best_relaxed(problem: Problem, *, policy: Policy) -> Fraction:
    """The largest worth of any plan in fractions of pieces, within the lanes; nothing dispatched.

    For one item group, since its floors are its own.
    """
    columns: list[tuple[Fraction, dict[str, Fraction], Fraction | None]] = []
    promised = _committed(problem, frozen=False)
    volume = {offer.key: Fraction(str(offer.volume)) for offer in problem.offers}
    for arc in _eligible(problem):
        rows = {f"offer {arc.offer}": Fraction(1)}
        rows |= {f"need {arc.need}": -_efficacy(arc), f"full {arc.need}": _efficacy(arc)}
        if arc.lane:
            rows[f"lane {arc.lane}"] = volume[arc.offer]
        kept = promised.get((arc.offer, arc.need), 0)
        bonus = policy.keep_bonus * POINT
        columns.append((Fraction(bonus - arc.cost_milli), rows, Fraction(kept)))
        columns.append((Fraction(-arc.cost_milli), dict(rows), None))
    for need in problem.needs:
        for worth in sorted(set(worths := _piece_worths(need, problem, policy)), reverse=True):
            slot = {f"need {need.key}": Fraction(1), f"full {need.key}": Fraction(-1)}
            columns.append((Fraction(worth), slot, Fraction(worths.count(worth))))
    limits = {f"offer {offer.key}": Fraction(offer.quantity) for offer in problem.offers}
    for side in ("need", "full"):  # what comes in is what is counted, no less and no more
        limits |= {f"{side} {need.key}": Fraction(0) for need in problem.needs}
    limits |= {f"lane {lane.key}": Fraction(str(lane.capacity)) for lane in problem.lanes}
    for number, (_, own, most) in enumerate(columns):
        if most is not None:
            own[f"most {number}"], limits[f"most {number}"] = Fraction(1), most
    return _simplex([c for c, _, _ in columns], [r for _, r, _ in columns], limits)


def _efficacy(arc: Arc) -> Fraction:
    return Fraction(round(arc.efficacy * 1000), 1000)


def _simplex(
    gains: list[Fraction], columns: list[dict[str, Fraction]], limits: dict[str, Fraction]
) -> Fraction:
    """The most that the columns can gain in amounts from 0, each row within its limit from 0."""
    names = sorted(limits)
    table = [[column.get(name, Fraction(0)) for column in columns] for name in names]
    for r, name in enumerate(names):
        table[r] += [Fraction(r == other) for other in range(len(names))] + [limits[name]]
    top = [-gain for gain in gains] + [Fraction(0)] * (len(names) + 1)
    basis = [len(gains) + r for r in range(len(names))]
    while (enter := next((c for c, p in enumerate(top[:-1]) if p < 0), None)) is not None:
        ratios = [
            (row[-1] / row[enter], basis[r], r) for r, row in enumerate(table) if row[enter] > 0
        ]
        leave = min(ratios)[2]
        pivot = table[leave][enter]
        table[leave] = [value / pivot for value in table[leave]]
        for r, row in enumerate(table):
            if r != leave and row[enter]:
                times = row[enter]
                table[r] = [a - times * b for a, b in zip(row, table[leave], strict=True)]
        price = top[enter]
        top = [a - price * b for a, b in zip(top, table[leave], strict=True)]
        basis[leave] = enter
    return top[-1]
