"""Which table has the sales lines, what is looked up in others, and which column is for what.

Names of columns are compared with the words of landing/column_words.yml; their values must be of the right kind.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from duckdb import DuckDBPyConnection

from segmentation.inspection.columns import Column, bare_name
from segmentation.inspection.looking import Table
from segmentation.landing.retailer import WORDS
from segmentation.landing.retailer_file import ADDED_UP

KINDS: dict[str, str] = {role: entry["kind"] for role, entry in WORDS.items()}
MEMBER_ROLES = ("birth_date", "age_band", "gender", "registered_at")
NO_COLUMNS = ("besides", "hundredths", "person", "nobody", "missing", "footer", "time_zones")
# Chosen when it is known what the amount is.
DEDUCTIONS = ("line_discount", "order_discount", "order_refund")
NO_ROLES = ("purchased_time", "currency", "status", "flag", "direction", *DEDUCTIONS, *NO_COLUMNS)
SALES_ROLES = tuple(role for role in WORDS if role not in (*MEMBER_ROLES, *NO_ROLES))
# What a line can do without, but not without a word where a column has the name.
MEASURES = ("quantity", "unit_price", "points")
WHOLE_WORD = 700
BESIDES = "|".join(WORDS["besides"]["words"])
MOST_STATES = 30
# Share of different values from which a column may be the key of a list that repeats some rows.
ALMOST_ONCE = 0.9
# Share of the lines with one number of a receipt from which another is in as good as all of them, too.
AS_MANY = 0.9


@dataclass(frozen=True)
class Join:
    """A table that is looked up: the column on the left, and its own key."""

    table: Table
    left: str
    right: str


@dataclass(frozen=True)
class Candidate:
    """A column that may have a role: how well its name fits, and the place of its table, 0 for that of the lines."""

    role: str
    column: Column
    score: int
    place: int


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
    is_in_hundredths : whether amounts are in hundredths, such as cents.
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
    is_in_hundredths: bool = False
    fill_down: list[str] = field(default_factory=list)
    cancelled: tuple[str, list[str]] | None = None
    orders_are_receipts: bool = False
    currency: str | None = None
    time_zone: str | None = None
    doubts: list[str] = field(default_factory=list)


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
    inside = words_inside(plain, role)
    return 300 - inside[0] if inside else 0


def words_inside(plain: str, role: str) -> list[int]:
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
    # Money is no key of customers, whatever its name.
    is_money = role == "card_id" and column.numbers.has_fraction
    # Shops export columns of points that they do not use.
    is_nothing = role == "points" and column.is_zero
    is_fit = has_shape and not (is_other or is_money or is_nothing) and is_of_kind(column, KINDS[role])
    return score if is_fit else 0


def is_of_kind(column: Column, kind: str) -> bool:
    """Tell whether the values of a column are of the kind of a role."""
    if not column.values:
        return False
    if kind == "moment":
        return column.moments is not None or (
            column.is_number and not column.numbers.has_fraction and bare_name(column.name) == "day"
        )
    if kind == "number":
        return column.is_number
    return kind != "name" or not column.is_number


def columns_for(tables: Sequence[Table], roles: Sequence[str], doubts: list[str], title: str) -> dict[str, Column]:
    """Return the best column for each role; the surest choice is made first, and a column has one role."""
    # A joined table repeats its values in several lines: what is added up has to be in the table of the lines itself.
    candidates = [
        Candidate(role, column, score, place)
        for role in roles
        for place, table in enumerate(tables if role not in ADDED_UP else tables[:1])
        for column in table.columns.values()
        if (score := _score(column, role))
    ]
    of_orders = {place for place, table in enumerate(tables) if place and is_of_orders(table)}

    def rank(candidate: Candidate) -> tuple[bool, int, int, int]:
        is_late = any(_says_more(other, candidate, of_orders) for other in candidates)
        return is_late, -candidate.score, candidate.place, roles.index(candidate.role)

    chosen: dict[str, Column] = {}
    for candidate in sorted(candidates, key=rank):
        role, column = candidate.role, candidate.column
        if role not in chosen and all(column is not other for other in chosen.values()):
            chosen[role] = column
            if candidate.score < WHOLE_WORD:
                doubts.append(f"{role} of the {title}: {column.name} only contains a word for it.")
    return chosen


def _says_more(other: Candidate, candidate: Candidate, of_orders: Collection[int]) -> bool:
    """Tell whether another whole word for a role goes first, though it may be a later one.

    A product that the lines name themselves is theirs: a list of products may have its style, that of the orders all
    that an order has. A number that is in far fewer lines than another is that of a payment or of a till.
    """
    if other.role != candidate.role or other.score < WHOLE_WORD or other.place:
        return False
    if candidate.role == "receipt_no":
        return not candidate.place and candidate.column.values < AS_MANY * other.column.values
    is_of_style = candidate.role == "product_code" and candidate.place > 0
    return is_of_style or (candidate.role == "product_name" and candidate.place in of_orders)


def is_of_orders(table: Table) -> bool:
    """Tell whether a table has one row for each number of a receipt."""
    return any(
        column.distinct == table.rows and _score(column, "receipt_no") >= WHOLE_WORD
        for column in table.columns.values()
    )


def sales_table(connection: DuckDBPyConnection, tables: Sequence[Table]) -> Table:
    """Return the table that looks most like sales lines: one with lines for the orders of another goes before that."""
    best = max(tables, key=lambda table: (_sales_score(table), table.rows, -table.number))
    for table in tables:
        goods = {"amount", "unit_price", "quantity", "product_code"} & set(columns_for([table], SALES_ROLES, [], ""))
        if table is not best and goods and table.rows > best.rows / 2:
            pair = key_of(connection, [table], best)
            if pair and table.columns[pair[0]].distinct < table.columns[pair[0]].values:
                return table
    return best


def _sales_score(table: Table) -> int:
    """Count the signs of sales lines: a moment, an amount or a price, a customer."""
    roles = columns_for([table], ["purchased_at", "amount", "unit_price", "quantity", "receipt_no", "card_id"], [], "")
    numbers = any(role in roles for role in ("amount", "unit_price", "quantity"))
    most = max((column.distinct for column in table.columns.values()), default=0)
    return 3 * numbers + len(roles) + (table.rows > most / 2)


def is_of_people(table: Table) -> bool:
    """Tell whether a table has one row per customer, with what is known of them."""
    card = _card_of_people(table)
    return card is not None and card.distinct >= ALMOST_ONCE * table.rows


def repeated_key(table: Table) -> str:
    """Say how often the customers of a table with what is known of them repeat; empty where they do not."""
    card = _card_of_people(table)
    if card is None or card.distinct >= ALMOST_ONCE * table.rows:
        return ""
    return f"its {card.name} repeats, {table.rows:,} rows for {card.distinct:,} customers: keep one row of each"


def _card_of_people(table: Table) -> Column | None:
    roles = columns_for([table], ["card_id", *MEMBER_ROLES], [], "")
    return roles.get("card_id") if len(roles) > 1 else None


def key_in_other_case(connection: DuckDBPyConnection, card: Column, table: Table) -> Column | None:
    """Return the column of a table that has most of the customers in other capital letters than the sales lines."""
    for column in table.columns.values():
        if not column.distinct or not (word_score(column.name, "card_id") or may_be_key(card, column, table)):
            continue
        [(customers, alike, in_any_case)] = connection.execute(
            f"""with own as (select distinct {card.sql} as v from {card.relation}),
            others as (select distinct {column.sql} as v from {column.relation})
            select count(v), count(v) filter (where v in (select v from others where v is not null)),
                count(v) filter (where lower(v) in (select lower(v) from others where v is not null)) from own"""
        ).fetchall()
        if in_any_case > alike and in_any_case * 2 > customers:
            return column
    return None


def key_of_people(
    connection: DuckDBPyConnection, card: Column, tables: Sequence[Table]
) -> tuple[float, Table, Column] | None:
    """Return the table of people that knows most of the customers, by which column, and the share that it knows."""
    found = [
        (_match(connection, card, column), word_score(column.name, "card_id"), -table.number, table, column)
        for table in tables
        if columns_for([table], MEMBER_ROLES, [], "")
        for column in table.columns.values()
        if column.values and column.distinct >= ALMOST_ONCE * table.rows
        and (word_score(column.name, "card_id") or may_be_key(card, column, table))
    ]  # fmt: skip
    if not found:
        return None
    share, *_, table, column = max(found, key=lambda entry: entry[:3])
    return share, table, column


def joined(connection: DuckDBPyConnection, sales: Table, tables: Sequence[Table]) -> list[Join]:
    """Return the tables that can be looked up, in the lines or in a table joined before."""
    joins: list[Join] = []
    waiting = list(tables)
    while waiting:
        owners = [sales, *(join.table for join in joins)]
        keys = ((table, key_of(connection, owners, table)) for table in waiting)
        found = next((Join(table, *key) for table, key in keys if key), None)
        if found is None:
            return joins
        joins.append(found)
        waiting.remove(found.table)
    return joins


def key_of(connection: DuckDBPyConnection, owners: Sequence[Table], table: Table) -> tuple[str, str] | None:
    """Return the column of the owners and the key of the table that are equal in most rows."""
    pairs = [
        (_match(connection, left, right), left.name, right.name)
        for owner in owners
        for left in owner.columns.values()
        for right in table.columns.values()
        if right.values and right.distinct == right.values and may_be_key(left, right, table)
    ]
    return max(pairs)[1:] if pairs and max(pairs)[0] > 0.5 else None


def may_be_key(left: Column, right: Column, table: Table) -> bool:
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


def contains_a_word_of(column: Column, role: str) -> bool:
    """Tell whether the name of a column has a word that speaks against a role."""
    return any(part in _name_itself(column.name) for part in WORDS[role].get("but", ()))


def is_called_otherwise(column: Column) -> bool:
    """Tell whether a column that may be a key of customers has the name of something else."""
    plain = bare_name(column.name)
    others = [entry["words"] for role, entry in WORDS.items() if role not in ("card_id", *NO_COLUMNS)]
    return (
        contains_a_word_of(column, "card_id")
        or any(plain in words for words in others)
        or any(part in plain for part in WORDS["card_id"]["otherwise"])
    )


def drop_useless_joins(choice: Choice) -> None:
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
            reason = repeated_key(join.table) or f"none of its columns has a place{members}"
            choice.doubts.append(f"{join.table.title} is not used: {reason}.")


def columns_of(table: Table, roles: dict[str, Column]) -> dict[str, Column]:
    """Return the roles whose columns are in the table."""
    return {role: column for role, column in roles.items() if column.relation == table.relation}


def decimal_mark(choice: Choice) -> str:
    """Return the decimal mark of the sales lines, which holds for all their columns."""
    numbers = [column.numbers for role, column in choice.roles.items() if KINDS[role] == "number"]
    return "," if any(column.has_decimal_comma for column in numbers) else "."


def columns_of_lines(choice: Choice) -> list[Column]:
    """Return the columns of the sales lines and of what is joined to them."""
    tables = [choice.sales, *(join.table for join in choice.joins)]
    return [column for table in tables for column in table.columns.values()]
