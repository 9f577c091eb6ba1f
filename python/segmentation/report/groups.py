"""Which groups there are, what each is worth, whether the grouping can be trusted, and what changed."""

import datetime
import math
from collections.abc import Mapping

from scipy.special import bdtrc

from segmentation.charts.lifecycle import STATE_COLORS
from segmentation.charts.look import BAR, FAINT_BAR, MARK, PLAIN, RULES, segment_color
from segmentation.landing.sql_macros import sql_macro
from segmentation.report.options import Series, bars, lines
from segmentation.report.story import MISSING, Block, Maker, Row, Story, Table, largest, sentences
from segmentation.sql_text import literal

MOVES = 12
COHORT_MONTHS = 12


def segments(story: Story) -> list[Row]:
    """The segments with their means, and whether these are hidden."""
    data = story.rows("select *, segment_name_{lang} as name from marts.segment_summary order by segment")
    amounts = story.rows(
        f"select segment, {largest('amount')} as amount from marts.member_overview where orders > 0 group by segment"
    )
    hidden = story.hidden(
        {row["segment"]: row["members"] for row in data},
        amounts=[{row["segment"]: row["amount"] for row in amounts}],
    )
    buyers, rounded = (sum(people(row["members"]) for row in data) for people in (int, story.rounded))
    return [
        {
            **row,
            "is_hidden": row["segment"] in hidden,
            # Of their sum, so that the bars end at the whole; in the decimals of the title.
            "member_share": round(story.rounded(row["members"]) / rounded, 2 + story.decimals(1, buyers))
            if rounded
            else None,
            "share_of_members": story.share(row["members"], buyers),
            # With the exact mean, known orders and amounts would give the exact members.
            **{
                name: story.each(float(row[name]) * row["members"], row["members"])
                for name in "fmp"
                if row.get(name) is not None
            },
        }
        for row in data
    ]


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
            "segment_sizes_title" if _is_mostly_told(data) else "segment_sizes_title_plain",
            name=first["name"],
            count=first["share_of_members"],
            amount=story.percent(first["amount_share"]),
        ),
        sentences(
            story.say(
                "segment_sizes_groups",
                groups=str(len(data)),
                names=story.list(
                    story.say("segment_with_members", name=row["name"], count=story.members(row["members"]))
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
    return story.joined(*said)


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
            [story.label(name) for name in ("segment", "buyers", "member_share", "amount_share", *measures)],
            [
                [
                    row["name"],
                    story.members(row["members"]),
                    row["share_of_members"] or MISSING,
                    MISSING if row["is_hidden"] else story.percent(row["amount_share"]),
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
    candidates = story.rows(
        """select scaling, list(cast(n_clusters as varchar) order by n_clusters) as numbers
        from marts.cluster_scores where is_candidate group by scaling order by scaling"""
    )
    others = [
        story.say("trust_other", treatment=story.label(row["scaling"]), numbers=story.list(row["numbers"]))
        for row in candidates
    ]
    chosen = next((row for row in data if row["is_selected"]), None)
    if not chosen:
        return None
    limit = float(story.source.setting("cluster_valid_jaccard"))
    is_found_again = (chosen["smallest_jaccard"] or 0) >= limit
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
                limit=story.source.number(limit, 4),
            ),
            story.say("trust_stable_note") if chosen["is_stable"] else "",
            "" if chosen["has_structure"] is None or chosen["has_structure"] else story.say("trust_no_structure"),
            story.say("trust_others", groups=story.list(others)) if others and not chosen["is_stable"] else "",
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
    """Return the buyers and their share of the amount for each code of a set of RFM rules, in the order of the rules.

    Groups and classes divide the same buyers: the shares are whole per cents, as those of few in both would follow.
    """
    data = story.rows(
        f"""select {rule_set}_name_{{lang}} as label, count(*) as members, sum(amount) as amount,
            any_value(is_recent) as is_recent, {largest("amount")} as largest
        from marts.member_overview join {RULES} on rule_set = {literal(rule_set)} and code = {rule_set}
        where orders > 0 group by rule_no, label order by rule_no"""
    )
    # Recent buyers, as the classes part them from the others, are the same in groups and classes.
    is_recent = {row["label"]: row["is_recent"] for row in data}
    hidden = story.hidden(
        {row["label"]: row["members"] for row in data},
        is_recent.__getitem__,
        [{row["label"]: row["largest"] for row in data}],
    )
    amount = float(sum(row["amount"] for row in data))
    return [
        {**row, "is_hidden": row["label"] in hidden, "amount_share": round(float(row["amount"]) / amount, 2)}
        for row in data
        if amount
    ]


def _is_mostly_told(data: list[Row]) -> bool:
    """Whether those that are not hidden have most of the amount: else the leading one would be one of the rest."""
    return bool(sum(row["amount_share"] for row in data if not row["is_hidden"]) > 0.5)


def rfm_groups(story: Story) -> Block | None:
    data = _buyers_by_rule(story, "rfm_group")
    shown = [row for row in data if not row["is_hidden"]]
    members = sum(row["members"] for row in data)
    if not shown:
        return None
    best = max(shown, key=lambda row: row["amount"])
    most = max(shown, key=lambda row: row["members"])
    return Block(
        "rfm_groups",
        story.say(
            "rfm_groups_title" if _is_mostly_told(data) else "rfm_groups_title_plain",
            name=best["label"],
            count=story.share(best["members"], members),
            amount=story.percent(best["amount_share"], 0),
        ),
        sentences(
            story.say("rfm_groups_largest", name=most["label"], count=story.members(most["members"]))
            if most is not best
            else "",
            story.say("rfm_groups_note"),
        ),
        bars(
            [row["label"] for row in shown],
            [
                Series(story.label("member_share"), [story.ratio(row["members"], members) for row in shown], FAINT_BAR),
                Series(story.label("amount_share"), [row["amount_share"] for row in shown], BAR),
            ],
            "percent",
            is_horizontal=True,
        ),
        height=60 + 44 * len(shown),
    )


def rfm_classes(story: Story) -> Block | None:
    data = _buyers_by_rule(story, "rfm_class")
    shown = [row for row in data if not row["is_hidden"]]
    members = sum(row["members"] for row in data)
    if not shown:
        return None
    best = max(shown, key=lambda row: row["amount"])
    return Block(
        "rfm_classes",
        story.say(
            "rfm_classes_title" if _is_mostly_told(data) else "rfm_classes_title_plain",
            name=best["label"],
            amount=story.percent(best["amount_share"], 0),
            count=story.share(best["members"], members),
        ),
        sentences(story.say("rfm_classes_note")),
        table=Table(
            [story.label(name) for name in ("rfm_class", "buyers", "member_share", "amount_share")],
            [
                [
                    row["label"],
                    story.members(row["members"]),
                    story.share(row["members"], members) or MISSING,
                    MISSING if row["is_hidden"] else story.percent(row["amount_share"], 0),
                ]
                for row in data
            ],
            faint=frozenset(place for place, row in enumerate(data) if row["is_hidden"]),
        ),
    )


def last_month(story: Story) -> datetime.date | None:
    """The last complete month before the as-of date that has one before it."""
    row = story.one(
        """select max(month_start) as month_start from marts.life_cycle_by_month where month_status = 'complete'
            and month_start > (select min(month_start) from marts.life_cycle_by_month)"""
    )
    return row.get("month_start")


def states(story: Story) -> Block | None:
    data = story.rows(
        """select month_start, state, name_{lang} as label, members, month_status
        from marts.life_cycle_by_month join seeds.life_cycle_states using (state)
        where state <> 'never_bought' order by month_start, sort_order"""
    )
    months = list(dict.fromkeys(row["month_start"] for row in data))
    counts = {(row["month_start"], row["state"]): row["members"] for row in data}
    # Without a third of its parts, the height of a stack would say nothing.
    if len(months) < 2 or 3 * sum(map(story.few, counts.values())) > sum(map(bool, counts.values())):
        return None
    status = {row["month_start"]: row["month_status"] for row in data}
    labels = dict.fromkeys((row["state"], row["label"]) for row in data)
    month = last_month(story)
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
            if month and lapsed is not None and back is not None and not (story.few(lapsed) and story.few(back))
            else ""
        )
        or story.say("states_title_unknown"),
        sentences(story.say("states_note")),
        bars(
            [story.source.month(day) for day in months],
            [
                Series(label, [story.shown(counts.get((day, state))) for day in months], STATE_COLORS[state])
                for state, label in labels
            ],
            "count",
            is_stacked=True,
            gaps=[status[day] != "complete" for day in months],
            gap_name=story.label("gap"),
        ),
        height=380,
        is_wide=True,
    )


def transitions(story: Story) -> Block | None:
    """What became of the members of each state within the last complete month."""
    month = last_month(story)
    if not month:
        return None
    data = story.rows(
        f"""select b.state as previous, b.name_{{lang}} as before, a.state, a.name_{{lang}} as after,
            members, sum(members) over (partition by b.state) as members_before
        from marts.life_cycle_transitions as t
        join seeds.life_cycle_states as b on t.previous_state = b.state
        join seeds.life_cycle_states as a on t.state = a.state
        where month_start = date {literal(str(month))} order by b.sort_order, a.sort_order"""
    )
    shown = [row for row in data if not story.few(row["members_before"])]
    before = list(dict.fromkeys((row["previous"], row["before"]) for row in shown))
    reached = {row["state"] for row in shown if row["members"]}
    after = list(dict.fromkeys((row["state"], row["after"]) for row in data if row["state"] in reached))
    moved = {
        (row["previous"], row["state"]): (row["members"], row["members_before"]) for row in shown if row["members"]
    }
    shares = {cell: story.share(*people) for cell, people in moved.items()}
    # Of one state, the rest of what became of people would not be told.
    if len({at for (at, _), share in shares.items() if share}) < 2:
        return None
    stayed = {
        after: story.ratio(*people) or 0 for (at, after), people in moved.items() if at == after != "never_bought"
    }
    most = max(stayed, key=lambda name: stayed[name], default=None)
    return Block(
        "transitions",
        story.say("transitions_title", month=story.source.month(month)),
        sentences(
            story.say("transitions_kept", state=dict(before)[most], share=shares[most, most])
            if most and stayed[most] < 1
            else "",
            story.say("transitions_note", small=str(story.small)),
        ),
        table=Table(
            [story.label("previous_state"), *(label for _, label in after)],
            [
                [label, *(shares[at, to] or MISSING if (at, to) in moved else "" for to, _ in after)]
                for at, label in before
            ],
            shades={
                (row_no, column_no): share
                for row_no, (at, _) in enumerate(before)
                for column_no, (to, _) in enumerate(after, 1)
                if (at, to) in moved and (share := story.ratio(*moved[at, to])) is not None
            },
        ),
        is_wide=True,
        is_finding=False,
    )


def activation(story: Story) -> Block | None:
    data = story.rows(
        """select month_start, previous_state, name_{lang} as label, month_status, inactive_members as inactive,
            if(month_status = 'complete', activated_members, null) as activated
        from marts.activation_by_month join seeds.life_cycle_states on previous_state = state
        where month_start >= (select min(month_start) from marts.life_cycle_by_month where is_settled)
        order by sort_order, month_start"""
    )
    data = [row | {"rate": story.ratio(row["activated"], row["inactive"])} for row in data]
    few = {(row["previous_state"], row["month_start"]) for row in data if story.few(row["activated"])}
    # Where those are left out, what is left may be the months in which nobody came back: another story.
    told = {
        state
        for state in {row["previous_state"] for row in data}
        if sum(row["previous_state"] == state and bool(row["activated"]) for row in data)
        > 2 * sum(of_state == state for of_state, _ in few)
    }
    data = [row for row in data if row["previous_state"] in told]
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
    rates = sorted(
        (row["rate"], story.share(row["activated"], row["inactive"]))
        for row in known
        if row["previous_state"] == now[0]["previous_state"]
    )
    low, high = rates[0][1], rates[-1][1]
    return Block(
        "activation",
        story.say(
            "activation_title",
            month=story.source.month(month),
            rate=story.share(now[0]["activated"], now[0]["inactive"]),
            state=now[0]["label"],
        ),
        sentences(
            story.say("activation_range", state=now[0]["label"], low=low if low != high else None, high=high),
        ),
        lines(
            [story.source.month(day) for day in months],
            [Series(label, [cells.get((state, day)) for day in months], STATE_COLORS[state]) for state, label in kinds],
            "percent",
            gaps=[status[day] != "complete" for day in months],
            gap_name=story.label("gap"),
        ),
    )


def more_often_by_chance(buyers: Mapping[int, int], share_of_days: float) -> float:
    """How many buyers come more often beyond chance where nobody changes, by their visits in both years.

    That is the exact size of the test of `member_growth`: who comes seldom has no outcome that it would call so, and of
    others its normal approximation calls a few more or less so than it says.
    """
    z = float(sql_macro("z_of_95_percent"))

    def size(visits: int) -> float:
        bound = visits * share_of_days + z * math.sqrt(visits * share_of_days * (1 - share_of_days)) + 0.5
        return float(bdtrc(min(math.floor(bound), visits), visits, share_of_days))

    return sum(count * size(visits) for visits, count in buyers.items())


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
    if not data or everybody < story.small:
        return None
    bounds = story.one(
        """select any_value(lower_bound) filter (where level = 'growing') as growing,
            -any_value(lower_bound) filter (where level = 'steady') as declining from seeds.growth_levels"""
    )
    totals = story.one(
        """select histogram(visits + earlier_visits) as buyers,
            sum(visits - more_visits order by visits, earlier_visits) / nullif(sum(visits + earlier_visits), 0) as share
        from marts.member_growth where is_comparable"""
    )
    # In a year without trade nothing is told, by chance neither.
    share_of_days = totals["share"] or 0
    people = {row["level"]: row["buyers"] for row in data}
    drawn = {
        "beyond_chance": (BAR, [story.shown(row["beyond"]) for row in data]),
        "within_chance": (PLAIN, [story.shown(row["buyers"] - row["beyond"]) for row in data]),
    }

    def share(level: str) -> str | None:
        return story.share(people.get(level, 0), everybody)

    def by_chance(*shares_of_days: float) -> str:
        share = sum(more_often_by_chance(totals["buyers"], part) for part in shares_of_days) / everybody
        return story.percent(share, story.decimals(share, everybody))

    beyond, more = (sum(row[name] for row in data) for name in ("beyond", "more"))
    return Block(
        "growth",
        story.say(
            "growth_title",
            # Of nobody's change there is nothing to tell.
            more=story.share(more, everybody) if beyond else None,
            less=story.share(beyond - more, everybody),
            more_by_chance=by_chance(share_of_days),
            # Whoever comes less often came more often in the year before.
            less_by_chance=by_chance(1 - share_of_days),
        )
        or story.say(
            "growth_title_both",
            share=story.share(beyond, everybody) if beyond else None,
            by_chance=by_chance(share_of_days, 1 - share_of_days),
        )
        or story.say("growth_title_plain", count=story.members(everybody)),
        sentences(
            story.say(
                "growth_months",
                months=str(data[0]["months"]),
                count=story.members(everybody),
                **{level: story.percent(share, 0) for level, share in bounds.items()},
            ),
            story.say("growth_levels"),
            story.say("growth_others", stopped=share("stopped"), resumed=share("resumed")),
        ),
        bars(
            [row["label"] for row in data],
            [Series(story.label(key), values, color) for key, (color, values) in drawn.items()],
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
                sum(buyers) as buyers, bool_or(is_after_gap) as is_after_gap
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
        (row["quarter"], row["months_since"]): share
        for row in data
        if (share := story.ratio(row["buyers"], row["members"])) or (share == 0 and row["quarter"] not in with_few)
    }
    if not shown:
        return None
    # Without those of few, the cells would say that more came back than did.
    below = {
        (row["quarter"], row["months_since"]): story.percent(math.ceil(100 * bound) / 100, 0)
        for row in data
        if story.few(row["buyers"]) and (bound := story.small / (story.rounded(row["members"]) - story.step / 2)) <= 0.5
    }
    told = [
        quarter for quarter in dict.fromkeys(row["quarter"] for row in data) if any(of == quarter for of, _ in shown)
    ]
    after_gap = {row["quarter"] for row in data if row["is_after_gap"]}

    def overall(month: int) -> str | None:
        rows = [row for row in data if row["months_since"] == month and row["quarter"] not in after_gap]
        buyers = sum(row["buyers"] for row in rows)
        return story.share(buyers, sum(row["members"] for row in rows)) if buyers else None

    def cell(quarter: datetime.date, month: int) -> str:
        share = shown.get((quarter, month))
        if share is None:
            return story.say("less_than", share=below.get((quarter, month)))
        return story.percent(share, 0)

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
                    story.source.quarter(quarter) + " *" * (quarter in after_gap),
                    *(cell(quarter, month) for month in months),
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
        f"""select b.name_{{lang}} as before, a.name_{{lang}} as after, members, from_code, to_code,
            sum(members) over (partition by from_code) as members_before
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
    top = shown[0]
    return Block(
        "moves",
        story.say("moves_title", month=story.source.month(month), share=story.share(moved, everybody))
        or story.say("moves_title_plain", month=story.source.month(month)),
        sentences(
            story.say(
                "moves_largest",
                before=top["before"] or story.label("not_yet_a_buyer"),
                after=top["after"],
                count=story.members(top["members"]),
            )
        ),
        table=Table(
            [story.label(name) for name in ("moved_from", "moved_to", "people_count", "share_of_from")],
            [
                [
                    row["before"] or story.label("not_yet_a_buyer"),
                    row["after"],
                    story.members(row["members"]),
                    (row in old and story.share(row["members"], row["members_before"])) or MISSING,
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
