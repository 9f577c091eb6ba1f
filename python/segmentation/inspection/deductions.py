"""What comes off the amounts: discounts that they do not know of, and money that was given back."""

from collections.abc import Collection, Sequence

from duckdb import DuckDBPyConnection

from segmentation.inspection.columns import ENOUGH, Column
from segmentation.inspection.roles import Choice, columns_of_lines, is_of_orders, word_score
from segmentation.landing.retailer_file import DISCOUNTS, PRODUCT

# A column of two numbers is a yes or a no.
FEWEST_REFUNDS = 3


def choose_discounts(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Take discounts off what lines come to, unless the amounts of the orders show that this is after them.

    Off a column of amounts only where the amounts of the orders show that it is before them.
    """
    amount = choice.roles.get("amount")
    if amount is None and choice.amount != PRODUCT:
        return
    factors = [amount] if amount else [choice.roles[role] for role in ("quantity", "unit_price")]
    before, price = " * ".join(column.name for column in factors), factors[-1].name
    taken: dict[str, Column] = {}
    for column in _named(choice, DISCOUNTS):
        several, of_orders = _orders_of_several_lines(connection, choice, column)
        is_of_order = several > 0 and of_orders >= ENOUGH * several
        role = "order_discount" if is_of_order else "line_discount"
        has_its_own = is_of_order or column.relation == choice.sales.relation
        if role not in taken and has_its_own and not _is_rate(connection, column):
            taken[role] = column
        elif not amount:
            choice.doubts.append(
                f"amount: {before} knows nothing of {column.name}; where {price} is the price before it, add a "
                "column with the amount of the line to the file and name that in columns."
            )
    if not taken:
        return
    names = " and ".join(column.name for column in taken.values())
    orders, total, less, equal = _order_totals(connection, choice, factors, taken)
    if less > ENOUGH * orders:
        told = f"is taken off {before}; so {total} comes out in {less:,} of {orders:,} orders that have one"
    elif amount:
        return
    elif equal > ENOUGH * orders:
        choice.doubts.append(
            f"amount: {total} is {before} in {equal:,} of {orders:,} orders with {names}, so {price} is after it, "
            "and it is not taken off."
        )
        return
    else:
        told = f"is taken off {before}; where {price} is the price after it, leave it out"
    choice.roles |= taken
    choice.doubts += [f"{role}: {column.name} {told}." for role, column in taken.items()]


def choose_refund(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Take off an order what was given back of it; amounts know nothing of what was given back of one line."""
    for column in _named(choice, ["order_refund"]):
        if column.distinct < FEWEST_REFUNDS:
            continue
        [(rows, total)] = connection.execute(
            f"select count(*), sum(abs({column.number})) from {column.relation} where {column.number} <> 0"
        ).fetchall()
        told = f"{column.name} has {total:,.2f} in {rows:,} rows"
        several, of_orders = _orders_of_several_lines(connection, choice, column)
        if "order_refund" not in choice.roles and of_orders >= ENOUGH * several:
            choice.roles["order_refund"] = column
            choice.doubts.append(
                f"order_refund: {told}, taken off their orders on the day of the purchase; where the amounts know of "
                "it, leave it out."
            )
        else:
            choice.doubts.append(
                f"returns: {told}; refunds of lines are not taken off: add lines below zero for them, or subtract them "
                "from the amounts in the file."
            )


def _named(choice: Choice, roles: Collection[str]) -> list[Column]:
    """Return the unused columns of numbers, not all of them zero, with a word for one of the roles in their name."""
    used = [id(column) for column in choice.roles.values()]
    return [
        column
        for column in columns_of_lines(choice)
        if id(column) not in used
        and column.is_number
        and not column.is_zero
        and any(word_score(column.name, role) for role in roles)
    ]


def _is_rate(connection: DuckDBPyConnection, column: Column) -> bool:
    [(largest,)] = connection.execute(f"select max(abs({column.number})) from {column.relation}").fetchall()
    return bool(largest <= 1)


def _order_key(choice: Choice) -> str | None:
    """Return the SQL of the number of the order of a line, where the table of the lines has one."""
    receipt = choice.roles.get("receipt_no")
    if receipt is None or receipt.relation != choice.sales.relation:
        return None
    if receipt.name in choice.fill_down:
        return f"last_value({receipt.raw} ignore nulls) over (partition by source_file order by row_no)"
    return receipt.raw


def _orders_of_several_lines(connection: DuckDBPyConnection, choice: Choice, column: Column) -> tuple[int, int]:
    """Count the orders with several lines that have a value, and those with the same on all or on the first alone."""
    if column.relation != choice.sales.relation:
        return 1, any(join.table.relation == column.relation and is_of_orders(join.table) for join in choice.joins)
    key = _order_key(choice)
    if key is None:
        return 0, 0
    [counts] = connection.execute(
        f"""with lines as (
            select {key} as receipt, {column.raw} as raw, nullif({column.number}, 0) as value, source_file, row_no
            from {column.relation}
        ),
        orders as (
            select count(raw) = 1 and first(raw order by source_file, row_no) is not null
                or count(value) = count(*) and min(value) = max(value) as is_of_order
            from lines where receipt is not null group by receipt having count(*) > 1 and count(value) > 0
        )
        select count(*), count_if(is_of_order) from orders"""
    ).fetchall()
    return counts


def _order_totals(
    connection: DuckDBPyConnection, choice: Choice, factors: Sequence[Column], discounts: dict[str, Column]
) -> tuple[int, str, int, int]:
    """Find the column that fits best what the lines of an order, products of `factors`, come to together.

    Returns the number of orders with discounts and such an amount, its name, in how many of them it is the sum less the
    discounts, and in how many the sum.
    """
    best = (0, "", 0, 0)
    if {column.relation for column in (*factors, *discounts.values())} != {choice.sales.relation}:
        return best
    line = " * ".join(f"cast({column.number} as double)" for column in factors)
    of = {role: f"coalesce(abs({discounts[role].number}), 0)" if role in discounts else "0" for role in DISCOUNTS}
    for column in choice.sales.columns.values():
        if not (column.is_number and word_score(column.name, "amount")) or column in choice.roles.values():
            continue
        [(orders, less, equal)] = connection.execute(
            f"""with lines as (
                select {_order_key(choice) or "source_file || ' ' || row_no"} as receipt, {line} as amount,
                    {of["line_discount"]} as of_line, {of["order_discount"]} as of_order, {column.number} as total
                from {choice.sales.relation}
            ),
            orders as (
                select sum(amount) as amounts, sum(of_line) + max(of_order) as discount, max(total) as total
                from lines group by receipt
            )
            select count(*), count_if(abs(amounts - discount - total) < 0.01), count_if(abs(amounts - total) < 0.01)
            from orders where discount > 0 and total is not null"""
        ).fetchall()
        if max(less, equal) > max(best[2:]):
            best = (orders, column.name, less, equal)
    return best
