"""The marts as Parquet and as a workbook: the same rows are the same bytes, what is written is what the mart has."""

import datetime
import os
import zipfile
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Job
from python_calamine import CalamineWorkbook

from segmentation import exports
from segmentation.errors import InputError
from segmentation.exports import write_exports, write_parquet
from segmentation.tables import write_xlsx
from segmentation.workbook import write_workbook

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


def test_a_list_that_no_sheet_holds_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds 1,048,575 rows, and these are 1,048,576: take csv"):
        write_xlsx(tmp_path / "list.xlsx", ["card"], [("a",)] * 1_048_576)
    assert list(tmp_path.iterdir()) == []


def test_moments_times_durations_and_truths_stay_what_they_are(tmp_path: Path) -> None:
    row = (
        datetime.datetime(2018, 1, 2, 9, 30), datetime.date(2018, 1, 2), datetime.time(9, 30),
        datetime.timedelta(hours=30), True, 2.5, "007",
    )  # fmt: skip
    write_xlsx(tmp_path / "list.xlsx", ["a", "b", "c", "d", "e", "f", "g"], [row])
    with CalamineWorkbook.from_path(tmp_path / "list.xlsx") as book:
        _, read = book.get_sheet_by_index(0).to_python()
    assert tuple(read) == row


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


CARDS = ["00621202", "1234e567", "=1+1", "a"]


@pytest.fixture
def marts() -> duckdb.DuckDBPyConnection:
    """The marts that the workbook reads, of four members without points."""
    connection = duckdb.connect()
    connection.execute(
        f"""create schema marts; create schema seeds;
        create table seeds.workbook_columns as from '{ROOT}/seeds/workbook_columns.csv';
        create table seeds.texts as from '{ROOT}/seeds/texts.csv';
        create table marts.settings_used as select 'workbook_members' as setting, '3' as value;
        create table marts.retailer as select 'EUR' as currency;
        create table marts.cluster_scores as select true as is_selected, 0.7 as smallest_jaccard"""
    )
    columns = connection.execute(
        """select sheet, list(column_name) from seeds.workbook_columns
        where sheet in ('members', 'segments', 'tags', 'months') group by sheet"""
    ).fetchall()
    tables = {"members": "member_overview", "segments": "segment_summary", "tags": "tag_dictionary"}
    for sheet, names in columns:
        texts = ", ".join(f"cast(null as varchar) as {name}" for name in names)
        if sheet in tables:
            connection.execute(f"create table marts.{tables[sheet]} as select {texts} limit 0")
    connection.execute(
        """create or replace table marts.member_overview as
        select overview.* exclude (card_id, orders, amount, expected_value, last_visit_date, p_alive,
            action_text_en, state_name_en),
            card_id, date '2018-01-03' as as_of, 365 as horizon_days, 1 as orders,
            cast(1.5 as decimal(18, 2)) as amount, cast(10 - place as decimal(18, 2)) as expected_value,
            date '2017-12-31' as last_visit_date,
            cast(0.5 as double) as p_alive, 'note' as action_code, 'Note' as action_text_en, 'Active' as state_name_en
        from (select unnest($1) as card_id, generate_subscripts($1, 1) - 1 as place) as cards
        left join marts.member_overview as overview using (card_id)""",
        [CARDS],
    )
    connection.execute(
        """create table marts.life_cycle_by_month as
        select date '2017-12-01' as month_start, 'complete' as month_status;
        create table marts.orders as select timestamp '2017-12-09 10:00' as purchased_at, 'member' as customer_type,
            'a' as card_id, cast(3 as decimal(18, 2)) as amount;
        alter table marts.tag_dictionary add column tag_no integer;
        alter table marts.tag_dictionary add column value_no integer"""
    )
    return connection


def test_the_workbook_keeps_ids_as_text_and_leaves_out_what_the_retailer_does_not_have(
    marts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "book.xlsx"
    write_workbook(marts, path)
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == [
        "概要 Summary",
        "客群 Segments",
        "月份 Months",
        "标签 Tags",
        "行动 Actions",
        "会员 Members",
    ]
    header, *rows = book.get_sheet_by_name("会员 Members").to_python()
    assert header == [
        "卡号\nCard", "状态（英文）\nState", "最近消费日期\nLast purchase", "订单数\nOrders", "消费金额\nAmount",
        "仍是顾客的概率（模型）\nChance of still being a customer", "预期消费金额\nExpected amount",
        "建议行动（英文）\nAction",
    ]  # fmt: skip
    # As many as the setting, those of whom the most is expected first.
    assert rows == [[card, "Active", datetime.date(2017, 12, 31), 1.0, 1.5, 0.5, amount, "Note"]
                    for card, amount in zip(CARDS[:3], (10.0, 9.0, 8.0), strict=True)]  # fmt: skip
    assert book.get_sheet_by_name("月份 Months").to_python()[1] == [
        datetime.date(2017, 12, 1), "完整 complete", 1.0, 1.0, 3.0
    ]  # fmt: skip
    assert book.get_sheet_by_name("行动 Actions").to_python()[1] == ["Active", "Note", 4.0, 6.0, 34.0]
    again = tmp_path / "again.xlsx"
    write_workbook(marts, again)
    assert again.read_bytes() == path.read_bytes()
    assert b"<f>" not in zipfile.ZipFile(path).read("xl/worksheets/sheet6.xml")


def test_a_column_that_a_sheet_does_not_have_is_named(marts: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    marts.execute("update seeds.workbook_columns set column_name = 'ordres' where column_name = 'orders'")
    with pytest.raises(InputError, match=r"seeds/workbook_columns.csv names for the sheet summary .* have: ordres"):
        write_workbook(marts, tmp_path / "book.xlsx")


def test_a_member_stands_under_the_segment_that_the_action_goes_by(
    marts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    marts.execute(
        """alter table marts.member_overview add column if not exists segment_name_en varchar;
        alter table marts.member_overview add column if not exists effective_segment_name_en varchar;
        update marts.member_overview set segment_name_en = 'Top',
            effective_segment_name_en = case when card_id = 'a' then 'Base' else 'Top' end,
            action_text_en = case when card_id = 'a' then 'Invite' else 'Call' end"""
    )
    write_workbook(marts, tmp_path / "book.xlsx")
    book = CalamineWorkbook.from_path(tmp_path / "book.xlsx")
    _, *actions = book.get_sheet_by_name("行动 Actions").to_python()
    assert [(row[0], row[2]) for row in actions] == [("Top", "Call"), ("Base", "Invite")]
    marts.execute("update marts.settings_used set value = '4'")
    write_workbook(marts, tmp_path / "book.xlsx")
    header, *members = CalamineWorkbook.from_path(tmp_path / "book.xlsx").get_sheet_by_name("会员 Members").to_python()
    segment = header.index("客群（英文）\nSegment")
    assert [(row[segment], row[-1]) for row in members] == [*[("Top", "Call")] * 3, ("Base", "Invite")]


def test_lines_of_more_files_are_appended_to_what_nobody_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_lines(files: str, amount: int = 5) -> Path:
        with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
            connection.execute(
                f"""create schema if not exists marts; create schema if not exists seeds;
                create or replace table marts.vip_info as
                select unnest(string_split('{files}', '')) as source_file, row_no, '会员' as card_id, {amount} as amount
                from range(3) as r (row_no);
                create or replace table seeds.export_columns as select * from (values
                ('vip.csv', 'vip_info', 'source_file, row_no', 1, 'card_id', '卡号'),
                ('vip.csv', 'vip_info', 'source_file, row_no', 2, 'amount', '金额')
                ) as t (file, mart, order_by, position, mart_column, header_zh)"""
            )
        return tmp_path / "shop.duckdb"

    def exported(reports: str = "followed") -> bytes:
        (tmp_path / reports).mkdir(exist_ok=True)
        return write_exports(tmp_path / "shop.duckdb", tmp_path / reports)[0].read_bytes()

    monkeypatch.setattr(exports, "write_workbook", lambda _, path: path.touch())
    write_lines("ab")
    first = exported()
    assert first.decode("gb18030").splitlines() == ["卡号,金额", *["会员,5"] * 6]
    # What is not written again shows by a digit that is no longer that of the marts.
    path = tmp_path / "followed" / "exports" / "vip.csv"
    state = path.stat()
    marked = first.removesuffix(b"5\n") + b"7\n"
    path.write_bytes(marked)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert exported() == marked
    write_lines("abc")
    assert exported() == marked + exported("anew").removeprefix(first)
    # A file before the others, other rows of one, one less, and what somebody has changed: all is written again.
    for files, amount in (("aabc", 5), ("abc", 6), ("ab", 6)):
        write_lines(files, amount)
        assert exported() == exported(f"{files}{amount}")
    path.write_bytes(b"mine")
    assert exported() == exported("ab6")
