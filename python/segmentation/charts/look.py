"""The look all charts share: colours that keep their meaning, the vendored font, axes, the marts in one language."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

import duckdb
import matplotlib

matplotlib.use("Agg")
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure

FONT_PATH = Path(__file__).parents[1] / "fonts" / "NotoSansSC-GB2312.ttf"
SEGMENT_COLORS = ["#c0392b", "#2471a3", "#d68910", "#1e8449", "#7d3c98", "#5d6d7e"]
YEAR_COLORS = ["#85929e", "#2e86c1", "#ca6f1e", "#229954", "#884ea0", "#34495e"]
GENDER_COLORS = {"female": "#d98880", "male": "#5dade2"}
TYPE_COLORS = {"member": "#2471a3", "unregistered_card": "#85c1e9", "no_card": "#bfc9ca"}
BAR, FAINT_BAR, GAP, MARK = "#2e86c1", "#aed6f1", "#eaeded", "#c0392b"
LOOK = {
    "figure.dpi": 110, "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.1, "figure.constrained_layout.w_pad": 0.1,
    "axes.grid.axis": "y", "axes.spines.top": False, "axes.spines.right": False, "axes.unicode_minus": False,
    "legend.frameon": False,
    # A dollar sign in a name is one. Titles stay above their axes: seeking their place costs a fifth of the drawing.
    "text.parse_math": False, "axes.titley": 1,
}  # fmt: skip

LONGEST_NAME = 16  # of a product or counter beside an axis


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
    sns.set_theme(style="whitegrid", rc=LOOK | {"font.family": [family, "DejaVu Sans"]})


def measure_bars(axes: Axes, table: pd.DataFrame, colors: list[str], source: Source) -> list[int]:
    """One bar per row for every measure (column), each measure on its own scale, so with values instead of an axis.

    What is not recorded has no bar. Returns where the bars are.
    """
    step = len(table) + 1
    for start, (measure, values) in enumerate(table.items()):
        title = source.text(str(measure))
        form = "{:.1%}" if title.endswith("%") else "{:,.2f}" if values.max() < 100 else "{:,.0f}"
        heights = (values / values.abs().max()).fillna(0)
        bars = axes.bar(range(start * step, start * step + len(table)), heights, color=colors)
        axes.bar_label(bars, ["–" if pd.isna(value) else form.format(value) for value in values], fontsize=8)
        axes.text(start * step + len(table) / 2 - 0.5, 1.14, title, ha="center", fontsize=10)
    axes.set_xlim(-0.8, step * len(table.columns) - 1.2)
    axes.set_xticks([])
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    return [position for position in range(step * len(table.columns)) if (position + 1) % step]


def short(names: pd.Series) -> list[str]:
    """Names as they fit beside an axis."""
    return [name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…" for name in names]


def label_axes(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.locator_params(axis="y", nbins=6)
    axes.yaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:,.0f}"))
    if axes.get_ylim()[1] <= 1:
        axes.yaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:.1f}"))


def pie(axes: Axes, sizes: pd.Series, labels: pd.Series, colors: list[str]) -> None:
    shares = sizes / sizes.sum()
    axes.pie(
        sizes, colors=colors, startangle=90, labeldistance=1.2, counterclock=False, wedgeprops={"edgecolor": "white"},
        labels=[f"{fill(label, 16)}\n{share:.1%}" for label, share in zip(labels, shares, strict=True)],
    )  # fmt: skip


def heat(
    axes: Axes,
    table: pd.DataFrame,
    texts: list[list[str]],
    colors: str = "Blues",
    low: float = 0,
    high: float | None = None,
    text_size: int = 8,
) -> Collection:
    """A table as coloured cells with their texts, the first row on top."""
    # What is clipped to the axes need not be looked at to find room for the axes.
    sns.heatmap(
        table.astype(float), ax=axes, cmap=colors, vmin=low, vmax=high, cbar=False, linewidths=1, annot=np.array(texts),
        fmt="", annot_kws={"fontsize": text_size, "clip_on": True}, xticklabels=True, yticklabels=True,
    )  # fmt: skip
    axes.tick_params(axis="y", labelrotation=0)
    axes.grid(visible=False)
    axes.set(xlabel=None, ylabel=None)
    return axes.collections[0]
