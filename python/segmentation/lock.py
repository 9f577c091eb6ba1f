"""One writer at a time: a lock file that names its holder, and is void as soon as that process has ended."""

import datetime
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from segmentation.errors import InputError

ATTEMPTS = 6
# In seconds.
PAUSE = 0.05

_held: dict[Path, TextIOWrapper] = {}


@contextmanager
def held(path: Path, busy: str) -> Iterator[bool]:
    """Hold the lock `path` during the block; yield whether it is new, since what this process holds stays held.

    Parameters
    ----------
    busy : what whoever holds it is doing, the beginning of a sentence.

    Raises
    ------
    InputError
        If another process holds it; it is named.
    """
    is_new = take(path, busy)
    try:
        yield is_new
    finally:
        if is_new:
            with _held.pop(path.resolve()) as file:
                file.truncate(0)


def take(path: Path, busy: str) -> bool:
    """Take the lock as `held` does, until this process ends; return False where this process has it already."""
    path = path.resolve()
    if path in _held:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # Opened for appending: the name of the holder stays until the lock is had.
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+", encoding="utf-8")
    # The system gives it up when the process ends, however that happens; a child that it was just starting may have it
    # for a moment longer.
    for attempt in range(ATTEMPTS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError as error:
            if attempt < ATTEMPTS - 1:
                time.sleep(PAUSE)
                continue
            with file:
                file.seek(0)
                holder = file.read() or "another process"
            raise InputError(f"{busy} by {holder}: wait for its end.") from error
    file.truncate(0)
    start = datetime.datetime.now().astimezone().isoformat(" ", timespec="seconds")
    file.write(f"process {os.getpid()} on {socket.gethostname()}, since {start}")
    file.flush()
    _held[path] = file
    return True
