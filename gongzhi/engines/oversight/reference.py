"""The draw word for word from its description, in fractions, for the tests."""

from fractions import Fraction
from hashlib import sha256

from .draw import Lent, Scale


def share(lent: Lent, scale: Scale) -> Fraction:
    """The base, then what each step adds that the limit reaches, never above the most."""
    total = Fraction(scale.base, 1000)
    for name in ("cents", "people", "days", "hours", "powers"):
        limit = getattr(lent, name)
        for step in getattr(scale, name):
            if limit is None or not limit < step.limit:
                total += Fraction(step.more, 1000)
    if lent.onward:
        total += Fraction(scale.onward, 1000)
    most = Fraction(scale.most, 1000)
    return most if total > most else total


def is_drawn(root: bytes, place: int, leaf: bytes, part: Fraction) -> bool:
    """The first eight bytes of the hash, read as a fraction of all there are, lie below the part.

    Hashed are the words of the domain, the root, the place in eight bytes and the leaf's hash.
    """
    text = b"gongzhi oversight draw 1" + bytes(1) + root
    text += bytes((place >> shift) & 255 for shift in range(56, -1, -8)) + leaf
    number = 0
    for byte in sha256(text).digest()[:8]:
        number = number * 256 + byte
    return Fraction(number, 2**64) < part
