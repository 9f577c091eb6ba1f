"""Processes for work that threads of one process would only take turns at."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import forkserver
from typing import Any, TypeVar

Result = TypeVar("Result")

CORES = os.cpu_count() or 1
_begun: dict[tuple[object, ...], Future[Any]] = {}
_loaded_ahead: list[str] = []


@contextmanager
def early_process() -> Iterator[ProcessPoolExecutor]:
    """One process for what can be done while this one is busy; where cores are few, it gives way to this one.

    Leaving by an exception ends it, whatever it is doing.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), os.nice, (5,)) as process:
        try:
            yield process
        except BaseException:
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def begin(process: ProcessPoolExecutor, function: Callable[..., Result], *arguments: object) -> Future[Result]:
    """Have a process do now what `result` will ask for."""
    future = _begun[function, *arguments] = process.submit(function, *arguments)
    return future


def result(function: Callable[..., Result], *arguments: object) -> Result:
    """Return function(*arguments), which may have begun already."""
    future = _begun.get((function, *arguments))
    return future.result() if future else function(*arguments)


def load_ahead(modules: Sequence[str]) -> None:
    """Start to load, in the background, what the worker processes will need: it takes seconds."""
    _loaded_ahead.extend(modules)
    forkserver.set_forkserver_preload(_loaded_ahead)
    forkserver.ensure_running()


def worker_processes() -> ProcessPoolExecutor:
    """One process per core, forked from one that has loaded what it was told to and nothing else.

    A fork of this process would share the threads of DuckDB and BLAS, which do not survive it.
    """
    return ProcessPoolExecutor(CORES, mp_context=multiprocessing.get_context("forkserver"))


def call(name: str, *arguments: object, **options: object) -> Any:
    """Call a function by the name of its module and its own, such as segmentation.clv.predict.

    Who hands it to a process need not load the module.
    """
    module, _, function = name.rpartition(".")
    return getattr(import_module(module), function)(*arguments, **options)


def is_loaded_ahead(module: str) -> bool:
    """Tell whether worker processes were told to load a module, so that calls there cost little."""
    return module in _loaded_ahead


def call_apart(name: str, *arguments: object, **options: object) -> Any:
    """Call a function like `call`, in a worker process where those have its module loaded."""
    if not is_loaded_ahead(name.rpartition(".")[0]):
        return call(name, *arguments, **options)
    with worker_processes() as processes:
        return processes.submit(call, name, *arguments, **options).result()
