"""Charts of the clusters and the segments, and the portrait of one member."""

import duckdb
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from wordcloud import WordCloud

from segmentation.charts.look import FONT_PATH, MARK, SEGMENT_COLORS, YEAR_COLORS, Chart, Source, label_axes

FEATURES = ["l", "r", "f", "m", "p"]


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


CHARTS: dict[str, Chart] = {
    "silhouette": silhouette,
    "radar_standard": lambda source: radar(source, "standard"),
    "radar_minmax": lambda source: radar(source, "minmax"),
    "segment_means": segment_means,
}
