"""All charts of one language, as files."""

import gc
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from segmentation.charts import baskets, comparisons, exploration, lifecycle, segments
from segmentation.charts.look import Source, set_look
from segmentation.exports import open_warehouse

CHARTS = exploration.CHARTS | segments.CHARTS | comparisons.CHARTS | baskets.CHARTS | lifecycle.CHARTS


def draw_language(warehouse: Path, report_dir: Path, members: Sequence[str], language: str) -> list[Path]:
    """Draw the charts of one language; its folder is replaced only when all are drawn."""
    # The modules stay as long as the process: the garbage collector need not walk through them for every figure.
    gc.freeze()
    set_look()
    drawn = []
    with open_warehouse(warehouse) as connection:
        texts = dict(connection.execute(f"select text_key, text_{language} from seeds.texts").fetchall())
        source = Source(connection, language, texts)
        folder = report_dir / "charts" / language
        folder.parent.mkdir(parents=True, exist_ok=True)
        charts = {source.text(f"file_{key}"): chart for key, chart in CHARTS.items()}
        for card_id in members or segments.typical_members(connection):
            charts[f"{source.text('file_portrait')} {card_id}"] = partial(segments.portrait, card_id=card_id)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            for name, chart in charts.items():
                figure = chart(source)
                if figure is None:
                    print(f"  left out, no data: {name}", flush=True)
                    continue
                figure.suptitle(figure.get_suptitle() or name)
                save(figure, Path(temporary) / f"{name}.png")
                plt.close(figure)
                drawn.append(folder / f"{name}.png")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(temporary, folder)
    print(f"  charts in {folder}", flush=True)
    return drawn


def save(figure: Figure, path: Path) -> None:
    """Draw once, where Figure.savefig draws a second time to make room, and write colours without transparency."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture.save(path, dpi=(figure.dpi, figure.dpi), compress_level=3)
