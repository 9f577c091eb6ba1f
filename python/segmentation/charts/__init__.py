"""Charts in Chinese and English, drawn from the published marts and nothing else."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path


def draw_charts(
    warehouse: Path,
    report_dir: Path,
    languages: Sequence[str] = ("zh", "en"),
    members: Sequence[str] = (),
) -> list[Path]:
    """Draw every chart of a published warehouse below `report_dir`/charts/zh and /en; return the paths.

    Each language is drawn by a process of its own. A chart without data is left out and named.
    """
    # A forked process would share the threads of DuckDB and BLAS, which do not survive it.
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        drawn = pool.map(partial(_draw_language, warehouse, report_dir, members), languages)
        return [path for paths in drawn for path in paths]


def _draw_language(warehouse: Path, report_dir: Path, members: Sequence[str], language: str) -> list[Path]:
    # Matplotlib and pandas are for the process that draws: the one that hands out the work does without.
    from segmentation.charts.drawing import draw_language

    return draw_language(warehouse, report_dir, members, language)
