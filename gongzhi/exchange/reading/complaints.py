"""What the parsers of JSON, YAML and CSV complain of, in words of our own.

The keys are messages of `json.decoder` and `csv` (Python 3.11 to 3.13) and of ruamel.yaml's
scanner, those that hold nothing of the file. Other complaints speak of the parser's own tokens,
which say no more to who wrote the file than that something is wrong.
"""

from __future__ import annotations

from gongzhi.exchange.said import Said, say

_NO_COLON = say("a colon is missing here")
_NEEDLESS_COLON = say("a colon stands where none belongs")
_NEEDLESS_COMMA = say("a comma stands here before the end")
_KNOWN = {
    "Expecting value": say("a value is missing here"),
    "Expecting property name enclosed in double quotes": say(
        "a name in double quotation marks is missing here"
    ),
    "Expecting ':' delimiter": _NO_COLON,
    "Expecting ',' delimiter": say("a comma is missing here"),
    "Unterminated string starting at": say("a text begins here and does not end"),
    "Invalid \\escape": say("a backslash here changes nothing"),
    "Invalid \\uXXXX escape": say("a character is written here as an incomplete number"),
    "Illegal trailing comma before end of object": _NEEDLESS_COMMA,
    "Illegal trailing comma before end of array": _NEEDLESS_COMMA,
    "could not find expected ':'": _NO_COLON,
    "found unexpected ':'": _NEEDLESS_COLON,
    "mapping values are not allowed here": _NEEDLESS_COLON,
    "found unexpected end of stream": say("it ends in the middle"),
    "found unexpected document separator": say("a new document begins in the middle"),
    "sequence entries are not allowed here": say("a dash stands where none belongs"),
    "field larger than field limit (16777216)": say(
        "a cell in it is longer than any text of a table"
    ),
    "line contains NUL": say("a character in it (NUL) is none that people write"),
}
_OTHER = say("what stands here is not expected")


def complaint(words: str) -> Said:
    """What a parser complains of, as a part of a sentence."""
    return _KNOWN.get(words, _OTHER)


def yaml_complaint(error: Exception) -> Said:
    """What the YAML parser complains of, with the line where it says one."""
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return complaint(str(problem))
    return say("line %(line)s: %(error)s", line=mark.line + 1, error=complaint(str(problem)))
