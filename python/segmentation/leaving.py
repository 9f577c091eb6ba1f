"""Ends of processes: at once, and of all that belong together.

Nothing is tidied on the way out. A process can be killed at any moment, so that each build begins with removing what
an earlier one has left behind; to leave in the same way is to have one way.
"""

import fcntl
import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn


def leave(said: str, code: int) -> NoReturn:
    """End this process at once, with a sentence; those that it has started end with it."""
    # Buffers may be in use by what is interrupted; and nobody may be there to read it.
    with suppress(OSError):
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, f"{said}\n".encode())
    os._exit(code)


def leave_on_signals() -> None:
    """End this process with a sentence and the usual exit code on SIGINT and SIGTERM."""
    # What processes shared is removed by a helper of multiprocessing that outlives them; the sentence needs no warning
    # of it. The helper takes its options from here.
    sys.warnoptions.append("ignore:resource_tracker")

    def stop(number: int, _frame: object) -> NoReturn:
        by = "the keyboard" if number == signal.SIGINT else signal.Signals(number).name
        leave(f"Stopped by {by}; the warehouse is that of the last good build.", 128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def end_with_parent() -> None:
    """Let the system end this worker process as soon as the one for which it works has ended, however that happens.

    A thread that watches would not do: Python's lock may be held for minutes by what computes.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    # The end of the other process is the end of a pipe; the signal that tells of it ends a process that ignores it.
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, fcntl.fcntl(parent.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if not parent.is_alive():
        os._exit(1)
