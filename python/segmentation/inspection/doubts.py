"""What a person has to look at: what the proposal leaves open, takes for granted or leaves out."""

import re
from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from segmentation.inspection.columns import Column, bare_name, number_sql
from segmentation.inspection.looking import Table, overlaps_on_days
from segmentation.inspection.roles import (
    KINDS,
    MEASURES,
    MOST_STATES,
    SALES_ROLES,
    WHOLE_WORD,
    Choice,
    columns_for,
    columns_of,
    columns_of_lines,
    decimal_mark,
    is_of_kind,
    key_in_other_case,
    may_be_key,
    repeated_key,
    word_score,
    words_inside,
)
from segmentation.landing.moments import parsed_moment
from segmentation.landing.retailer import WORDS
from segmentation.landing.retailer_file import PRODUCT, REQUIRED_COLUMNS
from segmentation.settings import project_settings
from segmentation.sql_text import literal

MOST_NAMES = 30
# A value of a key that stands for nobody is in far more lines than the next.
CROWD = 0.1
TIMES_THE_NEXT = 10
# Of so many customers somebody comes again.
MANY_CARDS = 100
# A first and a last name. In Chinese a name may be anything: there the column says so.
LIKE_A_PERSON = re.compile(r"[^\W\d_][\w.'’-]*,?( [^\W\d_][\w.'’-]*){1,3}")
# What an amount may lose by being rounded to cents, and the share of the lines that may lose more.
MUCH = 0.01
MANY_CHANGED = 0.05


def lacking_by_name(connection: DuckDBPyConnection, choice: Choice, tables: Sequence[Table], role: str) -> str:
    """Tell which unused column has the name of what is lacking, and what speaks against it."""
    used = [id(column) for column in (*choice.roles.values(), *choice.member_roles.values(), *choice.times.values())]
    columns = [(table, column) for table in tables for column in table.columns.values() if id(column) not in used]
    table, best = max(columns, key=lambda entry: word_score(entry[1].name, role), default=(choice.sales, None))
    if best is None or word_score(best.name, role) < WHOLE_WORD:
        return ""
    if not best.examples:
        return f"{best.name} has the name, but no value; formulas have none before a spreadsheet has saved them"
    if best.is_zero:
        return f"{best.name} has the name, but nothing except zeros"
    if is_of_kind(best, KINDS[role]) and table is not choice.sales:
        is_joined = any(table is join.table for join in choice.joins)
        return f"{best.name} has the name, but {table.title} is {'only looked up' if is_joined else 'not used'}"
    number, example = _not_understood(connection, best, KINDS[role])
    count = f", {number:,} of {best.values:,}" if number < best.values else ""
    return f"{best.name} has the name, but values such as {example[:40]} are not understood as a {KINDS[role]}{count}"


def _not_understood(connection: DuckDBPyConnection, column: Column, kind: str) -> tuple[int, str]:
    """Return how many values of a column are no number or no moment, and the most frequent of them."""
    reads = [parsed_moment(column.raw, None, (), None, None)]
    if kind == "number":
        reads = [number_sql(column.raw, mark) for mark in ".,"]
    [(number, example)] = connection.execute(
        f"""select coalesce(sum(n), 0)::bigint, first(v order by n desc, v) from (
            select {column.sql} as v, count(*) as n from {column.relation}
            where coalesce({", ".join(reads)}) is null and v <> '' group by v
        )"""
    ).fetchall()
    return (number, example) if number else (column.values, column.examples[0][0])


def why_not_used(connection: DuckDBPyConnection, choice: Choice, table: Table) -> str:
    """Tell what a file of sales lines lacks, or which columns may be keys but for what speaks against it."""
    columns = columns_of(choice.sales, choice.roles)
    lacking = sorted(column.name for column in columns.values() if column.name not in table.columns)
    needed = [columns.get(role) for role in REQUIRED_COLUMNS["sales_lines"]]
    if lacking and len(lacking) < len(columns) / 2:
        if needed_too := [column.name for column in needed if column is not None and column.name in lacking]:
            return f"it has no {', '.join(needed_too)}, as {choice.sales.title} has and a build needs"
        return (
            f"it has no {', '.join(lacking)}, as {choice.sales.title} has; where both hold sales of their own, list "
            "both in files and leave out of columns what one of them lacks"
        )
    own = columns_for([table], SALES_ROLES, [], "")
    whose = {"card_id", "purchased_at"}
    if whose <= own.keys() and whose <= choice.roles.keys() and {"amount", "unit_price"} & own.keys():
        both = (
            f"{role}: [{ours.name}, {own[role].name}]"
            for role, ours in choice.roles.items()
            if role in own and ours.name != own[role].name
        )
        return (
            f"it may be sales lines under other names: where it is, list both in files, and both names of each column "
            f"({', '.join(both)})"
        )
    if repeated := repeated_key(table):
        return repeated
    card = choice.roles.get("card_id")
    if card is not None and (key := key_in_other_case(connection, card, table)) is not None:
        return (
            f"its {key.name} has the values of {card.name} in other capital letters: write fold_case: true, and name "
            f"it under members with card_id: {key.name}"
        )
    names = [
        f"{right.name} is in both, but {table.rows:,} rows have only {right.distinct:,} values of it"
        for left in choice.sales.columns.values()
        for right in table.columns.values()
        if right.distinct < right.values and may_be_key(left, right, table)
    ]
    told = f" ({'; '.join(names)}): add what makes each row of it the only one" if names else ""
    return f"no key to join it by was found{told}"


def look_at_shared_lines(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Look for files that overlap on some days, or though a running number or the moment of the export differs."""
    used = columns_of(choice.sales, choice.roles)
    if "purchased_at" not in used:
        return
    columns, where = list(choice.sales.columns.values()), ""
    # Without them, lines of several files may be equal by chance.
    if {"card_id", "receipt_no"} <= set(used):
        columns, where = list(used.values()), " in all columns with a place"
    bought = used["purchased_at"]
    day = f"cast({bought.moment} as date)" if bought.moments else bought.raw
    choice.doubts += overlaps_on_days(connection, choice.sales, columns, day, where)


def look_at_joins(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Count the lines that lose their customer or their moment, as the joined table does not have their key."""
    for place, join in enumerate(choice.joins):
        lost = [role for role in ("card_id", "purchased_at") if role in _roles_through(choice, place)]
        if not lost:
            continue
        owner = _owner(choice, place)
        left, right = owner.columns[join.left].sql, join.table.columns[join.right].sql
        [(unknown, in_other_case)] = connection.execute(
            f"""with keys as (select distinct {right} as v from {join.table.relation}),
            unknown as (select {left} as v from {owner.relation} where v is not null and v not in (
                select v from keys where v is not null
            ))
            select count(*), count(*) filter (where lower(v) in (select lower(v) from keys)) from unknown"""
        ).fetchall()
        if unknown:
            told = (
                f"; of these {in_other_case:,} differ in capital letters only: write both files in one way, as "
                "fold_case does not reach the key of a join"
            )
            choice.doubts.append(
                f"joins: {unknown:,} of {owner.rows:,} rows of {owner.title} do not find their {join.left} in "
                f"{join.table.title}, and so have no {' and no '.join(lost)}{told if in_other_case else ''}."
            )


def _owner(choice: Choice, place: int) -> Table:
    """Return the table with the column by which a join looks up."""
    before = [choice.sales, *(join.table for join in choice.joins[:place])]
    return next(table for table in before if choice.joins[place].left in table.columns)


def _roles_through(choice: Choice, place: int) -> set[str]:
    """Return the roles whose columns a joined table has, or one that is joined to it."""
    table = choice.joins[place].table
    later = (at for at in range(place + 1, len(choice.joins)) if _owner(choice, at) is table)
    return set(columns_of(table, choice.roles)).union(*(_roles_through(choice, at) for at in later))


def look_at_registrations(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Count the members who bought before they registered."""
    card, bought = choice.roles["card_id"], choice.roles["purchased_at"]
    own, registered = choice.member_roles["card_id"], choice.member_roles["registered_at"]
    if card.relation != bought.relation or bought.moments is None or registered.moments is None:
        return
    [(late, all_of_them)] = connection.execute(
        f"""with bought as (select {card.sql} as v, min({bought.moment}) as m from {card.relation} group by all),
        people as (select {own.sql} as v, min({registered.moment}) as m from {own.relation} group by all)
        select count(*) filter (where people.m > bought.m), count(*) from bought inner join people using (v)"""
    ).fetchall()
    if late:
        choice.doubts.append(
            f"registered_at: {late:,} of {all_of_them:,} members bought before the moment of {registered.name}."
        )


def look_at_keys(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Look for one customer in two cases, and for a value that stands for nobody."""
    card = choice.roles.get("card_id")
    if card is None:
        return
    [(values, examples)] = connection.execute(
        f"""select coalesce(sum(len(forms)), 0)::bigint, first(forms[1] || ' and ' || forms[2] order by forms[1]) from (
            select list_sort(list(distinct {card.sql})) as forms from {card.relation} group by lower({card.sql})
        ) where len(forms) > 1"""
    ).fetchall()
    if values:
        choice.doubts.append(
            f"card_id: {values:,} values of {card.name} differ in capital letters only, such as {examples}: they count "
            "as different customers, unless you write fold_case: true."
        )
    names = [value for value, _ in card.examples if LIKE_A_PERSON.fullmatch(value)]
    if len(names) * 2 > len(card.examples) or word_score(card.name, "person"):
        choice.doubts.append(
            f"card_id: {card.name} has names, such as {card.examples[0][0][:40]}: customers of the same name count as "
            "one. Where the file has a number or an e-mail address of them, name that."
        )
    words = ", ".join(literal(word) for word in WORDS["nobody"]["words"])
    nobody = connection.execute(
        f"select {card.sql} as v, count(*) as n from {card.relation} where lower({card.sql}) in ({words})"
        " group by v order by n desc, v"
    ).fetchall()
    if nobody:
        told = ", ".join(f"{value} ({number:,} lines)" for value, number in nobody)
        choice.doubts.append(
            f"card_id: {card.name} has {told}: if that stands for customers without a card, add it to missing."
        )
    elif len(card.examples) > 1 and card.distinct > TIMES_THE_NEXT:
        (first, most), (_, next_most) = card.examples[:2]
        if most > CROWD * card.values and most > TIMES_THE_NEXT * next_most:
            choice.doubts.append(
                f"card_id: {first} is in {most:,} of {card.values:,} lines: if it stands for customers without a card, "
                "add it to missing."
            )


def look_at_visits(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Look for customers of whom nobody comes again: numbers of receipts may be taken for them."""
    card, bought = choice.roles.get("card_id"), choice.roles.get("purchased_at")
    if card is None or bought is None or bought.moments is None or card.relation != bought.relation:
        return
    [(cards, most, days)] = connection.execute(
        f"""with visits as (
            select {card.sql} as v, cast({bought.moment} as date) as day from {card.relation} where {card.sql} <> ''
        )
        select count(distinct v), (select max(n) from (select count(distinct day) as n from visits group by v)),
            count(distinct day)
        from visits"""
    ).fetchall()
    if cards >= MANY_CARDS and most == 1 < days:
        choice.doubts.append(
            f"card_id: none of the {cards:,} values of {card.name} is on two days: do they number receipts rather than "
            "customers?"
        )


def look_at_sizes(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Find amounts in hundredths by their name, and those that are little when rounded to cents."""
    roles = ("amount",) if "amount" in choice.roles else ("unit_price", "quantity")
    columns = [choice.roles[role] for role in roles if role in choice.roles]
    if not columns or len({column.relation for column in columns}) > 1:
        return
    amount, name = columns[0], " * ".join(column.name for column in columns)
    if words_inside(bare_name(amount.name), "hundredths") and not amount.numbers.has_fraction:
        choice.is_in_hundredths = True
        choice.doubts.append(
            f"in_hundredths: {amount.name} counts hundredths by its name, so amounts are divided by 100."
        )
        return
    [(lines, changed)] = connection.execute(
        f"""select count(*), count(*) filter (where abs(n - round(n, 2)) > {MUCH} * abs(n)) from (
            select {" * ".join(f"cast({column.number} as double)" for column in columns)} as n from {amount.relation}
        ) where n <> 0"""
    ).fetchall()
    if changed > MANY_CHANGED * lines:
        choice.doubts.append(
            f"amount: {changed:,} of {lines:,} values of {name} are so small that they change by more than {MUCH:.0%} "
            "when they are rounded to cents, as they are: multiply them by 100 or 1,000 in the file."
        )


def look_at_days(choice: Choice) -> None:
    """Look for lone days far from all others, as the build does (settings far_days and far_share)."""
    bought = choice.roles.get("purchased_at")
    if bought is None or bought.moments is None:
        return
    days = bought.moments.days
    settings = project_settings()
    few = max(1, settings["far_share"] * sum(lines for _, lines in days))
    for ordered, is_end in ((days[::-1], True), (days, False)):
        lone = 0
        for at in range(min(len(ordered) - 1, int(few))):
            lone += ordered[at][1]
            gap = abs((ordered[at][0] - ordered[at + 1][0]).days)
            if lone <= few and gap > settings["far_days"]:
                far, near = ordered[0][0], ordered[at + 1][0]
                choice.doubts.append(
                    f"purchased_at: {lone:,} of {sum(lines for _, lines in days):,} lines are dated up to {far}, "
                    f"{gap:,} days {'after' if is_end else 'before'} all others ({near})"
                    ": are they mistyped?"
                )
                break


def look_at_values(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Say which values are no numbers or moments, and what is unsure about how they are written."""
    are_marks_told = decimal_mark(choice) == "," or any(
        column.numbers.has_both_marks for column in columns_of_lines(choice)
    )
    for role, column in {**choice.member_roles, **choice.roles}.items():
        if moments := column.moments if KINDS[role] == "moment" else None:
            if moments.doubt:
                choice.doubts.append(moments.doubt)
            if moments.values < column.values:
                [(example,)] = connection.execute(
                    f"""select coalesce(min(v) filter (where m is null), min(v) filter (where year(m) < 1900),
                        max(v) filter (where year(m) > 2100))
                    from (select {column.sql} as v, {column.moment} as m from {column.relation}) where v <> ''"""
                ).fetchall()
                choice.doubts.append(
                    f"{role}: {column.values - moments.values:,} of {column.values:,} values of {column.name} are no "
                    f"likely moments, such as {example[:40]}."
                )
        lacking = choice.sales.rows - column.values
        is_needed = role in ("purchased_at", "amount") or (choice.amount == PRODUCT and role in MEASURES[:2])
        if is_needed and lacking and column.name not in choice.fill_down and column.relation == choice.sales.relation:
            choice.doubts.append(
                f"{role}: {lacking:,} of {choice.sales.rows:,} lines have no {column.name}{_instead(choice, column)}; "
                "such lines are rejected."
            )
        if KINDS[role] != "number":
            continue
        if column.numbers.values < column.values:
            [(example,)] = connection.execute(
                f"select min({column.sql}) from {column.relation} where {column.sql} <> '' and {column.number} is null"
            ).fetchall()
            choice.doubts.append(
                f"{role}: {column.values - column.numbers.values:,} of {column.values:,} values of {column.name} are "
                f"no numbers, such as {str(example)[:40]}."
            )
        if (unclear := column.numbers.unclear) and not are_marks_told:
            if "," in unclear:
                marks, otherwise = "commas", "is taken for thousands: if they mark decimals"
            else:
                marks, otherwise = "points", "is taken for decimals: if they mark thousands"
            choice.doubts.append(
                f"{role}: all {marks} in {column.name} stand before three digits, and {unclear} {otherwise}, write "
                'decimal: ",".'
            )


def _instead(choice: Choice, column: Column) -> str:
    """Name the unused columns with numbers that have a value where, by their count, this one lacks it."""
    used = [id(other) for other in choice.roles.values()]
    lacking = choice.sales.rows - column.values
    others = [
        other.name
        for other in choice.sales.columns.values()
        if id(other) not in used and column.is_number and other.is_number and 0.9 * lacking <= other.values <= lacking
    ]
    return f" (but {', '.join(others)})" if others else ""


def look_at_signs(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Count the returns, and the lines whose amount and quantity disagree about being one."""
    quantity, amount = choice.roles.get("quantity"), choice.roles.get("amount")
    told = [
        f"{column.numbers.negatives:,} of {column.name}"
        for column in (quantity, amount)
        if column and column.numbers.negatives
    ]
    if told:
        choice.doubts.append(f"returns: values below zero are taken for returns ({', '.join(told)}).")
    if quantity and amount and quantity.relation == amount.relation and told:
        [(different,)] = connection.execute(
            f"select count(*) from {amount.relation} where regexp_matches({amount.raw} || {quantity.raw}, '[-−(]')"
            f" and ({amount.number} < 0) <> ({quantity.number} < 0)"
        ).fetchall()
        if different:
            choice.doubts.append(
                f"returns: in {different:,} lines only one of {quantity.name} and {amount.name} is below zero."
            )
    for column in choice.sales.columns.values():
        if word_score(column.name, "direction") >= WHOLE_WORD and 1 < column.distinct <= MOST_STATES:
            told = [f"{value} ({number:,} lines)" for value, number in column.examples]
            choice.doubts.append(
                f"returns: {column.name} has {', '.join(told)}; amounts are taken as they are, whatever it says."
            )


def name_what_is_not_used(choice: Choice) -> None:
    """Name the columns of the used tables that have no place in the proposal."""
    joins = [*choice.joins, *choice.member_joins]
    tables = [choice.sales, *(join.table for join in joins), *([choice.members] if choice.members else [])]
    columns = [*choice.roles.values(), *choice.member_roles.values(), *choice.times.values()]
    used = {(column.relation, column.name) for column in columns}
    keys = {name for join in joins for name in (join.left, join.right)} | {
        choice.cancelled[0] if choice.cancelled else ""
    }
    for table in {table.number: table for table in tables}.values():
        names = [name for name in table.columns if (table.relation, name) not in used and name not in keys]
        if names:
            more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
            choice.doubts.append(f"{table.title}: columns that are not used: {', '.join(names[:MOST_NAMES])}{more}.")
