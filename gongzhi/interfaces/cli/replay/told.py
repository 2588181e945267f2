"""What the readers of files say, in the reader's language.

The readers keep their sentences in English, as they are stored with each row. Here each is known by
its shape; what is not known stays as it was said.
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as known

from gongzhi.interfaces.cli.replay.words import sentences

SENTENCES = (
    # Rows
    known("The date %(value)s cannot be read."),
    known("The row has no figures."),
    known("The row does not say which place it is for."),
    known("%(column)s is %(value)s, not a whole number of people."),
    known("A city in it is no record."),
    known("%(code)s is no division code of 2, 4, 6, 9 or 12 digits."),
    known("The division %(code)s has no name."),
    known("The feature has no properties or no geometry."),
    known("The point of %(names)s has no coordinates."),
    known("No importer knows a table with the columns %(columns)s."),
    known("A template row: the types of the columns stand where the values belong."),
    known("The row does not say whose it is: its name is empty or a dash."),
    known("The record has %(cells)s cells where the header has %(width)s."),
    known("The header of line %(line)s stands here again."),
    known("The record holds bytes that do not belong to the encoding."),
    known("The record holds bytes that do not belong to the encoding of the file."),
    known("The record cannot be cut into cells: %(error)s."),
    known("A quotation mark opens and does not close within %(lines)s lines."),
    known("The element is no JSON (%(error)s)."),
    known("The line is no JSON object."),
    known("The element is %(reason)s where a record is expected."),
    known("The item is no YAML (%(error)s)."),
    known("The item is not one item of a list."),
    known("an empty list"),
    known("a single value"),
    # Files
    known("The file is empty."),
    known("The file cannot be opened: %(error)s."),
    known("The text is no table: no comma, tab or semicolon divides its lines evenly."),
    known("The bytes are no text in UTF-8, GB18030, Big5 or UTF-16."),
    known("The file begins with the mark of %(encoding)s but is no text in it."),
    known("It has more than %(number)s lines or records. Split it into several files."),
    known("It has more than %(number)s cells. Split it into several files."),
    known("It has more than %(number)s cells. Split it, or send it as CSV."),
    known("It has more than %(number)s characters of YAML. Split it."),
    known("The archive holds no files."),
    known("The archive is broken or cannot be opened: %(reason)s."),
    known("The archive is broken: %(reason)s."),
    known("it unpacks to more than %(number)s MiB, send it in parts"),
    known("it holds more than %(number)s files, send it in parts"),
    known("More than %(number)s wrappers lie inside each other."),
    known("The entry is a link or a device, not a file."),
    known("The entry is locked with a password."),
    known("The workbook cannot be opened: it needs too much memory."),
    known("The workbook cannot be opened: it claims more cells than any memory holds."),
    known("The workbook cannot be opened: it takes too long."),
    known("The workbook cannot be opened: %(error)s."),
    known("The workbook has no sheets."),
    known("The sheet is empty."),
    known("The sheet cannot be read: %(error)s."),
    known("More text stands after the end of the document."),
    known("The script assigns no list and no object."),
    known("The document holds one value, no list of records."),
    known("What %(name)s is set to is no data: %(reason)s"),
    known("The text begins like JSON but is none (%(reason)s)."),
    known("The text begins like YAML but is none (%(reason)s)."),
    known("The list is no YAML (%(error)s). Correct it there."),
    known("a number in it has thousands of digits."),
    known("it is nested too deeply."),
    known("The document is nested too deeply, or contains itself."),
    known("The document grows beyond every measure through its aliases."),
    known("The document is empty."),
    known("Text stands before the list."),
    # Places
    known("No name was given."),
    known("No province."),
    known("No division is called %(name)s within %(code)s."),
    known("No division is called %(name)s."),
    known("%(name)s is %(division)s, %(code)s."),
    known("%(number)s divisions are called %(name)s: %(codes)s."),
    known("%(level)s: %(when)s, %(number)s divisions"),
    known("%(number)s provinces and cities only an undated list knows were added"),
    known("no vintage"),
    known("province"),
    known("city"),
    known("county"),
    known("street"),
    known("community"),
)
OF_FILES = (
    known("%(file)s: the kind of its %(number)s rows is not understood."),
    known("%(file)s: columns not understood: %(columns)s."),
)
"""What is said with the name of the file before it."""
WITHIN = ("reason", "level", "when")
"""Parts of a sentence that are words of the readers themselves."""
SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z])")
PLACE = re.compile(r"%\((\w+)\)s")


def told(said: str) -> str:
    """One or several sentences of a reader, in the reader's language."""
    whole = _told(said, SENTENCES)
    if whole is not None:
        return whole
    parts = [_told(part, SENTENCES) for part in SENTENCE_END.split(said)]
    known_parts = [part for part in parts if part is not None]
    if len(known_parts) < len(parts):
        return said
    return sentences(known_parts)


def told_of_file(line: str) -> str:
    """What was not understood of a file, its name first."""
    whole = _told(line, OF_FILES)
    if whole is not None:
        return whole
    for found in re.finditer(": ", line):
        reason = line[found.end() :]
        if told(reason) != reason:
            return _("%(file)s: %(reason)s") % {
                "file": line[: found.start()], "reason": told(reason)
            }  # fmt: skip
    return line


def _told(said: str, texts: tuple[str, ...]) -> str | None:
    for text in texts:
        found = _shape(text).fullmatch(said)
        if found:
            values = found.groupdict().items()
            return _(text) % {k: told(v) if k in WITHIN else v for k, v in values}
    return None


@cache
def _shape(text: str) -> re.Pattern[str]:
    """The pattern of all sentences made from a text with places to fill in."""
    parts = PLACE.split(text)
    made = (f"(?P<{p}>.+)" if n % 2 else re.escape(p) for n, p in enumerate(parts))
    return re.compile("".join(made), re.DOTALL)
