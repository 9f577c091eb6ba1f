"""Labels are joined to every coded column of a mart without a row more or less; keys hold and are in the file."""

from conftest import ROOT, Job

# Sets of codes of columns that are not called like them; of one with several, SQL.
SETS = {
    ("lrfmpsx", "s"): "'day_part'",
    ("lrfmpsx", "x"): "'gender'",
    ("rejected_members", "reason"): "'members_reason'",
    ("rejected_sales_lines", "reason"): "'sales_lines_reason'",
    ("cleaning_funnel", "step"): "table_name || '_step'",
}
# The dictionary of tags has numbers among its values, which are their own names; holidays have names alone.
LABELLED = """select table_name, regexp_replace(column_name, '_name_en$', '')
from duckdb_columns()
where schema_name = 'marts' and column_name like '%\\_name\\_en' escape '\\' and table_name <> 'tag_dictionary'
    and column_name <> 'holiday_name_en'
order by all"""


def coded_columns(job: Job) -> list[tuple[str, str, str, str]]:
    """Of each mart and label the column with the code, and the SQL of the set of its codes."""
    has = set(job.query("select table_name, column_name from duckdb_columns() where schema_name = 'marts'"))
    sets = {code_set for (code_set,) in job.query("select distinct code_set from marts.code_labels")}
    found = []
    for mart, label in job.query(LABELLED):
        column = f"{label}_code" if (mart, f"{label}_code") in has else label
        names = [f"{mart}_{column}", column, column.removeprefix("effective_")]
        own = [f"'{name}'" for name in names if name in sets]
        found.append((mart, label, column, SETS.get((mart, label)) or own[0]))
    return found


def test_labels_multiply_no_row(demo: Job) -> None:
    found = coded_columns(demo)
    assert len(found) > 30
    for mart, label, column, code_set in found:
        rows, joined, unlabelled, other = demo.query(
            f"""select
                (select count(*) from marts.{mart}),
                count(*),
                count(*) filter (where coded.{label}_name_en is not null and labels.code is null),
                count(*) filter (where labels.name_en <> coded.{label}_name_en)
            from marts.{mart} as coded
            left join marts.code_labels as labels on labels.code_set = {code_set} and labels.code = coded.{column}"""
        )[0]
        assert (joined, unlabelled, other) == (rows, 0, 0), (mart, column)


def test_the_join_of_labels_in_the_docs_counts_every_order_once(demo: Job) -> None:
    page = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
    rows = demo.query(f"use marts; {page.split('```sql')[1].split('```')[0]}")
    assert {(code, name) for code, _, name, _ in rows} >= {("member", "Registered members")}
    assert [(sum(orders for *_, orders in rows),)] == demo.query("select count(*) from marts.orders")


def test_primary_keys_of_small_tables_are_in_the_file(demo: Job) -> None:
    keys = demo.query(
        """select table_name, constraint_column_names from duckdb_constraints()
        where schema_name = 'marts' and constraint_type = 'PRIMARY KEY' order by all"""
    )
    assert keys == [
        ("code_labels", ["code_set", "code"]),
        ("counters", ["counter_code"]),
        ("dates", ["day"]),
        ("products", ["product_code"]),
    ]


def test_every_day_of_an_order_is_one_date(demo: Job) -> None:
    [(orders, joined, promotions, days)] = demo.query(
        """select
            (select count(*) from marts.orders), count(*),
            count(distinct dates.day) filter (where dates.is_promotion_day),
            (select count(*) from marts.promotion_days where is_promotion_day)
        from marts.orders inner join marts.dates on cast(orders.purchased_at as date) = dates.day"""
    )
    assert (orders, promotions) == (joined, days)
