"""Opens a workbook in a process of its own; run as a script by `workbooks`, not imported.

The library that reads workbooks makes room for every cell between the first and the last one. A
file of five kilobytes may name a last cell in column XFD of row 1,048,576: the process that opens
it then asks for 500 GB and is ended by the system. So it is not the server's process, it has a
limit of memory and time, and what it answers is counted before it is sent.

In: the file, on standard input. Out: a pickle of [(name of the sheet, its rows or why not), …].
"""

import io
import pickle
import sys
from typing import Any

MEMORY = 1024 * 2**20  # bytes of address space beyond what the interpreter has at the start
SECONDS = 60
CELLS = 2_000_000
TOO_MANY = f"It has more than {CELLS:,} cells. Split it, or send it as CSV."


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


def sheets_of(data: bytes) -> list[tuple[str, list[list[object]] | str]]:
    """Every sheet with its rows, or with the reason why they cannot be read."""
    import python_calamine

    confine()
    broken = (python_calamine.CalamineError, OSError, ValueError)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
    except broken as error:
        return [("", f"The workbook cannot be opened: {error}.")]
    found: list[tuple[str, list[list[object]] | str]] = []
    left = CELLS
    for name in names:
        try:
            sheet = book.get_sheet_by_name(name)
            left -= sheet.total_height * sheet.total_width
            rows: Any = sheet.to_python(skip_empty_area=False) if left >= 0 else TOO_MANY
        except broken as error:
            rows = f"The sheet cannot be read: {error}."
        found.append((name, rows))
    return found


if __name__ == "__main__":
    try:
        answer = sheets_of(sys.stdin.buffer.read())
    except MemoryError:
        answer = [("", "The workbook cannot be opened: it needs too much memory.")]
    sys.stdout.buffer.write(pickle.dumps(answer))
