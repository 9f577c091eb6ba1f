"""Charts in Chinese and English, drawn from the published marts and nothing else."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

LANGUAGES = ("zh", "en")


def draw_charts(
    processes: ProcessPoolExecutor,
    warehouse: Path,
    report_dir: Path,
    languages: Sequence[str] = LANGUAGES,
    members: Sequence[str] = (),
) -> Iterator[Path]:
    """Draw every chart of a published warehouse below `report_dir`/charts/zh and /en; the paths come as they are drawn.

    Each language is drawn by a process of its own. A chart without data is left out and named.
    """
    drawn = processes.map(partial(_draw_language, warehouse, report_dir, members), languages)
    return (path for paths in drawn for path in paths)


def _draw_language(warehouse: Path, report_dir: Path, members: Sequence[str], language: str) -> list[Path]:
    # Matplotlib and pandas are for the process that draws: the one that hands out the work does without.
    from segmentation.charts.drawing import draw_language

    return draw_language(warehouse, report_dir, members, language)
