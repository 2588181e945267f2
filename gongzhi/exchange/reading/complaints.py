"""What the parsers of JSON, YAML and CSV complain of, in words that can be translated.

Sources: the messages of `json.decoder` and `csv` (Python 3.11 to 3.13) and of ruamel.yaml's
scanner, those that hold nothing of the file. Other complaints speak of the parser's own tokens
("expected <block end>"), which say no more to who wrote the file than that something is wrong.
"""

from __future__ import annotations

from gongzhi.exchange.said import Said, say

_KNOWN = {
    str(said): said
    for said in (
        say("Expecting value"),
        say("Expecting property name enclosed in double quotes"),
        say("Expecting ':' delimiter"),
        say("Expecting ',' delimiter"),
        say("Unterminated string starting at"),
        say("Invalid \\escape"),
        say("Invalid \\uXXXX escape"),
        say("Illegal trailing comma before end of object"),
        say("Illegal trailing comma before end of array"),
        say("could not find expected ':'"),
        say("found unexpected ':'"),
        say("found unexpected end of stream"),
        say("found unexpected document separator"),
        say("mapping values are not allowed here"),
        say("sequence entries are not allowed here"),
        say("field larger than field limit (16777216)"),
        say("line contains NUL"),
    )
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
