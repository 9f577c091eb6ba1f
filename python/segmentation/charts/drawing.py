"""All charts of one language, as files."""

import gc
import shutil
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from segmentation.charts import Drawing, baskets, comparisons, exploration, lifecycle, segments
from segmentation.charts.kept import MADE_OF, Watched, is_as_before, made_of
from segmentation.charts.lettering import letter
from segmentation.charts.look import Chart, Source, open_source, set_look
from segmentation.digests import code_digest, seeds_digest
from segmentation.disk import DRAFTS, put_folder, remove
from segmentation.errors import InputError
from segmentation.exports import open_warehouse
from segmentation.progress import Progress

CHARTS = exploration.CHARTS | segments.CHARTS | comparisons.CHARTS | baskets.CHARTS | lifecycle.CHARTS
SPECIALIST = exploration.SPECIALIST | segments.SPECIALIST | lifecycle.SPECIALIST
FOR_SPECIALISTS = "specialist"


def draw_language(
    warehouse: Path,
    report_dir: Path,
    members: Sequence[str],
    language: str,
    *,
    with_specialist: bool = False,
    only: Sequence[str] = (),
    digests: Mapping[str, str] | None = None,
) -> Drawing:
    """Draw the charts of one language, or `only` some; their folder is replaced only when all are drawn.

    A chart without data is named in what is said of them. Pictures that are there stay, where by `digests` of the
    marts they would be the same; one with boxes is drawn again, as a font may have come.
    """
    # The modules stay as long as the process: the garbage collector need not walk through them for every figure.
    gc.freeze()
    set_look()
    # What no font has is said once, at the end.
    warnings.filterwarnings("ignore", "Glyph .* missing from")
    digests = digests or {}
    drawn, without_data, boxes, kept = [], [], set(), 0
    with open_warehouse(warehouse) as connection:
        watched = Watched(connection)
        source = open_source(watched, language)
        texts, small = sorted(source.texts.items()), sorted(source.small_segments)
        known = f"{code_digest()} {seeds_digest()} {texts} {source.currency} {small} {source.small}"
        charts = _only(source, only) if only else _charts(source, members, with_specialist)
        folder = report_dir / "charts" / ("only" if only else "") / language
        new = report_dir / DRAFTS / language
        remove(new)
        new.mkdir(parents=True)
        progress = Progress(f"charts in {folder}", len(charts))
        for done, (name, chart) in enumerate(charts.items()):
            progress.reach(done)
            place, path = folder / f"{name}.png", new / f"{name}.png"
            path.parent.mkdir(exist_ok=True)
            picture = f"{language} {name} {getattr(chart, 'keywords', '')} {known}"
            if is_as_before(place, picture, digests):
                shutil.copyfile(place, path)
                drawn.append(place)
                kept += 1
                continue
            watched.marts = set()
            figure = chart(source)
            title = Path(name).name
            if figure is None:
                without_data.append(title)
                continue
            figure.suptitle(figure.get_suptitle() or title)
            boxes |= save(figure, path, made_of(picture, watched.marts, digests))
            plt.close(figure)
            drawn.append(place)
        put_folder(new, folder)
    unchanged = f", {kept} of them unchanged" if kept else ""
    left_out = f"; left out, as there is nothing to show: {', '.join(without_data)}" if without_data else ""
    return Drawing(drawn, f"  charts in {folder}: {len(drawn)}{unchanged}{left_out}", boxes)


def _only(source: Source, keys: Sequence[str]) -> dict[str, Chart]:
    known = CHARTS | SPECIALIST
    for key in keys:
        if key not in known:
            raise InputError(f"There is no chart {key}; there are {', '.join(sorted(known))}.")
    return {source.text(f"file_{key}"): known[key] for key in keys}


def _charts(source: Source, members: Sequence[str], with_specialist: bool) -> dict[str, Chart]:
    charts = {source.text(f"file_{key}"): chart for key, chart in CHARTS.items()}
    if with_specialist:
        charts |= {f"{FOR_SPECIALISTS}/{source.text(f'file_{key}')}": chart for key, chart in SPECIALIST.items()}
    typical = segments.typical_members(source.connection)
    # A card is personal: it stands in the picture, not in the name of the file.
    for number, card_id in enumerate(members or typical, 1):
        charts[f"{source.text('file_portrait')} {number}"] = partial(
            segments.portrait, card_id=card_id, is_typical=card_id in typical
        )
    return charts


def save(figure: Figure, path: Path, said: str | None) -> set[str]:
    """Write the picture, with what it says that it is made of, and return the signs in it that are boxes.

    Drawn once, where Figure.savefig draws a second time to make room; and colours without transparency.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    more_fonts, boxes = letter(figure)
    if more_fonts:
        canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    texts = PngInfo()
    if said and not boxes:
        texts.add_text(MADE_OF, said)
    picture.save(path, dpi=(figure.dpi, figure.dpi), compress_level=3, pnginfo=texts)
    return boxes
