"""Charts in Chinese and English, drawn from the published marts and nothing else."""

import shutil
import tempfile
from collections.abc import Sequence
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

    A chart without data is left out and named. The folders are replaced only when all charts are drawn.
    """
    set_look()
    drawn = []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        portraits = list(members) or segments.typical_members(connection)
        for language in languages:
            texts = dict(connection.execute(f"select text_key, text_{language} from seeds.chart_texts").fetchall())
            source = Source(connection, language, texts)
            folder = report_dir / "charts" / language
            folder.parent.mkdir(parents=True, exist_ok=True)
            charts = {source.text(f"file_{key}"): chart for key, chart in CHARTS.items()}
            for card_id in portraits:
                name = f"{source.text('file_portrait')} {card_id}"
                charts[name] = lambda source, card_id=card_id: segments.portrait(source, card_id)  # type: ignore[misc]
            with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
                for name, chart in charts.items():
                    figure = chart(source)
                    if figure is None:
                        print(f"  left out, no data: {name}")
                        continue
                    figure.suptitle(figure.get_suptitle() or name)
                    figure.savefig(Path(temporary) / f"{name}.png", dpi=110, bbox_inches="tight")
                    plt.close(figure)
                    drawn.append(folder / f"{name}.png")
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(temporary, folder)
            print(f"  charts in {folder}", flush=True)
    return drawn
