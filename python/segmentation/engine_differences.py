"""Whether two tables hold the same rows: what `make compare-engines` asks of DuckDB's marts and Spark's."""

from duckdb import DuckDBPyConnection

from segmentation.sql_text import identifier

# Sums of doubles end in other digits where they are added in another order.
TOLERANCE = 1e-9
EXAMPLES = 3


def differences(connection: DuckDBPyConnection, left: str, right: str) -> list[str]:
    """Return what differs between two relations of a connection, a sentence each; nothing where they are equal.

    Rows are compared as a multiset, doubles to `TOLERANCE` of the larger one of both, everything else exactly: rows
    that are equal in all else are paired in the order of their doubles.
    """
    columns, others = (dict(_columns(connection, relation)) for relation in (left, right))
    if columns != others:
        return [
            f"{name} is {columns.get(name, 'missing')} on the left, {others.get(name, 'missing')} on the right"
            for name in sorted({*columns, *others})
            if columns.get(name) != others.get(name)
        ]
    doubles = [identifier(name) for name, data_type in columns.items() if data_type == "DOUBLE"]
    exact = [identifier(name) for name, data_type in columns.items() if data_type != "DOUBLE"]
    for name, relation in (("left_rows", left), ("right_rows", right)):
        window = f"partition by {', '.join(exact) or 'null'} order by {', '.join([*doubles, '1'])}"
        connection.execute(
            f"create or replace temp table {name} as select *, row_number() over ({window}) as nth from {relation}"
        )
    pair = " and ".join(f"left_rows.{column} is not distinct from right_rows.{column}" for column in [*exact, "nth"])
    found = []
    for one, other, side in (("left_rows", "right_rows", "left"), ("right_rows", "left_rows", "right")):
        only = connection.sql(f"select * exclude (nth) from {one} anti join {other} on {pair}")
        if rows := only.fetchall():
            found.append(f"{len(rows)} rows only on the {side}, such as {rows[:EXAMPLES]}")
    for column in doubles:
        one, other = f"left_rows.{column}", f"right_rows.{column}"
        far = connection.sql(
            f"""select {one}, {other} from left_rows join right_rows on {pair} where {one} is distinct from {other}
                and not coalesce(abs({one} - {other}) <= {TOLERANCE} * greatest(abs({one}), abs({other})), false)"""
        ).fetchall()
        if far:
            found.append(f"{column} differs in {len(far)} rows, such as {far[:EXAMPLES]}")
    return found


def _columns(connection: DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    described = connection.sql(f"describe {relation}").fetchall()
    # Without their contract's names: Spark knows no ENUM, Arrow's texts have another name.
    return [(name, "VARCHAR" if data_type.startswith("ENUM") else data_type) for name, data_type, *_ in described]
