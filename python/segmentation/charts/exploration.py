"""Charts of the whole input: who the members are and when they buy."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from segmentation.charts.look import BAR, GAP, GENDER_COLORS, TYPE_COLORS, YEAR_COLORS, Chart, Source, label_axes, pie


def birth_decades(source: Source) -> Figure | None:
    data = source.mart(
        """select birth_decade, gender, name_{lang} as label, members
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
        """select name_{lang} as label, members
        from marts.eda_members_by_age_band join seeds.age_bands using (age_band) order by birth_year_from"""
    )
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(6, 4.5))
    pie(axes, data["members"], data["label"], ["#7f8c8d", "#2e86c1", "#58d68d"][: len(data)])
    return figure


def customer_types(source: Source) -> Figure | None:
    data = source.mart(
        """select customer_type, name_{lang} as label, orders, cast(amount as double) as amount
        from marts.eda_customer_types join seeds.customer_types using (customer_type) order by sort_order"""
    )
    if data.empty:
        return None
    figure, panes = plt.subplots(1, 2, figsize=(13, 4.5))
    for axes, column in zip(panes, ("orders", "amount"), strict=True):
        pie(axes, data[column], data["label"], [TYPE_COLORS[name] for name in data["customer_type"]])
        axes.set_title(source.text(f"{column}_share"))
    return figure


def preference(source: Source) -> Figure | None:
    """Means per day with trade; the plain means over all days of the window, gaps included, as a line."""
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
            data[column], data["naive"], color=YEAR_COLORS[-1], marker="o", linewidth=1, markersize=3,
            label=source.text("naive_mean"),
        )  # fmt: skip
        axes.set_xticks(data[column])
        label_axes(axes, source.text(column), source.text("orders_per_trading_day"))
    handles, labels = panes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
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
    axes.legend(title=source.text("year"), loc="upper left", bbox_to_anchor=(1, 1))
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
    axes.legend(title=source.text("year"), loc="upper left", bbox_to_anchor=(1, 1))
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
    panes[1].legend(title=source.text("year"), loc="upper left", bbox_to_anchor=(1, 1))
    panes[0].set_title("○ " + source.text("incomplete").lstrip("* "), fontsize=9, loc="left")
    return figure


def coverage(source: Source) -> Figure | None:
    """Orders of every month of the window, with the months that the data do not cover shaded."""
    data = source.mart("select * from marts.eda_coverage order by month_start")
    if data.empty:
        return None
    figure, axes = plt.subplots(figsize=(12, 4))
    positions = range(len(data))
    axes.bar(positions, data["orders"], color=BAR)
    for position in data.index[data["status"] != "complete"]:
        axes.axvspan(position - 0.5, position + 0.5, color=GAP, zorder=0)
    labels = data["month_start"].dt.strftime("%Y-%m")
    axes.set_xticks(positions, labels, rotation=90, fontsize=8)
    axes.margins(x=0.005)
    label_axes(axes, source.text("month"), source.text("orders"))
    axes.set_title(source.text("gap_note"), fontsize=9, loc="left")
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


CHARTS: dict[str, Chart] = {
    "birth_decades": birth_decades,
    "age_bands": age_bands,
    "customer_types": customer_types,
    "preference": preference,
    "year_quarters": year_quarters,
    "year_days": year_days,
    "months": months,
    "coverage": coverage,
    "hours": hours,
}
