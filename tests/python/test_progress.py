import errno
import io
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from dbt.contracts.graph.manifest import Manifest

from segmentation.errors import InputError, sentence
from segmentation.progress import Progress, progress_of_query, say
from segmentation.run import build, progress
from segmentation.speed import leave_where_it_fails


def event(name: str, /, level: str = "info", msg: str = "what went wrong", **data: object) -> SimpleNamespace:
    return SimpleNamespace(info=SimpleNamespace(name=name, level=level, msg=msg), data=SimpleNamespace(**data))


def test_models_are_numbered_as_they_finish_among_all_models(capsys: pytest.CaptureFixture[str]) -> None:
    told = progress(2, set(), {"warn_of_two": "There are two."})
    for index, name, status in [(40, "sql table model work.area.first", "OK"), (7, "sql view model marts.b", "kept")]:
        told(event("LogModelResult", index=index, total=900, description=name, status=status, execution_time=1.25))
        told(event("LogTestResult", index=index + 1, total=900))
    told(event("LogTestResult", "warn", name="warn_of_two", num_failures=1002))
    told(event("JinjaLogWarning", "warn", "all is made anew"))
    assert capsys.readouterr().out.splitlines() == [
        "   1/2 area.first 1.2 s",
        "   2/2 marts.b kept",
        "Warning of the test warn_of_two: There are two. Rows: 1,002.",
        "all is made anew",
    ]


def test_a_failure_is_told_with_its_reason_and_what_runs_out_once(capsys: pytest.CaptureFixture[str]) -> None:
    told = progress(2, set(), {})
    for name, why in [("a", "IO Error: No space left on device"), ("b", "wrong"), ("c", "No space left"), ("d", "bad")]:
        told(event("LogModelResult", "error", f"1 of 9 ERROR {name}"))
        told(event("RunResultFailure", "error", f"Failure in {name}"))
        told(event("RunResultError", "error", why + " on device" * (name == "c")))
    told(event("MainEncounteredError", "error", "std::bad_alloc"))
    said = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert said == ["The disk is full", "Failure in b", "wrong", "Failure in d", "bad", "Memory ran out"]


def test_a_line_of_a_model_is_printed_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[str] = []
    monkeypatch.setattr("sys.stdout", SimpleNamespace(write=pieces.append, flush=lambda: None))
    progress(2, set(), {})(event("LogModelResult", description="first", status="OK", execution_time=1))
    say("said")
    assert [piece for piece in pieces if piece] == ["   1/2 first 1.0 s\n", "said\n"]


@pytest.mark.parametrize(("why", "threads"), [("std::bad_alloc", [[], ["--threads", "1"]]), ("wrong", [[]])])
def test_what_ran_out_of_memory_is_tried_once_more_one_model_at_a_time(
    why: str, threads: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    asked: list[list[str]] = []

    class Runner:
        def __init__(self, manifest: Manifest | None = None, callbacks: list[Callable[[SimpleNamespace], None]] = ()):
            self.tell = callbacks[0]

        def invoke(self, words: list[str]) -> SimpleNamespace:
            monkeypatch.setattr("dbt.adapters.duckdb.connections.DuckDBConnectionManager._ENV", Mock())
            assert "DBT_TARGET" not in os.environ
            if "build" in words:
                asked.append(words[words.index("data") + 1 :])
                self.tell(event("RunResultError", "error", why))
            return SimpleNamespace(result=[] if asked else Manifest(), success=len(asked) > 1)

    monkeypatch.setattr("dbt.cli.main.dbtRunner", Runner)
    monkeypatch.setenv("DBT_TARGET", "published")
    monkeypatch.setattr("segmentation.run.landing_process", lambda *_: nullcontext())
    monkeypatch.setattr("segmentation.run.leave_where_it_fails", Mock())
    monkeypatch.setattr("segmentation.run.load_ahead", Mock())
    with pytest.raises(SystemExit) if len(threads) == 1 else nullcontext():
        build({}, tmp_path, tmp_path / "warehouse.duckdb")
    assert asked == threads
    assert capsys.readouterr().out.count("Memory ran out") == len(threads) - 1


ENDS_WITH_THREADS = """
import os, threading, time
for _ in range(8):
    threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
os._exit(1)
"""


def test_a_landing_that_fails_is_noticed_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a process is known a moment before its exit code."""
    ended: list[tuple[str, int]] = []
    monkeypatch.setattr("segmentation.speed.leave", lambda *how: ended.append(how))
    for _ in range(5):
        landing = multiprocessing.get_context("spawn").Process(target=exec, args=(ENDS_WITH_THREADS,))
        landing.start()
        leave_where_it_fails(landing, "So it is.").join()
    assert ended == 5 * [("So it is.", 1)]


class Gone(io.StringIO):
    """A terminal, or a program behind a pipe, that is no longer there."""

    def write(self, _: str) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


def test_what_cannot_be_printed_ends_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an error in the thread that tells of it dbt hears nothing, and waits for ever."""
    ended: list[tuple[str, int]] = []
    monkeypatch.setattr("segmentation.run.leave", lambda *how: ended.append(how))
    monkeypatch.setattr("sys.stdout", Gone())
    # The landing and the charts go on.
    say("Reading a.csv")
    assert ended == []
    progress(2, set(), {})(event("LogModelResult", description="a", status="OK", execution_time=1))
    progress(2, set(), {})(event("RunResultError", "error"))
    said = "What the build prints cannot be written: Broken pipe. Whatever was built before is untouched."
    assert ended == [(said, 1)] * 2


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_what_was_done_is_told_where_the_output_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", Full())
    with pytest.raises(InputError) as told:
        say("30 to contact")
    assert sentence(told.value) == (
        "The output cannot be written (No space left on device). It would have been: 30 to contact"
    )


def test_a_sentence_that_nobody_can_hear_does_not_keep_a_process() -> None:
    code = "import os; os.close(2); from segmentation.leaving import leave; leave('said', 3)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 3


def test_a_long_step_tells_how_far_it_is_and_a_short_one_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([0, 1, 6, 8, 12, 13, 20, 30])
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    told = Progress("Reading a.csv", 2_000, "MB")
    for done in (1, 1_100.4, 1_200, 900, 1_000, 1_500, 2_000):
        told.reach(done)
    assert capsys.readouterr().out.splitlines() == [
        "  Reading a.csv: 1,100 of 2,000 MB so far",
        "  Reading a.csv: 1,500 of 2,000 MB so far",
    ]


def test_a_query_tells_how_far_it_is(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segmentation.progress.SECONDS", 0.001)
    asked = threading.Event()
    shares = iter([-1, 10, 40, 30, 70])

    def query_progress() -> float:
        if (share := next(shares, None)) is None:
            asked.set()
            return 100
        return share

    with progress_of_query(SimpleNamespace(execute=print, query_progress=query_progress), "Reading", 200, "MB"):
        assert asked.wait(60)
    _, *told = capsys.readouterr().out.splitlines()
    assert told == [
        "  Reading: 20 of 200 MB so far",
        "  Reading: 80 of 200 MB so far",
        "  Reading: 140 of 200 MB so far",
    ]
