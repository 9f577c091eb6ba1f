"""Planted differences are found by what `make compare-engines` compares with."""

import duckdb
import pytest

from segmentation.engine_differences import differences

ROWS = """(values (1, 'a', 0.5::double, 'nan'::double), (2, null, null, 1), (2, null, null, 1), (3, 'c', 1e9, null))
    as t(no, name, share, rate)"""


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("select * from rows", None),
        ("select * replace (share * (1 + 1e-12) as share) from rows order by no desc", None),
        ("select * replace (share * (1 + 1e-6) as share) from rows", '"share" differs in 2 rows'),
        ("select * replace (nullif(share, 0.5) as share) from rows", '"share" differs in 1 rows'),
        ("select * replace (coalesce(name, '') as name) from rows", "2 rows only on the left"),
        ("select distinct * from rows", "1 rows only on the left"),
        ("select * from rows union all select * from rows where no = 3", "1 rows only on the right"),
        ("select * replace (no::bigint as no) from rows", "no is INTEGER on the left, BIGINT on the right"),
        ("select * exclude (share) from rows", "share is DOUBLE on the left, missing on the right"),
    ],
)
def test_what_differs_is_named(change: str, found: str | None) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"create view rows as from {ROWS}; create view changed as {change}")
        said = differences(connection, "rows", "changed")
    if found is None:
        assert said == []
    else:
        assert said[0].startswith(found)
    # What is no number is equal to what is none, whatever else of the row differs.
    assert not any(sentence.startswith('"rate"') for sentence in said)
