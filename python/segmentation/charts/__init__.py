"""Charts in Chinese and English, drawn from the published marts and nothing else."""

import multiprocessing
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import duckdb
import matplotlib.pyplot as plt

from segmentation.charts import business, exploration, lifecycle, segments
from segmentation.charts.look import Source, set_look

CHARTS = exploration.CHARTS | segments.CHARTS | business.CHARTS | lifecycle.CHARTS


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
    """Draw the charts of one language; its folder is replaced only when all are drawn."""
    set_look()
    drawn = []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        texts = dict(connection.execute(f"select text_key, text_{language} from seeds.chart_texts").fetchall())
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
                figure.savefig(Path(temporary) / f"{name}.png", dpi=110, bbox_inches="tight")
                plt.close(figure)
                drawn.append(folder / f"{name}.png")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(temporary, folder)
    print(f"  charts in {folder}", flush=True)
    return drawn
