"""The look all charts share: colours that keep their meaning, the vendored font, axes, the marts in one language."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import matplotlib

matplotlib.use("Agg")
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

FONT_PATH = Path(__file__).parents[1] / "fonts" / "NotoSansSC-GB2312.ttf"
SEGMENT_COLORS = ["#c0392b", "#2471a3", "#d68910", "#1e8449", "#7d3c98", "#5d6d7e"]
YEAR_COLORS = ["#85929e", "#2e86c1", "#ca6f1e", "#229954", "#884ea0", "#34495e"]
GENDER_COLORS = {"female": "#d98880", "male": "#5dade2"}
TYPE_COLORS = {"member": "#2471a3", "unregistered_card": "#85c1e9", "no_card": "#bfc9ca"}
BAR, FAINT_BAR, GAP, MARK = "#2e86c1", "#aed6f1", "#eaeded", "#c0392b"


@dataclass(frozen=True)
class Source:
    """The published marts in one language: `text` of a key and `mart` as a data frame."""

    connection: duckdb.DuckDBPyConnection
    language: str
    texts: dict[str, str]

    def text(self, key: str) -> str:
        return self.texts[key]

    def mart(self, query: str) -> pd.DataFrame:
        return self.connection.execute(query.replace("{lang}", self.language)).df()


Chart = Callable[[Source], Figure | None]


def set_look() -> None:
    """One look for all charts, with the vendored font, so that Chinese renders on a machine without fonts."""
    font_manager.fontManager.addfont(FONT_PATH)
    family = font_manager.FontProperties(fname=FONT_PATH).get_name()
    sns.set_theme(
        style="whitegrid",
        rc={
            "font.family": [family, "DejaVu Sans"], "axes.unicode_minus": False, "axes.grid.axis": "y",
            "figure.constrained_layout.use": True, "axes.spines.top": False, "axes.spines.right": False,
        },
    )  # fmt: skip


def label_axes(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.yaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:,.0f}"))
    if axes.get_ylim()[1] <= 1:
        axes.yaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:.1f}"))


def pie(axes: Axes, sizes: pd.Series, labels: pd.Series, colors: list[str]) -> None:
    shares = sizes / sizes.sum()
    axes.pie(
        sizes, colors=colors, startangle=90, labeldistance=1.2, counterclock=False, wedgeprops={"edgecolor": "white"},
        labels=[f"{label}\n{share:.1%}" for label, share in zip(labels, shares, strict=True)],
    )  # fmt: skip
