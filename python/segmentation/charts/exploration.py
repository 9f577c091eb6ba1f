"""Charts of the whole input: who the members are and when they buy."""

from functools import wraps
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
    GENDER_COLORS,
    PLAIN,
    TYPE_COLORS,
    TYPES,
    Chart,
    Source,
    label_axes,
    name_ticks,
    note,
    pie,
    year_colors,
)


def of_all_sales(chart: Chart) -> Chart:
    """Say below the chart from which day to which it tells of sales: the as-of date bounds none of them."""

    @wraps(chart)
    def with_period(source: Source) -> Figure | None:
        figure = chart(source)
        if figure:
            [(first, last)] = source.connection.execute(
                "select min(purchased_at), max(purchased_at) from marts.orders"
            ).fetchall()
            figure.supxlabel(source.text("all_sales", first=source.day(first), last=source.day(last)), fontsize=9)
        return figure

    return with_period


def birth_decades(source: Source) -> Figure | None:
    data = source.mart(
        """select birth_decade, gender, coalesce(name_{lang}, text_{lang}) as label, members
        from marts.eda_members_by_birth_decade left join seeds.genders using (gender)
        join seeds.texts on text_key = 'unknown' order by birth_decade, gender"""
    )
    if data.empty:
        return None
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.5), width_ratios=[2, 1])
    decades = data.groupby("birth_decade")["members"].sum()
    left.bar([source.text("decade", year=int(year)) for year in decades.index], decades.to_numpy(), color=BAR)
    left.bar_label(left.containers[0], fmt="{:,.0f}", fontsize=8)
    label_axes(left, source, "birth_decade", "members")
    left.tick_params(axis="x", labelsize=9)
    note(left, _left_out(source, "birth_decade"))
    genders = data.groupby(["gender", "label"], as_index=False)["members"].sum()
    pie(right, genders["members"], genders["label"], [GENDER_COLORS.get(code, PLAIN) for code in genders["gender"]])
    right.set_title(fill(source.text("gender_ratio"), 32))
    [(filled,)] = source.connection.execute(
        "select count(*) from marts.members where is_gender_filled and birth_decade is not null"
    ).fetchall()
    right.set_xlabel(source.text("gender_filled", members=source.number(filled)) if filled else "", fontsize=9)
    return figure


def age_bands(source: Source) -> Figure | None:
    data = source.mart(
        """select age_band, name_{lang} as label, members
        from marts.eda_members_by_age_band join seeds.age_bands using (age_band) order by birth_year_from desc"""
    )
    if data.empty:
        return None
    years = age_band_years(source)
    labels = [f"{label}\n{years.get(band, '')}" for label, band in zip(data["label"], data["age_band"], strict=True)]
    figure, axes = plt.subplots(figsize=(7, 4.5))
    pie(axes, data["members"], pd.Series(labels), ["#58d68d", "#2e86c1", "#7f8c8d"][: len(data)])
    figure.supxlabel(_left_out(source, "age_band"), fontsize=9)
    return figure


def age_band_years(source: Source) -> dict[str, str]:
    """Return the years of birth of each age band; nothing where the retailer keeps bands and no dates of birth."""
    bands = source.connection.execute(
        """select age_band, birth_year_from, birth_year_before - 1 from seeds.age_bands
        where exists (from marts.members where birth_date is not null) order by birth_year_from"""
    ).fetchall()
    years = {band: source.text("born_between", first=first, last=last) for band, first, last in bands[1:-1]}
    if bands:
        years[bands[0][0]] = source.text("born_until", year=bands[0][2])
        years[bands[-1][0]] = source.text("born_from", year=bands[-1][1])
    return years


def _left_out(source: Source, column: str) -> str:
    """Say how many members have no value in the column."""
    [(members,)] = source.connection.execute(f"select count(*) from marts.members where {column} is null").fetchall()
    return source.text(f"without_{column}", members=source.number(members)) if members else ""


@of_all_sales
def customer_types(source: Source) -> Figure | None:
    data = source.mart(
        f"""select customer_type, type_label as label, orders, cast(amount as double) as amount
        from marts.eda_customer_types join {TYPES} using (customer_type) order by sort_order"""
    )
    if len(data) < 2:
        return None
    figure, panes = plt.subplots(1, 2, figsize=(13, 4.5))
    for axes, column in zip(panes, ("orders", "amount"), strict=True):
        pie(axes, data[column], data["label"], [TYPE_COLORS[name] for name in data["customer_type"]])
        # The name of a slice may stand above it.
        axes.set_title(source.text(f"{column}_share"), pad=20)
    return figure


@of_all_sales
def preference(source: Source) -> Figure | None:
    """Means per day with trade of complete months, so that gaps in the data favour no quarter and no day."""
    figure, panes = plt.subplots(1, 2, figsize=(13, 4.5), width_ratios=[1, 3])
    for axes, mart, column in (
        (panes[0], "eda_orders_by_quarter", "quarter"),
        (panes[1], "eda_orders_by_day_of_month", "day_of_month"),
    ):
        data = source.mart(
            f"""select {column}, orders_per_trading_day from marts.{mart} where orders_per_trading_day is not null
            order by {column}"""
        )
        if data.empty:
            plt.close(figure)
            return None
        axes.bar(data[column], data["orders_per_trading_day"], color=BAR)
        label_axes(axes, source, column, "orders_per_trading_day")
    panes[0].set_xticks(range(1, 5), source.quarter_names)
    panes[1].set_xticks(range(1, 32))
    [(is_uneven,)] = source.connection.execute(
        """select count(distinct years) > 1 from (
            select list(distinct year(month_start) order by year(month_start)) as years
            from marts.eda_coverage where status = 'complete' group by month(month_start)
        )"""
    ).fetchall()
    uneven = [source.text("uneven_quarters")] if is_uneven else []
    # Two lines: the pane is narrow.
    note(panes[0], "\n".join([*uneven, f"{source.text('members_only')}    {source.text('complete_months_only')}"]))
    return figure


@of_all_sales
def year_quarters(source: Source) -> Figure | None:
    data = source.mart(
        """select year(period_start) as year, quarter(period_start) as quarter, orders,
            (select count(*) filter (where status = 'complete') < 3 from marts.eda_coverage
             where date_trunc('quarter', month_start) = period_start) as has_gap
        from marts.eda_orders_by_year_quarter order by period_start"""
    )
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(9, 4.5))
    years = sorted(data["year"].unique())
    width = 0.8 / len(years)
    colors = year_colors(years)
    for index, year in enumerate(years):
        rows = data[data["year"] == year]
        bars = axes.bar(
            rows["quarter"] - 0.4 + width * (index + 0.5), rows["orders"], width,
            color=colors[year], label=str(year),
        )  # fmt: skip
        axes.bar_label(bars, ["*" if gap else "" for gap in rows["has_gap"]])
    axes.set_xticks(range(1, 5), source.quarter_names)
    label_axes(axes, source, "quarter", "orders")
    axes.legend(title=source.text("year"), loc="upper left", bbox_to_anchor=(1, 1))
    note(axes, source.text("members_only"), "* " + source.text("incomplete"))
    return figure


@of_all_sales
def year_days(source: Source) -> Figure | None:
    # Of a few days of a year nothing can be read.
    data = source.mart(
        """select * from marts.eda_orders_by_year_day_of_month
        where year in (select year(month_start) from marts.eda_coverage where status = 'complete')
        order by year, day_of_month"""
    )
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(11, 4.5))
    colors = year_colors(data["year"])
    for year, rows in data.groupby("year"):
        rates = rows.set_index("day_of_month")["orders_per_trading_day"].reindex(range(1, 32))
        axes.plot(rates.index, rates, marker="o", markersize=3, color=colors[year], label=str(year))
    axes.set_xticks(range(1, 32))
    axes.set_ylim(bottom=0)
    label_axes(axes, source, "day_of_month", "orders_per_trading_day")
    axes.legend(title=source.text("year"), loc="upper left", bbox_to_anchor=(1, 1))
    note(axes, source.text("members_only"))
    return figure


@of_all_sales
def months(source: Source) -> Figure | None:
    """Months of each year: those that the data do not cover are left out of the line."""
    data = source.mart(
        """select year(month_start) as year, month(month_start) as month, status = 'complete' as is_complete, o.orders,
            cast(amount as double) as amount
        from marts.eda_coverage as c left join marts.eda_orders_by_month as o on c.month_start = o.period_start
        order by month_start"""
    )
    # Of one month there is no line.
    if len(data) < 2:
        return None
    colors = year_colors(data["year"])
    figure, panes = plt.subplots(1, 2, figsize=(13, 4.5))
    for axes, column in zip(panes, ("orders", "amount"), strict=True):
        for year, rows in data.groupby("year"):
            color = colors[year]
            whole, partial = rows[rows["is_complete"]], rows[~rows["is_complete"]]
            line = whole.set_index("month")[column].reindex(range(1, 13))
            axes.plot(line.index, line, color=color, linewidth=1.2, marker="o", markersize=5, label=str(year))
            axes.scatter(partial["month"], partial[column], s=26, color=color, facecolor="white", zorder=3)
        axes.set_xticks(range(1, 13), source.month_names)
        axes.set_ylim(bottom=0)
        label_axes(axes, source, "month", column)
    panes[1].legend(title=source.text("year"), loc="upper left", bbox_to_anchor=(1, 1))
    note(panes[0], source.text("members_only"), "○ " + source.text("partial_months"))
    return figure


@of_all_sales
def coverage(source: Source) -> Figure | None:
    """Orders of every month of the window, with the months that the data do not cover shaded."""
    data = source.mart("select * from marts.eda_coverage order by month_start")
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(12, 4))
    axes.bar(range(len(data)), data["orders"], color=BAR)
    for position in data.index[data["status"] != "complete"]:
        axes.axvspan(position - 0.5, position + 0.5, color=GAP, zorder=0)
    step = 1 + (len(data) - 1) // 48
    axes.set_xticks(
        range(0, len(data), step), [source.month(day) for day in data["month_start"][::step]], rotation=90, fontsize=8
    )
    axes.margins(x=0.005)
    label_axes(axes, source, "month", "orders")
    note(axes, source.text("members_only"), source.text("gap_note"))
    return figure


@of_all_sales
def hours(source: Source) -> Figure | None:
    data = source.mart("select * from marts.eda_orders_by_hour order by hour")
    if len(data) < 2:
        return None
    figure, axes = plt.subplots(figsize=(9, 4.5))
    axes.bar(data["hour"], data["orders"], color=BAR)
    axes.set_xticks(range(24))
    label_axes(axes, source, "hour", "orders")
    note(axes, source.text("members_only"))
    return figure


def calendar(source: Source) -> Figure | None:
    """Weekdays, parts of the month and months against what is usual around them."""
    data = source.mart("select *, name_{lang} as label from marts.calendar_effects order by effect, position")
    effects = [effect for effect in ("weekday", "part_of_month", "month") if effect in set(data["effect"])]
    # Of what nobody can judge, nothing can be read.
    if data["standard_error"].isna().all():
        return None
    sizes = [3 + (data["effect"] == effect).sum() for effect in effects]
    figure, panels = plt.subplots(1, len(effects), figsize=(13, 4.5), sharey=True, squeeze=False, width_ratios=sizes)
    for axes, effect in zip(panels[0], effects, strict=True):
        shown = data[data["effect"] == effect]
        labels = [source.month_names[month - 1] for month in shown["position"]] if effect == "month" else shown["label"]
        places = np.arange(len(shown))
        axes.axhline(1, color=PLAIN, linewidth=1, linestyle="--")
        for place, (_, row) in zip(places, shown.iterrows(), strict=True):
            color = FAINT_BAR if pd.isna(row["standard_error"]) else BAR if row["is_beyond_chance"] is True else PLAIN
            axes.plot(place, row["relative_orders"], "o", color=color)
            axes.vlines(place, row["lower_bound"], row["upper_bound"], color=color)
        name_ticks(axes, places, labels)
        axes.set_xlim(-0.5, len(shown) - 0.5)
        label_axes(axes, source, effect, "relative_orders" if effect == effects[0] else "")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    note(panels[0][0], source.text("members_only"), source.text("calendar_note"))
    return figure


CHARTS: dict[str, Chart] = {
    "birth_decades": birth_decades,
    "age_bands": age_bands,
    "customer_types": customer_types,
    "preference": preference,
    "months": months,
    "coverage": coverage,
    "calendar": calendar,
}
SPECIALIST: dict[str, Chart] = {
    "year_quarters": year_quarters,
    "year_days": year_days,
    "hours": hours,
}
