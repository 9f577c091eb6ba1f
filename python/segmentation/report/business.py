"""The business at a glance, who the customers are, and when and how they buy."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from segmentation.charts.comparisons import POSITIONS
from segmentation.charts.lifecycle import STATE_COLORS
from segmentation.charts.look import BAR, GENDER_COLORS, PLAIN, TYPE_COLORS, TYPES
from segmentation.months import AS_OF, ORDERS
from segmentation.report.options import Series, bars, lines
from segmentation.report.story import Block, Card, Cell, Maker, Row, Story, Table, largest, sentences
from segmentation.sql_text import literal

MOST_NAMED_GAPS = 8
COUNTERS = 12
PROMOTIONS = 10


@dataclass(frozen=True)
class Change:
    """The share by which a month has more a day of trade than another, and whether that is beyond chance."""

    share: float
    is_beyond_chance: bool


def latest_month(story: Story, measure: str) -> tuple[Row | None, list[tuple[Row, Change]]]:
    """The last complete month that is shown, against the one a year before, of the same season, and the one before."""
    hidden = hidden_months(story)
    complete = {
        row["month_start"]: row
        for row in story.months
        if row["status"] == "complete" and row["month_start"] not in hidden
    }
    if not complete:
        return None, []
    now = complete[max(complete)]
    day = now["month_start"]
    month_before = (day - datetime.timedelta(1)).replace(day=1)
    earlier = [complete.get(other) for other in (day.replace(year=day.year - 1), month_before)]
    changes = ((other, difference(story, now, other, measure)) for other in earlier if other)
    return now, [(other, change) for other, change in changes if change]


def difference(story: Story, now: Row, before: Row, measure: str) -> Change | None:
    """What a month has more a day of trade than another; None where nobody can tell how much days vary.

    Source: B. L. Welch, The generalization of "Student's" problem, Biometrika 34 (1947).
    """
    if not before[measure]:
        return None
    # Orders of a day have its weekday, weather and offers in common: days vary by more than single orders come by
    # chance. How much is not known of one day.
    if any(row[f"{measure}_variance"] is None for row in (now, before)):
        return None
    per_day = [float(row[measure]) / row["trading_days"] for row in (now, before)]
    variances = [row[f"{measure}_variance"] / row["trading_days"] for row in (now, before)]
    variance = sum(variances)
    freedom = variance and variance**2 / sum(
        part**2 / (row["trading_days"] - 1) for part, row in zip(variances, (now, before), strict=True)
    )
    return Change(per_day[0] / per_day[1] - 1, story.is_beyond_chance(per_day[0] - per_day[1], variance, freedom))


def key_figures(story: Story) -> Block | None:
    """Cards with the totals, and the last complete month against the one before."""
    total = story.one(
        """select count(*) as members, count(*) filter (where orders > 0) as buyers, sum(orders) as orders,
            sum(amount) as amount, count(*) filter (where orders > 0 and visits > 1) as repeat_buyers
        from marts.member_overview"""
    )
    months = story.months

    def against(measure: str) -> str:
        now, changes = latest_month(story, measure)
        if not now:
            return ""
        value = story.money(now[measure]) if measure == "amount" else story.count(now[measure])
        month = story.source.month
        if not changes:
            return story.say("card_month", month=month(now["month_start"]), value=value)
        before, more = changes[0]
        return story.say(
            "card_month_change" if more.is_beyond_chance else "card_month_by_chance",
            month=month(now["month_start"]),
            before=month(before["month_start"]),
            value=value,
            change=story.signed(more.share),
        )

    cards = [Card(story.label("people_count"), story.members(total["members"]))] if "has_members" in story.texts else []
    repeat = story.share(total["repeat_buyers"], total["buyers"])
    of_orders = [
        Card(story.label("orders"), story.count(total["orders"]), against("orders")),
        Card(story.label("amount_per_order"), story.money(float(total["amount"]) / int(total["orders"]))),
    ]
    cards += [
        Card(story.label("buyers"), story.members(total["buyers"])),
        *([] if repeat is None else [Card(story.label("repeat_share"), repeat, story.say("repeat_share_note"))]),
        *([] if story.has_few_with_returns else of_orders),
        Card(story.label("amount"), story.money(total["amount"]), against("amount")),
        Card(story.label("amount_per_buyer"), story.money(story.each(total["amount"], total["buyers"]))),
    ]
    complete = sum(row["status"] == "complete" for row in months)
    gaps = [story.source.month(row["month_start"]) for row in months if row["status"] != "complete"]
    named = story.list(gaps[:MOST_NAMED_GAPS]) + (" …" if len(gaps) > MOST_NAMED_GAPS else "")
    return Block(
        "key_figures",
        story.say("key_figures_title", buyers=story.members(total["buyers"]), amount=story.money(total["amount"])),
        sentences(
            story.say(
                "key_figures_as_of",
                day=story.as_of,
                months=story.count(len(months)),
                complete=story.count(complete),
            ),
            story.say("key_figures_gaps", gaps=named) if gaps else "",
            story.say("key_figures_returns"),
        ),
        cards=cards,
        is_wide=True,
    )


def too_few(story: Story) -> Block:
    """What stands in the place of everything about the buyers where they are too few."""
    small = str(story.small)
    return Block("too_few", story.say("too_few_title", small=small), [story.say("too_few_note")], is_wide=True)


def hidden_months(story: Story) -> frozenset[datetime.date]:
    """The months of which nothing is told; all together, the key figures say."""
    months = [row for row in story.months if row["buyers"]]
    amounts = story.rows(
        f"""with bought as (
            select date_trunc('month', purchased_at) as month_start, sum(amount) as amount
            from {ORDERS} where customer_type = 'member' group by month_start, card_id
        )
        select month_start, {largest("amount")} as amount from bought group by month_start"""
    )
    return story.hidden(
        {row["month_start"]: row["buyers"] for row in months},
        amounts=[{row["month_start"]: row["amount"] for row in amounts}],
    )


def by_month(story: Story, measure: str) -> Block | None:
    """Orders or amount, the last complete month against others."""
    months = story.months
    is_money = measure == "amount"
    hidden = hidden_months(story)
    shown = [row for row in months if row["month_start"] not in hidden]
    now, changes = latest_month(story, measure)
    if len(months) < 2 or now is None:
        return None
    before, more = changes[0] if changes else (None, None)
    if more is None:
        kind, change = "", None
    elif more.is_beyond_chance:
        kind, change = "_more" if more.share > 0 else "_less", story.percent(abs(more.share))
    else:
        kind, change = "_by_chance", story.signed(more.share)
    best = max((row for row in shown if row["status"] == "complete"), key=lambda row: row[measure] or 0)

    def value(row: Row) -> str:
        return story.money(row[measure]) if is_money else story.count(row[measure])

    month = story.source.month
    return Block(
        f"{measure}_by_month",
        story.say(
            f"{measure}_by_month_title{kind}",
            month=month(now["month_start"]),
            value=value(now),
            before=month(before["month_start"]) if before else None,
            change=change,
        ),
        sentences(
            *(
                story.say(
                    "by_month_other" if since.is_beyond_chance else "by_month_other_by_chance",
                    change=story.signed(since.share),
                    before=month(other["month_start"]),
                )
                for other, since in changes[1:]
            ),
            story.say("by_month_note") if changes else "",
            story.say(f"{measure}_by_month_best", month=month(best["month_start"]), value=value(best)),
        ),
        bars(
            [month(row["month_start"]) for row in months],
            [
                Series(
                    story.label(measure),
                    [None if row["month_start"] in hidden else row[measure] for row in months],
                    BAR,
                )
            ],
            "money" if is_money else "count",
            gaps=[row["status"] != "complete" for row in months],
            gap_name=story.label("gap"),
        ),
    )


def customer_types(story: Story) -> Block | None:
    data = story.rows(
        f"""select customer_type, type_label as label, order_share, amount_share, customers
        from marts.customer_type_comparison join {TYPES} using (customer_type) order by sort_order"""
    )
    # The share of a type of few customers would be known by those of the others.
    if len(data) < 2 or any(story.few(row["customers"]) for row in data):
        return None
    first = data[0]
    measures = ["order_share", "amount_share"]
    return Block(
        "customer_types",
        story.say("customer_types_title", kind=first["label"], share=story.percent(first["amount_share"])),
        sentences(
            story.say(
                "customer_types_orders",
                kind=first["label"],
                orders=story.percent(first["order_share"]),
                others=story.list(f"{row['label']} {story.percent(row['amount_share'])}" for row in data[1:]),
            )
        ),
        bars(
            [story.label(measure) for measure in measures],
            [
                Series(row["label"], [row[measure] for measure in measures], TYPE_COLORS[row["customer_type"]])
                for row in data
            ],
            "percent",
            is_stacked=True,
            is_whole=True,
            is_horizontal=True,
        ),
        height=190,
    )


def few_gaps(story: Story) -> str:
    """That the thresholds of the states come of few gaps, where they do; without thresholds there is no such text."""
    if "thresholds_few" not in story.texts:
        return ""
    row = story.one("select gaps from marts.life_cycle_thresholds where frequency_band = 'all' and not has_enough_gaps")
    minimum = story.source.setting("life_cycle_minimum_gaps")
    return story.say("thresholds_few", gaps=story.count(row["gaps"]), minimum=minimum) if row else ""


def ever_bought(story: Story) -> Block | None:
    """Members by life-cycle state, those who never bought included."""
    data = story.rows(
        """select state, states.name_{lang} as label, states.is_inactive, count(*) as members
        from marts.member_overview join seeds.life_cycle_states as states using (state)
        group by all order by any_value(sort_order)"""
    )
    everybody = sum(row["members"] for row in data)
    counts = {row["state"]: row["members"] for row in data}
    never = counts.get("never_bought", 0)
    key = "ever_bought_title" if never else "states_now_title"
    buyers = everybody - never
    lost = story.share(sum(row["members"] for row in data if row["is_inactive"]), buyers)
    return Block(
        "ever_bought",
        story.say(key, share=story.share(never, everybody), lost=lost) or story.say("states_title_unknown"),
        sentences(story.say("ever_bought_states", buyers=story.members(buyers), lost=lost), few_gaps(story)),
        bars(
            [story.label("people")],
            [Series(row["label"], [story.shown(row["members"])], STATE_COLORS[row["state"]]) for row in data],
            "count",
            is_stacked=True,
            is_horizontal=True,
        ),
        height=180,
        is_wide=True,
    )


def gender_and_age(story: Story) -> Block | None:
    data = story.rows(
        """select bands.name_{lang} as band, if(members.is_gender_filled, null, members.gender) as known_gender,
            any_value(genders.name_{lang}) as gender_label, count(*) as members
        from marts.member_overview as overview
        join marts.members as members using (card_id)
        join seeds.age_bands as bands on overview.age_band = bands.age_band
        left join seeds.genders as genders on members.gender = genders.gender
        group by all order by any_value(birth_year_from) desc"""
    )
    total = story.one("select count(*) as members from marts.member_overview")
    if not data:
        return None
    bands = list(dict.fromkeys(row["band"] for row in data))
    cells = {(row["band"], row["known_gender"]): row["members"] for row in data}
    labels = dict(sorted({row["known_gender"]: row["gender_label"] for row in data if row["known_gender"]}.items()))
    if not labels:
        return None
    sizes = {band: sum(cells.get((band, gender), 0) for gender in labels) for band in bands}
    largest = max(sizes, key=lambda band: sizes[band])
    genders = {gender: sum(cells.get((band, gender), 0) for band in bands) for gender in labels}
    first = max(genders, key=lambda gender: genders[gender])
    known = sum(sizes.values())
    return Block(
        "gender_and_age",
        story.say("gender_and_age_title", band=largest, share=story.share(sizes[largest], known))
        or story.say("gender_and_age_title_plain"),
        sentences(
            story.say("gender_and_age_gender", gender=labels[first], share=story.share(genders[first], known)),
            story.say(
                "gender_and_age_unknown",
                share=story.share(total["members"] - known, total["members"]) if known < total["members"] else None,
            ),
        ),
        bars(
            bands,
            [
                Series(
                    label,
                    [story.shown(cells.get((band, gender), 0)) for band in bands],
                    GENDER_COLORS.get(gender, PLAIN),
                )
                for gender, label in labels.items()
            ],
            "count",
        ),
    )


def birth_decades(story: Story) -> Block | None:
    data = story.rows(
        """select birth_decade, count(*) as members from marts.member_overview
        where birth_decade is not null group by birth_decade order by birth_decade"""
    )
    if not data:
        return None
    known = sum(row["members"] for row in data)
    best = max(data, key=lambda row: row["members"])

    def name(row: Row) -> str:
        return story.source.text("decade", year=row["birth_decade"])

    return Block(
        "birth_decades",
        story.say("birth_decades_title", decade=name(best), share=story.share(best["members"], known))
        or story.say("birth_decades_title_plain"),
        sentences(story.say("birth_decades_known", count=story.members(known))),
        bars(
            [name(row) for row in data],
            [Series(story.label("people"), [story.shown(row["members"]) for row in data], BAR)],
            "count",
        ),
    )


def member_groups(story: Story) -> Block | None:
    data = story.rows(
        """select dimension, group_code, groups.name_{lang} as label, buyers, amount_share,
            orders_per_buyer, amount_per_buyer, amount_per_order
        from marts.member_group_comparison as groups left join seeds.age_bands on group_code = age_band
        where buyers > 0 order by dimension desc, birth_year_from desc, group_code"""
    )

    def group(row: Row) -> tuple[str, str]:
        return row["dimension"], row["group_code"]

    of_groups = story.rows(
        f"""with buyers as (
            select cast(amount as double) as amount, coalesce(gender, 'unknown') as gender,
                coalesce(age_band, 'unknown') as age_band
            from marts.member_overview where orders > 0
        )
        -- Of fewer, a few large amounts make the mean lopsided: there, normal intervals claim too much (W. G. Cochran,
        -- Sampling Techniques, 1977).
        select dimension, group_code,
            if(count(*) > 25 * pow(skewness(amount order by amount), 2), var_samp(amount order by amount), null)
            / count(*) as variance, {largest("amount")} as largest
        from (unpivot buyers on gender, age_band into name dimension value group_code) group by dimension, group_code"""
    )
    hidden = story.hidden(
        {group(row): row["buyers"] for row in data},
        lambda group: group[0],
        [{group(row): row["largest"] for row in of_groups}],
    )
    has_unknown = any(row["group_code"] == "unknown" for row in data)
    data = [row for row in data if row["group_code"] != "unknown"]
    shown = [row for row in data if group(row) not in hidden]
    if not shown:
        return None
    best = max(shown, key=lambda row: row["amount_per_buyer"])
    variances = {group(row): row["variance"] for row in of_groups}
    # A gender and an age have buyers in common: by chance they differ less than is taken here.
    leads = _leads(
        story, group(best), {group(row): (row["amount_per_buyer"], variances.get(group(row))) for row in shown}
    )
    measures = ["buyers", "amount_share", "orders_per_buyer", "amount_per_buyer", "amount_per_order"]
    return Block(
        "member_groups",
        story.say(
            "member_groups_title" if leads else "member_groups_title_plain",
            group=best["label"],
            amount=story.money(best["amount_per_buyer"]),
        ),
        sentences(
            story.say("member_groups_even") if leads is False else "",
            story.say("member_groups_unknown") if has_unknown else "",
            story.say("member_groups_note", small=str(story.small)) if len(shown) < len(data) else "",
        ),
        table=Table(
            [story.label("group"), *(story.label(measure) for measure in measures)],
            [
                [
                    row["label"],
                    story.members(row["buyers"]),
                    story.percent(row["amount_share"]),
                    story.decimal(row["orders_per_buyer"]),
                    story.money(row["amount_per_buyer"]),
                    story.money(row["amount_per_order"]),
                ]
                for row in shown
            ],
        ),
        is_wide=True,
    )


def _types_of_many(story: Story) -> str:
    """SQL of the types of customers of which figures are shown; without a card, an order stands for a customer."""
    return (
        "(select customer_type from marts.customer_type_comparison"
        f" where orders >= {story.small} and coalesce(customers, orders) >= {story.small})"
    )


def rhythm(story: Story, name: str) -> Block | None:
    """Shares of the orders by hour, weekday or month of the year."""
    data = story.rows(
        f"""select customer_type, type_label, position, name_{{lang}} as label, share, orders
        from marts.customer_type_rhythm join {TYPES} using (customer_type)
        where rhythm = {literal(name)} and customer_type in {_types_of_many(story)}
        order by sort_order, position"""
    )
    # Of one hour, weekday or month nothing can be compared.
    if len({row["position"] for row in data}) < 2:
        return None
    hidden = story.hidden(_people(story, name, data), lambda cell: cell[0])
    kinds = list(dict.fromkeys((row["customer_type"], row["type_label"]) for row in data))
    cells = {
        (row["customer_type"], row["position"]): row["share"]
        for row in data
        if (row["customer_type"], row["position"]) not in hidden
    }
    # In an hour without an order nothing was bought; of a month without data nobody knows.
    empty = 0.0 if name == "hour" else None
    labels = {row["position"]: row["label"] for row in data}

    def label(position: int) -> str:
        if name == "hour":
            return story.say("hour", hour=str(position))
        return story.source.month_names[position - 1] if name == "month" else labels.get(position, "")

    # A weekday on which the shop is closed is none.
    shown = [position for position in POSITIONS[name] if label(position)]
    first_kind, first_label = kinds[0]
    compared, is_uneven = _comparable(story, name, {position for kind, position in cells if kind == first_kind})
    if not compared:
        return None
    best = max(sorted(compared), key=lambda position: cells[first_kind, position])
    rows = [row for row in data if row["customer_type"] == first_kind and row["position"] in compared]
    leads = None if is_uneven else _leads_rhythm(story, name, best, rows)
    other = next(((kind, text) for kind, text in kinds[1:] if (kind, best) in cells), None)
    return Block(
        f"by_{name}",
        story.say(
            f"by_{name}_title" if leads else f"by_{name}_title_plain",
            kind=first_label,
            when=label(best),
            end=label(best + 1) if name == "hour" else None,
            share=story.percent(cells[first_kind, best]),
        ),
        sentences(
            story.say(
                "by_rhythm_others",
                kind=other[1] if other else None,
                share=story.percent(cells[other[0], best]) if other else None,
            )
            if leads
            else "",
            story.say("by_rhythm_even") if leads is False else "",
            story.say(
                "by_month_note_uneven" if is_uneven else "by_month_growth" if name == "month" else "by_rhythm_note"
            ),
        ),
        lines(
            [label(position) for position in shown],
            [
                Series(
                    text,
                    [cells.get((kind, position), None if (kind, position) in hidden else empty) for position in shown],
                    TYPE_COLORS[kind],
                )
                for kind, text in kinds
            ],
            "percent",
        ),
        is_finding=leads is True,
    )


def _comparable(story: Story, name: str, positions: set[int]) -> tuple[set[int], bool]:
    """Which hours, weekdays or months are compared, and whether they are months of different years.

    A month of which no year has all days is compared with no other.
    """
    if name != "month":
        return positions, False
    whole = [row["month_start"] for row in story.months if row["status"] == "complete"]
    years = {position: frozenset(day.year for day in whole if day.month == position) for position in positions}
    return {position for position in positions if years[position]}, len({*years.values()} - {frozenset()}) > 1


def _people(story: Story, name: str, data: list[Row]) -> dict[tuple[str, int], int]:
    """Customers by type and hour, weekday or month; without a card, an order stands for one.

    A month of which another chart tells nothing has one.
    """
    position = {"hour": "hour", "weekday": "isodow(purchased_at)", "month": "month(purchased_at)"}[name]
    customers = {
        (row["customer_type"], row["position"]): row["customers"]
        for row in story.rows(
            f"""select customer_type, {position} as position, count(distinct card_id) as customers from {ORDERS}
            where card_id is not null group by all"""
        )
    }
    untold = {("member", month.month) for month in hidden_months(story)} if name == "month" else set()
    cells = {(row["customer_type"], row["position"]): row["orders"] for row in data}
    return {cell: 1 if cell in untold else customers.get(cell, orders) for cell, orders in cells.items()}


def _leads_rhythm(story: Story, name: str, best: int, data: list[Row]) -> bool | None:
    """Whether more is ordered there than in any other hour, weekday or month; None where nobody can tell."""
    kind, others = data[0]["customer_type"], [row["position"] for row in data if row["position"] != best]
    if name != "month":
        return _leads_of_days(story, name, kind, best, others) if others else None
    # What is known of years, which differ by more than the chance of single orders, is known of members.
    if kind != "member":
        return None
    effects = story.rows(
        """select position, relative_orders, pow(standard_error, 2) as variance from marts.calendar_effects
        where effect = 'month'"""
    )
    measured = {row["position"]: (row["relative_orders"], row["variance"]) for row in effects}
    return _leads(story, best, {row["position"]: measured.get(row["position"], (0, None)) for row in data})


def _leads_of_days(story: Story, name: str, kind: str, best: int, others: list[int]) -> bool | None:
    """The same of an hour by how far it is above each other of the same day, of a weekday by those of the same week.

    A day with more orders has more in all its hours, and a week on all its days.
    """
    position, unit, join = {
        "hour": ("hour", "cast(purchased_at as date)", "left join"),
        # A weekday without an order is one on which the shop was closed.
        "weekday": ("isodow(purchased_at)", "date_trunc('week', purchased_at)", "join"),
    }[name]
    compared = story.rows(
        f"""with cells as (
            select {position} as position, {unit} as unit, count(*) as orders from {ORDERS}
            where customer_type = {literal(kind)} group by all
        ),
        differences as (
            select other.position, units.unit, coalesce(best.orders, 0) - coalesce(cells.orders, 0) as more
            from (select distinct unit from cells) as units
            cross join (select unnest({others}) as position) as other
            {join} cells as best on best.unit = units.unit and best.position = {best}
            {join} cells on cells.unit = units.unit and cells.position = other.position
        )
        select avg(more) as more, var_samp(more order by unit) / count(*) as variance, count(*) as units
        from differences group by position"""
    )
    if len(compared) < len(others) or any(row["variance"] is None for row in compared):
        return None
    return all(
        row["more"] > 0 and story.is_beyond_chance(row["more"], row["variance"], row["units"] - 1) for row in compared
    )


def _leads(story: Story, best: Cell, measured: Mapping[Cell, tuple[float, float | None]]) -> bool | None:
    """Whether a mean is above each of the others, beyond chance; None where there is none or a variance is not known.

    All have to be exceeded, so that however many there are, chance does it no more often than one (intersection-union
    test: Berger, Technometrics, 1982).
    """
    known = {cell: (mean, variance) for cell, (mean, variance) in measured.items() if variance is not None}
    if len(known) < max(2, len(measured)):
        return None
    most, its_variance = known.pop(best)
    return all(
        most > mean and story.is_beyond_chance(most - mean, its_variance + variance)
        for mean, variance in known.values()
    )


def calendar(story: Story) -> Block | None:
    """Weekdays, parts of the month and months against what is usual around them."""
    data = story.rows(
        """select effect, position, name_{lang} as label, relative_orders - 1 as difference, is_beyond_chance
        from marts.calendar_effects where is_beyond_chance is not null
        order by array_position(['weekday', 'part_of_month', 'month'], effect), position"""
    )
    beyond = [row for row in data if row["is_beyond_chance"]]
    if not data:
        return None

    def name(row: Row) -> str:
        return story.source.month_names[row["position"] - 1] if row["effect"] == "month" else str(row["label"])

    top = max(beyond, key=lambda row: abs(row["difference"]), default=data[0])
    judged = dict.fromkeys(row["effect"] for row in data)
    return Block(
        "calendar",
        story.say(
            "calendar_title" if beyond else "calendar_title_none",
            when=name(top),
            difference=story.signed(top["difference"]),
            effects=story.list(story.texts[f"calendar_{effect}"] for effect in judged),
        ),
        sentences(
            story.say(
                "calendar_others",
                others=story.list(f"{name(row)} {story.signed(row['difference'])}" for row in beyond if row is not top),
            )
            if len(beyond) > 1
            else "",
            "" if "month" in judged else story.say("calendar_months_not_judged"),
            story.say("calendar_note"),
        ),
        bars(
            [name(row) for row in data],
            [
                Series(
                    story.label(key),
                    [row["difference"] if row["is_beyond_chance"] == is_beyond else None for row in data],
                    color,
                )
                for key, is_beyond, color in (("calendar_beyond", True, BAR), ("within_chance", False, PLAIN))
            ],
            "percent",
            is_stacked=True,
            is_horizontal=True,
        ),
        height=90 + 26 * len(data),
    )


def promotions(story: Story) -> Block | None:
    """Days with far more orders or discounts than month and weekday lead to expect."""
    data = story.rows(
        f"""select promotions.day, weekday_name_{{lang}} as weekday, other_orders / usual_orders as ratio,
            discount_share, usual_discount_share, stands_out_by_orders,
            other_orders >= {story.small} and {story.small} <= (
                select count(distinct card_id) from {ORDERS}
                where customer_type = 'member' and cast(purchased_at as date) = promotions.day
            ) as is_told
        from marts.promotion_days as promotions join marts.dates as dates using (day)
        where promotions.is_promotion_day order by stands_out_by_orders desc, ratio desc, day"""
    )
    # The shares of a day of few people or orders would be those of a few baskets.
    told = [row for row in data if row["is_told"]]
    if not told:
        return None
    [judged] = story.rows("select count(*) as days from marts.promotion_days where is_judged")
    effect = story.one("select * from marts.promotion_activation where day_kind = 'promotion' and not is_small")
    has_discounts = any(row["discount_share"] is not None for row in data)
    shares = ("discount_share", "usual_discount_share") if has_discounts else ()
    top = told[0]
    known = effect.get("relative_rate_low") is not None
    return Block(
        "promotions",
        story.say(
            "promotions_title" if top["stands_out_by_orders"] else "promotions_title_discounts",
            days=str(len(data)),
            judged=story.count(judged["days"]),
            day=story.day(top["day"]),
            ratio=story.decimal(top["ratio"], 1),
        ),
        sentences(
            story.say(
                "promotions_activation",
                ratio=story.decimal(effect["relative_rate"], 1),
                low=story.decimal(effect["relative_rate_low"], 1),
                high=story.decimal(effect["relative_rate_high"], 1),
            )
            if known
            else "",
            story.say("promotions_note"),
        ),
        table=Table(
            [story.label(name) for name in ("day", "weekday", "against_usual", *shares)],
            [
                [
                    story.day(row["day"]),
                    row["weekday"],
                    story.decimal(row["ratio"], 1),
                    *(story.percent(row[name]) for name in shares),
                ]
                for row in told[:PROMOTIONS]
            ],
            frozenset({0, 1}),
        ),
    )


def type_comparison(story: Story) -> Block | None:
    measures: dict[str, Callable[[float | None], str]] = {
        "amount_per_order": story.money,
        "pieces_per_order": story.decimal,
        "lines_per_order": story.decimal,
        "orders_per_customer": story.decimal,
        "amount_per_customer": story.money,
        "median_piece_price": story.money,
        "below_price_share": story.percent,
        "without_points_share": story.percent,
    }
    data = story.rows(
        f"""select type_label as label, comparison.*
        from marts.customer_type_comparison as comparison join {TYPES} using (customer_type)
        where customer_type in {_types_of_many(story)} order by sort_order"""
    )
    if len(data) < 2 or story.has_few_with_returns:
        return None
    kept = {name: write for name, write in measures.items() if any(row[name] is not None for row in data)}
    data = [
        row | {
            name: story.each(float(row[name]) * row["customers"], row["customers"])
            for name in ("orders_per_customer", "amount_per_customer")
            if row[name] is not None
        }
        for row in data
    ]  # fmt: skip
    first, second = data[0], data[1]
    return Block(
        "type_comparison",
        story.say(
            "type_comparison_title",
            kind=first["label"],
            other=second["label"],
            amount=story.money(first["amount_per_order"]),
            other_amount=story.money(second["amount_per_order"]),
        ),
        sentences(story.say("type_comparison_note")),
        table=Table(
            [story.label("kind"), story.label("orders"), *(story.label(name) for name in kept)],
            [
                [row["label"], story.count(row["orders"]), *(write(row[name]) for name, write in kept.items())]
                for row in data
            ],
        ),
        is_wide=True,
    )


def counters(story: Story) -> Block | None:
    data = story.rows(
        f"""select counter_rank, coalesce(counter_name, counter_code) as counter, customer_type, type_label as label,
            cast(amount as double) as amount, coalesce(customers, orders) as customers
        from marts.counter_comparison join {TYPES} using (customer_type)
        where counter_rank <= {COUNTERS} order by sort_order, counter_rank"""
    )
    if not data:
        return None
    names = {row["counter_rank"]: row["counter"] for row in sorted(data, key=lambda row: row["counter_rank"])}
    kinds = list(dict.fromkeys((row["customer_type"], row["label"]) for row in data))
    people = {(row["customer_type"], row["counter_rank"]): row["customers"] for row in data}
    amounts = story.rows(
        f"""with counters as (
            select distinct counter_code, counter_rank from marts.counter_comparison where counter_rank <= {COUNTERS}
        ),
        bought as (
            select counter_rank, sum(amount) as amount
            from marts.vip_info join counters using (counter_code)
            where purchased_at < {AS_OF}
            group by counter_rank, card_id
        )
        select counter_rank, {largest("amount")} as amount from bought group by counter_rank"""
    )
    hidden = story.hidden(
        people, lambda cell: cell[0], [{("member", row["counter_rank"]): row["amount"] for row in amounts}]
    )
    cells = {
        (row["customer_type"], row["counter_rank"]): row["amount"]
        for row in data
        if (row["customer_type"], row["counter_rank"]) not in hidden
    }
    first = min(names)
    if any((kind, first) in hidden for kind, _ in kinds):
        return None
    amount = sum(cells.get((kind, first), 0) for kind, _ in kinds)
    return Block(
        "counters",
        story.say("counters_title", counter=names[first], amount=story.money(amount)),
        sentences(story.say("counters_note", counters=str(len(names)))),
        bars(
            list(names.values()),
            [Series(label, [cells.get((kind, rank)) for rank in names], TYPE_COLORS[kind]) for kind, label in kinds],
            "money",
            is_stacked=True,
            is_horizontal=True,
        ),
        height=70 + 30 * len(names),
        is_wide=True,
    )


GLANCE: list[Maker] = [key_figures, *(partial(by_month, measure=name) for name in ("orders", "amount")), customer_types]
WHO: list[Maker] = [ever_bought, gender_and_age, birth_decades, member_groups]
RHYTHMS: list[Maker] = [partial(rhythm, name=name) for name in POSITIONS]
WHEN: list[Maker] = [*RHYTHMS, calendar, promotions, type_comparison, counters]
