"""Planted differences are found by what `make compare-engines` compares with."""

import duckdb
import pytest

from segmentation.comparison import differences

ROWS = "(values (1, 'a', 0.5::double), (2, null, null), (2, null, null), (3, 'c', 1e9)) as t(no, name, share)"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("select * from rows", None),
        ("select no, name, share * (1 + 1e-12) as share from rows order by no desc", None),
        ("select no, name, share * (1 + 1e-6) as share from rows", '"share" differs in 2 rows'),
        ("select no, name, nullif(share, 0.5) as share from rows", '"share" differs in 1 rows'),
        ("select no, coalesce(name, '') as name, share from rows", "2 rows only on the left"),
        ("select distinct * from rows", "1 rows only on the left"),
        ("select * from rows union all select * from rows where no = 3", "1 rows only on the right"),
        ("select no::bigint as no, name, share from rows", "no is INTEGER on the left, BIGINT on the right"),
        ("select no, name from rows", "share is DOUBLE on the left, missing on the right"),
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
