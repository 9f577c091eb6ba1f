"""Charts of the clusters and the segments, and the portrait of one member."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from wordcloud import WordCloud

from segmentation.charts.kept import Connection
from segmentation.charts.lettering import FONT_PATH
from segmentation.charts.look import (
    BAR,
    FAINT_BAR,
    MARK,
    MONEY,
    RULES,
    SMALL,
    YEAR_COLORS,
    Chart,
    Source,
    heat,
    label_axes,
    label_months,
    label_ticks,
    left_out,
    legend_below,
    measure_bars,
    note,
    segment_color,
    shade_gaps,
)
from segmentation.landing.sql_macros import sql_macro
from segmentation.sql_text import literal

LONGEST_CARD = 24  # signs that a title has room for
FEATURES = ["l", "r", "f", "m", "p"]
# Of the RFM groups in their order: neighbours in a stack differ.
GROUP_COLORS = [
    "#1b5e20", "#66bb6a", "#0d47a1", "#64b5f6", "#00acc1", "#fdd835", "#fb8c00", "#8e24aa", "#e53935", "#9e9e9e",
    "#6d4c41",
]  # fmt: skip


def without_unit(label: str) -> str:
    """The label of a feature whose values are scaled, or multiples of a mean."""
    return re.split(" ?[(（]", label)[0]


def silhouette(source: Source) -> Figure | None:
    data = source.mart("select * from marts.cluster_scores order by scaling desc, n_clusters")
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(8, 4.5))
    for color, (scaling, rows) in zip(YEAR_COLORS[1:], data.groupby("scaling", sort=False), strict=False):
        margin = float(sql_macro("z_of_95_percent")) * rows["silhouette_standard_error"].fillna(0)
        axes.errorbar(
            rows["n_clusters"], rows["silhouette"], margin, marker="o", capsize=3, color=color,
            label=source.text(str(scaling)),
        )  # fmt: skip
    chosen = data[data["is_selected"]]
    axes.scatter(
        chosen["n_clusters"], chosen["silhouette"], s=180, facecolor="none", edgecolor=MARK, linewidth=2,
        label=source.text("selected"), zorder=4,
    )  # fmt: skip
    axes.set_xticks(sorted(data["n_clusters"].unique()))
    axes.set_ylim(0, 1)
    label_axes(axes, source, "n_clusters", "silhouette")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def radar(source: Source, scaling: str) -> Figure | None:
    """One radar per number of clusters 2..5: the centres in scaled units, all to one scale."""
    data = source.mart(
        f"""select * from marts.cluster_centers where scaling = {literal(scaling)} and n_clusters between 2 and 5
        order by n_clusters, cluster"""
    )
    if data.empty:
        return None
    names = [name for name in FEATURES if name in set(data["feature"])]
    angles = np.linspace(0, 2 * np.pi, len(names), endpoint=False)
    counts = sorted(data["n_clusters"].unique())
    figure, panes = plt.subplots(
        1, len(counts), figsize=(4.2 * len(counts), 5.8), subplot_kw={"projection": "polar"}, squeeze=False
    )
    margin = 0.05 * (data["center"].max() - data["center"].min())
    for axes, count in zip(panes[0], counts, strict=True):
        for cluster, rows in data[data["n_clusters"] == count].groupby("cluster"):
            values = rows.set_index("feature")["center"].reindex(names).to_numpy()
            color = segment_color(str(cluster))
            axes.plot(np.r_[angles, angles[0]], np.r_[values, values[0]], color=color, label=str(cluster))
            axes.fill(angles, values, color=color, alpha=0.12)
        axes.set_xticks(angles, [without_unit(source.text(name)) for name in names], fontsize=9)
        axes.tick_params(axis="x", pad=14)
        axes.set_ylim(data["center"].min() - margin, data["center"].max() + margin)
        axes.yaxis.set_major_locator(MaxNLocator(4))
        label_ticks(axes.yaxis, source)
        axes.tick_params(axis="y", labelsize=8)
        axes.set_title(f"k = {count}", pad=40)
    handles, labels = panes[0][-1].get_legend_handles_labels()
    figure.legend(handles, labels, title=source.text("cluster"), loc="outside lower center", ncols=5)
    return figure


def segment_means(source: Source) -> Figure | None:
    data = source.mart(
        "select segment, segment_name_{lang} as name, l, r, f, m, p from marts.segment_summary order by segment"
    )
    if source.are_all_small(data["segment"]):
        return None
    names = [name for name in FEATURES if data[name].notna().any()]
    figure, axes = plt.subplots(figsize=(2.5 * len(names), 4.2))
    colors = [*map(source.segment_color, data["segment"])]
    measure_bars(axes, data[names], colors, source)
    legend_below(figure, colors, [*map(source.segment_label, data["segment"], data["name"])])
    return figure


def portrait(source: Source, card_id: str, *, is_typical: bool) -> Figure:
    """Word cloud of one buyer's profile labels."""
    data = source.connection.execute("select * from marts.consumers_profile where card_id = ?", [card_id]).df()
    profile, language = data.iloc[0], source.language
    traits = ["segment", "gender", "day_part", "membership_level", "recency", "frequency_level"]
    labels = [profile[f"{trait}_{'text' if trait == 'recency' else 'name'}_{language}"] for trait in traits]
    labels += [
        source.text(f"portrait_{trait}", level=profile[f"{trait}_name_{language}"])
        for trait in ("amount_level", "points_level")
        if pd.notna(profile[f"{trait}_name_{language}"])
    ]
    words = {str(label): 1.0 - 0.08 * rank for rank, label in enumerate(labels) if pd.notna(label)}
    color = source.segment_color(profile["segment"])
    cloud = WordCloud(
        font_path=str(FONT_PATH), width=1200, height=700, background_color="white", prefer_horizontal=1.0,
        random_state=1, color_func=lambda *_, **__: color, max_font_size=110, relative_scaling=0.6, margin=20,
    ).generate_from_frequencies(words)  # fmt: skip
    figure, axes = plt.subplots(figsize=(8, 5))
    short_card = card_id if len(card_id) <= LONGEST_CARD else f"{card_id[: LONGEST_CARD // 2]}…"
    figure.suptitle(source.text("title_portrait", card=short_card))
    if is_typical:
        note(axes, source.text("typical_note", segment=profile[f"segment_name_{language}"]))
    axes.imshow(cloud.to_array(), interpolation="bilinear")
    axes.axis("off")
    return figure


def typical_members(connection: Connection) -> list[str]:
    """One card per segment that is not small: the member whose spending is nearest its segment's median."""
    rows = connection.execute(
        """with spending as (
            select card_id, segment, m, median(m) over (partition by segment) as middle
            from marts.lrfmpsx join marts.member_segments using (card_id)
            where segment in (select segment from marts.segment_summary where not is_small))
        select card_id from spending
        qualify row_number() over (partition by segment order by abs(m - middle), card_id) = 1 order by segment"""
    ).fetchall()
    return [card_id for (card_id,) in rows]


def witnesses(source: Source) -> Figure | None:
    """What each score says about each number of clusters of the chosen treatment, the selected one marked."""
    data = source.mart(
        """select * from marts.cluster_scores
        where scaling in (select scaling from marts.cluster_scores where is_selected) order by n_clusters"""
    )
    if data.empty:
        return None
    limit = float(source.setting("cluster_valid_jaccard"))
    names = ["silhouette", "davies_bouldin", "calinski_harabasz", "gap", "smallest_jaccard", "smallest_share"]
    figure, panes = plt.subplots(2, 3, figsize=(13, 7))
    chosen = data[data["is_selected"]]
    for axes, name in zip(panes.flat, names, strict=True):
        axes.plot(data["n_clusters"], data[name], color=YEAR_COLORS[1], marker="o")
        axes.scatter(chosen["n_clusters"], chosen[name], s=180, facecolor="none", edgecolor=MARK, linewidth=2, zorder=4)
        if name == "smallest_jaccard":
            axes.axhline(limit, color="#909497", linestyle="--", linewidth=1)
            axes.set_ylim(0, 1.05)
        axes.set_xticks(data["n_clusters"])
        axes.locator_params(axis="y", nbins=6)
        label_ticks(axes.yaxis, source)
        axes.set_xlabel(source.text("n_clusters"))
        axes.set_title(source.text(f"witness_{name}", limit=source.number(limit, 4)), fontsize=10)
    return figure


def segment_profiles(source: Source) -> Figure | None:
    """Means of the segments as multiples of those of all buyers; of recency, less is more."""
    data = source.mart(
        """select s.segment, s.segment_name_{lang} as name, members, s.l / nullif(a.l, 0) as l,
            s.r / nullif(a.r, 0) as r, s.f / nullif(a.f, 0) as f, s.m / nullif(a.m, 0) as m, s.p / nullif(a.p, 0) as p
        from marts.segment_summary as s cross join (
            select sum(l * members) / sum(members) as l, sum(r * members) / sum(members) as r,
                sum(f * members) / sum(members) as f, sum(m * members) / sum(members) as m,
                sum(p * members) / sum(members) as p
            from marts.segment_summary) as a order by s.segment"""
    )
    names = [name for name in FEATURES if data[name].notna().any()]
    if not names or source.are_all_small(data["segment"]):
        return None
    figure, axes = plt.subplots(figsize=(9, 2.1 + 0.7 * len(data)))
    table = data[names].astype(float)
    texts = [
        ["" if np.isnan(ratio) else f"{source.number(ratio, 2, is_in_column=True)}×" for ratio in row]
        for row in table.to_numpy()
    ]
    # In doublings; the farthest from all buyers, but at least twice or half, has the full colour.
    worth = table.clip(lower=2**-8).apply(np.log2).mul([-1 if name == "r" else 1 for name in names])
    reach = max(1.0, float(np.nanmax(np.abs(worth.to_numpy()))))
    worth.columns = [without_unit(source.text(name)) for name in names]
    worth.index = [
        f"{source.segment_label(segment, name)}\n{source.text('so_many_buyers', buyers=source.number(members))}"
        for segment, name, members in zip(data["segment"], data["name"], data["members"], strict=True)
    ]
    heat(axes, worth, texts, "RdBu_r", -reach, reach, text_size=12)
    note(axes, source.text("profiles_note"))
    axes.tick_params(axis="x", labelsize=9)
    return figure


def segment_sizes(source: Source) -> Figure | None:
    data = source.mart(
        """select segment, segment_name_{lang} as name, member_share, amount_share
        from marts.segment_summary order by segment"""
    )
    if source.are_all_small(data["segment"]):
        return None
    figure, axes = plt.subplots(figsize=(9, 3.4))
    left = np.zeros(2)
    for segment, name, members, amount in zip(*(data[column] for column in data), strict=True):
        shares = np.array([amount, members], dtype=float) * 100
        bars = axes.barh(
            [source.text("amount_share"), source.text("member_share")], shares, left=left,
            color=source.segment_color(segment), label=source.segment_label(segment, name),
        )  # fmt: skip
        texts = [f"{share:.1f}%" if share > 4 else "" for share in shares]
        axes.bar_label(bars, texts, label_type="center", color="k" if source.segment_color(segment) == SMALL else "w")
        left += shares
    axes.set_xlim(0, 100)
    axes.set_xlabel(source.text("percent"))
    axes.grid(visible=False)
    legend_below(figure, *axes.get_legend_handles_labels())
    return figure


def migration(source: Source) -> Figure | None:
    """Shares of the RFM groups' members by where they were a month later, over the last twelve months."""
    labels = source.mart(
        f"select code, name_{{lang}} as label from {RULES} where rule_set = 'rfm_group' order by rule_no"
    ).set_index("code")
    data = source.mart(
        """select month_start, from_code, to_code, members
        from marts.segment_migration, (select max(as_of) as as_of from marts.member_overview)
        where scheme = 'rfm_group' and from_code <> 'not_yet_a_buyer'
            and month_start + interval 1 month <= as_of and month_start + interval 13 month > as_of"""
    )
    if data.empty:
        return None
    matrix = data.pivot_table(index="from_code", columns="to_code", values="members", aggfunc="sum")
    few = matrix.sum(axis=1) < source.small
    matrix = matrix[~few]
    if matrix.empty:
        return None
    order = [code for code in labels.index if code in matrix.index or code in matrix.columns]
    matrix = matrix.reindex(index=order, columns=order).fillna(0)
    shares = matrix.div(matrix.sum(axis=1).replace(0, np.nan), axis=0) * 100
    figure, axes = plt.subplots(figsize=(10, 7.5))
    shares.index = shares.columns = labels.loc[order, "label"]
    texts = [[f"{share:.1f}" if share >= 0.05 else "" for share in row] for row in shares.to_numpy()]
    mesh = heat(axes, shares, texts, high=100)
    figure.colorbar(mesh, ax=axes, label=source.text("percent"))
    axes.set_xlabel(source.text("month_later", months=data["month_start"].nunique()))
    axes.set_ylabel(source.text("month_before"))
    axes.tick_params(axis="x", labelrotation=35)
    plt.setp(axes.get_xticklabels(), ha="right", rotation_mode="anchor")
    note(axes, left_out(source, few))
    return figure


def group_history(source: Source) -> Figure | None:
    data = source.mart(
        f"""select month_start, code, name_{{lang}} as label, rule_no, count(*) as members, month_status
        from marts.member_history join {RULES} on rule_set = 'rfm_group' and rfm_group = code
        join (select distinct month_start, month_status from marts.life_cycle_by_month) using (month_start)
        group by month_start, code, label, rule_no, month_status order by month_start, rule_no"""
    )
    if data["month_start"].nunique() < 2:
        return None
    groups = data.drop_duplicates("label").sort_values("rule_no")
    counts = data.pivot(index="month_start", columns="label", values="members").fillna(0)[groups["label"]]
    colors = [GROUP_COLORS[(order - 1) % len(GROUP_COLORS)] for order in groups["rule_no"]]
    figure, axes = plt.subplots(figsize=(11, 5))
    axes.stackplot(counts.index, counts.T, labels=counts.columns, colors=colors, linewidth=0)
    shade_gaps(axes, data)
    axes.set_xlim(counts.index[0], counts.index[-1])
    label_axes(axes, source, "month_end", "buyers")
    label_months(axes, source)
    note(axes, source.text("gap_note"))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), reverse=True)
    return figure


def treatment(source: Source) -> Figure | None:
    """Distributions of the features that log_standard takes as logarithms, before and after."""
    logarithms = source.mart(
        "select feature from marts.cluster_model where scaling = 'log_standard' and kind = 'is_log' and value = 1"
    )
    names = [name for name in FEATURES if name in set(logarithms["feature"])]
    if not names:
        return None
    data = source.mart(f"select {', '.join(names)} from marts.lrfmpsx").astype(float)
    figure, panes = plt.subplots(2, len(names), figsize=(3.2 * len(names), 6), squeeze=False)
    for column, name in enumerate(names):
        values = data[name].dropna()
        for axes, shown, color in (
            (panes[0, column], values, FAINT_BAR),
            (panes[1, column], np.log1p(values.clip(lower=0)), BAR),
        ):
            axes.stairs(*np.histogram(shown, bins=40), fill=True, color=color)
            label_axes(axes, source, name, "" if column else "buyers")
            axes.locator_params(axis="x", nbins=3)
            label_ticks(axes.xaxis, source, is_money=name in MONEY and shown is values)
        panes[1, column].set_xlabel(f"ln(1 + {name.upper()})")
    return figure


CHARTS: dict[str, Chart] = {
    "silhouette": silhouette,
    "segment_means": segment_means,
    "segment_profiles": segment_profiles,
    "segment_sizes": segment_sizes,
    "migration": migration,
    "group_history": group_history,
}
SPECIALIST: dict[str, Chart] = {
    "radar_standard": lambda source: radar(source, "standard"),
    "radar_minmax": lambda source: radar(source, "minmax"),
    "witnesses": witnesses,
    "treatment": treatment,
}
