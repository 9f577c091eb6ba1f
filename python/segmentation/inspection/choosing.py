"""What the tables and columns that were looked at are for, and what a person has to look at.

Names of columns are compared with the words of landing/column_words.yml; their values must be of the right kind.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from babel.numbers import is_currency
from duckdb import DuckDBPyConnection

from segmentation.inspection.looking import (
    COUNTED_FROM_A_DAY,
    ENOUGH,
    KANA,
    OFFSET,
    Column,
    Table,
    bare_name,
    number_sql,
    overlaps_but_for,
    take_in,
)
from segmentation.landing.files import literal
from segmentation.landing.moments import parsed_moment
from segmentation.landing.retailer import GENDER_CODES, WORDS
from segmentation.landing.retailer_file import GOODS, MOMENT_COLUMNS, PRODUCT, REQUIRED_COLUMNS

SIGNS_FILE = Path(__file__).parents[3] / "seeds" / "currency_signs.csv"
KINDS: dict[str, str] = {role: entry["kind"] for role, entry in WORDS.items()}
MEMBER_ROLES = ("birth_date", "age_band", "gender", "registered_at")
NO_COLUMNS = ("besides", "nobody", "missing", "footer", "time_zones")
NO_ROLES = ("purchased_time", "currency", "status", "flag", "direction", *NO_COLUMNS)
SALES_ROLES = tuple(role for role in WORDS if role not in (*MEMBER_ROLES, *NO_ROLES))
# A joined table repeats its values in several lines: what is added up has to be in the table of the lines itself.
ADDED_UP = ("quantity", "amount", "points")
NO_SALE, VISIT = tuple(WORDS["status"]["no_sale"]), tuple(WORDS["status"]["visit"])
RETURNED, SOLD = set(WORDS["status"]["returned"]), set(WORDS["status"]["sold"])
# What lines of a receipt beside those of its goods are called.
NO_GOODS = {bare_name(word) for word in [*WORDS["status"]["paid"], *WORDS["footer"]["words"]]}
# What a line can do without, but not without a word where a column has the name.
MEASURES = ("quantity", "unit_price", "points")
WHOLE_WORD = 700
BESIDES = "|".join(WORDS["besides"]["words"])
MOST_STATES = 30
# What is known of an order rather than of one of its lines.
OF_AN_ORDER = ("card_id", "purchased_at", "receipt_no", "till_no")
FEW_RECEIPTS = 5
MOST_NAMES = 30
FEW_PRODUCTS = 5
# Names that say so of a price.
OF_A_PIECE = re.compile("unit|per|piece|lineitem|单|単|einzel|stuck")
# A day is lone that is further than this from all others and has at most this share of the lines.
FAR_DAYS = 366
FEW_LINES = 0.001
# A value of a key that stands for nobody is in far more lines than the next.
CROWD = 0.1
TIMES_THE_NEXT = 10
# Of the receipts of a card the share with several moments, within a day, from which on a till stamps every scan.
STAMPED = 0.05


@dataclass(frozen=True)
class Join:
    """A table that is looked up: the column on the left, and its own key."""

    table: Table
    left: str
    right: str


@dataclass
class Choice:
    """What goes into a retailer file.

    Attributes
    ----------
    sales, joins, roles : the table with the sales lines, those joined to it, and the column of each canonical name.
    members, member_joins, member_roles : the same of the members; None where there is no such table.
    members_repeat : whether the table of the members has several rows of each.
    times : columns with the time of day, of moments that are only a date.
    amount : how the amount is found where no column holds it.
    fill_down : columns that hold for the following lines that have none of them.
    cancelled : a column and its values that mark lines which are no sales.
    doubts : what a person has to look at.
    """

    sales: Table
    joins: list[Join]
    roles: dict[str, Column]
    members: Table | None = None
    member_joins: list[Join] = field(default_factory=list)
    member_roles: dict[str, Column] = field(default_factory=dict)
    members_repeat: bool = False
    codes: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    times: dict[str, Column] = field(default_factory=dict)
    amount: str | int | None = None
    fill_down: list[str] = field(default_factory=list)
    cancelled: tuple[str, list[str]] | None = None
    orders_are_receipts: bool = False
    currency: str | None = None
    time_zone: str | None = None
    doubts: list[str] = field(default_factory=list)


def choose(connection: DuckDBPyConnection, tables: Sequence[Table]) -> Choice:
    """Decide what the tables and their columns are for."""
    sales = _sales_table(connection, tables)
    tables, doubts_of_files = _with_files_of_other_columns(connection, sales, tables)
    others = [table for table in tables if table is not sales]
    alike = [table for table in others if table.columns.keys() == sales.columns.keys()]
    others = [table for table in others if table.columns.keys() != sales.columns.keys()]
    people = next((table for table in others if _is_of_people(table)), None)
    joins = _joins(connection, sales, [table for table in others if table is not people])
    have_a_key = [people, *(join.table for join in joins)]
    choice = Choice(sales, joins, {}, doubts=doubts_of_files)
    choice.roles = _roles([sales, *(join.table for join in joins)], SALES_ROLES, choice.doubts, "sales_lines")
    if sales.rows:
        _complete(choice)
    _drop_useless_joins(choice)
    _look_at_shared_lines(connection, choice)
    _choose_members(connection, choice, people)
    for table in others:
        if all(table is not other for other in have_a_key):
            choice.doubts.append(f"{table.title} is not used: {_why_not_used(choice, table)}.")
    for table in alike:
        choice.doubts.append(
            f"{table.title} is not used: it has the columns of {sales.title}, but is written in another way; bring "
            "both into one form."
        )
    _choose_times(choice)
    _choose_amount(connection, choice)
    _choose_cancelled(connection, choice)
    _choose_what_is_filled_down(connection, choice)
    _choose_orders(connection, choice)
    _choose_currency(choice)
    _choose_time_zone(connection, choice)
    _look_at_keys(connection, choice)
    _look_at_days(choice)
    _look_at_values(connection, choice)
    _look_at_signs(connection, choice)
    _name_what_is_not_used(choice)
    lacking = [role for role in REQUIRED_COLUMNS["sales_lines"] if role not in choice.roles]
    if "amount" in lacking and choice.amount is not None:
        lacking.remove("amount")
    doubts = []
    for role in lacking:
        told = f" ({named})" if (named := _named(connection, choice, tables, role)) else ""
        doubts.append(f"No column looks like {role}{told}: fill it in, the retailer cannot be built without it.")
    for role in MEASURES:
        if role not in (*lacking, *choice.roles) and (named := _named(connection, choice, tables, role)):
            doubts.append(f"{role}: {named}.")
    choice.doubts[:0] = doubts
    return choice


def _with_files_of_other_columns(
    connection: DuckDBPyConnection, sales: Table, tables: Sequence[Table]
) -> tuple[list[Table], list[str]]:
    """Take files into the table of the sales lines that have all its columns with a place, and say so.

    Without what only some of them have, as a build needs each column that is named in each file.
    """
    kept: list[Table] = []
    doubts: list[str] = []
    roles = _roles([sales], SALES_ROLES, [], "")
    placed = {column.name for column in roles.values()}
    for table in tables:
        is_more = table is not sales and {"purchased_at", "card_id"} <= set(roles) and placed <= set(table.columns)
        lost = sorted(sales.columns.keys() ^ table.columns.keys())
        title = sales.title
        if (
            not (is_more and lost)
            # Each receipt once is a table of receipts, which repeats what its lines say.
            or (
                (key := _key(connection, [sales], table))
                and "receipt_no" in roles
                and key[0] == roles["receipt_no"].name
            )
            or (taken := take_in(connection, sales, table)) is None
        ):
            kept.append(table)
            continue
        doubts += [
            *taken,
            f"{title} and {table.title} are taken together without {', '.join(lost)}, which only some of them have.",
        ]
    return kept, doubts


def _named(connection: DuckDBPyConnection, choice: Choice, tables: Sequence[Table], role: str) -> str:
    """Tell which unused column has the name of what is lacking, and what speaks against it."""
    used = [id(column) for column in (*choice.roles.values(), *choice.member_roles.values(), *choice.times.values())]
    columns = [(table, column) for table in tables for column in table.columns.values() if id(column) not in used]
    table, best = max(columns, key=lambda entry: word_score(entry[1].name, role), default=(choice.sales, None))
    if best is None or word_score(best.name, role) < WHOLE_WORD:
        return ""
    if not best.examples:
        return f"{best.name} has the name, but no value; formulas have none before a spreadsheet has saved them"
    if _is_of_kind(best, KINDS[role]) and table is not choice.sales:
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


def _name_itself(name: str) -> str:
    """Return a bare column name without what it says besides."""
    return re.sub(BESIDES, "", bare_name(name))


def word_score(name: str, role: str) -> int:
    """Return how well a column name fits: a whole word counts more than a part, an earlier word more than a later."""
    words, plain = WORDS[role]["words"], _name_itself(name)
    for whole in (bare_name(name), plain):
        if whole in words:
            return 1_000 - int(words.index(whole))
    if any(part in plain for part in WORDS[role].get("but", ())):
        return 0
    inside = _words_inside(plain, role)
    return 300 - inside[0] if inside else 0


def _words_inside(plain: str, role: str) -> list[int]:
    """Return the places of the words of a role that are in a bare name."""
    words = enumerate(WORDS[role]["words"])
    return [place for place, word in words if len(word) > (1 if word > "\x7f" else 4) and word in plain]


def _score(column: Column, role: str) -> int:
    """Return how well a column fits a role; a name that is a word for another role does not count by a part."""
    score = word_score(column.name, role)
    plain = bare_name(column.name)
    is_other = score < WHOLE_WORD and any(
        plain in entry["words"] for other, entry in WORDS.items() if other not in (role, *NO_COLUMNS)
    )
    shape = WORDS[role].get("shapes", {}).get(plain)
    has_shape = shape is None or all(re.fullmatch(shape, value) for value, _ in column.examples)
    return score if score and not is_other and has_shape and _is_of_kind(column, KINDS[role]) else 0


def _is_of_kind(column: Column, kind: str) -> bool:
    if not column.values:
        return False
    if kind == "moment":
        return column.moments is not None or (
            column.is_number and not column.numbers.has_fraction and bare_name(column.name) == "day"
        )
    if kind == "number":
        return column.is_number
    return kind != "name" or not column.is_number


def _roles(tables: Sequence[Table], roles: Sequence[str], doubts: list[str], title: str) -> dict[str, Column]:
    """Return the best column for each role; the surest choice is made first, and a column has one role."""
    candidates = [
        (score, -number, role, column)
        for role in roles
        for number, table in enumerate(tables if role not in ADDED_UP else tables[:1])
        for column in table.columns.values()
        if (score := _score(column, role))
    ]
    chosen: dict[str, Column] = {}
    for score, _, role, column in sorted(candidates, key=lambda entry: (-entry[0], -entry[1], roles.index(entry[2]))):
        if role not in chosen and all(column is not other for other in chosen.values()):
            chosen[role] = column
            if score < WHOLE_WORD:
                doubts.append(f"{role} of the {title}: {column.name} only contains a word for it.")
    return chosen


def _sales_table(connection: DuckDBPyConnection, tables: Sequence[Table]) -> Table:
    """Return the table that looks most like sales lines: one with lines for the orders of another goes before that."""
    best = max(tables, key=lambda table: (_sales_score(table), table.rows, -table.number))
    for table in tables:
        goods = {"amount", "unit_price", "quantity", "product_code"} & set(_roles([table], SALES_ROLES, [], ""))
        if table is not best and goods and table.rows > best.rows / 2:
            pair = _key(connection, [table], best)
            if pair and table.columns[pair[0]].distinct < table.columns[pair[0]].values:
                return table
    return best


def _sales_score(table: Table) -> int:
    """Count the signs of sales lines: a moment, an amount or a price, a customer."""
    roles = _roles([table], ["purchased_at", "amount", "unit_price", "quantity", "receipt_no", "card_id"], [], "")
    numbers = any(role in roles for role in ("amount", "unit_price", "quantity"))
    most = max((column.distinct for column in table.columns.values()), default=0)
    return 3 * numbers + len(roles) + (table.rows > most / 2)


def _is_of_people(table: Table) -> bool:
    """Tell whether a table has one row per customer, with what is known of them."""
    roles = _roles([table], ["card_id", *MEMBER_ROLES], [], "")
    card = roles.get("card_id")
    return card is not None and len(roles) > 1 and card.distinct >= 0.9 * table.rows


def _joins(connection: DuckDBPyConnection, sales: Table, tables: Sequence[Table]) -> list[Join]:
    """Return the tables that can be looked up, in the lines or in a table joined before."""
    joins: list[Join] = []
    waiting = list(tables)
    while waiting:
        owners = [sales, *(join.table for join in joins)]
        keys = ((table, _key(connection, owners, table)) for table in waiting)
        found = next((Join(table, *key) for table, key in keys if key), None)
        if found is None:
            return joins
        joins.append(found)
        waiting.remove(found.table)
    return joins


def _key(connection: DuckDBPyConnection, owners: Sequence[Table], table: Table) -> tuple[str, str] | None:
    """Return the column of the owners and the key of the table that are equal in most rows."""
    pairs = [
        (_match(connection, left, right), left.name, right.name)
        for owner in owners
        for left in owner.columns.values()
        for right in table.columns.values()
        if right.values and right.distinct == right.values and _may_be_key(left, right, table)
    ]
    return max(pairs)[1:] if pairs and max(pairs)[0] > 0.5 else None


def _why_not_used(choice: Choice, table: Table) -> str:
    """Tell what a file of sales lines lacks, or which columns may be keys but for the rows that share a value."""
    columns = columns_of(choice.sales, choice.roles)
    lacking = sorted(column.name for column in columns.values() if column.name not in table.columns)
    needed = [columns.get(role) for role in REQUIRED_COLUMNS["sales_lines"]]
    if lacking and all(column is not None and column.name in table.columns for column in needed):
        return (
            f"it has no {', '.join(lacking)}, as {choice.sales.title} has; where both hold sales of their own, list "
            "both in files and leave out of columns what one of them lacks"
        )
    names = [
        f"{right.name} is in both, but {table.rows:,} rows have only {right.distinct:,} values of it"
        for left in choice.sales.columns.values()
        for right in table.columns.values()
        if right.distinct < right.values and _may_be_key(left, right, table)
    ]
    told = f" ({'; '.join(names)}): add what makes each row of it the only one" if names else ""
    return f"no key to join it by was found{told}"


def _may_be_key(left: Column, right: Column, table: Table) -> bool:
    """Tell whether the names speak for a key: the same one, or product_id and the id of a file of products."""
    left_name, right_name = bare_name(left.name), bare_name(right.name)
    owner = left_name.removesuffix(right_name)
    return left_name == right_name or (owner != left_name and owner in bare_name(table.paths[0].name))


def _match(connection: DuckDBPyConnection, left: Column, right: Column) -> float:
    """Return the share of the values on the left that the key has; a column of the same name counts a bit more."""
    [(share,)] = connection.execute(
        f"""with own as (select distinct {left.sql} as v from {left.relation})
        select coalesce(avg((v in (select {right.sql} from {right.relation}))::int), 0) from own where v is not null"""
    ).fetchall()
    return float(share) + 0.001 * (bare_name(left.name) == bare_name(right.name))


def _complete(choice: Choice) -> None:
    """Choose by the values alone where names say nothing, as in files without a header."""
    sales = choice.roles
    free = [column for column in choice.sales.columns.values() if all(column is not used for used in sales.values())]

    def take(role: str, candidates: list[Column]) -> None:
        if role not in sales and candidates:
            sales[role] = candidates[0]
            free.remove(candidates[0])
            choice.doubts.append(
                f"{role} of the sales_lines: column {candidates[0].name} is a guess from its values, such as "
                f"{candidates[0].examples[0][0][:40]}."
            )

    take("purchased_at", [column for column in free if column.moments and not word_score(column.name, "registered_at")])
    _tell_pieces_from_money(choice)
    if not {"quantity", "unit_price"} <= set(sales):
        amounts = [column for column in free if column.is_number and column.numbers.has_fraction]
        take("amount", [column for column in amounts if not _contains_a_word_of(column, "amount")])
    take("card_id", [
        column for column in free
        if not column.moments and not column.numbers.has_fraction and 10 < column.distinct < 0.9 * max(column.values, 1)
        and not _is_called_otherwise(column)
    ])  # fmt: skip
    if choice.sales.settings.header is not True:
        take("quantity", [column for column in free if column.is_number and column.distinct < 1_000])


def _contains_a_word_of(column: Column, role: str) -> bool:
    return any(part in _name_itself(column.name) for part in WORDS[role].get("but", ()))


def _is_called_otherwise(column: Column) -> bool:
    """Tell whether a column that may be a key of customers has the name of something else."""
    plain = bare_name(column.name)
    others = [entry["words"] for role, entry in WORDS.items() if role not in ("card_id", *NO_COLUMNS)]
    return (
        _contains_a_word_of(column, "card_id")
        or any(plain in words for words in others)
        or any(part in plain for part in WORDS["card_id"]["otherwise"])
    )


def _tell_pieces_from_money(choice: Choice) -> None:
    """A price without a quantity is what a line costs; an "amount" of few whole numbers beside it counts pieces.

    Where its name only contains a word for an amount, it counts nothing.
    """
    sales = choice.roles
    if "quantity" in sales or "unit_price" not in sales:
        return
    amount, price = sales.get("amount"), sales["unit_price"]
    if amount and (amount.numbers.has_fraction or amount.distinct >= price.distinct):
        return
    if amount and word_score(amount.name, "amount") < WHOLE_WORD:
        choice.doubts = [doubt for doubt in choice.doubts if not doubt.startswith("amount of the sales_lines: ")]
    elif amount:
        sales["quantity"] = amount
        choice.doubts.append(f"quantity of the sales_lines: {amount.name} seems to count pieces, not money.")
    sales["amount"] = sales.pop("unit_price")
    choice.doubts.append(f"amount of the sales_lines: {price.name} may be the price of one piece only.")


def _look_at_shared_lines(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Look for files that overlap, though a running number or the moment of the export makes their lines differ."""
    used = columns_of(choice.sales, choice.roles)
    # Without them, lines of several files may be equal by chance.
    if {"card_id", "purchased_at", "receipt_no"} <= set(used):
        choice.doubts += overlaps_but_for(connection, choice.sales, list(used.values()))


def _drop_useless_joins(choice: Choice) -> None:
    """Leave out a joined table that gives no column and leads to no other."""
    for join in reversed(choice.joins):
        place = choice.joins.index(join)
        before = {
            name for table in (choice.sales, *(other.table for other in choice.joins[:place])) for name in table.columns
        }
        names = {other.left for other in choice.joins[place + 1 :]} - before
        has_status = any(word_score(name, "status") >= WHOLE_WORD for name in join.table.columns)
        if not columns_of(join.table, choice.roles) and not names & set(join.table.columns) and not has_status:
            choice.joins.remove(join)
            # Of a list of cards alone nobody can tell whether it is that of the members.
            card = choice.roles.get("card_id")
            is_of_cards = card is not None and join.left == card.name
            members = "; if who is not on it is no member, name it under members" if is_of_cards else ""
            choice.doubts.append(f"{join.table.title} is not used: none of its columns has a place{members}.")


def columns_of(table: Table, roles: dict[str, Column]) -> dict[str, Column]:
    """Return the roles whose columns are in the table."""
    return {role: column for role, column in roles.items() if column.relation == table.relation}


def _choose_members(connection: DuckDBPyConnection, choice: Choice, people: Table | None) -> None:
    """Take a table of people for the member list, or for what is known of some customers of the sales lines."""
    card = choice.roles.get("card_id")
    if people is None:
        in_lines = columns_of(choice.sales, _roles([choice.sales], MEMBER_ROLES, choice.doubts, "members"))
        used = [id(column) for column in choice.roles.values()]
        in_lines = {role: column for role, column in in_lines.items() if id(column) not in used}
        if in_lines and card and card.relation == choice.sales.relation:
            # Every line repeats what is known of its customer.
            choice.members, choice.members_repeat = choice.sales, True
            choice.member_roles = {"card_id": card, **in_lines}
            _choose_codes(connection, choice)
        return
    roles = _roles([people], ["card_id", *MEMBER_ROLES], choice.doubts, "members")
    choice.members, choice.member_roles = people, roles
    if card:
        own = roles["card_id"]
        [(customers, known, listed)] = connection.execute(
            f"""with customers as (select distinct {card.sql} as v from {card.relation}),
            people as (select distinct {own.sql} as v from {own.relation})
            select count(v), count(v) filter (where v in (select v from people where v is not null)),
                (select count(v) from people) from customers"""
        ).fetchall()
        is_list = "registered_at" in roles or known < ENOUGH * listed
        if known < ENOUGH * customers and is_list:
            choice.doubts.append(
                f"members: {known:,} of the {customers:,} customers of the sales lines are in {people.title}; the "
                "lines of the others count as those of unregistered cards."
            )
        elif known < ENOUGH * customers:
            choice.doubts.append(
                f"members: {people.title} knows {known:,} of the {customers:,} customers of the sales lines: taken as "
                "what is known of them, not as the list of the members."
            )
            owners = [choice.sales, *(join.table for join in choice.joins)]
            choice.members = next(table for table in owners if table.relation == card.relation)
            choice.members_repeat = True
            choice.member_joins = [Join(people, card.name, own.name)]
            choice.member_roles = {**roles, "card_id": card}
        if "registered_at" in roles and "purchased_at" in choice.roles:
            _look_at_registrations(connection, choice)
    _choose_codes(connection, choice)


def _look_at_registrations(connection: DuckDBPyConnection, choice: Choice) -> None:
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


def _choose_codes(connection: DuckDBPyConnection, choice: Choice) -> None:
    roles = choice.member_roles
    if (gender := roles.get("gender")) and not {value for value, _ in gender.examples} <= {*GENDER_CODES}:
        values: dict[str, list[str]] = {}
        found = [value for value, _ in gender.examples[:10]]
        for value in found:
            code = GENDER_CODES.get(value) or GENDER_CODES.get(value[0])
            code = code or {"0": "female", "1": "male", "2": "female"}.get(value)
            values.setdefault(code or "", []).append(value)
        choice.codes["gender"] = {code: values[code] for code in ("female", "male", "other") if code in values}
        counts = ", ".join(f"{value} ({number:,})" for value, number in gender.examples[:10])
        choice.doubts.append(f"codes of gender: which of {counts} is female?")
    if age := roles.get("age_band"):
        bands: dict[str, list[str]] = {}
        for (value,) in connection.execute(
            f"select distinct {age.sql} as v from {age.relation} where v <> '' order by v limit 500"
        ).fetchall():
            years = int(number[0]) if (number := re.search(r"\d+", value)) else -1
            band = "" if years < 0 else "young" if years < 30 else "middle" if years < 60 else "senior"
            bands.setdefault(band, []).append(value)
        choice.codes["age_band"] = {code: bands[code] for code in ("young", "middle", "senior") if code in bands}
        choice.doubts.append("codes of age_band: below 30 counts as young, from 60 on as senior.")


def _choose_times(choice: Choice) -> None:
    """Find the columns with the time of day, of moments that are only a date."""
    tables = [choice.sales, *(join.table for join in choice.joins), *([choice.members] if choice.members else [])]
    for role, moment in {**choice.member_roles, **choice.roles}.items():
        if KINDS[role] != "moment" or (moment.moments and moment.moments.has_time):
            continue
        table = next((table for table in tables if table.relation == moment.relation), None)
        for column in table.columns.values() if table else ():
            is_time = all(re.fullmatch(r"\d{1,2}:\d\d.*|\d{1,4}|\d{5,6}", value) for value, _ in column.examples)
            if column is not moment and is_time and bare_name(column.name) in WORDS["purchased_time"]["words"]:
                choice.times[role] = column
        if moment.moments is None:
            choice.doubts.append(
                f"date_format: {moment.name} counts days from an unknown day; 2000-01-01 is a guess for day 0."
            )


def _choose_amount(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Take quantity times price where there is no amount, or only that of the whole order; 1 for visits."""
    roles = choice.roles
    if "amount" in roles:
        _look_at_order_totals(connection, choice)
    if "amount" in roles:
        return
    if {"quantity", "unit_price"} <= set(roles):
        choice.amount = PRODUCT
        _look_at_prices_of_lines(connection, choice)
    elif "unit_price" not in roles and not _named(connection, choice, [choice.sales], "amount"):
        choice.amount = 1
        used = [id(column) for column in roles.values()]
        numbers = [
            column.name
            for column in choice.sales.columns.values()
            if id(column) not in used
            and column.is_number
            and (column.numbers.has_fraction or _words_inside(bare_name(column.name), "amount"))
        ]
        choice.doubts.append(
            f"amount: no column is known to hold one; each of the {choice.sales.rows:,} lines counts as 1"
            + (f", though {', '.join(numbers)} may be it: if so, name it in columns." if numbers else ".")
        )


def _look_at_prices_of_lines(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Of products sold one and several at a time, the price of a piece is the same, that of a line its multiple."""
    quantity, price = choice.roles["quantity"], choice.roles["unit_price"]
    product = choice.roles.get("product_code") or choice.roles.get("product_name")
    if product is None or len({column.relation for column in (quantity, price, product)}) > 1:
        return
    pieces, paid = (
        number_sql(column.raw, "," if column.numbers.has_decimal_comma else ".") for column in (quantity, price)
    )
    [(products, of_a_piece, of_lines)] = connection.execute(
        f"""with lines as (
            select {product.raw} as product, cast({pieces} as double) as pieces, cast({paid} as double) as price
            from {price.relation} where pieces > 0 and price > 0
        ),
        products as (
            select stddev_pop(ln(price)) as spread, stddev_pop(ln(price / pieces)) as spread_of_a_piece
            from lines where product is not null group by product having count(distinct pieces) > 1
        )
        select count(*), count(*) filter (where spread <= spread_of_a_piece),
            count(*) filter (where spread_of_a_piece < spread) from products"""
    ).fetchall()
    if products < FEW_PRODUCTS:
        if not OF_A_PIECE.search(bare_name(price.name)):
            choice.doubts.append(
                f"amount: {quantity.name} * {price.name} is taken, but too few products are sold in several quantities "
                "to tell whether that is the price of a piece or of the line."
            )
    elif of_lines > ENOUGH * products:
        choice.amount = None
        choice.roles["amount"] = choice.roles.pop("unit_price")
        choice.doubts.append(
            f"amount: {price.name} grows with {quantity.name} in {of_lines:,} of {products:,} products, so it is that "
            "of the line, not of a piece."
        )
    elif of_a_piece <= ENOUGH * products:
        choice.doubts.append(
            f"amount: {price.name} is taken for the price of a piece, but grows with {quantity.name} in {of_lines:,} "
            f"of {products:,} products: is it that of the line?"
        )


def _look_at_order_totals(connection: DuckDBPyConnection, choice: Choice) -> None:
    """An amount that is the same in all lines of an order, or is in its first alone, is that of the whole order."""
    roles = choice.roles
    amount, receipt = roles["amount"], roles.get("receipt_no")
    if receipt is None or receipt.relation != amount.relation:
        return
    has_price = {"quantity", "unit_price"} <= set(roles)
    if has_price and roles["unit_price"].relation != amount.relation:
        return
    differ = "true"
    if has_price:
        differ = " or ".join(f"min({roles[role].raw}) <> max({roles[role].raw})" for role in ("quantity", "unit_price"))
    [(orders, repeated, first_only)] = connection.execute(
        f"""with orders as (
            select count(*) as lines, count({amount.raw}) as filled, min({amount.raw}) = max({amount.raw}) as is_one
            from {amount.relation} where {receipt.raw} is not null group by {receipt.raw}
            having lines > 1 and ({differ})
        )
        select count(*), count(*) filter (where is_one and filled = lines), count(*) filter (where filled = 1)
        from orders"""
    ).fetchall()
    if orders < FEW_RECEIPTS or max(repeated, first_only) < ENOUGH * orders:
        return
    place = "in each line" if repeated >= first_only else "in one line only"
    found = (
        f"{amount.name} is the same {place} of {max(repeated, first_only):,} of {orders:,} orders with several lines"
    )
    if has_price:
        del roles["amount"]
        choice.doubts.append(f"amount: {found}, so it is that of the order; quantity * unit_price is taken.")
    else:
        choice.doubts.append(f"amount: {found}: is it that of the whole order?")


def _states(connection: DuckDBPyConnection, column: Column) -> dict[str, tuple[str, int]]:
    """Return for each plain value of a column the raw one, and the number of its lines."""
    rows = connection.execute(
        f"""select v, case when count(distinct raw) = 1 then min(raw) else v || '%' end, count(*) as n
        from (select {column.sql} as v, {column.raw} as raw from {column.relation})
        where v <> '' group by v order by n desc, v"""
    ).fetchall()
    return {value: (pattern, number) for value, pattern, number in rows}


def _is_no_sale(column: Column, value: str, is_status: bool, has_sold: bool) -> bool:
    plain, bare = value.casefold(), bare_name(value)
    is_flag = column.distinct <= 2 and word_score(column.name, "flag") and plain in WORDS["flag"]["yes"]
    is_other_kind = bare in RETURNED or (has_sold and bare in NO_GOODS)
    return bool(is_flag) or is_other_kind or plain.startswith(NO_SALE + VISIT if is_status else NO_SALE)


def _choose_cancelled(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Find receipts whose number starts with a letter where most have none, and columns with a status."""
    if receipt := choice.roles.get("receipt_no"):
        [(marked, digits)] = connection.execute(
            f"""select count(*) filter (where regexp_full_match({receipt.sql}, '[Cc]\\d+')),
            count(*) filter (where regexp_full_match({receipt.sql}, '\\d+')) from {receipt.relation}"""
        ).fetchall()
        if 0 < marked < 0.3 * digits:
            choice.doubts.append(f"cancelled: {marked:,} lines have a {receipt.name} that starts with C.")
            choice.cancelled = ("receipt_no", ["C%"])
            return
    used = {id(column) for column in choice.roles.values()}
    has_returns = any(choice.roles[role].numbers.negatives for role in ("quantity", "amount") if role in choice.roles)
    found: list[tuple[bool, int, Column, list[str], str, str]] = []
    for table in [choice.sales, *(join.table for join in choice.joins)]:
        for column in table.columns.values():
            if id(column) in used or not 0 < column.distinct <= MOST_STATES:
                continue
            states = _states(connection, column)
            is_status = word_score(column.name, "status") > 0
            has_sold = any(bare_name(value) in SOLD for value in states)
            marks = [
                value for value in states
                if _is_no_sale(column, value, is_status, has_sold)
                and (is_status or len(value) == len(value.split("（")[0]) <= 20)
            ]  # fmt: skip
            lines = sum(states[value][1] for value in marks)
            if not marks and len(states) > 1 and (has_sold or word_score(column.name, "status") >= WHOLE_WORD):
                counted = ", ".join(f"{value} ({number:,} lines)" for value, (_, number) in states.items())
                choice.doubts.append(f"cancelled: {column.name} has {counted}; all are taken for sales.")
            if not marks or (len(marks) == len(states) and lines == table.rows):
                continue
            told = ", ".join(f"{value} ({states[value][1]:,} lines)" for value in marks)
            others = ", ".join(f"{value} ({number:,})" for value, (_, number) in states.items() if value not in marks)
            rest = f"; {others} count" if others else ""
            if column.values < table.rows:
                rest += f"; {table.rows - column.values:,} lines have none"
            if has_returns:
                rest += "; what is below zero stays a return"
            patterns = [states[value][0] for value in marks]
            # Amounts may say by themselves what was taken back, but not what was cancelled.
            is_return = all(bare_name(value) in RETURNED for value in marks)
            found.append((is_return, -lines, column, patterns, f"cancelled: {told} in {column.name}", rest))
    if not found:
        return
    found.sort(key=lambda entry: entry[:2])
    *_, column, patterns, text, rest = found[0]
    choice.cancelled = (column.name, patterns)
    choice.doubts.append(f"{text} are taken for no sales{rest}.")
    choice.doubts += [
        f"{text} may be no sales either, but only one column can say so{rest}." for *_, text, rest in found[1:]
    ]


def _choose_what_is_filled_down(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Find lines with goods that have nothing of what is known of an order: they continue the line above."""
    of_lines = columns_of(choice.sales, choice.roles)
    of_order = [of_lines[role] for role in OF_AN_ORDER if role in of_lines]
    goods = [of_lines[role].raw for role in GOODS if role in of_lines]
    if len(of_order) < 2 or "purchased_at" not in of_lines or not goods:
        return
    lacks_all = f"coalesce({', '.join(column.raw for column in of_order)}) is null"
    [(continued, lacking)] = connection.execute(
        f"""select count(*) filter (where {lacks_all}), count(*) filter (where {of_lines["purchased_at"].raw} is null)
        from {choice.sales.relation} where coalesce({", ".join(goods)}) is not null"""
    ).fetchall()
    if continued and continued >= ENOUGH * lacking:
        choice.fill_down = [column.name for column in of_order]
        choice.doubts.append(
            f"fill_down: {continued:,} of {choice.sales.rows:,} lines have goods but no {', '.join(choice.fill_down)}: "
            "those of the line above are taken for them."
        )


def _choose_orders(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Take a receipt for an order where its lines have several moments within a day, or where days have no times."""
    roles = choice.roles
    wanted = [roles.get(role) for role in ("card_id", "purchased_at", "receipt_no")]
    columns = [column for column in wanted if column is not None]
    if len(columns) < 3 or len({column.relation for column in columns}) > 1:
        return
    card, bought, receipt = columns
    if bought.moments is None:
        return
    if not bought.moments.has_time and "purchased_at" not in choice.times:
        [(days, several)] = connection.execute(
            f"""select count(*), count_if(receipts > 1) from (
                select count(distinct {receipt.raw}) as receipts from {card.relation}
                where {card.raw} is not null and {bought.raw} is not null group by {card.raw}, {bought.raw}
            )"""
        ).fetchall()
        if several:
            choice.orders_are_receipts = True
            choice.doubts.append(
                f"orders: {bought.name} has no time of day, and on {several:,} of {days:,} days of a customer there "
                f"are several values of {receipt.name}; so a receipt is taken for an order."
            )
        return
    # Most files have one moment per receipt: whether they have is seen without reading the moments.
    connection.execute(
        f"""create or replace temp table receipts as
        select {card.raw} as card, {receipt.raw} as receipt, min({bought.raw}) <> max({bought.raw}) as has_several
        from {card.relation} where {card.raw} is not null and {receipt.raw} is not null group by all"""
    )
    [(receipts, several)] = connection.execute("select count(*), count_if(has_several) from receipts").fetchall()
    if several < STAMPED * receipts or not several:
        return
    [(stamped, spread, moments)] = connection.execute(
        f"""select count(*) filter (where span < interval 1 day), count(*) filter (where span >= interval 1 day),
            coalesce(sum(moments) filter (where span < interval 1 day), 0)::bigint
        from (
            select count(distinct m) as moments, max(m) - min(m) as span from (
                select receipts.card, receipts.receipt, {bought.moment} as m from {card.relation}
                inner join receipts on receipts.card = {card.raw} and receipts.receipt = {receipt.raw} and has_several
            ) group by card, receipt
        )"""
    ).fetchall()
    if stamped >= STAMPED * receipts and spread * 20 <= stamped:
        choice.orders_are_receipts = True
        choice.doubts.append(
            f"orders: {stamped:,} of {receipts:,} receipts have lines of several moments ({moments:,} in all), as a "
            "till gives them that stamps each scan; so a receipt is taken for an order."
        )


def _currency_signs() -> dict[str, str]:
    """Return the usual currency of each sign, long signs first: US$ holds $ too."""
    with SIGNS_FILE.open(encoding="utf-8-sig", newline="") as file:
        usual = {row["sign"]: row["currency"] for row in csv.DictReader(file) if row["is_usual"] == "true"}
    return dict(sorted(usual.items(), key=lambda item: -len(item[0])))


def _choose_currency(choice: Choice) -> None:
    signs = _currency_signs()
    tables = [choice.sales, *(join.table for join in choice.joins)]
    columns = [column for table in tables for column in table.columns.values()]
    named = [column for column in columns if word_score(column.name, "currency") and 0 < column.distinct <= MOST_STATES]
    money = [column for role in ("amount", "unit_price") if (column := choice.roles.get(role))]
    if named:
        best = max(named, key=lambda column: word_score(column.name, "currency"))
        codes: dict[str, int] = {}
        for value, number in best.examples:
            code = signs.get(value.upper(), value.upper())
            codes[code] = codes.get(code, 0) + number
        if len(codes) == 1:
            choice.currency = next((code for code in codes if is_currency(code)), None)
        else:
            told = ", ".join(f"{code} ({number:,} lines)" for code, number in codes.items())
            choice.roles["currency"] = best
            choice.doubts.append(
                f"currency: {best.name} has {told}; amounts of several currencies would be added up as they are, keep "
                "one in a file."
            )
        return
    texts = [text for column in money for text in (column.name, *(value for value, _ in column.examples))]
    found: dict[str, str] = {}
    for text in texts:
        if sign := next((sign for sign in signs if _is_in(sign, text)), None):
            found.setdefault(signs[sign], sign)
    is_japanese = any(KANA.search(text) for column in columns for text in (column.name, *_values(column)))
    if "CNY" in found and is_japanese:
        found["JPY"] = found.pop("CNY")
    if len(found) > 1:
        choice.doubts.append(
            f"currency: the amounts have the signs {' and '.join(sorted(found.values()))}; they would be added up as "
            "they are, keep one currency in a file."
        )
        return
    for code, sign in found.items():
        choice.currency = code
        choice.doubts.append(f"currency: {code} is a guess from the sign {sign}.")
        return
    chinese = [column.name for column in columns if re.search("[\u4e00-\u9fff]", column.name)]
    if len(chinese) * 2 > len(columns) and not is_japanese:
        choice.currency = "CNY"
        choice.doubts.append(f"currency: CNY is a guess from {len(chinese)} Chinese names of {len(columns)} columns.")


def _is_in(sign: str, text: str) -> bool:
    """Tell whether a sign of money is in a text; letters only where they are no part of a word."""
    is_word = sign.isalpha() and sign < "\u1000"
    pattern = rf"(?<![^\W\d_]){re.escape(sign)}(?![^\W\d_])" if is_word else re.escape(sign)
    return re.search(pattern, text.upper()) is not None


def _values(column: Column) -> list[str]:
    return [value for value, _ in column.examples]


def _choose_time_zone(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Find the zone in which all moments with an offset have it; what counts from 1970 has that of UTC."""
    bought = choice.roles.get("purchased_at")
    if bought is None or bought.moments is None:
        return
    if are_utc(bought):
        choice.time_zone = "UTC"
        choice.doubts.append(
            f"time_zone: {bought.name} counts from 1970 and so tells the time of UTC: write the retailer's own zone "
            "for time_zone, such as Europe/London; as proposed days and hours are those of UTC."
        )
    if not bought.moments.offsets:
        return
    connection.execute(
        f"""create or replace temp table offsets as
        select m, case when text in ('Z', 'UTC') then 0 else (left(text, 1) || '1')::int
                * (substr(text, 2, 2)::int * 60 + right(text, 2)::int) end as minutes
        from (
            select distinct {bought.moment} as m, regexp_extract({bought.raw}, {literal(OFFSET)}, 1) as text
            from {bought.relation}
        ) where text <> '' and m is not null"""
    )
    zones = [
        zone
        for zone in WORDS["time_zones"]["words"]
        if not connection.execute(
            "from offsets where timezone(?, timezone('UTC', m - to_minutes(minutes))) <> m limit 1", [zone]
        ).fetchall()
    ]
    offsets = ", ".join(bought.moments.offsets)
    if zones:
        choice.time_zone = zones[0]
        choice.doubts.append(f"time_zone: {zones[0]} is a guess from the offsets of {bought.name} ({offsets}).")
    else:
        choice.doubts.append(
            f"time_zone: {bought.name} has the offsets {offsets}, and no usual zone has them all: give the retailer's."
        )


def are_utc(column: Column) -> bool:
    """Tell whether moments count from 1970, which by definition is that of UTC."""
    return column.moments is not None and bool({*column.moments.formats} & {*COUNTED_FROM_A_DAY.values()})


def _look_at_keys(connection: DuckDBPyConnection, choice: Choice) -> None:
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
            "as different customers."
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


def _look_at_days(choice: Choice) -> None:
    """Look for lone days far from all others."""
    bought = choice.roles.get("purchased_at")
    if bought is None or bought.moments is None:
        return
    days = bought.moments.days
    few = max(3, FEW_LINES * sum(lines for _, lines in days))
    for ordered, is_end in ((days[::-1], True), (days, False)):
        lone = 0
        for at in range(min(len(ordered) - 1, int(few))):
            lone += ordered[at][1]
            gap = abs((ordered[at][0] - ordered[at + 1][0]).days)
            if lone <= few and gap > FAR_DAYS:
                far, near = ordered[0][0], ordered[at + 1][0]
                choice.doubts.append(
                    f"purchased_at: {lone:,} of {sum(lines for _, lines in days):,} lines are dated up to {far}, "
                    f"{gap:,} days {'after' if is_end else 'before'} all others ({near})"
                    ": are they mistyped?"
                )
                break


def _look_at_values(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Say which values are no numbers or moments, and what is unsure about how they are written."""
    columns = [
        column for table in (choice.sales, *(join.table for join in choice.joins)) for column in table.columns.values()
    ]
    are_marks_told = decimal_mark(choice) == "," or any(column.numbers.has_both_marks for column in columns)
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
            mark = "," if column.numbers.has_decimal_comma else "."
            [(example,)] = connection.execute(
                f"select min({column.sql}) from {column.relation}"
                f" where {column.sql} <> '' and {number_sql(column.raw, mark)} is null"
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


def decimal_mark(choice: Choice) -> str:
    """Return the decimal mark of the sales lines, which holds for all their columns."""
    numbers = [column.numbers for role, column in choice.roles.items() if KINDS[role] == "number"]
    return "," if any(column.has_decimal_comma for column in numbers) else "."


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


def _look_at_signs(connection: DuckDBPyConnection, choice: Choice) -> None:
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
        mark = "," if amount.numbers.has_decimal_comma else "."
        [(different,)] = connection.execute(
            f"select count(*) from {amount.relation} where regexp_matches({amount.raw} || {quantity.raw}, '[-−(]')"
            f" and ({number_sql(amount.raw, mark)} < 0) <> ({number_sql(quantity.raw, mark)} < 0)"
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


def _name_what_is_not_used(choice: Choice) -> None:
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


def used_missing(choice: Choice, table: Table) -> list[str]:
    """Return the words for nothing in the columns that are used of a table, names aside."""
    roles = [*choice.roles.items(), *choice.member_roles.items()]
    return sorted({
        value for role, column in roles for value in column.missing
        if column.relation == table.relation and KINDS[role] != "name"
    })  # fmt: skip


def date_formats(roles: dict[str, Column], table_name: str) -> dict[str, tuple[str, ...]]:
    """Return the formats that have to be stated of the moments of a table."""
    return {
        role: column.moments.formats if column.moments else ("days since 2000-01-01",)
        for role, column in roles.items()
        if role in MOMENT_COLUMNS[table_name] and (column.moments is None or column.moments.formats)
    }
