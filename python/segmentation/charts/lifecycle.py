"""Charts of the life cycle: states, moves between them, activation, cohorts, promotion days, forecasts."""

from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from segmentation.charts.look import (
    BAR,
    FAINT_BAR,
    GAP,
    LONGEST_LABEL,
    MARK,
    PLAIN,
    Chart,
    Source,
    heat,
    label_axes,
    label_months,
    label_ticks,
    legend_below,
    note,
    shade_gaps,
)

STATE_COLORS = {
    "new": "#5dade2", "active": "#1e8449", "slowing": "#d4ac0d", "silent": "#ca6f1e", "lost": "#909497",
    "returned": "#884ea0", "never_bought": "#d5dbdb",
}  # fmt: skip
YEARS = {"earlier": "#a2d9ce", "last": "#148f77"}


def states(source: Source) -> Figure | None:
    """Buyers by state at each month end."""
    data = source.mart(
        """select month_start, state, name_{lang} as label, members, month_status
        from marts.life_cycle_by_month join seeds.life_cycle_states using (state)
        where state <> 'never_bought' order by month_start, sort_order"""
    )
    if data["month_start"].nunique() < 2:
        return None
    figure, axes = plt.subplots(figsize=(11, 4.8))
    labels = dict(zip(data["state"], data["label"], strict=True))
    counts = data.pivot(index="month_start", columns="state", values="members")[list(labels)]
    colors = [STATE_COLORS[name] for name in labels]
    axes.stackplot(counts.index, counts.T, labels=list(labels.values()), colors=colors, linewidth=0)
    shade_gaps(axes, data)
    axes.set_xlim(counts.index[0], counts.index[-1])
    label_axes(axes, source, "month_end", "buyers")
    label_months(axes, source)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), reverse=True)
    note(axes, source.text("gap_note"), source.text("first_months_note"))
    return figure


def transitions(source: Source) -> Figure | None:
    """What becomes of the members of each state within a month, over the complete months in which each can be."""
    data = source.mart(
        """select b.name_{lang} as before, a.name_{lang} as after, sum(members) as members
        from marts.life_cycle_transitions as t
        join seeds.life_cycle_states as b on t.previous_state = b.state
        join seeds.life_cycle_states as a on t.state = a.state
        where month_status = 'complete' and not is_small
            and month_start >= (select min(month_start) from marts.life_cycle_by_month where is_settled)
        group by all order by any_value(b.sort_order), any_value(a.sort_order)"""
    )
    if data.empty:
        return None
    order = list(dict.fromkeys(data["after"]))
    counts = data.pivot(index="before", columns="after", values="members")
    counts = counts.reindex(
        index=[name for name in order if name in counts.index], columns=[name for name in order if counts[name].any()]
    )
    shares = counts.div(counts.sum(axis=1), axis=0)
    figure, axes = plt.subplots(figsize=(8.5, 2 + 0.5 * len(shares)))
    texts = [["" if share == 0 else f"{share:.1%}" for share in row] for row in shares.to_numpy()]
    heat(axes, shares, texts)
    axes.set_xlabel(source.text("state_after"))
    axes.set_ylabel(fill(source.text("previous_state"), LONGEST_LABEL))
    note(axes, source.text("transitions_note"))
    return figure


def activation(source: Source) -> Figure | None:
    """Share of silent and of lost members that buy in the month, with its confidence interval."""
    data = source.mart(
        """select month_start, previous_state, name_{lang} as label, activation_rate, activation_rate_low,
            activation_rate_high, month_status = 'complete' and not is_small as is_shown, month_status
        from marts.activation_by_month join seeds.life_cycle_states on previous_state = state
        where month_start >= (select min(month_start) from marts.life_cycle_by_month where is_settled)
        order by sort_order, month_start"""
    )
    # Where nobody came back there is nothing to see.
    if not (data["is_shown"] & (data["activation_rate"] > 0)).any():
        return None
    figure, axes = plt.subplots(figsize=(10, 4.5))
    for (state, label), rows in data.groupby(["previous_state", "label"], sort=False):
        known = rows.where(rows["is_shown"])
        color = STATE_COLORS[str(state)]
        axes.plot(rows["month_start"], known["activation_rate"], color=color, marker="o", markersize=3, label=label)
        axes.fill_between(
            rows["month_start"], known["activation_rate_low"], known["activation_rate_high"], color=color, alpha=0.2
        )
    shade_gaps(axes, data)
    axes.set_ylim(bottom=0)
    label_axes(axes, source, "month", "activation_rate")
    label_months(axes, source)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(title=source.text("previous_state"), loc="upper left", bbox_to_anchor=(1, 1))
    note(axes, source.text("activation_note"))
    return figure


def cohorts(source: Source) -> Figure | None:
    """Share of each quarter's first buyers that buy in each month after, months without data left blank."""
    data = source.mart(
        f"""select date_trunc('quarter', cohort_start) as cohort, months_since,
            sum(buyers) / sum(members) as share, bool_or(is_after_gap) as is_after_gap
        from marts.cohort_retention
        where cohort_type = 'first_purchase' and month_status = 'complete' and months_since > 0
            and cohort_start in (select month_start from marts.eda_coverage where status = 'complete')
        group by cohort, months_since having sum(members) >= {source.small} order by cohort, months_since"""
    )
    if data.empty:
        return None
    table = data.pivot_table(index="cohort", columns="months_since", values="share")
    # A quarter without a complete month has an empty row.
    quarters = pd.date_range(table.index.min(), table.index.max(), freq="QS")
    table = table.reindex(index=quarters, columns=range(1, int(table.columns.max()) + 1))
    after_gap = set(data.loc[data["is_after_gap"], "cohort"])
    table.index = [source.quarter(day) + " *" * (day in after_gap) for day in quarters]
    figure, axes = plt.subplots(figsize=(12, 0.45 * len(table) + 2))
    texts = [["" if np.isnan(share) else f"{share * 100:.0f}" for share in row] for row in table.to_numpy()]
    heat(axes, table, texts)
    axes.set_xlabel(source.text("months_since_first"))
    axes.set_ylabel(fill(source.text("first_purchase_quarter"), LONGEST_LABEL))
    note(axes, source.text("cohort_note"), source.text("first_cohort_note"))
    return figure


def promotion_days(source: Source) -> Figure | None:
    """Orders against what month and weekday lead to expect, and activation on promotion and on other days."""
    data = source.mart(
        """select day, other_orders / usual_orders as ratio, is_promotion_day
        from marts.promotion_days where is_judged order by day"""
    )
    if not data["is_promotion_day"].any():
        return None
    rates = source.mart(
        """select * from marts.promotion_activation where not is_small and activation_rate_low is not null
        order by day_kind"""
    )
    # One rate alone compares nothing.
    widths = [3, 1] if len(rates) > 1 else [3]
    figure, panes = plt.subplots(1, len(widths), figsize=(3.25 * sum(widths), 5.5), width_ratios=widths, squeeze=False)
    left = panes[0][0]
    for is_promotion, color, key in ((False, FAINT_BAR, "ordinary_days"), (True, MARK, "promotion_days")):
        rows = data[data["is_promotion_day"] == is_promotion]
        left.scatter(rows["day"], rows["ratio"], s=12 + 12 * is_promotion, color=color, label=source.text(key))
    left.axhline(1, color="#909497", linewidth=1)
    left.set_ylim(bottom=0)
    label_axes(left, source, "day", "orders_ratio")
    label_months(left, source)
    note(left, source.text("promotion_days_note"))
    figure.legend(loc="outside lower center", ncols=2)
    if len(rates) < 2:
        return figure
    right = panes[0][1]
    low, high = (abs(rates[f"activation_rate_{bound}"] - rates["activation_rate"]) for bound in ("low", "high"))
    right.bar(
        [source.text(f"{kind}_days") for kind in rates["day_kind"]],
        rates["activation_rate"] * 1000,
        yerr=np.array([low, high]) * 1000,
        color=[MARK if kind == "promotion" else FAINT_BAR for kind in rates["day_kind"]],
        capsize=4,
    )
    label_axes(right, source, "", "activation_per_day")
    note(right, source.text("promotion_note"))
    return figure


def forecast_check(source: Source) -> Figure | None:
    """Error and bias of the forecast in the hold-out period, beside naive guesses."""
    data = source.mart(
        """select c.*, method_name_{lang} as label from marts.clv_check as c join seeds.forecast_methods using (method)
        where quantity = 'purchases' and root_mean_square_error is not null order by sort_order"""
    )
    if not data["is_best"].any():
        return None
    figure, panes = plt.subplots(1, 2, figsize=(12, 4), sharey=True)
    colors = [BAR if is_best else FAINT_BAR for is_best in data["is_best"]]
    for axes, column, scale, text in (
        (panes[0], "root_mean_square_error", 1, "{:.2f}"),
        (panes[1], "total_bias", 100, "{:+.1f}%"),
    ):
        bars = axes.barh(data["label"], data[column] * scale, color=colors)
        axes.bar_label(bars, [text.format(value) for value in data[column] * scale], padding=4)
        axes.set_xlabel(source.text(column))
        axes.grid(axis="x", visible=True)
        axes.grid(axis="y", visible=False)
        axes.margins(x=0.15)
    panes[0].invert_yaxis()
    panes[0].set_title(source.text("forecast_check_note"), fontsize=9, loc="left")
    return figure


def next_steps(source: Source) -> Figure | None:
    """Expected amount by state and segment."""
    data = source.mart(
        """select segment, segment_name_{lang} as name, l.name_{lang} as label, l.sort_order, horizon_days,
            f.name_{lang} as method, sum(expected_value order by n.card_id) as amount, count(*) as members
        from marts.member_next_steps as n
        join marts.member_segments as s using (card_id)
        join seeds.life_cycle_states as l on n.state = l.state
        join seeds.forecast_methods as f on n.value_method = f.method
        where expected_value is not null
        group by all order by l.sort_order, segment"""
    )
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(11, 4.8))
    labels = list(dict.fromkeys(data["label"]))
    base = pd.Series(0.0, index=labels)
    for (segment, name), rows in data.groupby(["segment", "name"], sort=True):
        amounts = rows.set_index("label")["amount"].reindex(labels).fillna(0)
        color, label = source.segment_color(str(segment)), source.segment_label(str(segment), str(name))
        axes.bar(labels, amounts, bottom=base, color=color, label=label)
        base += amounts
    members = data.groupby("label")["members"].sum()
    for position, label in enumerate(labels):
        buyers = source.text("so_many_buyers", buyers=source.number(members[label]))
        text = f"{source.money(base[label])}\n{buyers}"
        axes.annotate(text, (position, base[label]), (0, 2), textcoords="offset points", ha="center", fontsize=9)
    # A margin would be lost above a part of nothing on top of a bar.
    axes.set_ylim(0, 1.15 * base.max() or 1)
    label_axes(axes, source, "state", "expected_amount")
    label_ticks(axes.yaxis, source, is_money=True)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    note(axes, source.text("expected_note", days=data["horizon_days"].iloc[0], method=data["method"].iloc[0]))
    return figure


def discounted(source: Source) -> Figure | None:
    """Expected amount within each horizon, and what it is worth today."""
    data = source.mart(
        """select horizon_days, sum(expected_value order by card_id) as expected,
            sum(discounted_value order by card_id) as discounted
        from marts.member_expected_purchases where discounted_value is not null
        group by horizon_days order by horizon_days"""
    )
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(9, 4.4))
    positions = np.arange(len(data))
    for shift, column, color in ((-0.2, "expected", FAINT_BAR), (0.2, "discounted", BAR)):
        bars = axes.bar(positions + shift, data[column], 0.4, color=color, label=source.text(f"{column}_amount"))
        axes.bar_label(bars, [source.money(amount) for amount in data[column]], padding=3)
    axes.set_xticks(positions, [source.text("so_many_days", days=source.number(days)) for days in data["horizon_days"]])
    axes.margins(y=0.15)
    label_axes(axes, source, "", "amount")
    label_ticks(axes.yaxis, source, is_money=True)
    axes.legend(loc="upper left")
    note(axes, source.text("discounted_note", rate=f"{100 * float(source.setting('clv_discount_rate')):g}%"))
    return figure


def growth(source: Source) -> Figure | None:
    """Buyers by how they do against their own past year, and what they spent in both."""
    data = source.mart(
        """select level_name_{lang} as label, any_value(is_comparable) as is_comparable, count(*) as buyers,
            count(*) filter (where is_beyond_chance) as beyond_chance, any_value(compared_months) as months,
            cast(sum(earlier_amount) as double) as earlier, cast(sum(amount) as double) as last
        from marts.member_growth join (select level, sort_order from seeds.growth_levels) using (level)
        group by sort_order, label order by sort_order"""
    )
    if not data["is_comparable"].any():
        return None
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), sharey=True)
    colors = [PLAIN if is_comparable else GAP for is_comparable in data["is_comparable"]]
    bars = left.barh(data["label"], data["buyers"], color=colors)
    left.barh(data["label"], data["beyond_chance"], color=BAR)
    left.bar_label(bars, [source.number(count) for count in data["buyers"]], padding=4)
    left.set_xlabel(source.text("buyers"))
    positions, compared = np.arange(len(data)), data["is_comparable"]
    for shift, column in ((-0.2, "earlier"), (0.2, "last")):
        bars = right.barh(
            positions[compared] + shift,
            data.loc[compared, column],
            0.4,
            color=YEARS[column],
        )
        right.bar_label(bars, [source.money(amount) for amount in data.loc[compared, column]], padding=4, fontsize=9)
    right.set_xlabel(source.text("amount"))
    label_ticks(left.xaxis, source)
    label_ticks(right.xaxis, source, is_money=True)
    for axes in (left, right):
        axes.grid(axis="x", visible=True)
        axes.grid(axis="y", visible=False)
        axes.margins(x=0.18)
    kinds = {"beyond_chance": BAR} if data["beyond_chance"].any() else {}
    kinds |= {"within_chance": PLAIN, "earlier_year": YEARS["earlier"], "last_year": YEARS["last"]}
    legend_below(figure, list(kinds.values()), [source.text(key) for key in kinds])
    left.invert_yaxis()
    note(left, source.text("growth_note", months=data["months"].iloc[0]))
    return figure


CHARTS: dict[str, Chart] = {
    "life_cycle_states": states,
    "life_cycle_transitions": transitions,
    "activation": activation,
    "cohorts": cohorts,
    "promotion_days": promotion_days,
    "next_steps": next_steps,
    "growth": growth,
    "discounted": discounted,
}
SPECIALIST: dict[str, Chart] = {"forecast_check": forecast_check}
