"""Charts of who buys how: types of customers, groups of members, counters, purchasing power."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from segmentation.charts.exploration import age_band_years
from segmentation.charts.look import (
    GAP,
    GENDER_COLORS,
    PLAIN,
    TYPE_COLORS,
    TYPES,
    Chart,
    Source,
    label_axes,
    label_ticks,
    left_out,
    legend_below,
    measure_bars,
    name_ticks,
    note,
    short,
)

COUNTERS = 20
# Where an hour, a weekday or a month stands.
POSITIONS = {"hour": range(24), "weekday": range(1, 8), "month": range(1, 13)}


def type_comparison(source: Source) -> Figure | None:
    data = source.mart(
        f"""select *, type_label as label from marts.customer_type_comparison join {TYPES} using (customer_type)
        order by sort_order"""
    )
    few = data["orders"] < source.small
    data = data[~few]
    if len(data) < 2:
        return None
    measures = [
        "pieces_per_order", "amount_per_order", "amount_per_customer", "median_piece_price", "below_price_share",
        "without_points_share",
    ]  # fmt: skip
    measures = [measure for measure in measures if data[measure].notna().any()]
    figure, axes = plt.subplots(figsize=(2.3 * len(measures), 4.2))
    colors = [TYPE_COLORS[name] for name in data["customer_type"]]
    measure_bars(axes, data[measures], colors, source)
    axes.set_xlabel(left_out(source, few), fontsize=9)
    legend_below(figure, colors, list(data["label"]))
    return figure


def type_rhythm(source: Source) -> Figure | None:
    data = source.mart(
        f"""select rhythm.*, type_label, name_{{lang}} as label
        from marts.customer_type_rhythm as rhythm join {TYPES} using (customer_type)
        where rhythm <> 'season' and share is not null
        qualify sum(orders) over (partition by customer_type, rhythm) >= {source.small}
        order by sort_order, position"""
    )
    # Of one hour, weekday or month nothing can be compared.
    positions_of = data.groupby("rhythm")["position"].nunique()
    rhythms = [rhythm for rhythm in POSITIONS if positions_of.get(rhythm, 0) > 1]
    if not rhythms:
        return None
    figure, panes = plt.subplots(1, len(rhythms), figsize=(4.6 * len(rhythms), 4.4), squeeze=False)
    for axes, rhythm in zip(panes[0], rhythms, strict=True):
        rows = data[data["rhythm"] == rhythm]
        positions = POSITIONS[rhythm]
        for (customer_type, label), line in rows.groupby(["customer_type", "type_label"], sort=False):
            shares = line.set_index("position")["share"].reindex(positions)
            if rhythm == "hour":
                # In an hour without an order nothing was bought; of a month without data nobody knows.
                shares = shares.fillna(0)
            axes.plot(
                shares.index, shares, marker="o", markersize=3, color=TYPE_COLORS[str(customer_type)], label=label
            )
        if rhythm == "hour":
            axes.set_xticks(positions[::3])
        elif rhythm == "month":
            axes.set_xticks(positions)
        else:
            names = rows.drop_duplicates("position").set_index("position")["label"]
            name_ticks(axes, positions, names.reindex(positions).fillna(""))
        axes.set_ylim(0, 1.08 * rows["share"].max())
        label_axes(axes, source, rhythm, "share_per_trading_day")
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    legend_below(figure, *panes[0][0].get_legend_handles_labels())
    return figure


def member_groups(source: Source) -> Figure | None:
    data = source.mart(
        """select dimension, group_code, g.name_{lang} as label, buyers, orders_per_buyer, amount_per_buyer,
            amount_per_order, below_price_share
        from marts.member_group_comparison as g left join seeds.age_bands on group_code = age_band
        where buyers > 0
        order by dimension desc, birth_year_from desc, group_code"""
    )
    is_known = data["group_code"] != "unknown"
    few = is_known & (data["buyers"] < source.small)
    unknown = "" if is_known.all() else source.text("unknown_left_out")
    data = data[is_known & ~few]
    if data.empty:
        return None
    measures = ["orders_per_buyer", "amount_per_buyer", "amount_per_order", "below_price_share"]
    # Of nothing, nothing can be compared.
    measures = [measure for measure in measures if data[measure].any()]
    figure, axes = plt.subplots(figsize=(3.2 * len(measures), 4.2))
    colors = [GENDER_COLORS.get(code, PLAIN) for code in data["group_code"]]
    bars = measure_bars(axes, data[measures], colors, source)
    name_ticks(axes, bars, list(data["label"]) * len(measures))
    years = age_band_years(source)
    bands = data[data["group_code"].isin(years)]
    said = [f"{label}: {years[code]}" for label, code in zip(bands["label"], bands["group_code"], strict=True)]
    axes.set_xlabel("    ".join(filter(None, [*said, unknown, left_out(source, few)])), fontsize=9)
    return figure


def counters(source: Source) -> Figure | None:
    data = source.mart(
        f"""select counter_rank, coalesce(counter_name, counter_code) as counter, customer_type, type_label as label,
            cast(amount as double) as amount
        from marts.counter_comparison join {TYPES} using (customer_type)
        where counter_rank <= {COUNTERS} order by sort_order, counter_rank"""
    )
    if data.empty:
        return None
    names = data.drop_duplicates("counter_rank").sort_values("counter_rank")
    figure, axes = plt.subplots(figsize=(9, 1.5 + 0.28 * len(names)))
    left = pd.Series(0.0, index=names["counter_rank"])
    for customer_type, rows in data.groupby("customer_type", sort=False):
        amounts = rows.set_index("counter_rank")["amount"].reindex(left.index).fillna(0)
        axes.barh(
            range(len(left)), amounts, left=left, color=TYPE_COLORS[str(customer_type)], label=rows["label"].iloc[0]
        )
        left += amounts
    axes.set_yticks(range(len(names)), short(names["counter"]))
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    label_ticks(axes.xaxis, source, is_money=True)
    axes.set_xlabel(source.text("amount"))
    if len(names) == COUNTERS:
        note(axes, source.text("largest_amounts", counters=COUNTERS))
    legend_below(figure, *axes.get_legend_handles_labels())
    return figure


def purchasing_power(source: Source) -> Figure | None:
    """How the score is spread in each segment, and where the segments stand in each of its parts."""
    labels = dict(
        source.connection.execute(f"select part, name_{source.language} from seeds.purchasing_power_parts").fetchall()
    )
    scores = ", ".join(f"avg({part}_score) as {part}" for part in labels)
    means = source.mart(
        f"""select segment, segment_name_{{lang}} as name, {scores}
        from marts.member_purchasing_power join marts.member_segments using (card_id) group by all order by segment"""
    )
    spread = source.mart(
        """select segment, cast(least(floor(score / 5), 19) as integer) * 5 as from_score, count(*) as members
        from marts.member_purchasing_power join marts.member_segments using (card_id)
        where score is not null group by all order by segment, from_score"""
    )
    if source.are_all_small(spread["segment"]):
        return None
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8), width_ratios=[3, 4])
    for segment in sorted(spread["segment"].unique()):
        rows = spread[spread["segment"] == segment].set_index("from_score")
        shares = rows["members"] / rows["members"].sum()
        left.stairs(
            shares.reindex(range(0, 100, 5)).fillna(0), range(0, 101, 5), fill=True, alpha=0.35,
            color=source.segment_color(segment),
        )  # fmt: skip
    label_axes(left, source, "purchasing_power_score", "share_of_segment")
    left.yaxis.set_major_formatter(PercentFormatter(1))
    parts = [part for part in labels if means[part].notna().any()]
    for _, row in means.iterrows():
        right.plot(
            row[parts].astype(float), range(len(parts)), "o", markersize=8,
            color=source.segment_color(row["segment"]),
            label=source.segment_label(row["segment"], row["name"]),
        )  # fmt: skip
    right.set_yticks(range(len(parts)), [labels[part] for part in parts])
    right.set_xlim(-2, 102)
    right.invert_yaxis()
    right.axvline(50, color=GAP, zorder=0)
    right.set_xlabel(source.text("mean_place"))
    legend_below(figure, *right.get_legend_handles_labels())
    return figure


CHARTS: dict[str, Chart] = {
    "type_comparison": type_comparison,
    "type_rhythm": type_rhythm,
    "member_groups": member_groups,
    "counters": counters,
    "purchasing_power": purchasing_power,
}
