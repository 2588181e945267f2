"""Opens a workbook in a process of its own; run as a script by `workbooks`, not imported.

The library that reads workbooks makes room for every cell between the first and the last one. A
file of five kilobytes may name a last cell in column XFD of row 1,048,576: the process that opens
it then asks for 500 GB and is ended by the system. So it is not the server's process, it has a
limit of memory and time, and what it answers is counted before it is sent.

In: the file, on standard input. Out: a pickle of [(name of the sheet, its rows or why not), …];
why not is a word and a number, which `workbooks` makes a sentence of.
"""

import io
import pickle
import sys
from typing import Any

MEMORY = 1024 * 2**20  # bytes of address space beyond what the interpreter has at the start
SECONDS = 60
CELLS = 2_000_000

Why = tuple[str, str]
Sheets = list[tuple[str, list[list[object]] | Why]]


def confine() -> None:
    """Limit memory and processor time, where the system can."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    with open("/proc/self/statm" if sys.platform == "linux" else "/dev/null") as file:
        pages = int((file.read() or "0").split()[0])
    most = MEMORY + pages * resource.getpagesize()
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def sheets_of(data: bytes) -> Sheets:
    """Every sheet with its rows, or with the reason why they cannot be read."""
    import python_calamine

    confine()
    broken = (python_calamine.CalamineError, OSError, ValueError)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
    except python_calamine.PasswordError:
        return [("", ("locked", ""))]
    except broken:
        return [("", ("workbook", ""))]
    found: Sheets = []
    left = CELLS
    for name in names:
        try:
            sheet = book.get_sheet_by_name(name)
            left -= sheet.total_height * sheet.total_width
            rows: Any = ("cells", f"{CELLS:,}")
            if left >= 0:
                rows = sheet.to_python(skip_empty_area=False)
        except broken:
            rows = ("sheet", "")
        found.append((name, rows))
    return found


if __name__ == "__main__":
    try:
        answer = sheets_of(sys.stdin.buffer.read())
    except MemoryError:
        answer = [("", ("memory", ""))]
    sys.stdout.buffer.write(pickle.dumps(answer))
