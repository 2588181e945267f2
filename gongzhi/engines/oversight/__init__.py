"""Which uses of a lent power are drawn for review (抽查): a share that grows with what was lent.

Nobody can choose what is drawn: the draw of a use is decided by the root of a checkpoint of the
ledger that was signed after the use was in it, and anybody who holds the ledger can repeat it.
"""

from .draw import PER_MILLE, Lent, Scale, Step, is_drawn, share

__all__ = ["PER_MILLE", "Lent", "Scale", "Step", "is_drawn", "share"]
