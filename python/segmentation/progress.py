"""How far a long step is: a line every few seconds, on a terminal as in a log; none for what is quickly done."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from segmentation.errors import InputError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SECONDS = 5.0


def say(text: object, *, is_aside: bool = False) -> None:
    """Print a line at once, on stderr where it is said aside; who reads may have gone, as `| head` does.

    Raises
    ------
    InputError
        If it cannot be written, as on a full disk: it tells the line, since what that tells of has been done.
    """
    try:
        # With its end in one piece: another thread may print too.
        print(f"{text}\n", end="", file=sys.stderr if is_aside else sys.stdout, flush=True)
    except BrokenPipeError:
        pass
    except OSError as error:
        raise InputError(f"The output cannot be written ({error.strerror}). It would have been: {text}") from error


class Progress:
    """Tells of a step how much of all is done, in order, at most every few seconds and first after as many."""

    def __init__(self, step: str, total: float, unit: str = "") -> None:
        self.step, self.total, self.unit = step, total, f" {unit}" if unit else ""
        self.done = 0.0
        self.told_at = time.monotonic()

    def reach(self, done: float) -> None:
        """Tell that so much is done, where it is more than before, and not all."""
        now = time.monotonic()
        if now - self.told_at < SECONDS or not self.done < done < self.total:
            return
        self.done, self.told_at = done, now
        say(f"  {self.step}: {done:,.0f} of {self.total:,.0f}{self.unit} so far")


@contextmanager
def progress_of_query(connection: "DuckDBPyConnection", step: str, total: float, unit: str) -> Iterator[None]:
    """Tell how far the queries of a connection are, as a share of `total`, from a thread that ends with the block."""
    progress, ended = Progress(step, total, unit), threading.Event()

    def tell() -> None:
        while not ended.wait(SECONDS):
            # Below zero where no query runs.
            progress.reach(total * connection.query_progress() / 100)

    connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
