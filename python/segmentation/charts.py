"""Charts in Chinese and English, drawn from the published marts and nothing else."""

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from wordcloud import WordCloud

FONT_PATH = Path(__file__).parent / "fonts" / "NotoSansSC-GB2312.ttf"
SEGMENT_COLORS = ["#c0392b", "#2471a3", "#d68910", "#1e8449", "#7d3c98", "#5d6d7e"]
YEAR_COLORS = ["#85929e", "#2e86c1", "#ca6f1e", "#229954", "#884ea0", "#34495e"]
GENDER_COLORS = {"female": "#d98880", "male": "#5dade2"}
TYPE_COLORS = {"member": "#2471a3", "unregistered_card": "#85c1e9", "no_card": "#bfc9ca"}
BAR, FAINT, MARK = "#2e86c1", "#d5dbdb", "#c0392b"
FEATURES = ["l", "r", "f", "m", "p"]


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


def birth_decades(source: Source) -> Figure | None:
    data = source.mart(
        """select birth_decade, gender, label_{lang} as label, members
        from marts.eda_members_by_birth_decade join seeds.genders using (gender) order by birth_decade, gender"""
    )
    if data.empty:
        return None
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), width_ratios=[3, 2])
    bars = data.groupby("birth_decade")["members"].sum()
    left.bar(bars.index.astype(str), bars.to_numpy(), color=BAR)
    left.bar_label(left.containers[0], fmt="{:,.0f}", fontsize=8)
    label_axes(left, source.text("birth_decade"), source.text("members"))
    genders = data.groupby(["gender", "label"], as_index=False)["members"].sum()
    pie(right, genders["members"], genders["label"], [GENDER_COLORS[gender] for gender in genders["gender"]])
    right.set_title(source.text("gender_ratio"))
    return figure


def age_bands(source: Source) -> Figure | None:
    data = source.mart(
        """select label_{lang} as label, members
        from marts.eda_members_by_age_band join seeds.age_bands using (age_band) order by birth_year_from"""
    )
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(6, 4.5))
    pie(axes, data["members"], data["label"], ["#7f8c8d", "#2e86c1", "#58d68d"][: len(data)])
    axes.set_title(source.text("age_bands"))
    return figure


def customer_types(source: Source) -> Figure | None:
    data = source.mart(
        """select customer_type, label_{lang} as label, orders, cast(amount as double) as amount
        from marts.eda_customer_types join seeds.customer_types using (customer_type) order by sort_order"""
    )
    if data.empty:
        return None
    figure, panes = plt.subplots(1, 2, figsize=(11, 4.5))
    for axes, column in zip(panes, ("orders", "amount"), strict=True):
        pie(axes, data[column], data["label"], [TYPE_COLORS[name] for name in data["customer_type"]])
        axes.set_title(source.text(f"{column}_share"))
    return figure


def preference(source: Source) -> Figure | None:
    """Means per day with trade; the plain means over all days of the window, gaps included, stay faint."""
    figure, panes = plt.subplots(1, 2, figsize=(13, 4.5), width_ratios=[1, 3])
    for axes, mart, column, part in (
        (panes[0], "eda_orders_by_quarter", "quarter", "quarter(day)"),
        (panes[1], "eda_orders_by_day_of_month", "day_of_month", "day(day)"),
    ):
        data = source.mart(
            f"""with window_days as (
                select cast(unnest(generate_series(min(month_start), max(last_day(month_start)), interval 1 day))
                    as date) as day from marts.eda_coverage
            ), calendar as (select {part} as {column}, count(*) as calendar_days from window_days group by all)
            select {column}, orders_per_trading_day, orders / calendar_days as naive
            from marts.{mart} join calendar using ({column}) order by {column}"""
        )
        if data.empty:
            plt.close(figure)
            return None
        axes.bar(data[column], data["orders_per_trading_day"], color=BAR, label=source.text("per_trading_day"))
        axes.plot(
            data[column], data["naive"], color="#909497", marker="o", linewidth=1, markersize=3, alpha=0.7,
            label=source.text("naive_mean"),
        )  # fmt: skip
        axes.set_xticks(data[column])
        label_axes(axes, source.text(column), source.text("orders_per_trading_day"))
    handles, labels = panes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
    return figure


def year_quarters(source: Source) -> Figure | None:
    data = source.mart(
        """select year(period_start) as year, quarter(period_start) as quarter, orders,
            (select bool_or(status <> 'complete') from marts.eda_coverage
             where date_trunc('quarter', month_start) = period_start) as has_gap
        from marts.eda_orders_by_year_quarter order by period_start"""
    )
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(9, 4.5))
    years = sorted(data["year"].unique())
    width = 0.8 / len(years)
    for index, year in enumerate(years):
        rows = data[data["year"] == year]
        bars = axes.bar(
            rows["quarter"] - 0.4 + width * (index + 0.5), rows["orders"], width,
            color=YEAR_COLORS[index % len(YEAR_COLORS)], label=str(year),
        )  # fmt: skip
        axes.bar_label(bars, ["*" if gap else "" for gap in rows["has_gap"]])
    axes.set_xticks([1, 2, 3, 4], [f"Q{quarter}" for quarter in (1, 2, 3, 4)])
    label_axes(axes, source.text("quarter"), source.text("orders"))
    axes.legend(title=source.text("year"), frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    axes.set_title(source.text("incomplete"), fontsize=9, loc="left")
    return figure


def year_days(source: Source) -> Figure | None:
    data = source.mart("select * from marts.eda_orders_by_year_day_of_month order by year, day_of_month")
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(11, 4.5))
    for index, (year, rows) in enumerate(data.groupby("year")):
        axes.plot(
            rows["day_of_month"], rows["orders"], marker="o", markersize=3,
            color=YEAR_COLORS[index % len(YEAR_COLORS)], label=str(year),
        )  # fmt: skip
    axes.set_xticks(range(1, 32))
    axes.set_ylim(bottom=0)
    label_axes(axes, source.text("day_of_month"), source.text("orders"))
    axes.legend(title=source.text("year"), frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def months(source: Source) -> Figure | None:
    data = source.mart(
        """select month_start, status, year(month_start) as year, month(month_start) as month,
            coalesce(o.orders, 0) as orders, coalesce(cast(amount as double) / 10000, 0) as amount
        from marts.eda_coverage as c left join marts.eda_orders_by_month as o on c.month_start = o.period_start
        order by month_start"""
    )
    if data.empty:
        return None
    figure, panes = plt.subplots(1, 2, figsize=(13, 4.5))
    for axes, column in zip(panes, ("orders", "amount"), strict=True):
        for index, (year, rows) in enumerate(data.groupby("year")):
            color = YEAR_COLORS[index % len(YEAR_COLORS)]
            axes.plot(rows["month"], rows[column], color=color, linewidth=1.2, label=str(year))
            for whole, face in ((True, color), (False, "white")):
                points = rows[(rows["status"] == "complete") == whole]
                axes.scatter(points["month"], points[column], s=26, color=color, facecolor=face, zorder=3)
        axes.set_xticks(range(1, 13))
        axes.set_ylim(bottom=0)
        label_axes(axes, source.text("month"), source.text(column))
    panes[1].legend(title=source.text("year"), frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    panes[0].set_title("○ " + source.text("incomplete").lstrip("* "), fontsize=9, loc="left")
    return figure


def hours(source: Source) -> Figure | None:
    data = source.mart("select * from marts.eda_orders_by_hour order by hour")
    if len(data) < 2:
        return None
    figure, axes = plt.subplots(figsize=(9, 4.5))
    axes.bar(data["hour"], data["orders"], color=BAR)
    axes.set_xticks(range(24))
    label_axes(axes, source.text("hour"), source.text("orders"))
    return figure


def silhouette(source: Source) -> Figure | None:
    data = source.mart("select * from marts.cluster_scores order by scaling desc, n_clusters")
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(8, 4.5))
    for color, (scaling, rows) in zip(YEAR_COLORS[1:], data.groupby("scaling", sort=False), strict=False):
        axes.plot(rows["n_clusters"], rows["silhouette"], marker="o", color=color, label=source.text(str(scaling)))
    chosen = data[data["is_selected"]]
    axes.scatter(
        chosen["n_clusters"], chosen["silhouette"], s=180, facecolor="none", edgecolor=MARK, linewidth=2,
        label=source.text("selected"), zorder=4,
    )  # fmt: skip
    axes.set_xticks(sorted(data["n_clusters"].unique()))
    axes.set_ylim(0, 1)
    label_axes(axes, source.text("n_clusters"), source.text("silhouette"))
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def radar(source: Source, scaling: str) -> Figure | None:
    """One radar per number of clusters 2..5: the centres in scaled units."""
    data = source.mart(
        f"""select * from marts.cluster_centers where scaling = '{scaling}' and n_clusters between 2 and 5
        order by n_clusters, cluster"""
    )
    if data.empty:
        return None
    names = [name for name in FEATURES if name in set(data["feature"])]
    angles = np.linspace(0, 2 * np.pi, len(names), endpoint=False)
    counts = sorted(data["n_clusters"].unique())
    figure, panes = plt.subplots(
        1, len(counts), figsize=(4.2 * len(counts), 4.8), subplot_kw={"projection": "polar"}, squeeze=False
    )
    for axes, count in zip(panes[0], counts, strict=True):
        for cluster, rows in data[data["n_clusters"] == count].groupby("cluster"):
            values = rows.set_index("feature")["center"].reindex(names).to_numpy()
            color = SEGMENT_COLORS[int(cluster) - 1]
            axes.plot(np.r_[angles, angles[0]], np.r_[values, values[0]], color=color, label=str(cluster))
            axes.fill(angles, values, color=color, alpha=0.12)
        axes.set_xticks(angles, [name.upper() for name in names])
        axes.tick_params(axis="y", labelsize=7)
        axes.set_title(f"k = {count}")
        axes.legend(
            title=source.text("cluster"), loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=5, frameon=False,
            fontsize=8, columnspacing=1,
        )  # fmt: skip
    return figure


def segment_means(source: Source) -> Figure | None:
    data = source.mart(
        "select segment, segment_name_{lang} as name, l, r, f, m, p from marts.segment_summary order by segment"
    )
    if data.empty:
        return None
    names = [name for name in FEATURES if data[name].notna().any()]
    figure, panes = plt.subplots(1, len(names), figsize=(2.7 * len(names), 4.2), squeeze=False)
    colors = [SEGMENT_COLORS[segment - 1] for segment in data["segment"]]
    for axes, name in zip(panes[0], names, strict=True):
        axes.bar(range(len(data)), data[name], color=colors)
        axes.bar_label(axes.containers[0], fmt="{:,.1f}" if data[name].max() < 1000 else "{:,.0f}", fontsize=8)
        axes.set_xticks([])
        axes.set_title(source.text(name), fontsize=10)
        axes.margins(y=0.12)
    handles = [plt.Rectangle((0, 0), 1, 1, color=color) for color in colors]
    figure.legend(handles, data["name"], loc="outside lower center", ncols=3, frameon=False)
    return figure


def portrait(source: Source, card_id: str) -> Figure | None:
    """Word cloud of one member's profile labels."""
    data = source.connection.execute("select * from marts.consumers_profile where card_id = ?", [card_id]).df()
    if data.empty:
        return None
    profile, language = data.iloc[0], source.language
    columns = [
        f"segment_name_{language}", f"gender_{language}", f"day_part_{language}", f"membership_level_{language}",
        f"recency_{language}", f"frequency_level_{language}", f"amount_level_{language}", f"points_level_{language}",
    ]  # fmt: skip
    words = {
        str(profile[column]): 1.0 - 0.08 * rank for rank, column in enumerate(columns) if pd.notna(profile[column])
    }
    color = SEGMENT_COLORS[int(profile["segment"]) - 1]
    cloud = WordCloud(
        font_path=str(FONT_PATH), width=1200, height=700, background_color="white", prefer_horizontal=1.0,
        random_state=1, color_func=lambda *_, **__: color, max_font_size=110, relative_scaling=0.6, margin=12,
    ).generate_from_frequencies(words)  # fmt: skip
    figure, axes = plt.subplots(figsize=(8, 5))
    axes.imshow(cloud.to_array(), interpolation="bilinear")
    axes.axis("off")
    axes.set_title(f"{source.text('member_card')} {card_id}")
    return figure


CHARTS: dict[str, Chart] = {
    "birth_decades": birth_decades,
    "age_bands": age_bands,
    "customer_types": customer_types,
    "preference": preference,
    "year_quarters": year_quarters,
    "year_days": year_days,
    "months": months,
    "hours": hours,
    "silhouette": silhouette,
    "radar_standard": lambda source: radar(source, "standard"),
    "radar_minmax": lambda source: radar(source, "minmax"),
    "segment_means": segment_means,
}


def typical_members(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """One card per segment: the member whose spending is nearest its segment's median."""
    rows = connection.execute(
        """with spending as (
            select card_id, segment, m, median(m) over (partition by segment) as middle
            from marts.lrfmpsx join marts.member_segments using (card_id))
        select card_id from spending
        qualify row_number() over (partition by segment order by abs(m - middle), card_id) = 1 order by segment"""
    ).fetchall()
    return [card_id for (card_id,) in rows]


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
        portraits = list(members) or typical_members(connection)
        for language in languages:
            texts = dict(connection.execute(f"select text_key, text_{language} from seeds.chart_texts").fetchall())
            source = Source(connection, language, texts)
            folder = report_dir / "charts" / language
            folder.parent.mkdir(parents=True, exist_ok=True)
            charts = {source.text(f"file_{key}"): chart for key, chart in CHARTS.items()}
            for card_id in portraits:
                name = f"{source.text('file_portrait')} {card_id}"
                charts[name] = lambda source, card_id=card_id: portrait(source, card_id)  # type: ignore[misc]
            with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
                for name, chart in charts.items():
                    figure = chart(source)
                    if figure is None:
                        print(f"  left out, no data: {name}")
                        continue
                    figure.savefig(Path(temporary) / f"{name}.png", dpi=110, bbox_inches="tight")
                    plt.close(figure)
                    drawn.append(folder / f"{name}.png")
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(temporary, folder)
            print(f"  charts in {folder}", flush=True)
    return drawn


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
        sizes, colors=colors, startangle=90, counterclock=False, wedgeprops={"edgecolor": "white"},
        labels=[f"{label}\n{share:.1%}" for label, share in zip(labels, shares, strict=True)],
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--member", action="append", default=[], help="card whose portrait is drawn; may be repeated")
    parser.add_argument("--language", choices=["zh", "en", "both"], default="both")
    parser.add_argument(
        "--warehouse",
        type=Path,
        default=Path(os.environ.get("WAREHOUSE_PATH", "warehouse/customer_segmentation.duckdb")),
    )
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("REPORT_DIR", "reports")))
    arguments = parser.parse_args()
    languages = ("zh", "en") if arguments.language == "both" else (arguments.language,)
    draw_charts(arguments.warehouse, arguments.out, languages, arguments.member)


if __name__ == "__main__":
    main()
