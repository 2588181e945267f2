"""The server's hold on the process of its clock: begin it, begin it again, let it end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Self

from gongzhi.interfaces.log import log

LOOK_SECONDS = 0.1
"""Between two looks whether the server listens, and whether the clock is still there."""
PAUSE_SECONDS = 1.0
"""Before a clock that ended is begun again."""
PATIENCE_SECONDS = 10.0
"""For a clock that was told to end; it ends by itself much sooner."""


class ClockProcess(threading.Thread):
    """Keeps the clock going while the server serves: requests have their own process.

    words: the command of ours that is the clock. host, port: where the server listens; the clock
    begins when it does, so that the two do not start at each other's expense.
    """

    def __init__(self, words: Sequence[str], host: str, port: int) -> None:
        super().__init__(name="clock", daemon=True)
        self.words, self.address = words, (host, port)
        self.stopped = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.join()

    def run(self) -> None:
        """Begin the clock, and again whenever it ended by itself: a crisis must not lose it.

        A process begun here inherits what this thread does not listen to: Ctrl-C, which a
        terminal sends to both, ends the server, and the server ends the clock.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while not self._listens():
            if self.stopped.wait(LOOK_SECONDS):
                return
        while not self.stopped.is_set():
            process = self._begin()
            self._go_on_with(process)
            if not self.stopped.wait(PAUSE_SECONDS):
                log.error("clock ended", pid=process.pid, status=process.returncode)

    def _listens(self) -> bool:
        try:
            socket.create_connection(self.address, timeout=LOOK_SECONDS).close()
        except OSError:
            return False
        return True

    def _begin(self) -> subprocess.Popen[bytes]:
        """A clock whose standard input ends when this process does, however that ends."""
        command = [sys.executable, "-m", "gongzhi.interfaces.cli", *self.words]
        return subprocess.Popen(command, stdin=subprocess.PIPE)

    def _go_on_with(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the clock has ended, by itself or because the server ends."""
        while process.poll() is None and not self.stopped.wait(LOOK_SECONDS):
            continue
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close its standard input, which tells it to end; end it where it does not.

    The signal ends at once a clock that is still being loaded; one that goes on ignores it.
    """
    process.terminate()
    try:
        process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
