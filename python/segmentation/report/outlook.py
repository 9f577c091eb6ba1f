"""What sells together, what to expect, what to do, how the data were cleaned, and what the words mean."""

from collections.abc import Callable
from functools import partial

from segmentation.charts.look import BAR, FAINT_BAR, PLAIN
from segmentation.report.business import few_gaps
from segmentation.report.groups import segments
from segmentation.report.options import Series, bars, height_of_bars
from segmentation.report.story import MISSING, Block, Maker, Row, Story, Table, largest, sentences
from segmentation.sql_text import literal

PAIRS = 10
NEXT = 12
REASONS = 12
LARGE_BIAS = 0.25
MOST_PIECES_OF_A_LINE = 50  # on average


def attach_rates(story: Story) -> Block | None:
    data = story.rows(
        """select scope, code, name_{lang} as label, orders, attach_rate, lines_per_order, several_lines_share,
            several_counters_share
        from marts.basket_attach_rates where scope in ('all', 'segment') and not is_small
        order by scope desc, code"""
    )
    hidden = {str(row["segment"]) for row in segments(story) if row["is_hidden"]}
    data = [row for row in data if row["scope"] == "all" or row["code"] not in hidden]
    everybody = next((row for row in data if row["scope"] == "all"), None)
    if everybody is None:
        return None
    # One line and one piece each: nothing to tell.
    if not everybody["several_lines_share"] and (everybody["attach_rate"] or 1) <= 1:
        return None
    measures: dict[str, Callable[[float | None], str]] = {
        **({} if story.has_few_with_returns else {"orders": story.count}),
        "attach_rate": story.decimal,
        "lines_per_order": story.decimal,
        "several_lines_share": story.percent,
        "several_counters_share": story.percent,
    }
    kept = {name: write for name, write in measures.items() if any(row[name] is not None for row in data)}
    # So many are weights or volumes, not pieces.
    are_pieces = 0 < (everybody["attach_rate"] or 0) <= MOST_PIECES_OF_A_LINE * everybody["lines_per_order"]
    return Block(
        "attach_rates",
        story.say(
            "attach_rates_title" if are_pieces else "lines_rates_title",
            rate=story.decimal(everybody["attach_rate" if are_pieces else "lines_per_order"]),
        ),
        sentences(
            story.say("attach_several", share=story.percent(everybody["several_lines_share"])),
            story.say(
                "attach_counters",
                share=None
                if everybody["several_counters_share"] is None
                else story.percent(everybody["several_counters_share"]),
            ),
        ),
        table=Table(
            [story.label(name) for name in ("group", *kept)],
            [[row["label"], *(write(row[name]) for name, write in kept.items())] for row in data],
        ),
        is_wide=True,
    )


def pairs(story: Story, level: str) -> Block | None:
    data = story.rows(
        f"""select coalesce(item_name, item_code) as item, coalesce(other_item_name, other_item_code) as other,
            orders, lift / chance_lift as times
        from marts.basket_pairs
        where level = {literal(level)} and item_code < other_item_code and is_above_chance and members >= {story.small}
        order by pair_rank limit {PAIRS}"""
    )
    if not data:
        return None
    top = data[0]
    names = [f"{item} + {other}" for item, other in ((row["item"], row["other"]) for row in data)]
    return Block(
        f"{level}_pairs",
        story.say(f"{level}_pairs_title", item=top["item"], other=top["other"], times=story.decimal(top["times"], 1)),
        sentences(story.say("pairs_orders", orders=story.count(top["orders"])), story.say("pairs_note")),
        bars(
            names,
            [Series(story.label("times_chance"), [row["times"] for row in data], BAR)],
            "number",
            is_horizontal=True,
        ),
        height=50 + height_of_bars(names),
    )


def next_purchases(story: Story) -> Block | None:
    def rows(level: str) -> list[Row]:
        return story.rows(
            f"""select coalesce(item_name, item_code) as item, coalesce(next_item_name, next_item_code) as next_item,
                next_members, recorded_members as returned, usual_share, lift, median_days_between
            from marts.next_purchases
            where level = {literal(level)} and is_above_chance and not is_small and next_members >= {story.small}
                -- Most come back to where they were: of a counter that is no news.
                and (level = 'product' or item_code <> next_item_code)
            order by lift desc, item_code, next_rank limit {NEXT}"""
        )

    of_counters = rows("counter")
    data = of_counters or rows("product")
    if not data:
        return None
    top = data[0]
    return Block(
        "next_purchases",
        story.say(
            "next_purchases_title_counter" if of_counters else "next_purchases_title",
            item=top["item"],
            next_item=top["next_item"],
            share=story.share(top["next_members"], top["returned"]),
            usual=story.percent(top["usual_share"]),
        ),
        sentences(story.say("next_purchases_note")),
        table=Table(
            [
                story.label(name)
                for name in ("first_item", "next_item", "buyers", "next_share", "usual_share", "days_between")
            ],
            [
                [
                    row["item"],
                    row["next_item"],
                    story.members(row["next_members"]),
                    story.share(row["next_members"], row["returned"]) or MISSING,
                    story.percent(row["usual_share"]),
                    story.count(row["median_days_between"]),
                ]
                for row in data
            ],
            frozenset({0, 1}),
        ),
        is_wide=True,
    )


def _hidden_states(story: Story) -> frozenset[str]:
    """The states of which no amount is told, in any part of the report."""
    data = story.rows(
        f"""select state, coalesce(nullif(count(expected_value), 0), count(*)) as members,
            {largest("amount")} as amount, {largest("expected_value")} as expected
        from marts.member_overview where orders > 0 group by state order by state"""
    )
    return story.hidden(
        {row["state"]: row["members"] for row in data},
        amounts=[{row["state"]: row[amount] for row in data} for amount in ("amount", "expected")],
    )


def _of_few(story: Story, state: str) -> str:
    """That few members stand for most of the expected amount of a state, and not many of its members, where they do."""
    row = story.one(
        f"""select count(*) as members, sum(expected_value) as amount,
            list_sum(max(expected_value, {max(story.small - 1, 1)})) as of_few
        from marts.member_overview where state = {literal(state)} and expected_value is not null"""
    )
    is_of_few = row["members"] > 10 * (story.small - 1) and row["of_few"] > row["amount"] / 2
    return story.say("expected_amount_few", small=str(story.small)) if is_of_few else ""


def _one_visit_bias(story: Story, check: Row) -> str:
    """How far a forecast is off for those with one visit, where that is far: the total can hide it."""
    bias, members = check["one_visit_bias"], check["one_visit_members"]
    if bias is None or abs(bias) < LARGE_BIAS or story.few(members) or story.few(check["members"] - members):
        return ""
    return story.say(f"one_visit_bias_{check['quantity']}", bias=story.signed(bias))


def expected_amount(story: Story) -> Block | None:
    data = story.rows(
        """select state, states.name_{lang} as label, horizon_days, cast(sum(expected_value) as double) as amount
        from marts.member_overview join seeds.life_cycle_states as states using (state)
        where expected_value is not null
        group by state, label, horizon_days, states.sort_order order by states.sort_order"""
    )
    total = sum(row["amount"] for row in data)
    if total <= 0:
        return None
    hidden = _hidden_states(story)
    check = story.one("select * from marts.clv_check where quantity = 'amount' and is_best and total_bias is not null")
    best = max(data, key=lambda row: row["amount"])
    return Block(
        "expected_amount",
        story.say("expected_amount_title", days=str(data[0]["horizon_days"]), amount=story.money(total)),
        sentences(
            ""
            if best["state"] in hidden
            else story.say("expected_amount_state", state=best["label"], share=story.percent(best["amount"] / total)),
            "" if best["state"] in hidden else _of_few(story, best["state"]),
            story.say("expected_amount_note"),
            *(
                [
                    story.say(
                        "expected_amount_bias",
                        days=str(check["checked_days"]),
                        bias=story.signed(check["total_bias"]),
                    ),
                    _one_visit_bias(story, check),
                ]
                if check
                else []
            ),
        ),
        bars(
            [row["label"] for row in data],
            [
                Series(
                    story.label("expected_amount"),
                    [None if row["state"] in hidden else row["amount"] for row in data],
                    BAR,
                )
            ],
            "money",
        ),
    )


def discounted(story: Story) -> Block | None:
    """The expected amount within each horizon, and what it is worth today."""
    data = story.rows(
        """select horizon_days, count(*) as buyers, sum(expected_value order by card_id) as expected,
            sum(discounted_value order by card_id) as discounted
        from marts.member_expected_purchases where discounted_value is not null
        group by horizon_days order by horizon_days"""
    )
    if not data or data[-1]["expected"] <= 0 or story.few(data[-1]["buyers"]):
        return None
    other = story.one(
        """select name_{lang} as method from marts.clv_check join seeds.forecast_methods using (method)
        where quantity = 'amount' and is_best and method <> 'model'"""
    )
    last = data[-1]
    return Block(
        "discounted",
        story.say(
            "discounted_title",
            days=str(last["horizon_days"]),
            amount=story.money(last["expected"]),
            discounted=story.money(last["discounted"]),
        ),
        sentences(
            story.say("discounted_note", rate=story.percent(float(story.source.setting("clv_discount_rate")))),
            story.say("discounted_other_method", method=other.get("method")),
        ),
        bars(
            [story.source.text("so_many_days", days=str(row["horizon_days"])) for row in data],
            [
                Series(story.label(f"{name}_amount"), [row[name] for row in data], color)
                for name, color in (("expected", FAINT_BAR), ("discounted", BAR))
            ],
            "money",
        ),
    )


def forecast_check(story: Story) -> Block | None:
    checks = story.rows(
        """select clv_check.*, method_name_{lang} as label, root_mean_square_error as error
        from marts.clv_check join seeds.forecast_methods using (method)
        where root_mean_square_error is not null order by sort_order"""
    )
    data = [row for row in checks if row["quantity"] == "purchases"]
    amounts = {row["method"]: row for row in checks if row["quantity"] == "amount"}
    best = next((row for row in data if row["is_best"]), None)
    if best is None:
        why = story.rows(
            """select distinct reason_name_{lang} as reason from marts.clv_models
            join seeds.clv_refusals using (reason)
            -- Too little data leave no forecast at all, not even a guess.
            order by is_too_little_data desc, sample limit 1"""
        )
        return (
            Block("forecast_check", story.say("forecast_none_title"), [row["reason"] for row in why]) if why else None
        )
    # What cannot be used for the time after the data, as a refused model, may have a smaller error in the check.
    [refused] = story.rows(
        "select reason_name_{lang} as reason from marts.clv_models where sample = 'all' and model = 'bg_nbd'"
    )
    if refused["reason"]:
        against = "no_model"
    elif any(row["error"] < best["error"] and not row["is_usable"] for row in data):
        against = "usable"
    else:
        against = "model" if best["method"] == "model" else "guess"
    return Block(
        "forecast_check",
        story.say(f"forecast_check_title_{against}", method=best["label"]),
        sentences(
            story.say("forecast_check_refused", reason=refused["reason"]),
            *(
                story.say("forecast_check_too_new", method=row["label"])
                for row in data
                if row["method"] == "same_as_before" and not row["is_usable"]
            ),
            story.say(
                "forecast_check_bias",
                method=best["label"],
                days=str(best["checked_days"]),
                # Where nobody bought in the time of the check, there is none.
                bias=None if best["total_bias"] is None else story.signed(best["total_bias"]),
            ),
            _one_visit_bias(story, best),
            *(
                said
                for row in amounts.values()
                if row["is_best"] and row["total_bias"] is not None
                for said in (
                    story.say(
                        "forecast_check_amount_bias",
                        method=row["label"],
                        days=str(row["checked_days"]),
                        bias=story.signed(row["total_bias"]),
                    ),
                    _one_visit_bias(story, row),
                )
            ),
            story.say("forecast_check_note"),
        ),
        table=Table(
            [story.label("method"), *map(story.label, ("forecast_error", "bias", "amount_bias"))],
            [
                [
                    row["label"],
                    story.decimal(row["error"]),
                    story.signed(row["total_bias"]),
                    story.signed(amounts[row["method"]]["total_bias"]) if row["method"] in amounts else MISSING,
                ]
                for row in data
            ],
        ),
    )


def actions(story: Story) -> Block | None:
    """What to do with the members of each state; amounts by state alone, as those of its segments would tell more."""
    data = story.rows(
        """select state, any_value(effective_segment_name_{lang}) as segment, any_value(action_text_{lang}) as action,
            count(*) as members
        from marts.member_overview as overview where action_code is not null
        group by state, effective_segment_code, action_code
        order by min(overview.segment), effective_segment_code, action_code"""
    )
    totals = story.rows(
        """select state, any_value(name_{lang}) as label, count(*) as members, sum(amount) as amount,
            sum(expected_value) as expected_amount
        from marts.member_overview join seeds.life_cycle_states using (state)
        where action_code is not null group by state order by any_value(sort_order)"""
    )
    if not totals:
        return None
    hidden = _hidden_states(story)
    has_expected = any(row["expected_amount"] is not None for row in totals)
    most = max(totals, key=lambda row: (row["expected_amount"] or 0, row["members"]))
    largest = max(totals, key=lambda row: row["members"])
    is_most_told = has_expected and most["state"] not in hidden
    top = most if is_most_told else largest

    def order(row: Row) -> tuple[bool, float, int]:
        return row["state"] in hidden, -(row["expected_amount"] or 0), -story.rounded(row["members"])

    def action(state: str) -> str:
        rows = [row for row in data if row["state"] == state]
        if len({row["action"] for row in rows}) == 1:
            return str(rows[0]["action"])
        said = (
            story.say("action_of", action=row["action"], segment=row["segment"], count=story.members(row["members"]))
            for row in rows
        )
        return ("；" if story.source.language == "zh" else " ").join(said)

    def money(row: Row, name: str) -> str:
        return MISSING if row["state"] in hidden or row[name] is None else story.money(row[name])

    amounts = ["amount", *(["expected_amount"] if has_expected else [])]
    return Block(
        "actions",
        story.say(
            "actions_title" if is_most_told else "actions_title_plain",
            count=story.members(top["members"]),
            state=top["label"],
        ),
        sentences(
            _of_few(story, top["state"]) if is_most_told else "",
            story.say("actions_note" if has_expected else "actions_note_by_number"),
            story.say("actions_lists"),
            story.say("actions_few", small=str(story.small)) if hidden else "",
        ),
        table=Table(
            [story.label(name) for name in ("state", "people_count", *amounts, "action")],
            [
                [
                    row["label"],
                    story.members(row["members"]),
                    *(money(row, name) for name in amounts),
                    action(row["state"]),
                ]
                for row in sorted(totals, key=order)
            ],
            frozenset({0, 2 + len(amounts)}),
        ),
        is_wide=True,
    )


def funnel(story: Story) -> Block | None:
    data = story.rows(
        "select *, step_name_{lang} as label from marts.cleaning_funnel order by table_name desc, step_no"
    )
    lines_ = [row for row in data if row["table_name"] == "sales_lines"]
    [never] = story.rows("select count(*) as members from marts.member_overview where orders = 0")
    # Beside the buyers, the members would tell how few have never bought.
    data = lines_ if story.few(never["members"]) else data
    first, last = lines_[0]["rows_in"], lines_[-1]["rows_out"]
    return Block(
        "funnel",
        story.say(
            "funnel_title", kept=story.count(last), read=story.count(first), share=story.percent(last / max(first, 1))
        ),
        sentences(story.say("funnel_note")),
        table=Table(
            [story.label("table"), story.label("step"), story.label("rows_removed"), story.label("rows_out")],
            [
                [
                    story.label(f"table_{row['table_name']}"),
                    row["label"],
                    story.count(row["rows_removed"]),
                    story.count(row["rows_out"]),
                ]
                for row in data
            ],
            frozenset({0, 1}),
        ),
        is_wide=True,
    )


def reasons(story: Story) -> Block | None:
    data = story.rows(
        f"""select reason_name_{{lang}} as label, count(*) as lines from marts.rejected_sales_lines
        group by all order by lines desc, label limit {REASONS}"""
    )
    if not data:
        return None
    return Block(
        "reasons",
        story.say("reasons_title", reason=data[0]["label"], lines=story.count(data[0]["lines"])),
        sentences(story.say("reasons_note")),
        bars(
            [row["label"] for row in data],
            [Series(story.label("lines"), [row["lines"] for row in data], PLAIN)],
            "count",
            is_horizontal=True,
        ),
        height=60 + 34 * len(data),
        is_wide=True,
    )


def findings(story: Story) -> Block | None:
    # Exact numbers of buyers would be told beside rounded ones; of few cards none is.
    data = story.rows(
        f"""select text_{{lang}} as text, subject not in ('lrfmpsx', 'member_returns', 'life_cycle_thresholds')
            and (
                subject not in ('card_id', 'member_rows')
                or found >= {story.small} and (found = looked_at or looked_at - found >= {story.small})
            ) as is_told
        from marts.findings order by finding_no, found desc, subject"""
    )
    told = [row["text"] for row in data if row["is_told"]]
    more = len(data) - len(told)
    title = "findings_title" if told else "findings_title_untold" if more else "findings_title_none"
    return Block(
        "findings",
        story.say(title, findings=str(len(told))),
        sentences(*told, story.say("findings_more", more=str(more)) if more else ""),
        is_wide=True,
    )


def glossary(story: Story) -> Block | None:
    terms = [
        (story.say(key), story.say(key.replace("term_", "means_"))) for key in story.texts if key.startswith("term_")
    ]
    return Block("glossary", story.say("glossary_title"), terms=[term for term in terms if all(term)], is_wide=True)


def thresholds(story: Story) -> Block | None:
    data = story.rows(
        """select frequency_band_name_{lang} as label, slowing_after_days, silent_after_days, lost_after_days,
            has_enough_gaps, (select count(*) from marts.member_overview where visits > lower_bound) as members
        from marts.life_cycle_thresholds where slowing_after_days is not null order by lower_bound"""
    )
    # Those of few who waited would be their days.
    data = [row for row in data if not (row["has_enough_gaps"] and story.few(row["members"]))]
    if not data:
        return None
    return Block(
        "thresholds",
        story.say("thresholds_title"),
        sentences(story.say("thresholds_note"), few_gaps(story)),
        table=Table(
            [story.label(name) for name in ("frequency_band", "slowing_after", "silent_after", "lost_after")],
            [
                [
                    row["label"] or story.label("all_bands"),
                    *(story.count(row[f"{state}_after_days"]) for state in ("slowing", "silent", "lost")),
                ]
                for row in data
            ],
        ),
        is_wide=True,
    )


def tags(story: Story) -> Block | None:
    data = story.rows(
        """select tag_name_{lang} as tag, value_name_{lang} as value, coalesce(meaning, '') as meaning
        from marts.tag_dictionary where tag not in ('favourite_counter_code', 'action_code')
        order by tag_no, value_no"""
    )
    return Block(
        "tags",
        story.say("tags_title", tags=str(len({row["tag"] for row in data}))),
        sentences(story.say("tags_note")),
        table=Table(
            [story.label(name) for name in ("tag", "value", "meaning")],
            [[row["tag"], row["value"], row["meaning"]] for row in data],
            frozenset({0, 1, 2}),
        ),
        is_wide=True,
    )


def settings(story: Story) -> Block | None:
    data = story.rows("select setting, value from marts.settings_used where setting <> 'retailer' order by setting_no")
    return Block(
        "settings",
        story.say("settings_title"),
        sentences(story.say("settings_note")),
        table=Table(
            [story.label("setting"), story.label("value"), story.label("setting_meaning")],
            [
                [row["setting"], row["value"] or story.label("set_by_files"), story.say(f"setting_{row['setting']}")]
                for row in data
            ],
            frozenset({0, 1, 2}),
        ),
        is_wide=True,
    )


TOGETHER: list[Maker] = [attach_rates, partial(pairs, level="counter"), partial(pairs, level="product"), next_purchases]
OUTLOOK: list[Maker] = [expected_amount, forecast_check, discounted]
ACTIONS: list[Maker] = [actions]
DATA: list[Maker] = [funnel, reasons, findings]
GLOSSARY: list[Maker] = [glossary, thresholds, tags, settings]
