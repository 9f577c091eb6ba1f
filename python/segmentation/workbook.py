"""The workbook for people who work in spreadsheets: ids as text, real dates, amounts and shares as numbers."""

import datetime
from pathlib import Path

import duckdb
from xlsxwriter import Workbook

from segmentation.errors import InputError
from segmentation.months import AS_OF, MONTHS
from segmentation.selection import BEST_FIRST
from segmentation.tables import column_width, write_cell

MOST_MEMBERS = "(select cast(value as bigint) from marts.settings_used where setting = 'workbook_members')"
SHEETS = {
    "summary": f"""
        select max(as_of) as as_of, any_value(currency) as currency, count(*) as members,
            count(*) filter (where orders > 0) as buyers, sum(orders) as orders, sum(amount) as amount,
            sum(amount) / nullif(sum(orders), 0) as amount_per_order, sum(expected_value) as expected_value,
            any_value(horizon_days) as horizon_days, least(count(*), {MOST_MEMBERS}) as members_listed,
            (select smallest_jaccard from marts.cluster_scores where is_selected) as smallest_jaccard
        from marts.member_overview, marts.retailer""",
    "segments": "from marts.segment_summary order by segment",
    "months": f"""
        select months.* replace (coalesce(text_zh || ' ' || text_en, status) as status)
        from ({MONTHS}) as months left join seeds.texts on text_key = 'month_' || status order by month_start""",
    "tags": "from marts.tag_dictionary order by tag_no, value_no",
    "actions": """
        select effective_segment_name_zh, effective_segment_name_en, state_name_zh, state_name_en,
            action_text_zh, action_text_en, count(*) as members, sum(amount) as amount,
            sum(expected_value) as expected_value
        from marts.member_overview where action_code is not null group by all
        order by expected_value desc nulls last, members desc, state_name_en, effective_segment_name_en,
            action_text_en""",
    "members": f"from marts.member_overview order by {BEST_FIRST} limit {MOST_MEMBERS}",
}


def write_workbook(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the workbook from the marts.

    Which columns a sheet has, and under which headers, is the seed workbook_columns. The same marts
    give the same bytes.
    """
    [(as_of,)] = connection.execute(f"select {AS_OF}").fetchall()
    # Who was forgotten last leaves sheets without rows, and no date.
    day = as_of or datetime.date(2000, 1, 1)
    with Workbook(path) as book:
        book.set_properties({"created": datetime.datetime.combine(day, datetime.time())})
        for sheet, query in SHEETS.items():
            write_sheet(connection, book, sheet, query)


def write_sheet(connection: duckdb.DuckDBPyConnection, book: Workbook, sheet: str, query: str) -> None:
    """Add a sheet with the columns that the retailer has: one without any value is left out."""
    columns = connection.execute(
        """select sheet_name_zh || ' ' || sheet_name_en, column_name, header_zh || chr(10) || header_en
        from seeds.workbook_columns where sheet = $1 order by column_no""",
        [sheet],
    ).fetchall()
    names = [name for _, name, _ in columns]
    if unknown := ", ".join(sorted({*names} - {*connection.sql(query).columns})):
        raise InputError(
            f"seeds/workbook_columns.csv names for the sheet {sheet} what it does not have: {unknown}. Mend the "
            "column_name, then run `segmentation build`."
        )
    result = connection.sql(f"select {', '.join(names)} from ({query})")
    types = dict(zip(result.columns, map(str, result.types), strict=True))
    rows = result.fetchall()
    kept = [place for place in range(len(columns)) if any(row[place] is not None for row in rows)]
    page = book.add_worksheet(columns[0][0])
    header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#eaf2f8"})
    page.freeze_panes(1, 1)
    page.set_row(0, 32)
    for column, place in enumerate(kept):
        _, name, title = columns[place]
        cells = [row[place] for row in rows]
        cell_format = book.add_format({"num_format": number_format(name, types[name])})
        page.set_column(column, column, column_width(title, cells), cell_format)
        page.write_string(0, column, title, header)
        for row_no, cell in enumerate(cells, 1):
            write_cell(page, row_no, column, cell)
    page.autofilter(0, 0, max(len(rows), 1), max(len(kept) - 1, 0))


def number_format(name: str, kind: str) -> str:
    """The format of a column, by its name and its type in DuckDB."""
    if kind == "DATE":
        return "yyyy-mm-dd"
    if kind == "VARCHAR":
        return "@"
    if name.endswith("_share") or name == "p_alive":
        return "0.0%"
    if kind in ("BIGINT", "INTEGER", "HUGEINT"):
        return "#,##0"
    return "#,##0.00"
