"""Which groups there are, what each is worth, whether the grouping can be trusted, and what changed."""

import datetime
from collections import Counter
from collections.abc import Hashable

from segmentation.charts.lifecycle import STATE_COLORS
from segmentation.charts.look import BAR, FAINT_BAR, MARK, PLAIN, RULES, segment_color
from segmentation.landing.files import literal
from segmentation.months import month_before
from segmentation.report.options import Series, bars, lines
from segmentation.report.story import MISSING, Block, Maker, Row, Story, Table, computed, sentences, totals_of, withheld

MOVES = 12
# Of so many at most, a share with one decimal of a per cent tells the number.
EXACT_SHARES = 1000
COHORT_MONTHS = 12


def segments(story: Story) -> list[Row]:
    """The segments with their means, and whether they are hidden."""
    data = story.rows("select *, segment_name_{lang} as name from marts.segment_summary order by segment")
    hidden = story.hidden({row["segment"]: row["members"] for row in data})
    return [{**row, "is_hidden": row["segment"] in hidden} for row in data]


def segment_sizes(story: Story) -> Block | None:
    data = segments(story)
    shown = [row for row in data if not row["is_hidden"]]
    # Where all was for nothing, nobody has a share of it.
    if len(data) < 2 or not shown or shown[0]["amount_share"] is None:
        return None
    first = max(shown, key=lambda row: row["amount_share"] / row["member_share"])
    measures = ["member_share", "amount_share"]
    return Block(
        "segment_sizes",
        story.say(
            "segment_sizes_title",
            name=first["name"],
            count=story.percent(first["member_share"]),
            amount=story.percent(first["amount_share"]),
        ),
        sentences(
            story.say(
                "segment_sizes_groups",
                groups=str(len(data)),
                names=story.list(
                    story.say(
                        "segment_with_members",
                        name=row["name"],
                        count=story.members(row["members"], is_hidden=row["is_hidden"]),
                    )
                    for row in data
                ),
            ),
            small_segments(story, data),
        ),
        bars(
            [story.label(measure) for measure in measures],
            [
                Series(row["name"], [row[measure] for measure in measures], segment_color(row["segment"]))
                for row in shown
            ],
            "percent",
            is_stacked=True,
            is_whole=True,
            is_horizontal=True,
        ),
        height=200,
    )


def small_segments(story: Story, data: list[Row]) -> str:
    """Say which segments are too small to tell anything of, and which are not shown because of them."""
    small = [row["name"] for row in data if row["is_small"]]
    others = [row["name"] for row in data if row["is_hidden"] and not row["is_small"]]
    said = (
        story.say("segments_small", names=story.list(small), small=str(story.small)) if small else "",
        story.say("segments_hidden", names=story.list(others)) if others else "",
    )
    return ("" if story.source.language == "zh" else " ").join(sentences(*said))


def segment_profiles(story: Story) -> Block | None:
    data = segments(story)
    if not data:
        return None
    measures = [name for name in "lrfmp" if any(row[name] is not None for row in data)]

    def mean(name: str, value: float) -> str:
        return story.money(value) if name == "m" else story.decimal(value, 1)

    shown = [row for row in data if not row["is_hidden"]]
    if not shown:
        return Block("segment_profiles", story.say("segment_profiles_title_none"), [small_segments(story, data)])
    best, last = shown[0], shown[-1]
    return Block(
        "segment_profiles",
        story.say(
            "segment_profiles_title",
            name=best["name"],
            amount=story.money(best["m"]),
            orders=story.decimal(best["f"], 1),
        ),
        sentences(
            story.say(
                "segment_profiles_others",
                name=last["name"],
                amount=story.money(last["m"]),
                orders=story.decimal(last["f"], 1),
            )
            if last is not best
            else "",
        ),
        table=Table(
            [
                story.label("segment"),
                story.label("buyers"),
                story.label("member_share"),
                story.label("amount_share"),
                *(story.label(name) for name in measures),
            ],
            [
                [
                    row["name"],
                    story.members(row["members"], is_hidden=row["is_hidden"]),
                    *(
                        MISSING if row["is_hidden"] else story.percent(row[f"{name}_share"])
                        for name in ("member", "amount")
                    ),
                    *(MISSING if row["is_hidden"] else mean(name, row[name]) for name in measures),
                ]
                for row in data
            ],
            faint=frozenset(place for place, row in enumerate(data) if row["is_hidden"]),
        ),
        is_wide=True,
    )


def trust(story: Story) -> Block | None:
    data = story.rows(
        """select n_clusters, silhouette, smallest_jaccard, is_selected, is_stable, has_structure
        from marts.cluster_scores where scaling in (select scaling from marts.cluster_scores where is_selected)
        order by n_clusters"""
    )
    chosen = next((row for row in data if row["is_selected"]), None)
    if not chosen:
        return None
    limit = story.one("select value from marts.settings_used where setting = 'cluster_valid_jaccard'")["value"]
    stable = [str(row["n_clusters"]) for row in data if row["is_stable"]]
    is_found_again = (chosen["smallest_jaccard"] or 0) >= float(limit)
    is_cut = is_found_again and chosen["has_structure"] is not None
    title = "stable" if chosen["is_stable"] else "no_structure" if is_cut else "unstable"
    return Block(
        "trust",
        story.say(f"trust_title_{title}", groups=str(chosen["n_clusters"])),
        sentences(
            story.say(
                "trust_scores",
                silhouette=None if chosen["silhouette"] is None else story.decimal(chosen["silhouette"]),
                jaccard=None if chosen["smallest_jaccard"] is None else story.decimal(chosen["smallest_jaccard"], 3),
                limit=story.source.number(float(limit), 4),
            ),
            story.say("trust_stable_note") if chosen["is_stable"] else "",
            "" if chosen["has_structure"] is None or chosen["has_structure"] else story.say("trust_no_structure"),
            story.say("trust_others", groups=story.list(stable)) if stable and not chosen["is_stable"] else "",
        ),
        lines(
            [story.say("k_groups", groups=str(row["n_clusters"])) for row in data],
            [
                Series(story.label("trust_jaccard"), [row["smallest_jaccard"] for row in data], BAR),
                Series(story.label("silhouette"), [row["silhouette"] for row in data], MARK),
            ],
            "number",
        )
        if len(data) > 1
        else None,
    )


def _buyers_by_rule(story: Story, rule_set: str) -> list[Row]:
    """Return the buyers and their amount for each code of a set of RFM rules, in the order of the rules."""
    data = story.rows(
        f"""select {rule_set}_name_{{lang}} as label, count(*) as members, sum(amount) as amount,
            any_value(is_recent) as is_recent
        from marts.member_overview join {RULES} on rule_set = {literal(rule_set)} and code = {rule_set}
        where orders > 0 group by rule_no, label order by rule_no"""
    )
    # Recent buyers, as the classes part them from the others, are the same in groups and classes.
    is_recent = {row["label"]: row["is_recent"] for row in data}
    hidden = story.hidden({row["label"]: row["members"] for row in data}, is_recent.__getitem__)
    return [{**row, "is_hidden": row["label"] in hidden} for row in data]


def rfm_groups(story: Story) -> Block | None:
    data = _buyers_by_rule(story, "rfm_group")
    shown = [row for row in data if not row["is_hidden"]]
    members, amount = sum(row["members"] for row in data), sum(row["amount"] for row in data)
    if not shown or not amount:
        return None
    best = max(shown, key=lambda row: row["amount"])
    largest = max(shown, key=lambda row: row["members"])
    return Block(
        "rfm_groups",
        story.say(
            "rfm_groups_title",
            name=best["label"],
            count=story.percent(best["members"] / members),
            amount=story.percent(float(best["amount"] / amount)),
        ),
        sentences(
            story.say("rfm_groups_largest", name=largest["label"], count=story.count(largest["members"]))
            if largest is not best
            else "",
            story.say("rfm_groups_note"),
        ),
        bars(
            [row["label"] for row in shown],
            [
                Series(story.label("member_share"), [row["members"] / members for row in shown], FAINT_BAR),
                Series(story.label("amount_share"), [float(row["amount"] / amount) for row in shown], BAR),
            ],
            "percent",
            is_horizontal=True,
        ),
        height=60 + 44 * len(shown),
    )


def rfm_classes(story: Story) -> Block | None:
    data = _buyers_by_rule(story, "rfm_class")
    shown = [row for row in data if not row["is_hidden"]]
    members, amount = sum(row["members"] for row in data), sum(row["amount"] for row in data)
    if not shown or not amount:
        return None
    best = max(shown, key=lambda row: row["amount"])
    return Block(
        "rfm_classes",
        story.say(
            "rfm_classes_title",
            name=best["label"],
            amount=story.percent(float(best["amount"] / amount)),
            count=story.percent(best["members"] / members),
        ),
        sentences(story.say("rfm_classes_note")),
        table=Table(
            [story.label(name) for name in ("rfm_class", "buyers", "member_share", "amount_share", "amount_per_buyer")],
            [
                [
                    row["label"],
                    story.members(row["members"], is_hidden=row["is_hidden"]),
                    *(
                        [MISSING] * 3
                        if row["is_hidden"]
                        else [
                            story.percent(row["members"] / members),
                            story.percent(float(row["amount"] / amount)),
                            story.money(float(row["amount"]) / row["members"]),
                        ]
                    ),
                ]
                for row in data
            ],
            faint=frozenset(place for place, row in enumerate(data) if row["is_hidden"]),
        ),
    )


def last_month(story: Story) -> datetime.date | None:
    """The last complete month before the as-of date that has one before it."""
    row = story.one(
        """select max(month_start) as month_start from marts.eda_coverage where status = 'complete'
            and month_start > (select min(month_start) from marts.eda_coverage)
            and month_start + interval 1 month <= (select max(as_of) from marts.member_overview)"""
    )
    return row.get("month_start")


def hidden_stock(story: Story) -> frozenset[tuple[datetime.date, str]]:
    """The months and states of which no number at the end of the month is shown, nor may be computed."""
    data = story.rows(
        """select month_start, state, members from marts.life_cycle_by_month
        where state <> 'never_bought' order by month_start, state"""
    )
    counts = {(row["month_start"], row["state"]): row["members"] for row in data}
    # Of the last month the total is known, all buyers, and of the others nearly so.
    hidden = set(withheld(counts, totals_of(counts, lambda cell: cell[0]), story.small))
    totals: dict[datetime.date, int] = {}
    for (day, _), members in counts.items():
        totals[day] = totals.get(day, 0) + members
    # Beside the month after, a total tells how few bought for the first time in it.
    after = None
    for day in sorted(totals, reverse=True):
        if after is not None and story.few(abs(after - totals[day])):
            hidden |= {cell for cell in counts if cell[0] == day}
        else:
            after = totals[day]
    return frozenset(hidden)


def states(story: Story) -> Block | None:
    data = story.rows(
        """select month_start, state, name_{lang} as label, members, month_status
        from marts.life_cycle_by_month join seeds.life_cycle_states using (state)
        where state <> 'never_bought' order by month_start, sort_order"""
    )
    months = list(dict.fromkeys(row["month_start"] for row in data))
    if len(months) < 2:
        return None
    status = {row["month_start"]: row["month_status"] for row in data}
    counts = {(row["month_start"], row["state"]): row["members"] for row in data}
    hidden = hidden_stock(story)
    story.left_out.extend(hidden)
    cells = {cell: None if cell in hidden else members for cell, members in counts.items()}
    labels = dict.fromkeys((row["state"], row["label"]) for row in data)
    # Left out of a stack of which others are shown, they would look like people who left.
    together = [sum(counts[cell] for cell in hidden if cell[0] == day) for day in months]
    shown = {day for day, state in counts if (day, state) not in hidden and counts[day, state]}
    not_split = [
        None if people < story.small or day not in shown else people
        for day, people in zip(months, together, strict=True)
    ]
    month = last_month(story)
    # The stocks of two months and the moves between them tell each other: of silent and lost, one that is hidden.
    ends = [month_before(month), month] if month else []
    lapsed_states = {row["state"] for row in story.rows("select state from seeds.life_cycle_states where is_inactive")}
    is_told = not any(
        sum((day, state) in hidden and counts.get((day, state), 0) > 0 for state in lapsed_states) == 1 for day in ends
    )
    moved = (
        story.one(
            f"""select sum(members) filter (where s.is_inactive and not b.is_inactive) as lapsed,
            sum(members) filter (where not s.is_inactive and s.state <> 'never_bought' and b.is_inactive) as came_back
        from marts.life_cycle_transitions
        join seeds.life_cycle_states as s using (state)
        join seeds.life_cycle_states as b on previous_state = b.state
        where month_start = date {literal(str(month))}"""
        )
        if month
        else {}
    )
    lapsed, back = moved.get("lapsed"), moved.get("came_back")
    return Block(
        "states",
        (
            story.say(
                "states_title",
                month=story.source.month(month),
                lapsed=story.members(int(lapsed)),
                back=story.members(int(back)),
            )
            if month and lapsed is not None and back is not None and is_told
            else ""
        )
        or story.say("states_title_unknown"),
        sentences(story.say("states_note")),
        bars(
            [story.source.month(day) for day in months],
            [
                *(
                    Series(label, [cells.get((day, state)) for day in months], STATE_COLORS[state])
                    for state, label in labels
                ),
                *([Series(story.say("not_split", small=str(story.small)), not_split, PLAIN)] if any(not_split) else []),
            ],
            "count",
            is_stacked=True,
            gaps=[status[day] != "complete" for day in months],
            gap_name=story.label("gap"),
        ),
        height=380,
        is_wide=True,
    )


def _hidden_moves(
    story: Story, month: datetime.date, stock: frozenset[tuple[datetime.date, str]]
) -> frozenset[tuple[str, str]] | None:
    """The moves between states within a month that are not shown; None where the others, with totals, tell them.

    `stock` are the months and states of which the chart of states does not show how many there are.
    """
    data = story.rows(
        f"""select previous_state, state, members from marts.life_cycle_transitions
        where month_start = date {literal(str(month))} order by all"""
    )
    counts = {(row["previous_state"], row["state"]): row["members"] for row in data}
    inactive = {row["state"] for row in story.rows("select state from seeds.life_cycle_states where is_inactive")}

    def rate(cell: tuple[str, str]) -> Hashable:
        return (cell[0], cell[1] in inactive) if cell[0] in inactive else cell

    def lapsed(cell: tuple[str, str]) -> Hashable:
        return "lapsed" if cell[0] not in inactive and cell[1] in inactive else cell

    # How many were in each state before and after, and how many of the inactive came back and of the others became
    # inactive, the other charts say.
    totals = totals_of(counts, lambda cell: cell[0], lambda cell: cell[1], rate, lapsed)
    hidden = withheld(counts, totals, story.small)
    # Stocks that the chart of states shows are known, also where all moves of a state are hidden; so are those who came
    # back and those who did not, where neither are few. Of more than a thousand, a share does not tell how many.
    untold = {(0, state) for day, state in stock if day == month_before(month)}
    untold |= {(1, state) for day, state in stock if day == month} | {(0, "never_bought"), (1, "never_bought")}
    sizes: Counter[Hashable] = Counter()
    for cell, members in counts.items():
        sizes[cell[0]] += members
        sizes[rate(cell)] += members
    few = {group for group, members in sizes.items() if story.few(members)}
    known = [
        group
        for group in totals
        if len(group) > 1
        and sum(counts[cell] for cell in group) >= story.small
        and not any({(place, cell[place]) for cell in group} <= untold for place in (0, 1))
        and not (len({rate(cell) for cell in group}) == 1 and {(group[0][0], side) for side in (True, False)} & few)
    ]
    inexact = {cell for cell, members in counts.items() if members and sizes[cell[0]] > EXACT_SHARES}
    given = computed(hidden | inexact, known)
    return None if any(cell in hidden and story.few(counts[cell]) for cell in given) else hidden


def transitions(story: Story) -> Block | None:
    """What became of the members of each state within the last complete month."""
    month = last_month(story)
    if not month:
        return None
    data = story.rows(
        f"""select b.state as previous, b.name_{{lang}} as before, a.state, a.name_{{lang}} as after,
            members, share, is_small
        from marts.life_cycle_transitions as t
        join seeds.life_cycle_states as b on t.previous_state = b.state
        join seeds.life_cycle_states as a on t.state = a.state
        where month_start = date {literal(str(month))} order by b.sort_order, a.sort_order"""
    )
    shown = [row for row in data if not row["is_small"]]
    if not shown:
        return None
    stock = hidden_stock(story)
    moves_hidden = _hidden_moves(story, month, stock)
    if moves_hidden is None:
        return None
    # Its shares would tell how many were in a state.
    hidden = moves_hidden | {
        (row["previous"], row["state"]) for row in data if (month_before(month), row["previous"]) in stock
    }
    before = list(dict.fromkeys((row["previous"], row["before"]) for row in shown))
    reached = {row["state"] for row in shown if row["members"]}
    after = list(dict.fromkeys((row["state"], row["after"]) for row in data if row["state"] in reached))
    cells = {(row["previous"], row["state"]): row for row in shown}

    def text(previous: str, state: str) -> str:
        row = cells.get((previous, state))
        if row is None or row["members"] == 0:
            return ""
        return MISSING if (previous, state) in hidden else story.percent(row["share"])

    stayed = {
        row["state"]: row["share"]
        for row in data
        if row["previous"] == row["state"] != "never_bought" and row["share"] is not None
    }
    if not any(row["members"] and cell not in hidden for cell, row in cells.items()):
        return None
    most = max(stayed, key=lambda name: stayed[name], default=None)
    return Block(
        "transitions",
        story.say("transitions_title", month=story.source.month(month)),
        sentences(
            story.say("transitions_kept", state=dict(before)[most], share=story.percent(stayed[most]))
            if (most, most) in cells and (most, most) not in hidden
            else "",
            story.say("transitions_note", small=str(story.small)),
        ),
        table=Table(
            [story.label("previous_state"), *(label for _, label in after)],
            [[label, *(text(previous, state) for state, _ in after)] for previous, label in before],
            shades={
                (row_no, column_no): cells[previous, state]["share"]
                for row_no, (previous, _) in enumerate(before)
                for column_no, (state, _) in enumerate(after, 1)
                if text(previous, state) not in ("", MISSING)
            },
        ),
        is_wide=True,
    )


def activation(story: Story) -> Block | None:
    data = story.rows(
        """select month_start, previous_state, name_{lang} as label, month_status,
            case when month_status = 'complete' and not is_small then activation_rate end as rate,
            activated_members as activated, inactive_members - activated_members as others
        from marts.activation_by_month join seeds.life_cycle_states on previous_state = state
        where month_start >= (select min(month_start) from marts.life_cycle_by_month where is_settled)
        order by sort_order, month_start"""
    )
    hidden = hidden_stock(story)
    # Rates tell how many there were at the month's start, too.
    few = {
        (row["previous_state"], row["month_start"])
        for row in data
        if row["rate"] is not None
        and (
            story.few(row["activated"])
            or story.few(row["others"])
            or (month_before(row["month_start"]), row["previous_state"]) in hidden
        )
    }
    # Where those are left out, what is left may be the months in which nobody came back: another story.
    told = {
        state
        for state in {row["previous_state"] for row in data}
        if sum(row["previous_state"] == state and bool(row["rate"]) for row in data)
        > 2 * sum(of_state == state for of_state, _ in few)
    }
    data = [
        row | {"rate": None} if (row["previous_state"], row["month_start"]) in few else row
        for row in data
        if row["previous_state"] in told
    ]
    story.left_out.extend(cell for cell in few if cell[0] in told)
    known = [row for row in data if row["rate"] is not None]
    if not known:
        return None
    months = sorted({row["month_start"] for row in data})
    status = {row["month_start"]: row["month_status"] for row in data}
    kinds = list(dict.fromkeys((row["previous_state"], row["label"]) for row in data))
    cells = {(row["previous_state"], row["month_start"]): row["rate"] for row in data}
    month = max(row["month_start"] for row in known)
    now = [row for row in known if row["month_start"] == month]
    rates = [row["rate"] for row in known if row["previous_state"] == now[0]["previous_state"]]
    return Block(
        "activation",
        story.say(
            "activation_title",
            month=story.source.month(month),
            rate=story.percent(now[0]["rate"]),
            state=now[0]["label"],
        ),
        sentences(
            story.say(
                "activation_range", state=now[0]["label"], low=story.percent(min(rates)), high=story.percent(max(rates))
            ),
        ),
        lines(
            [story.source.month(day) for day in months],
            [Series(label, [cells.get((state, day)) for day in months], STATE_COLORS[state]) for state, label in kinds],
            "percent",
            gaps=[status[day] != "complete" for day in months],
            gap_name=story.label("gap"),
        ),
    )


def growth(story: Story) -> Block | None:
    """Buyers against their own past year, as far as that can be compared."""
    data = story.rows(
        """select level, level_name_{lang} as label, count(*) as buyers,
            count(*) filter (where is_beyond_chance) as beyond, any_value(compared_months) as months,
            count(*) filter (where is_beyond_chance and more_visits > 0) as more
        from marts.member_growth join (select level, sort_order from seeds.growth_levels) using (level)
        where is_comparable group by level, label, sort_order order by sort_order"""
    )
    everybody = sum(row["buyers"] for row in data)
    [others] = story.rows("select count(*) as buyers from marts.member_growth where not is_comparable")
    # Beside all buyers, they would tell how few cannot be compared.
    if everybody < story.small or story.few(others["buyers"]):
        return None
    bounds = story.one(
        """select any_value(lower_bound) filter (where level = 'growing') as growing,
            -any_value(lower_bound) filter (where level = 'steady') as declining from seeds.growth_levels"""
    )
    people = {row["level"]: row["buyers"] for row in data}
    few = story.hidden(people)
    # The share of a level is told: who are few in it would be known by the others.
    parts = {row["level"]: (row["beyond"], row["buyers"] - row["beyond"]) for row in data}
    whole = few | {level for level, counts in parts.items() if any(map(story.few, counts))}
    drawn = {
        "beyond_chance": (BAR, [None if level in whole else beyond for level, (beyond, _) in parts.items()]),
        "by_chance": (PLAIN, [None if level in whole else others for level, (_, others) in parts.items()]),
        "not_split": (FAINT_BAR, [people[level] if level in whole - few else None for level in parts]),
    }

    def share(level: str) -> str | None:
        return None if level in few else story.percent(people.get(level, 0) / everybody)

    beyond, more = (sum(row[name] for row in data) for name in ("beyond", "more"))
    # Of the levels that are not split, the totals of all would tell the parts together.
    is_told = not any(story.few(sum(parts[level][part] for level in whole)) for part in (0, 1))
    both = story.share(beyond, everybody) if is_told else None
    each = (None, None) if both is None or story.few(more) or story.few(beyond - more) else (more, beyond - more)
    more_share, less_share = (None if number is None else story.percent(number / everybody) for number in each)
    return Block(
        "growth",
        story.say("growth_title", more=more_share, less=less_share)
        or story.say("growth_title_both", share=both)
        or story.say("growth_title_plain", count=story.count(everybody)),
        sentences(
            story.say(
                "growth_months",
                months=str(data[0]["months"]),
                count=story.count(everybody),
                **{level: story.percent(share, 0) for level, share in bounds.items()},
            ),
            story.say("growth_levels"),
            story.say("growth_others", stopped=share("stopped"), resumed=share("resumed")),
        ),
        bars(
            [row["label"] for row in data],
            [
                Series(story.say(key, small=str(story.small)) or story.label(key), values, color)
                for key, (color, values) in drawn.items()
                if any(values)
            ],
            "count",
            is_stacked=True,
            is_horizontal=True,
        ),
        height=90 + 34 * len(data),
    )


def cohorts(story: Story) -> Block | None:
    """How many of those who first bought in a quarter buy in the months after."""
    data = story.rows(
        f"""with cohorts as (
            select date_trunc('quarter', cohort_start) as quarter, months_since, sum(members) as members,
                sum(buyers) as buyers
            from marts.cohort_retention
            where cohort_type = 'first_purchase' and month_status = 'complete'
                and months_since between 1 and {COHORT_MONTHS}
                and cohort_start in (select month_start from marts.eda_coverage where status = 'complete')
            group by all having sum(members) >= {story.small}
        )
        select * from cohorts order by quarter, months_since"""
    )
    # Alone beside cells that are left out, those in which nobody bought would tell of the rest what is not so.
    with_few = {row["quarter"] for row in data if story.few(row["buyers"])}
    shown = {
        (row["quarter"], row["months_since"]): row["buyers"] / row["members"]
        for row in data
        if not story.few(row["buyers"]) and (row["buyers"] or row["quarter"] not in with_few)
    }
    if not shown:
        return None
    quarters = list(dict.fromkeys(row["quarter"] for row in data))
    told = [quarter for quarter in quarters if any(of == quarter for of, _ in shown)]

    def overall(month: int) -> str | None:
        # In the first quarter of the data are those who were customers before, too.
        rows = [row for row in data if row["months_since"] == month and row["quarter"] > quarters[0]]
        buyers = sum(row["buyers"] for row in rows)
        members = sum(row["members"] for row in rows)
        left_out = sum(row["buyers"] for row in rows if (row["quarter"], month) not in shown)
        return story.percent(buyers / members) if buyers >= story.small and not story.few(left_out) else None

    months = sorted({row["months_since"] for row in data})
    # Where nobody came back, no cell is shaded.
    highest = max(shown.values()) or 1
    first = next((month for month in months if overall(month)), None)
    return Block(
        "cohorts",
        story.say("cohorts_title", month=str(first), share=overall(first) if first else None)
        or story.say("cohorts_title_plain"),
        sentences(
            story.say("cohorts_last", month=str(months[-1]), share=overall(months[-1])) if months[-1] != first else "",
            story.say("cohorts_note", small=str(story.small)),
        ),
        table=Table(
            [story.label("first_quarter"), *(story.say("months_later", month=str(month)) for month in months)],
            [
                [
                    story.source.quarter(quarter),
                    *(story.percent(shown[quarter, month], 0) if (quarter, month) in shown else "" for month in months),
                ]
                for quarter in told
            ],
            shades={
                (row_no, column_no): shown[quarter, month] / highest * 0.8
                for row_no, quarter in enumerate(told)
                for column_no, month in enumerate(months, 1)
                if (quarter, month) in shown
            },
        ),
        is_wide=True,
    )


def moves(story: Story) -> Block | None:
    """The largest moves between RFM groups in the last complete month."""
    month = last_month(story)
    if not month:
        return None
    data = story.rows(
        f"""select b.name_{{lang}} as before, a.name_{{lang}} as after, members, from_code, to_code
        from marts.segment_migration
        left join {RULES} as b on scheme = b.rule_set and from_code = b.code
        join {RULES} as a on scheme = a.rule_set and to_code = a.code
        where scheme = 'rfm_group' and month_start = date {literal(str(month))}
        order by members desc, b.rule_no, a.rule_no"""
    )
    old = [row for row in data if row["from_code"] != "not_yet_a_buyer"]
    everybody = sum(row["members"] for row in old)
    moved = sum(row["members"] for row in old if row["from_code"] != row["to_code"])
    shown = [row for row in data if row["from_code"] != row["to_code"] and not story.few(row["members"])][:MOVES]
    if not shown or not everybody:
        return None
    sizes = {
        row["from_code"]: sum(other["members"] for other in old if other["from_code"] == row["from_code"])
        for row in old
    }
    not_shown = moved - sum(row["members"] for row in shown if row in old)
    top = shown[0]
    return Block(
        "moves",
        story.say(
            "moves_title",
            month=story.source.month(month),
            share=None if story.few(not_shown) else story.share(moved, everybody),
        )
        or story.say("moves_title_plain", month=story.source.month(month)),
        sentences(
            story.say(
                "moves_largest",
                before=top["before"] or story.label("not_yet_a_buyer"),
                after=top["after"],
                count=story.count(top["members"]),
            )
        ),
        table=Table(
            [story.label(name) for name in ("moved_from", "moved_to", "people_count", "share_of_from")],
            [
                [
                    row["before"] or story.label("not_yet_a_buyer"),
                    row["after"],
                    story.count(row["members"]),
                    (row in old and story.share(row["members"], sizes[row["from_code"]])) or MISSING,
                ]
                for row in shown
            ],
            frozenset({0, 1}),
        ),
    )


def drift(story: Story) -> Block | None:
    month = last_month(story)
    if not month:
        return None
    data = story.rows(
        f"""select feature, psi_previous_month as psi, previous_month_level as level,
            previous_month_level_name_{{lang}} as label
        from marts.feature_drift where month_start = date {literal(str(month))} and psi_previous_month is not null
        order by psi_previous_month desc, feature"""
    )
    if not data:
        return None
    # Everybody's L grows by a month in each.
    moved = [story.label(row["feature"]) for row in data if row["level"] != "stable" and row["feature"] != "l"]
    bounds = story.one(
        """select min(lower_bound) filter (where level <> 'stable') as moved,
            any_value(lower_bound) filter (where level = 'large') as large from seeds.drift_bands"""
    )
    return Block(
        "drift",
        story.say(
            "drift_title_moved" if moved else "drift_title_stable",
            month=story.source.month(month),
            features=story.list(moved),
        ),
        sentences(story.say("drift_note", **{level: story.source.number(bound, 4) for level, bound in bounds.items()})),
        table=Table(
            [story.label("feature"), story.label("psi"), story.label("level")],
            [[story.label(row["feature"]), story.decimal(row["psi"], 3), row["label"]] for row in data],
            frozenset({0, 2}),
        ),
    )


GROUPS: list[Maker] = [segment_sizes, trust, segment_profiles, rfm_groups, rfm_classes]
CHANGES: list[Maker] = [states, transitions, activation, growth, moves, drift, cohorts]
