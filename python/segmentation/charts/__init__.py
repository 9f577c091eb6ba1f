"""Charts in Chinese and English, drawn from the published marts alone, with the texts of the project."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from segmentation.progress import say

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Drawing:
    """The pictures of one language, what to say of them, and the signs in them that no font of the machine has."""

    paths: list[Path]
    said: str
    boxes: set[str]


def draw_charts(
    processes: ProcessPoolExecutor,
    warehouse: Path,
    report_dir: Path,
    languages: Sequence[str] = LANGUAGES,
    members: Sequence[str] = (),
    *,
    with_specialist: bool = False,
    only: Sequence[str] = (),
    digests: Mapping[str, str] | None = None,
) -> Iterator[Path]:
    """Draw the charts of a published warehouse below `report_dir`/charts/zh and /en; the paths come as they are drawn.

    Each language is drawn by a process of its own. A chart without data is left out and named; signs that no font has
    are named at the end. Charts for specialists come in a folder of their own, on request; so do those of the keys
    `only`, beside all the others. With `digests` of the marts, pictures that would be the same stay.
    """
    options = {"with_specialist": with_specialist, "only": only, "digests": digests}
    draw = partial(_draw_language, warehouse, report_dir, members, **options)
    return _paths(processes.map(draw, languages))


def _paths(drawings: Iterable[Drawing]) -> Iterator[Path]:
    boxes: set[str] = set()
    for drawing in drawings:
        say(drawing.said)
        boxes |= drawing.boxes
        yield from drawing.paths
    if boxes:
        say(
            f"  No font of this machine has {' '.join(sorted(boxes))}: boxes stand for them in the charts until one is "
            "installed that has them, such as Noto Sans CJK."
        )


def _draw_language(*arguments: Any, **options: Any) -> Drawing:
    # Matplotlib and pandas are for the process that draws: the one that hands out the work does without.
    from segmentation.charts.drawing import draw_language

    return draw_language(*arguments, **options)
