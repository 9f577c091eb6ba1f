"""The marts as Parquet: the same rows are the same bytes, and what is written is what the mart has."""

from pathlib import Path

import duckdb
import pytest
from conftest import Job

from segmentation.exports import write_parquet

LINES = "select n % 7 as code, 'x' || n as name, cast(n as decimal(18, 2)) / 8 as amount from range(300_000) as r (n)"
MONTHS = """select date '2017-01-01' + interval (n % 5) month as month_start, n as card_id, n / 3 as m
    from range(2_000) as r (n)"""


def warehouse(path: Path, order_by: str, threads: int) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"set threads = {threads}; create schema marts; create schema seeds;")
        for mart, rows in (("lines", LINES), ("member_months", MONTHS)):
            connection.execute(f"create table marts.{mart} as from ({rows}) order by {order_by}")
        connection.execute(
            "create view marts.few_lines as from marts.lines where code = 3;"
            "create table marts.no_months as from marts.member_months limit 0;"
            "create table seeds.texts as select 1 as a"
        )
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return write_parquet(warehouse(tmp_path / "a.duckdb", "hash(columns(*))", 2), tmp_path / "a")


def test_the_same_rows_are_the_same_bytes_in_whatever_order_they_are_stored(written: Path, tmp_path: Path) -> None:
    other = write_parquet(warehouse(tmp_path / "b.duckdb", "all desc", 1), tmp_path / "b")
    assert contents(other) == contents(written)


def test_a_mart_is_a_file_or_a_folder_of_months(written: Path) -> None:
    assert sorted(contents(written)) == [
        "few_lines.parquet",
        "lines.parquet",
        *[f"member_months/month=2017-0{month}/data_0.parquet" for month in range(1, 6)],
        "no_months/data_0.parquet",
    ]
    for place, rows in (
        ("lines.parquet", LINES),
        ("few_lines.parquet", f"from ({LINES}) where code = 3"),
        ("member_months/*/*.parquet", MONTHS),
        ("no_months/*.parquet", f"from ({MONTHS}) limit 0"),
    ):
        said = "read_parquet($1, hive_partitioning = false)"
        read = duckdb.execute(f"from {said} order by all", [str(written / place)]).fetchall()
        assert read == duckdb.execute(f"from ({rows}) order by all").fetchall(), place


def test_a_mart_that_there_is_no_more_leaves_and_nothing_else_is_left(written: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute(
            "drop view marts.few_lines; delete from marts.member_months where month_start > '2017-01-31'"
        )
    write_parquet(tmp_path / "a.duckdb", tmp_path / "a")
    assert [path for path in sorted(contents(written)) if "months/" in path or "few" in path] == [
        "member_months/month=2017-01/data_0.parquet",
        "no_months/data_0.parquet",
    ]
    assert [path.name for path in written.parent.iterdir()] == ["parquet"]


@pytest.mark.slow
def test_every_mart_is_written_with_all_its_rows(demo: Job, tmp_path: Path) -> None:
    folder = write_parquet(demo.warehouse, tmp_path)
    marts = [
        mart for (mart,) in demo.query("select distinct table_name from duckdb_columns() where schema_name = 'marts'")
    ]
    assert {path.name.removesuffix(".parquet") for path in folder.iterdir()} == {*marts}
    for mart in marts:
        place = folder / mart / "*" / "*.parquet" if (folder / mart).is_dir() else folder / f"{mart}.parquet"
        read = duckdb.execute("from read_parquet($1, hive_partitioning = false) order by all", [str(place)]).fetchall()
        assert read == demo.query(f"from marts.{mart} order by all"), mart
