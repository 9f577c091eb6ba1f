"""What the tables and columns that were looked at are for."""

import re
from collections.abc import Collection, Sequence

from duckdb import DuckDBPyConnection

from segmentation.inspection.columns import ENOUGH, Column, bare_name
from segmentation.inspection.deductions import choose_discounts, choose_refund
from segmentation.inspection.doubts import (
    lacking_by_name,
    look_at_days,
    look_at_joins,
    look_at_keys,
    look_at_registrations,
    look_at_shared_lines,
    look_at_signs,
    look_at_sizes,
    look_at_values,
    look_at_visits,
    name_what_is_not_used,
    why_not_used,
)
from segmentation.inspection.looking import Table, take_in
from segmentation.inspection.places import choose_currency, choose_time_zone
from segmentation.inspection.roles import (
    KINDS,
    MEASURES,
    MEMBER_ROLES,
    MOST_STATES,
    SALES_ROLES,
    WHOLE_WORD,
    Choice,
    Join,
    columns_for,
    columns_of,
    contains_a_word_of,
    drop_useless_joins,
    is_called_otherwise,
    is_of_people,
    joined,
    key_in_other_case,
    key_of,
    key_of_people,
    sales_table,
    word_score,
    words_inside,
)
from segmentation.landing.retailer import GENDER_CODES, WORDS
from segmentation.landing.retailer_file import GOODS, MOMENT_COLUMNS, PRODUCT, REQUIRED_COLUMNS

NO_SALE, VISIT = tuple(WORDS["status"]["no_sale"]), tuple(WORDS["status"]["visit"])
RETURNED, SOLD = set(WORDS["status"]["returned"]), set(WORDS["status"]["sold"])
CREDITED, INVOICED = set(WORDS["status"]["credited"]), set(WORDS["status"]["invoiced"])
# What lines of a receipt beside those of its goods are called.
NO_GOODS = {bare_name(word) for word in [*WORDS["status"]["paid"], *WORDS["footer"]["words"]]}
# What is known of an order rather than of one of its lines.
OF_AN_ORDER = ("card_id", "purchased_at", "receipt_no", "till_no")
FEW_RECEIPTS = 5
FEW_PRODUCTS = 5
KINDS_OF_GOODS = ("product_code", "product_name", "counter_code", "counter_name")
# Share of the lines with quantity and price without an amount, from which on it is not that of the lines.
MANY_LACKING = 0.1
# Share of the customers of the sales lines below which a table of people is about others.
FEW_KNOWN = 0.01
# Names that say so of a price.
OF_A_PIECE = re.compile("unit|per|piece|lineitem|单|単|einzel|stuck")
# Of the receipts of a card the share with several moments, within a day, from which on a till stamps every scan.
STAMPED = 0.05


def choose(connection: DuckDBPyConnection, tables: Sequence[Table]) -> Choice:
    """Decide what the tables and their columns are for."""
    sales = sales_table(connection, tables)
    tables, doubts_of_files = _with_files_of_other_columns(connection, sales, tables)
    others = [table for table in tables if table is not sales]
    alike = [table for table in others if table.columns.keys() == sales.columns.keys()]
    others = [table for table in others if table.columns.keys() != sales.columns.keys()]
    people, key = next((table for table in others if is_of_people(table)), None), None
    choice = _choose_columns(connection, sales, others, people)
    if card := choice.roles.get("card_id"):
        looked_up = [table for table in others if table.relation != card.relation]
        share, known_in, key = key_of_people(connection, card, looked_up) or (0, None, None)
        if share < FEW_KNOWN and people is not None and key_in_other_case(connection, card, people) is None:
            doubts_of_files.append(
                f"members: no column of {people.title} has the values of {card.name}, so it is not taken for the list "
                "of the members; where it writes them in another way (zeros before a number, blanks), bring both into "
                "one form."
            )
        known_in = known_in if share >= FEW_KNOWN else None
        if known_in is not people:
            people = known_in
            choice = _choose_columns(connection, sales, others, people)
    have_a_key = [people, *(join.table for join in choice.joins)]
    choice.doubts[:0] = doubts_of_files
    drop_useless_joins(choice)
    look_at_shared_lines(connection, choice)
    _choose_members(connection, choice, people, key)
    for table in others:
        if all(table is not other for other in have_a_key):
            choice.doubts.append(f"{table.title} is not used: {why_not_used(connection, choice, table)}.")
    for table in alike:
        choice.doubts.append(
            f"{table.title} is not used: it has the columns of {sales.title}, but is written in another way; bring "
            "both into one form."
        )
    _choose_times(choice)
    _choose_amount(connection, choice)
    _choose_cancelled(connection, choice)
    choose_currency(connection, choice)
    _choose_what_is_filled_down(connection, choice)
    _choose_orders(connection, choice)
    choose_discounts(connection, choice)
    choose_refund(connection, choice)
    choose_time_zone(connection, choice)
    look_at_keys(connection, choice)
    look_at_joins(connection, choice)
    look_at_visits(connection, choice)
    look_at_days(choice)
    look_at_sizes(connection, choice)
    look_at_values(connection, choice)
    look_at_signs(connection, choice)
    name_what_is_not_used(choice)
    lacking = [role for role in REQUIRED_COLUMNS["sales_lines"] if role not in choice.roles]
    if "amount" in lacking and choice.amount is not None:
        lacking.remove("amount")
    doubts = []
    for role in lacking:
        told = f" ({named})" if (named := lacking_by_name(connection, choice, tables, role)) else ""
        doubts.append(f"No column looks like {role}{told}: fill it in, the retailer cannot be built without it.")
    for role in MEASURES:
        if role not in (*lacking, *choice.roles) and (named := lacking_by_name(connection, choice, tables, role)):
            doubts.append(f"{role}: {named}.")
    choice.doubts[:0] = doubts
    return choice


def _choose_columns(
    connection: DuckDBPyConnection, sales: Table, others: Sequence[Table], people: Table | None
) -> Choice:
    """Choose the columns of the sales lines, in their own table and those that can be joined to it."""
    joins = joined(connection, sales, [table for table in others if table is not people])
    choice = Choice(sales, joins, {})
    choice.roles = columns_for([sales, *(join.table for join in joins)], SALES_ROLES, choice.doubts, "sales_lines")
    if sales.rows:
        _complete(choice)
    return choice


def _with_files_of_other_columns(
    connection: DuckDBPyConnection, sales: Table, tables: Sequence[Table]
) -> tuple[list[Table], list[str]]:
    """Take files into the table of the sales lines that have all its columns with a place, and say so.

    Without what only some of them have, as a build needs each column that is named in each file.
    """
    kept: list[Table] = []
    doubts: list[str] = []
    roles = columns_for([sales], SALES_ROLES, [], "")
    placed = {column.name for column in roles.values()}
    for table in tables:
        is_more = table is not sales and {"purchased_at", "card_id"} <= set(roles) and placed <= set(table.columns)
        lost = sorted(sales.columns.keys() ^ table.columns.keys())
        title = sales.title
        if (
            not (is_more and lost)
            # Each receipt once is a table of receipts, which repeats what its lines say.
            or (
                (key := key_of(connection, [sales], table))
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
        take("amount", [column for column in amounts if not contains_a_word_of(column, "amount")])
    take("card_id", [
        column for column in free
        if not column.moments and not column.numbers.has_fraction and not is_time_of_day(column)
        and 10 < column.distinct < 0.9 * max(column.values, 1) and not is_called_otherwise(column)
    ])  # fmt: skip
    if choice.sales.settings.header is not True:
        # Of numbers without a name, those of pieces are the fewest.
        numbers = [column for column in free if column.is_number and column.distinct < 1_000]
        take("quantity", sorted(numbers, key=lambda column: column.distinct))


def of_one_piece(price: Column) -> str:
    """Say what is unsure about a price that is taken for the amount."""
    return f"amount of the sales_lines: {price.name} may be the price of one piece only."


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
    choice.doubts.append(of_one_piece(price))


def _choose_members(connection: DuckDBPyConnection, choice: Choice, people: Table | None, key: Column | None) -> None:
    """Take a table of people for the member list, or for what is known of some customers of the sales lines.

    key : its column with the values of the customers of the sales lines, where these have any.
    """
    card = choice.roles.get("card_id")
    if people is None:
        in_lines = columns_of(choice.sales, columns_for([choice.sales], MEMBER_ROLES, choice.doubts, "members"))
        used = [id(column) for column in choice.roles.values()]
        in_lines = {role: column for role, column in in_lines.items() if id(column) not in used}
        if in_lines and card and card.relation == choice.sales.relation:
            # Every line repeats what is known of its customer.
            choice.members, choice.members_repeat = choice.sales, True
            choice.member_roles = {"card_id": card, **in_lines}
            _choose_codes(connection, choice)
            if choice.member_roles.keys() == {"card_id"}:
                choice.members, choice.members_repeat, choice.member_roles = None, False, {}
        return
    roles = columns_for([people], MEMBER_ROLES if key else ["card_id", *MEMBER_ROLES], choice.doubts, "members")
    if key:
        roles = {"card_id": key, **roles}
    choice.members, choice.member_roles = people, roles
    if card:
        own = roles["card_id"]
        [(customers, known, listed, folded)] = connection.execute(
            f"""with customers as (select distinct {card.sql} as v from {card.relation}),
            people as (select distinct {own.sql} as v from {own.relation})
            select count(v), count(v) filter (where v in (select v from people where v is not null)),
                (select count(v) from people),
                count(distinct lower(v)) filter (where lower(v) in (select lower(v) from people where v is not null))
            from customers"""
        ).fetchall()
        in_any_case = f" ({folded:,} with fold_case: true)" if folded > known else ""
        is_list = "registered_at" in roles or known < ENOUGH * listed
        if known < ENOUGH * customers and is_list:
            choice.doubts.append(
                f"members: {known:,} of the {customers:,} customers of the sales lines are in {people.title}"
                f"{in_any_case}; the lines of the others count as those of unregistered cards."
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
            look_at_registrations(connection, choice)
    _choose_codes(connection, choice)


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
        asked = f"what is {', '.join(values[''])}" if "" in values and len(values) > 2 else "which is female"
        choice.doubts.append(f"codes of gender: of {counts}, {asked}?")
    if age := roles.get("age_band"):
        bands: dict[str, list[str]] = {}
        across = []
        for (value,) in connection.execute(
            f"select distinct {age.sql} as v from {age.relation} where v <> '' order by v limit 500"
        ).fetchall():
            years = [int(number) for number in re.findall(r"\d{1,3}", value)]
            band = _age_band(years[0]) if years else ""
            bands.setdefault(band, []).append(value)
            if years and _age_band(120 if re.search(r"\+|以上|over|above", value.casefold()) else years[-1]) != band:
                across.append(value)
        if bands.keys() <= {""}:
            del roles["age_band"]
            counts = ", ".join(f"{value} ({number:,})" for value, number in age.examples[:MOST_STATES])
            choice.doubts.append(
                f"age_band: {age.name} has {counts}, which tell no years; where you know which are young (below 30), "
                f"middle and senior (from 60 on), write age_band: {age.name} in columns of members, and these in codes."
            )
            return
        choice.codes["age_band"] = {code: bands[code] for code in ("young", "middle", "senior") if code in bands}
        told = f" By its beginning: {', '.join(across)}." if across else ""
        choice.doubts.append(f"codes of age_band: below 30 counts as young, from 60 on as senior.{told}")


def _age_band(years: int) -> str:
    return "young" if years < 30 else "middle" if years < 60 else "senior"


def _choose_times(choice: Choice) -> None:
    """Find the columns with the time of day, of moments that are only a date."""
    tables = [choice.sales, *(join.table for join in choice.joins), *([choice.members] if choice.members else [])]
    for role, moment in {**choice.member_roles, **choice.roles}.items():
        if KINDS[role] != "moment" or (moment.moments and moment.moments.has_time):
            continue
        table = next((table for table in tables if table.relation == moment.relation), None)
        for column in table.columns.values() if table else ():
            if (
                column is not moment
                and is_time_of_day(column, r"\d{1,4}|\d{5,6}")
                and bare_name(column.name) in WORDS["purchased_time"]["words"]
            ):
                choice.times[role] = column
        if moment.moments is None:
            choice.doubts.append(
                f"date_format: {moment.name} counts days from an unknown day; 2000-01-01 is a guess for day 0."
            )


def is_time_of_day(column: Column, otherwise: str = "") -> bool:
    """Tell whether values are times such as 9:05:00, or written in another way."""
    return all(re.fullmatch(rf"\d{{1,2}}:\d\d.*|{otherwise}", value) for value, _ in column.examples)


def _choose_amount(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Take quantity times price where there is no amount, or only that of the whole order; 1 for visits."""
    roles = choice.roles
    if "amount" in roles:
        _look_at_order_totals(connection, choice)
    if "amount" in roles:
        _look_at_lines_without_amount(connection, choice)
    if "amount" in roles:
        _look_at_a_price_for_the_amount(connection, choice)
    if "amount" in roles:
        return
    if {"quantity", "unit_price"} <= set(roles):
        choice.amount = PRODUCT
        _look_at_prices_of_lines(connection, choice)
        if choice.amount:
            _look_for_what_was_paid(connection, choice)
    elif "unit_price" not in roles and not lacking_by_name(connection, choice, [choice.sales], "amount"):
        choice.amount = 1
        used = [id(column) for column in roles.values()]
        numbers = [
            column.name
            for column in choice.sales.columns.values()
            if id(column) not in used
            and column.is_number
            and (column.numbers.has_fraction or words_inside(bare_name(column.name), "amount"))
        ]
        choice.doubts.append(
            f"amount: no column is known to hold one; each of the {choice.sales.rows:,} lines counts as 1"
            + (f", though {', '.join(numbers)} may be it: if so, name it in columns." if numbers else ".")
        )


def _look_for_what_was_paid(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Whatever its name, a column that is quantity times price but for some lines, in which it is less, is the amount.

    One that is so in all lines tells nothing more.
    """
    quantity, price = choice.roles["quantity"], choice.roles["unit_price"]
    used = [id(column) for column in choice.roles.values()]
    for column in choice.sales.columns.values():
        if id(column) in used or not column.is_number or len({quantity.relation, price.relation, column.relation}) > 1:
            continue
        [(lines, equal, less)] = connection.execute(
            f"""with lines as (
                select cast({column.number} as double) as paid,
                    cast({quantity.number} as double) * cast({price.number} as double) as product
                from {price.relation}
            )
            select count(*) filter (where product <> 0), count(*) filter (where abs(paid - product) < 0.01),
                count(*) filter (where abs(paid - product) >= 0.01 and paid / nullif(product, 0) between 0 and 1)
            from lines"""
        ).fetchall()
        if less and equal > lines / 2 and equal + less > ENOUGH * lines:
            choice.amount = None
            choice.roles["amount"] = column
            choice.doubts.append(
                f"amount: {column.name} is {quantity.name} * {price.name} in {equal:,} of {lines:,} lines and less in "
                f"{less:,}, as after a discount, so it is taken."
            )
            return


def _goods_with_a_price(choice: Choice, price: Column) -> Column | None:
    """Return the column with the products beside a price; where lines name none, a counter has goods of one kind."""
    columns = (choice.roles.get(role) for role in KINDS_OF_GOODS)
    return next((column for column in columns if column and column.relation == price.relation), None)


def _prices_of_goods(
    connection: DuckDBPyConnection, goods: Column | None, quantity: Column, price: Column
) -> tuple[int, int, int]:
    """Count the goods sold in several quantities, and those whose price is that of a piece, or of the line.

    Of goods sold one and several at a time, the price of a piece is the same, that of a line its multiple.
    """
    if goods is None:
        return 0, 0, 0
    [(sold, of_a_piece, of_lines)] = connection.execute(
        f"""with lines as (
            select {goods.raw} as goods, cast({quantity.number} as double) as pieces,
                cast({price.number} as double) as price
            from {price.relation} where pieces > 0 and price > 0
        ),
        spreads as (
            select stddev_pop(ln(price)) as spread, stddev_pop(ln(price / pieces)) as spread_of_a_piece
            from lines where goods is not null group by goods having count(distinct pieces) > 1
        )
        select count(*), count(*) filter (where spread <= spread_of_a_piece),
            count(*) filter (where spread_of_a_piece < spread) from spreads"""
    ).fetchall()
    return sold, of_a_piece, of_lines


def _look_at_a_price_for_the_amount(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Let the values say of what a price is that was taken for the amount, as nothing else had the name of one."""
    quantity, price = choice.roles.get("quantity"), choice.roles["amount"]
    unsure = of_one_piece(price)
    if quantity is None or unsure not in choice.doubts:
        return
    if _prices_of_goods(connection, _goods_with_a_price(choice, price), quantity, price)[0] >= FEW_PRODUCTS:
        choice.doubts.remove(unsure)
        choice.roles["unit_price"] = choice.roles.pop("amount")


def _look_at_prices_of_lines(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Take the price for the amount where it is that of the line, and say where that cannot be told."""
    quantity, price = choice.roles["quantity"], choice.roles["unit_price"]
    if quantity.relation != price.relation:
        return
    goods = _goods_with_a_price(choice, price)
    products, of_a_piece, of_lines = _prices_of_goods(connection, goods, quantity, price)
    kinds = f"{products:,} values of {goods.name}" if goods else "products"
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
            f"amount: {price.name} grows with {quantity.name} in {of_lines:,} of {kinds}, so it is that of the line, "
            "not of a piece."
        )
    elif of_a_piece <= ENOUGH * products:
        choice.doubts.append(
            f"amount: {price.name} is taken for the price of a piece, but grows with {quantity.name} in {of_lines:,} "
            f"of {kinds}: is it that of the line?"
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


def _look_at_lines_without_amount(connection: DuckDBPyConnection, choice: Choice) -> None:
    """An amount that many lines lack, although they have a quantity and a price, is that of an order or a payment."""
    columns = [choice.roles[role] for role in ("amount", "quantity", "unit_price") if role in choice.roles]
    if len(columns) < 3 or len({column.relation for column in columns}) > 1:
        return
    amount, quantity, price = columns
    [(priced, lacking)] = connection.execute(
        f"""select count(*), count(*) filter (where {amount.raw} is null) from {amount.relation}
        where {quantity.raw} is not null and {price.raw} is not null"""
    ).fetchall()
    if lacking > MANY_LACKING * priced:
        del choice.roles["amount"]
        choice.doubts.append(
            f"amount: {lacking:,} of {priced:,} lines with {quantity.name} and {price.name} have no {amount.name}, as "
            "where it is that of the order; quantity * unit_price is taken."
        )


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


def _is_of_documents(column: Column, values: Collection[str]) -> bool:
    """Tell whether values are kinds of documents: one is that of a sale, and the name or the others say so too."""
    kinds = {bare_name(value) for value in values}
    known = SOLD | INVOICED | RETURNED | CREDITED | NO_GOODS
    is_named = word_score(column.name, "status") >= WHOLE_WORD
    return not kinds.isdisjoint(SOLD | INVOICED) and (is_named or (kinds <= known and not kinds.isdisjoint(CREDITED)))


def _choose_cancelled(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Find receipts whose number starts with a letter where most have none, and columns with a status."""
    if receipt := choice.roles.get("receipt_no"):
        [(marked, digits)] = connection.execute(
            f"""select count(*) filter (where regexp_full_match({receipt.sql}, '[Cc]\\d+')),
            count(*) filter (where regexp_full_match({receipt.sql}, '\\d+')) from {receipt.relation}"""
        ).fetchall()
        if 0 < marked < 0.3 * digits:
            choice.doubts.append(f"cancelled: {receipt.name} starts with C in {marked:,} lines.")
            choice.cancelled = ("receipt_no", ["C%"])
            return
    used = {id(column) for column in choice.roles.values()}
    has_returns = any(choice.roles[role].numbers.negatives for role in ("quantity", "amount") if role in choice.roles)
    found: list[tuple[bool, int, bool, Column, list[str], str, str]] = []
    for table in [choice.sales, *(join.table for join in choice.joins)]:
        rows, of_table = ("lines", "") if table is choice.sales else ("rows", f" of {table.title}")
        for column in table.columns.values():
            if id(column) in used or not 0 < column.distinct <= MOST_STATES:
                continue
            states = _states(connection, column)
            is_status = word_score(column.name, "status") > 0
            is_of_documents = _is_of_documents(column, states)
            has_sold = is_of_documents or any(bare_name(value) in SOLD for value in states)
            marks = [
                value for value in states
                if (_is_no_sale(column, value, is_status, has_sold)
                    or (is_of_documents and bare_name(value) in CREDITED))
                and (is_status or len(value) == len(value.split("（")[0]) <= 20)
            ]  # fmt: skip
            lines = sum(states[value][1] for value in marks)
            if not marks and len(states) > 1 and (has_sold or word_score(column.name, "status") >= WHOLE_WORD):
                counted = ", ".join(f"{value} ({number:,} {rows})" for value, (_, number) in states.items())
                choice.doubts.append(f"cancelled: {column.name}{of_table} has {counted}; all are taken for sales.")
            if not marks or (len(marks) == len(states) and lines == table.rows):
                continue
            told = ", ".join(f"{value} ({states[value][1]:,} {rows})" for value in marks)
            others = ", ".join(f"{value} ({number:,})" for value, (_, number) in states.items() if value not in marks)
            rest = f"; {others} count" if others else ""
            if column.values < table.rows:
                rest += f"; {table.rows - column.values:,} {rows} have none"
            if has_returns:
                rest += "; what is below zero stays a return"
            patterns = [states[value][0] for value in marks]
            # Amounts may say by themselves what was taken back, but not what was cancelled.
            is_return = all(bare_name(value) in RETURNED | CREDITED for value in marks)
            text = f"cancelled: {told} in {column.name}{of_table}"
            found.append((is_return, -lines, not is_status, column, patterns, text, rest))
    if not found:
        return
    found.sort(key=lambda entry: entry[:3])
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
    if not goods:
        return
    has_goods = f"coalesce({', '.join(goods)}) is not null"
    if len(of_order) >= 2 and "purchased_at" in of_lines:
        lacks_all = f"coalesce({', '.join(column.raw for column in of_order)}) is null"
        lacks_moment = f"{of_lines['purchased_at'].raw} is null"
        has_currency = f"{of_lines['currency'].raw} is not null" if "currency" in of_lines else "true"
        [(continued, lacking, with_currency)] = connection.execute(
            f"""select count(*) filter (where {lacks_all}), count(*) filter (where {lacks_moment}),
                count(*) filter (where {lacks_all} and {has_currency})
            from {choice.sales.relation} where {has_goods}"""
        ).fetchall()
        if continued and continued >= ENOUGH * lacking:
            of_first = [*of_order, *([] if with_currency else [of_lines["currency"]])]
            _fill_down(choice, continued, of_first)
            return
    if "currency" in of_lines and "receipt_no" in of_lines:
        # Where the currency alone is lacking, the line above that has one must be of the same receipt.
        currency, receipt = of_lines["currency"], of_lines["receipt_no"]
        [(continued, lacking)] = connection.execute(
            f"""select count(*) filter (where receipt = receipt_above), count(*) from (
                select {receipt.raw} as receipt, {currency.raw} is null and {has_goods} as is_lacking,
                    last_value(case when {currency.raw} is not null then {receipt.raw} end ignore nulls) over (
                        partition by source_file order by row_no
                    ) as receipt_above
                from {choice.sales.relation}
            ) where is_lacking"""
        ).fetchall()
        if continued and continued >= ENOUGH * lacking:
            _fill_down(choice, lacking, [currency])


def _fill_down(choice: Choice, lines: int, columns: Sequence[Column]) -> None:
    choice.fill_down = [column.name for column in columns]
    choice.doubts.append(
        f"fill_down: {lines:,} of {choice.sales.rows:,} lines have goods but no {', '.join(choice.fill_down)}: "
        "what the line above has is taken for them."
    )


def _choose_orders(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Take a receipt for an order where its lines have several moments within a day, or where days have no times."""
    roles = choice.roles
    wanted = [roles.get(role) for role in ("card_id", "purchased_at", "receipt_no")]
    columns = [column for column in wanted if column is not None]
    for join in choice.joins:
        # The head of a receipt has its number, too.
        if columns and columns[-1].name == join.left and columns[0].relation == join.table.relation:
            columns[-1] = join.table.columns[join.right]
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
    # One moment may be written in several forms.
    [(stamped, spread, moments)] = connection.execute(
        f"""select count(*) filter (where span < interval 1 day), count(*) filter (where span >= interval 1 day),
            coalesce(sum(moments) filter (where span < interval 1 day), 0)::bigint
        from (
            select count(distinct m) as moments, max(m) - min(m) as span from (
                select receipts.card, receipts.receipt, {bought.moment} as m from {card.relation}
                inner join receipts on receipts.card = {card.raw} and receipts.receipt = {receipt.raw} and has_several
            ) group by card, receipt having count(distinct m) > 1
        )"""
    ).fetchall()
    if stamped >= STAMPED * receipts and spread * 20 <= stamped:
        choice.orders_are_receipts = True
        choice.doubts.append(
            f"orders: {stamped:,} of {receipts:,} receipts have lines of several moments ({moments:,} in all), as a "
            "till gives them that stamps each scan; so a receipt is taken for an order."
        )


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
