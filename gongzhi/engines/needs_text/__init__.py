"""Reads lists of needs as people write them: items, amounts, stock, the rest (读需求)."""

from .names import Lexicon, Name, counts_up
from .read import read
from .values import Kind, Left, Line, Note, Reading, Reason, Span, State

__all__ = [
    "Kind",
    "Left",
    "Lexicon",
    "Line",
    "Name",
    "Note",
    "Reading",
    "Reason",
    "Span",
    "State",
    "counts_up",
    "read",
]
