"""What dbt reads of the landed files: the tables in the project's own columns, and what the retailer file says."""

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from segmentation.errors import InputError
from segmentation.landing.files import Part
from segmentation.landing.moments import parsed_moment
from segmentation.landing.reading import PLACE
from segmentation.landing.retailer import TIME_OF, RawTable, Retailer
from segmentation.landing.retailer_file import (
    CANONICAL_COLUMNS,
    CARD_COLUMNS,
    DISCOUNTS,
    GOODS,
    MOMENT_COLUMNS,
    OF_MONEY,
    RetailerFile,
)
from segmentation.landing.sql_macros import sql_macro
from segmentation.sql_text import identifier, literal


def write_views(connection: DuckDBPyConnection, retailer: Retailer, parts: dict[str, list[Part]]) -> None:
    """Write what dbt reads beside the ledger: the tables in the project's own columns, and the retailer file."""
    for name in CANONICAL_COLUMNS:
        view = _canonical(retailer.file, name, retailer.tables.get(name), parts.get(name, []))
        connection.execute(f"create or replace view work.raw.{name} as {view}")
    file, sales_lines, members = retailer.file, retailer.tables["sales_lines"], retailer.tables.get("members")
    known = {*sales_lines.columns, *sales_lines.constants}
    recorded = {f"has_{column}": column in known for column in ("quantity", "points")}
    recorded["has_counters"] = not {"counter_code", "counter_name"}.isdisjoint(sales_lines.columns)
    recorded["has_paid_amount"] = not sales_lines.amount_is_product or not known.isdisjoint(DISCOUNTS)
    recorded["has_registered_at"] = members is not None and "registered_at" in members.columns
    settings = {
        "retailer": (retailer.name, "varchar"),
        "currency": (file.currency, "varchar"),
        "holidays": (file.holidays, "varchar"),
        "as_of": (file.as_of, "date"),
        "require_points": (file.sales_lines.require_points, "boolean"),
        "has_overlapping_files": (file.sales_lines.overlapping, "boolean"),
        "order_is_receipt": (file.sales_lines.orders == "receipt", "boolean"),
        "has_member_table": (members is not None, "boolean"),
        **{column: (value, "boolean") for column, value in recorded.items()},
    }
    selected = ", ".join(f"cast(? as {kind}) as {column}" for column, (_, kind) in settings.items())
    connection.execute(
        f"create or replace table work.raw.retailer as select {selected}", [value for value, _ in settings.values()]
    )
    connection.execute(
        "create or replace table work.raw.codes"
        " (table_name varchar, column_name varchar, raw_value varchar, code varchar)"
    )
    for table in retailer.tables.values():
        for column, codes in table.codes.items():
            for raw_value, code in codes.items():
                connection.execute(
                    "insert into work.raw.codes values (?, ?, ?, ?)", [table.name, column, raw_value, code]
                )


def _canonical(retailer: RetailerFile, name: str, table: RawTable | None, parts: Sequence[Part]) -> str:
    """Return the SQL of a raw table in the project's own columns; no row where the retailer has no such table.

    Beside the texts stand, for each column with moments, `<column>_parsed`, the moment as the retailer file says that
    it is written (null where it says nothing), and for sales lines how its numbers and cancellations are written.
    """
    landed = {
        column: f"part_{number}.{identifier(column)}"
        for number, part in enumerate(parts)
        for column in part.files[0].expressions
    }
    texts = {column: landed.get(column, "cast(null as varchar)") for column in CANONICAL_COLUMNS[name]}
    if retailer.fold_case:
        texts |= {column: f"lower({texts[column]})" for column in CARD_COLUMNS if column in texts}
    if table:
        texts |= {
            column: f"case when part_0.unreadable_reason is null then {literal(number)} end"
            for column, number in table.constants.items()
        }
    if name == "sales_lines" and retailer.sales_lines.in_hundredths:
        texts |= {column: _hundredth(texts[column], retailer.sales_lines.decimal) for column in OF_MONEY}
    others = {}
    for column in MOMENT_COLUMNS[name]:
        time = landed.get(TIME_OF.format(column))
        formats = table.date_formats.get(column, ()) if table else ()
        others[f"{column}_parsed"] = "cast(null as timestamp)"
        if table and column in landed and (time or formats or retailer.time_zone):
            others[f"{column}_parsed"] = parsed_moment(
                texts[column], time, formats, retailer.time_zone, table.recorded_time_zone
            )
        if time:
            texts[column] = f"nullif(concat_ws(' ', {texts[column]}, {time}), '')"
    if name == "sales_lines" and table:
        others["decimal_mark"] = literal(table.decimal)
        others["is_amount_product"] = str(table.amount_is_product)
        others["is_cancelled"] = _is_cancelled(table, landed)
    columns = ", ".join(f"{expression} as {column}" for column, expression in (texts | others).items())
    if not parts:
        places = ", ".join(f"cast(null as {kind}) as {column}" for column, kind in PLACE.items())
        return f"select {columns}, {places} where false"
    joins = "".join(
        f" left join ({_joined(name, number, part)}) as part_{number} on {_on(number, parts)}"
        for number, part in enumerate(parts)
        if number
    )
    first = ""
    if table and table.is_distinct:
        same = ", ".join(["part_0.unreadable_reason is null", *texts.values()])
        first = (
            " qualify part_0.unreadable_reason is not null"
            f" or row_number() over (partition by {same} order by part_0.source_file, part_0.row_no) = 1"
        )
    places = ", ".join(f"part_0.{column}" for column in PLACE)
    lines = _filled_down(f"work.raw.{name}_0", table.fill_down, landed) if table else f"work.raw.{name}_0"
    return f"select {columns}, {places} from {lines} as part_0{joins}{first}{_unreadable_of_joins(name, parts)}"


def _hundredth(text: str, mark: str) -> str:
    """Return the SQL of the text of a number divided by 100, exactly; of what is none, of the text as it is."""
    number = f"cast({sql_macro('to_number', text, 'decimal(18, 6)', literal(mark))} as decimal(38, 6))"
    hundredth = f"cast(cast({number} * 0.01 as decimal(18, 6)) as varchar)"
    return f"coalesce(replace({hundredth}, '.', {literal(mark)}), {text})"


def _is_cancelled(table: RawTable, landed: Mapping[str, str]) -> str:
    if not table.cancelled:
        return "false"
    column, patterns = table.cancelled
    mark = landed.get(column) or landed["cancelled"]
    if column not in landed and {"receipt_no", "purchased_at"} <= landed.keys():
        # Some shops write what is known of an order into the first of its lines alone.
        order = f"{landed['receipt_no']}, {landed['purchased_at']}"
        of_order = f"max({mark}) over (partition by {order})"
        is_lacking = f"{mark} is null and {landed['receipt_no']} is not null"
        mark = f"case when {is_lacking} then {of_order} else {mark} end"
    matches = " or ".join(f"{mark} like {literal(pattern)}" for pattern in patterns)
    return f"coalesce({matches}, false)"


def _unreadable_of_joins(name: str, parts: Sequence[Part]) -> str:
    """Return the SQL that adds unreadable lines of joined tables: they belong to no row, and are rows of their own."""
    added = ""
    known = {file.source_file for file in parts[0].files}
    for number, part in enumerate(parts[1:], start=1):
        if new := {file.source_file for file in part.files} - known:
            known |= new
            added += (
                f" union all by name select {', '.join(PLACE)} from work.raw.{name}_{number}"
                f" where unreadable_reason is not null and source_file in ({', '.join(map(literal, sorted(new)))})"
            )
    return added


def _filled_down(relation: str, columns: Sequence[str], landed: Mapping[str, str]) -> str:
    """Return the SQL of lines of which those with goods but none of the columns have those of the line above."""
    if not columns:
        return relation
    own = [identifier(column) for column in columns]
    goods = [identifier(column) for column in GOODS if landed.get(column) == f"part_0.{identifier(column)}"]
    has_goods = " or ".join(f"{column} is not null" for column in goods) or "true"
    is_first = f"coalesce({', '.join(own)}) is not null"
    order = f"struct_pack({', '.join(f'{column} := {column}' for column in own)})"
    filled = ", ".join(
        f"case when {is_first} or not ({has_goods}) then {column} else of_order.{column} end as {column}"
        for column in own
    )
    return f"""(
        select * exclude (of_order) replace ({filled}) from (
            select *, last_value(case when {is_first} then {order} end ignore nulls) over (
                partition by source_file order by row_no
            ) as of_order from {relation}
        )
    )"""


def check_join(connection: DuckDBPyConnection, name: str, number: int, parts: Sequence[Part]) -> None:
    """Refuse several rows for one key, and keys that never match."""
    keys = ", ".join(identifier(own) for _, _, own in parts[number].keys)
    path = parts[number].files[0].path
    raw_key = ", ".join(parts[number].settings.key.values())
    twice = connection.execute(
        f"select count(*), {keys} from ({_joined(name, number, parts[number])}) group by {keys} having count(*) > 1"
        f" order by {keys} limit 1"
    ).fetchone()
    if twice:
        # A key may be a card: the lines are named, not the value.
        same = " and ".join(f"{identifier(own)} = ?" for _, _, own in parts[number].keys)
        first, last = connection.execute(
            f"select min((source_file, line_no)), max((source_file, line_no)) from work.raw.{name}_{number}"
            f" where {same}",
            twice[1:],
        ).fetchall()[0]
        raise InputError(
            f"{path} has {twice[0]} different rows with the same {raw_key} ({first[0]}, line {first[1]}, to {last[0]}, "
            f"line {last[1]}), so that a line would be joined to several: keep one row per key, or name a key that is "
            "unique."
        )
    owners = {owner for owner, _, _ in parts[number].keys}
    owner = min(owners)
    if (
        len(owners) == 1
        and not connection.execute(
            f"from work.raw.{name}_{owner} as part_{owner}"
            f" semi join work.raw.{name}_{number} as part_{number} on {_on(number, parts)} limit 1"
        ).fetchall()
    ):
        raise InputError(
            f"No row of {parts[owner].files[0].path} finds its {raw_key} in {path}: see whether the key of the join "
            "is the right column in both."
        )


def _on(number: int, parts: Sequence[Part]) -> str:
    return " and ".join(
        f"part_{owner}.{identifier(left)} = part_{number}.{identifier(right)}"
        for owner, left, right in parts[number].keys
    )


def _joined(name: str, number: int, part: Part) -> str:
    """Return the SQL of a joined table: rows that are equal in all that is used of them are one row."""
    columns = ", ".join(identifier(column) for column in part.files[0].expressions)
    key_is_there = " and ".join(f"{identifier(own)} is not null" for _, _, own in part.keys)
    return f"select distinct {columns} from work.raw.{name}_{number} where {key_is_there}"
