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
from segmentation.progress import say

# In seconds: the system gives a lock up when the process ends, however that happens; a child that it was just starting
# may have it for a moment longer.
MOMENT = 0.3
PAUSE = 0.05

_held: dict[Path, TextIOWrapper] = {}


@contextmanager
def held(path: Path, busy: str, patience: float = MOMENT) -> Iterator[bool]:
    """Hold the lock `path` during the block; yield whether it is new, since what this process holds stays held.

    Parameters
    ----------
    busy : what whoever holds it is doing, the beginning of a sentence.
    patience : seconds in which it is waited for; where they are more than a moment, that is said.

    Raises
    ------
    InputError
        If another process holds it until then; it is named.
    """
    is_new = take(path, busy, patience)
    try:
        yield is_new
    finally:
        if is_new:
            with _held.pop(path.resolve()) as file:
                file.truncate(0)


def take(path: Path, busy: str, patience: float = MOMENT) -> bool:
    """Take the lock as `held` does, until this process ends; return False where this process has it already."""
    path = path.resolve()
    if path in _held:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # Opened for appending: the name of the holder stays until the lock is had.
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+", encoding="utf-8")
    began = time.monotonic()
    is_said = False
    while not _is_had(file):
        waited = time.monotonic() - began
        file.seek(0)
        said = f"{busy} by {file.read() or 'another process'}: "
        if waited >= patience:
            file.close()
            raise InputError(f"{said}wait for its end.")
        if waited >= MOMENT and not is_said:
            say(f"{said}this waits for its end.")
            is_said = True
        time.sleep(PAUSE)
    file.truncate(0)
    start = datetime.datetime.now().astimezone().isoformat(" ", timespec="seconds")
    file.write(f"process {os.getpid()} on {socket.gethostname()}, since {start}")
    file.flush()
    _held[path] = file
    return True


def _is_had(file: TextIOWrapper) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
