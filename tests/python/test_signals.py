"""Signals, as they reach a command from a terminal: run outside the workers of pytest."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, Job


@pytest.mark.parametrize(
    ("number", "code", "said"), [(signal.SIGINT, 130, "the keyboard"), (signal.SIGTERM, 143, "SIGTERM")]
)
def test_an_interruption_ends_with_a_sentence(number: signal.Signals, code: int, said: str) -> None:
    script = f"""
import signal, sys
import segmentation.demo
from segmentation.cli import main
segmentation.demo.write_demo = lambda *_, **__: signal.raise_signal({int(number)})
sys.argv = ["segmentation", "demo", "folder"]
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr == f"Stopped by {said}; the warehouse is that of the last good build.\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_process_is_started_whole_before_a_signal_ends_this_one(number: signal.Signals, code: int) -> None:
    """Also where the signal reaches a thread of a library, which is not deaf to it."""
    script = f"""
import os, threading, time
from segmentation.leaving import leave_on_signals
from segmentation.speed import _deaf_to_the_keyboard
leave_on_signals()
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
with _deaf_to_the_keyboard():
    os.kill(os.getpid(), {int(number)})
    time.sleep(0.2)
    print("started", flush=True)
print("went on", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "started\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "seconds", "code", "said"),
    [(signal.SIGINT, 8, 130, "the keyboard"), (signal.SIGTERM, 1, 143, "SIGTERM")],
)
def test_a_signal_ends_a_build_with_a_sentence(
    number: signal.Signals, seconds: float, code: int, said: str, demo_files: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "segmentation", "build"]
    job = Job(demo_files, tmp_path)
    with subprocess.Popen(
        command, cwd=ROOT, env=job.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as build:  # fmt: skip
        time.sleep(seconds)
        # As a terminal does it: a Ctrl-C reaches every process of the group.
        os.killpg(build.pid, number) if number == signal.SIGINT else build.send_signal(number)
        out, err = build.communicate(timeout=60)
    assert build.returncode == code
    assert err.strip() == f"Stopped by {said}; the warehouse is that of the last good build."
    assert "Traceback" not in out
