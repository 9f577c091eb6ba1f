"""Charts of what is bought together, and what follows the first purchase."""

from textwrap import fill

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from segmentation.charts.look import (
    BAR,
    MARK,
    PLAIN,
    Chart,
    Source,
    label_ticks,
    left_out,
    legend_below,
    measure_bars,
    note,
    short,
    short_pairs,
)

COUNTERS = 20
LONGEST_LINE = {"zh": 40, "en": 80}  # letters of small print for each level


def bars_and_chance(
    axes: Axes, source: Source, rows: pd.DataFrame, found: str, by_chance: str, counted: str, text_size: int
) -> None:
    """Lying bars of the column `found` with a mark where chance would have them, and the numbers `counted` beside."""
    places = range(len(rows))
    axes.barh(places, rows[found], color=[BAR if is_above else PLAIN for is_above in rows["is_above_chance"]])
    axes.plot(rows[by_chance], places, "D", color=MARK, markersize=5)
    reaches = rows[[found, by_chance]].max(axis=1)
    for place, reach, count in zip(places, reaches, rows[counted], strict=True):
        axes.annotate(f"   {source.number(count)}", (reach, place), va="center", fontsize=text_size)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.1)


def chance_legend(
    figure: Figure, source: Source, is_above_chance: pd.Series, mark_key: str, title: str | None = None
) -> None:
    """Name the bars that chance does and does not explain, as far as there are any, and what is marked."""
    kinds = [(BAR, "above_chance", is_above_chance.any()), (PLAIN, "within_chance", not is_above_chance.all())]
    bars = {source.text(key): color for color, key, is_there in kinds if is_there}
    mark = Line2D([], [], color=MARK, marker="D", linestyle="")
    legend_below(figure, [*bars.values(), mark], [*bars, source.text(mark_key)], title)


def basket_pairs(source: Source) -> Figure | None:
    """The pairs furthest above chance: their lift, beside the lift that random baskets would give them.

    Only where any is above chance: of the others nothing can be learned.
    """
    data = source.mart(
        """select level, coalesce(item_name, item_code) as item, coalesce(other_item_name, other_item_code) as other,
            orders, lift, chance_lift, is_above_chance
        from marts.basket_pairs where pair_rank <= 15 and item_code < other_item_code
        qualify bool_or(is_above_chance) over (partition by level) order by level, pair_rank"""
    )
    if data.empty:
        return None
    levels = sorted(data["level"].unique())
    figure, panes = plt.subplots(1, len(levels), figsize=(6.5 * len(levels), 6), squeeze=False)
    for axes, level in zip(panes[0], levels, strict=True):
        rows = data[data["level"] == level]
        bars_and_chance(axes, source, rows, "lift", "chance_lift", "orders", text_size=9)
        axes.set_yticks(range(len(rows)), short_pairs(rows["item"], rows["other"], "+"))
        axes.set_xlabel(source.text("lift"), fontsize=9)
        label_ticks(axes.xaxis, source)
        axes.set_title(f"{source.text(f'pairs_of_{level}s')}    {source.text('members_only')}", fontsize=11)
    explained = fill(source.text("lift_explained"), LONGEST_LINE[source.language] * len(levels))
    chance_legend(figure, source, data["is_above_chance"], "chance_lift", explained)
    return figure


def attach_rates(source: Source) -> Figure | None:
    """How much is in an order of each segment and, in pieces, at the counters with the most orders."""
    data = source.mart(
        """select *, name_{lang} as label, coalesce(attach_rate, lines_per_order) as rate
        from marts.basket_attach_rates order by scope, orders desc, code"""
    )
    # Where each order is one line there is nothing to see.
    if not (data["several_lines_share"] > 0).any():
        return None
    few = data["is_small"] & (data["scope"] == "segment")
    data = data[~data["is_small"] | (data["scope"] == "all")]
    segments = data[data["scope"] == "segment"].sort_values("code")
    groups = pd.concat([segments, data[data["scope"] == "all"]])
    counter_rows = data[data["scope"] == "counter"].head(COUNTERS)
    measures = ["attach_rate", "lines_per_order", "several_lines_share", "several_counters_share"]
    # Of nothing, and of one counter, nothing can be compared.
    measures = [measure for measure in measures if groups[measure].any()]
    widths = [max(7, 2.4 * len(measures))] + ([4.5] if len(counter_rows) > 1 else [])
    figure, panes = plt.subplots(1, len(widths), figsize=(sum(widths), 5.2), width_ratios=widths, squeeze=False)
    colors = [*map(source.segment_color, segments["code"]), PLAIN]
    labels = [*map(source.segment_label, segments["code"], segments["label"]), *groups["label"].tail(1)]
    measure_bars(panes[0][0], groups[measures], colors, source)
    said = (source.text("attach_whole"), source.text("members_only"), left_out(source, few))
    panes[0][0].set_xlabel("    ".join(filter(None, said)), fontsize=9)
    if len(widths) > 1:
        axes = panes[0][1]
        axes.barh(range(len(counter_rows)), counter_rows["rate"], color=BAR)
        axes.set_yticks(range(len(counter_rows)), short(counter_rows["label"]), fontsize=9)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        label_ticks(axes.xaxis, source)
        axes.set_xlabel(source.text(f"{measures[0]}_at_counter"))
        if len(counter_rows) == COUNTERS:
            note(axes, source.text("most_orders", counters=COUNTERS))
    legend_below(figure, colors, labels)
    return figure


def next_purchases(source: Source) -> Figure | None:
    """What most often follows what the most members began with, beside its share of all second orders."""
    data = source.mart(
        """select coalesce(item_name, item_code) as item, coalesce(next_item_name, next_item_code) as next_item,
            next_members, share, usual_share, is_above_chance
        from marts.next_purchases where level = 'counter' and next_rank <= 2 and not is_small
        order by members desc, item_code, next_rank limit 16"""
    )
    # Where chance explains all of it, nothing can be learned.
    if not data["is_above_chance"].any():
        return None
    figure, axes = plt.subplots(figsize=(9, 1.8 + 0.3 * len(data)))
    bars_and_chance(axes, source, data, "share", "usual_share", "next_members", text_size=8)
    axes.set_yticks(range(len(data)), short_pairs(data["item"], data["next_item"], "→"), fontsize=9)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel(source.text("share_of_returned"))
    chance_legend(figure, source, data["is_above_chance"], "usual_share")
    return figure


CHARTS: dict[str, Chart] = {
    "basket_pairs": basket_pairs,
    "attach_rates": attach_rates,
    "next_purchases": next_purchases,
}
