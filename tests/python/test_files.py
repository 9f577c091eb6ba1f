"""Whole files: the same lines in several of them, hidden sheets, odd places of the header, links, odd names."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml
from conftest import Classifier, input_problem, landed
from xlsxwriter import Workbook
from xlsxwriter.chart import Chart

from segmentation.inspection import propose
from segmentation.landing.land import land
from segmentation.run import summarise

SHOP = """
sales_lines:
  files: "sales*"
  columns: {card_id: card, purchased_at: at, quantity: qty, amount: paid}
"""
COLUMNS = ["card", "at", "qty", "paid"]
Lines = list[tuple[str, str, int, float]]


def write_table(path: Path, lines: Lines) -> None:
    frame = pd.DataFrame(lines, columns=COLUMNS)
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".xlsx":
        frame.assign(at=pd.to_datetime(frame["at"])).to_excel(path, index=False, engine="xlsxwriter")
    else:
        frame.to_parquet(path)


def shop(folder: Path, content: str = SHOP) -> str:
    (folder / "shop.yml").write_text(content, encoding="utf-8")
    return str(folder / "shop.yml")


def days(first: int, last: int) -> Lines:
    return [(f"c{day % 3}", f"2017-01-{day:02d} 10:00:00", 1, day + 0.5) for day in range(first, last + 1)]


TWICE = [("a", "2017-01-05 09:00:00", 1, 9.5)]
OVERLAPS: dict[str, tuple[list[Lines], list[tuple[str | None, int | None, int | None, bool]], int]] = {
    "one file that repeats itself": ([days(1, 20) + TWICE * 2], [(None, None, None, False)], 0),
    "the same file": ([days(1, 20)] * 2, [(None, None, None, False), ("1", 20, 20, True)], 20),
    "months side by side": ([days(1, 10), days(11, 20)], [(None, None, None, False)] * 2, 0),
    "some days": ([days(1, 12), days(10, 20)], [(None, None, None, False), ("1", 3, 3, True)], 3),
    # Two equal lines of the first are two of the second, which has a third.
    "two and three": (
        [days(1, 9) + TWICE * 2, TWICE * 3],
        [(None, None, None, False), ("1", 1, 2, True)],
        2,
    ),
    "each export from the beginning": (
        [days(1, 10), days(1, 15), days(1, 20)],
        [(None, None, None, False), ("1", 10, 10, True), ("1", 10, 10, True)],
        25,
    ),
    "a coincidence of two shops": (
        [TWICE + [(f"{shop}{number}", "2017-01-05 10:00:00", 1, 1) for number in range(40)] for shop in "xy"],
        [(None, None, None, False), ("1", 1, 1, False)],
        1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
@pytest.mark.parametrize("case", OVERLAPS)
def test_lines_of_several_files_are_found_and_count_once_if_so_wished(
    case: str, suffix: str, classifier: Classifier, tmp_path: Path
) -> None:
    files, expected, repeated = OVERLAPS[case]
    for number, lines in enumerate(files, start=1):
        # The first is a csv file: what is written otherwise is equal too.
        write_table(tmp_path / f"sales {number}{'.csv' if number == 1 else suffix}", lines)
    classifier.classify(tmp_path, shop(tmp_path))
    found = classifier.query(
        "select overlaps_with, shared_days, equal_lines, counts_twice from marts.input_files order by source_file"
    )
    assert found == [(other and f"sales {other}.csv", *rest) for other, *rest in expected]
    assert classifier.query("select count(*) from marts.sales_lines where reason is not null") == [(0,)]

    classifier.classify(tmp_path, shop(tmp_path, SHOP + "  overlapping: true\n"))
    [(reasons, left)] = classifier.query(
        "select count(*) filter (where reason = 'line_of_another_file'), count(*) filter (where reason is null)"
        " from marts.sales_lines"
    )
    assert reasons == repeated
    assert left == sum(map(len, files)) - repeated
    assert classifier.query("select count(*) from marts.input_files where counts_twice") == [(0,)]


def test_the_same_file_twice_is_said_when_it_is_read(tmp_path: Path) -> None:
    for name in ("sales a.csv", "sales b.csv"):
        write_table(tmp_path / name, days(1, 3))
    write_table(tmp_path / "sales c.csv", [])
    write_table(tmp_path / "sales d.csv", [])
    with landed(tmp_path, shop(tmp_path)) as connection:
        assert land(connection, shop(tmp_path), tmp_path).same == (("sales a.csv", "sales b.csv"),)
        assert "sales a.csv and sales b.csv are the same file" in str(land(connection, shop(tmp_path), tmp_path))


ROWS = "a,2017-01-02,1,5.5\nb,2017-01-03,2,6.5\n"
READ = [("a", "2017-01-02", "1", "5.5"), ("b", "2017-01-03", "2", "6.5")]
HEADER = "card,at,qty,paid\n"
TEXTS: dict[str, tuple[str, list[int]]] = {
    "plain": (HEADER + ROWS, [2, 3]),
    "a title and a note": (f"Sales of 2017\nprinted, by hand,,\n\n{HEADER}{ROWS}", [5, 6]),
    "a line of the spreadsheet": (f"sep=;\n{HEADER}{ROWS}".replace(",", ";"), [3, 4]),
    "semicolons": ((HEADER + ROWS).replace(",", ";"), [2, 3]),
    "tabs": ((HEADER + ROWS).replace(",", "\t"), [2, 3]),
    "carriage returns": ((HEADER + ROWS).replace("\n", "\r"), [2, 3]),
    "blank lines": (f"\n\n{HEADER}\n{ROWS}\n\n".replace("b,", "\nb,"), [5, 7]),
    "delimiters at the ends": ((HEADER + ROWS).replace("\n", ",\n"), [2, 3]),
    "delimiters at the ends of the rows": (HEADER + ROWS.replace("\n", ",,\n"), [2, 3]),
    "delimiters at the end of the header": (HEADER.replace("\n", ",,\n") + ROWS, [2, 3]),
    "quotes": ('"card","at","qty","paid"\n"a","2017-01-02",1,"5.5"\nb,"2017-01-03","2",6.5\n', [2, 3]),
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("case", TEXTS)
def test_text_files_are_read_whatever_stands_around_their_rows(case: str, encoding: str, tmp_path: Path) -> None:
    text, lines = TEXTS[case]
    (tmp_path / "sales.csv").write_bytes(text.replace("a title", "标题").encode(encoding))
    with landed(tmp_path, shop(tmp_path)) as connection:
        found = connection.execute(
            "select card_id, purchased_at, quantity, amount, line_no from work.raw.sales_lines order by row_no"
        ).fetchall()
    assert found == [(*row, line) for row, line in zip(READ, lines, strict=True)]


@pytest.mark.parametrize(
    "encoding",
    [
        *("utf-8", "utf-8-sig", "utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32"),
        *("gbk", "cp1252", "latin-1", "cp037", "mac-roman", "shift_jis"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_stated_encoding_is_followed(encoding: str, line_end: str, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_bytes((HEADER + ROWS).replace("\n", line_end).encode(encoding))
    with landed(tmp_path, shop(tmp_path, f"{SHOP}  encoding: {encoding}\n")) as connection:
        found = connection.execute(
            "select card_id, purchased_at, quantity, amount from work.raw.sales_lines order by row_no"
        ).fetchall()
    assert found == READ


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "ascii"])
def test_text_that_is_not_in_its_encoding_is_one_sentence(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_bytes((HEADER + ROWS + "é" * 3 + ",2017-01-02,1,1\n").encode())
    problem = input_problem(shop(tmp_path, f"{SHOP}  encoding: {encoding}\n"), tmp_path)
    if encoding == "ascii":
        assert problem is None
    else:
        assert problem is not None
        assert "sales.csv" in problem


def test_rows_without_a_header_may_stand_below_a_title(tmp_path: Path) -> None:
    content = SHOP.replace("columns", "header: [card, at, qty, paid]\n  skip: 2\n  columns")
    (tmp_path / "sales.csv").write_text(f"Sales\nof 2017\n{ROWS}")
    write_sheet(tmp_path / "sales.xlsx", [["Sales"], ["of 2017"], *(line.split(",") for line in ROWS.split())])
    with landed(tmp_path, shop(tmp_path, content)) as connection:
        found = connection.execute("select card_id, line_no from work.raw.sales_lines order by all").fetchall()
    assert found == [("a", 3), ("a", 3), ("b", 4), ("b", 4)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_line_of_the_spreadsheet_may_stand_above_rows_without_a_header(delimiter: str, tmp_path: Path) -> None:
    content = SHOP.replace("columns", "header: [card, at, qty, paid]\n  columns")
    (tmp_path / "sales.csv").write_text(f"sep={delimiter}\r\n{ROWS.replace(',', delimiter)}")
    with landed(tmp_path, shop(tmp_path, content)) as connection:
        found = connection.execute("select card_id, line_no from work.raw.sales_lines order by all").fetchall()
    assert found == [("a", 2), ("b", 3)]


def test_lines_below_the_rows_are_listed(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADER + ROWS + "total,,3,12\n--- end of the export ---\n")
    write_sheet(tmp_path / "sales.xlsx", [COLUMNS, ["a", "2017-01-02", 1, 5.5], ["total", "", 1, 5.5]])
    classifier.classify(tmp_path, shop(tmp_path))
    found = classifier.query("select source_file, line_no, reason from marts.sales_lines where reason is not null")
    assert sorted(found) == [
        ("sales.csv", 4, "no_moment"), ("sales.csv", 5, "unreadable"), ("sales.xlsx", 3, "no_moment"),
    ]  # fmt: skip


def test_what_a_spreadsheet_puts_beside_an_open_workbook_is_not_read(tmp_path: Path) -> None:
    write_table(tmp_path / "sales.xlsx", days(1, 5))
    (tmp_path / "~$sales.xlsx").write_bytes(b"\4Anna")
    with landed(tmp_path, shop(tmp_path, SHOP.replace("sales*", "*.xlsx"))) as connection:
        assert connection.execute("select count(*) from work.raw.sales_lines").fetchall() == [(5,)]


OTHERS = (".ipynb_checkpoints/sales-checkpoint.csv", "_delta_log/0.csv", "__MACOSX/deep/x.csv", "~lock.csv")


@pytest.mark.parametrize(
    "pattern", ["**/*.csv", "*/*.csv", ".", "_delta_log", "_*/*.csv", "_delta_log/*.csv", "~lock.csv"]
)
def test_what_other_programs_put_beside_the_files_counts_only_by_its_name(pattern: str, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    for name in ("march/sales.csv", *OTHERS):
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_text(HEADER + ROWS)
    retailer = shop(tmp_path, SHOP.replace("sales*", pattern))
    with landed(raw, retailer) as connection:
        found = connection.execute("select source_file from work.raw.files order by all").fetchall()
        unnamed = land(connection, retailer, raw).unnamed
    named = {"_": "_delta_log/0.csv", "~": "~lock.csv"}.get(pattern[0], "march/sales.csv")
    assert found == [(named,)]
    assert set(unnamed) <= {"march/sales.csv"}
    text, _ = propose([raw / pattern], raw)
    assert yaml.safe_load(text)["sales_lines"]["files"] == named


def write_sheet(path: Path, rows: list[list[object]], hidden: Sequence[str] = (), shown: Sequence[str] = ()) -> None:
    """Write a workbook: hidden sheets first, then Sales, then others, each with the rows."""
    with Workbook(str(path)) as book:
        for name in (*hidden, "Sales", *shown):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if name in hidden:
                sheet.hide()
            if name == "Sales":
                sheet.activate()
        book.add_chartsheet("Chart").set_chart(line_chart(book))


def line_chart(book: Workbook) -> Chart:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Sales!$D$2:$D$3"})
    return chart


TABLE: list[list[object]] = [COLUMNS, ["a", "2017-01-02", 1, 5.5]]
SHEETS = {
    "": (["sales.xlsx"], "old (hidden), very old (hidden), March"),
    "sheet: March": (["sales.xlsx, March"], "old (hidden), very old (hidden), Sales"),
    "sheet: '*'": (["sales.xlsx, March", "sales.xlsx, Sales"], "old (hidden), very old (hidden)"),
    "sheet: [old, March]": (["sales.xlsx, March", "sales.xlsx, old"], "very old (hidden), Sales"),
}


@pytest.mark.parametrize("setting", SHEETS)
def test_hidden_sheets_are_read_only_by_name_and_what_is_left_out_is_named(setting: str, tmp_path: Path) -> None:
    write_sheet(tmp_path / "sales.xlsx", TABLE, hidden=["old", "very old"], shown=["March"])
    expected, left_out = SHEETS[setting]
    with landed(tmp_path, shop(tmp_path, f"{SHOP}  {setting}\n")) as connection:
        found = connection.execute("select source_file, left_out from work.raw.files order by all").fetchall()
    assert [file.removesuffix(", Sales") if not setting else file for file, _ in found] == expected
    assert {sheets for _, sheets in found} == {left_out}


def test_merged_cells_count_for_all_their_rows_but_amounts_only_once(tmp_path: Path) -> None:
    with Workbook(str(tmp_path / "sales.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 3, "Sales of 2017")
        # A header of two rows.
        sheet.merge_range(1, 0, 2, 0, "card")
        sheet.merge_range(1, 1, 1, 3, "sale")
        sheet.write_row(2, 1, COLUMNS[1:])
        sheet.merge_range(3, 0, 5, 0, "a")
        sheet.merge_range(3, 1, 4, 1, "2017-01-02")
        sheet.merge_range(3, 3, 4, 3, 12.5)
        sheet.write_column(3, 2, [1, 2, 3])
        sheet.write_row(5, 1, ["2017-01-03", 3, 7])
    with landed(tmp_path, shop(tmp_path)) as connection:
        found = connection.execute(
            "select line_no, card_id, purchased_at, quantity, amount from work.raw.sales_lines order by row_no"
        ).fetchall()
    assert found == [
        (4, "a", "2017-01-02", "1", "12.5"), (5, "a", "2017-01-02", "2", None), (6, "a", "2017-01-03", "3", "7"),
    ]  # fmt: skip


def test_merged_cells_beside_the_table_hold_nothing(tmp_path: Path) -> None:
    with Workbook(str(tmp_path / "sales.xlsx")) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(TABLE):
            sheet.write_row(number, 0, row)
        sheet.merge_range(0, 6, 1, 7, None)
        sheet.merge_range(7, 0, 9, 0, None)
    with landed(tmp_path, shop(tmp_path)) as connection:
        assert connection.execute("select line_no, card_id from work.raw.sales_lines").fetchall() == [(2, "a")]


@pytest.mark.slow
@pytest.mark.parametrize("place", [(900, 16_383), (1_048_575, 99), (1_048_575, 16_383)])
def test_a_cell_far_from_the_table_is_named_before_it_costs_memory(place: tuple[int, int], tmp_path: Path) -> None:
    rows: list[list[object]] = [*TABLE, *([] for _ in range(place[0] - 2)), [*[None] * place[1], "x"]]
    write_sheet(tmp_path / "sales.xlsx", rows)
    problem = input_problem(shop(tmp_path), tmp_path)
    assert problem is not None
    assert "sales.xlsx, sheet Sales, reaches to column" in problem
    assert "has only 9 cells: delete the columns and rows beyond the table" in problem


@pytest.mark.slow
def test_rows_far_below_cost_little(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sales.xlsx", [*TABLE, *([] for _ in range(300_000)), ["b", "2017-01-02", 1, 5.5]])
    with landed(tmp_path, shop(tmp_path)) as connection:
        assert connection.execute("select line_no from work.raw.sales_lines order by all").fetchall() == [
            (2,),
            (300_003,),
        ]


def test_a_link_leads_out_of_the_folder_only_with_a_sentence(tmp_path: Path) -> None:
    raw, elsewhere = tmp_path / "raw", tmp_path / "elsewhere"
    raw.mkdir()
    elsewhere.mkdir()
    (elsewhere / "sales.csv").write_text(HEADER + ROWS)
    (raw / "sales.csv").symlink_to(elsewhere / "sales.csv")
    assert "leads out of the folder of raw files" in str(input_problem(shop(tmp_path), raw))
    (raw / "sales.csv").unlink()
    (raw / "sales").symlink_to(elsewhere)
    linked = shop(tmp_path, SHOP.replace("sales*", "sales/*"))
    assert "leads out of the folder of raw files" in str(input_problem(linked, raw))
    # A link to the folder itself, or within it, is none.
    (raw / "sales").unlink()
    (tmp_path / "linked").symlink_to(elsewhere)
    assert input_problem(shop(tmp_path), tmp_path / "linked") is None


ODD = """O'Brien's [shop] "x" 100% $HOME {1} #;=é"""


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_odd_names_of_folders_files_sheets_and_columns(suffix: str, classifier: Classifier, tmp_path: Path) -> None:
    raw = tmp_path / ODD / f"month={ODD}"
    raw.mkdir(parents=True)
    name = f"{ODD}*?{suffix}"
    frame = pd.DataFrame([["a", "2017-01-02", 1, 5.5, "k"]], columns=[f"{ODD} {column}" for column in "catpk"])
    names = pd.DataFrame([["k", "soap"]], columns=[f"{ODD} key", f"{ODD} n"])
    for table, path in ((frame, raw / name), (names, tmp_path / ODD / f"{ODD} names{suffix}")):
        if suffix == ".csv":
            table.to_csv(path, index=False)
        elif suffix == ".parquet":
            table.to_parquet(path)
        else:
            table.to_excel(path, index=False, engine="xlsxwriter", sheet_name='O\'Brien "x"')
    file = {
        "files": [f"month={ODD}/{name}"],
        "columns": {
            "card_id": f"{ODD} c", "purchased_at": f"{ODD} a", "quantity": f"{ODD} t", "amount": f"{ODD} p",
            "receipt_no": "month",
        },
        "cancelled": {"column": f"{ODD} k", "pattern": "O'%"},
        "joins": [
            {
                "files": f"{ODD} names{suffix}", "key": {f"{ODD} k": f"{ODD} key"},
                "columns": {"product_name": f"{ODD} n"},
            }
        ],
    } | ({"sheet": "O'Brien \"x\""} if suffix == ".xlsx" else {})  # fmt: skip
    classifier.classify(tmp_path / ODD, shop(tmp_path, yaml.safe_dump({"sales_lines": file}, allow_unicode=True)))
    assert classifier.query("select card_id, amount, product_name, receipt_no, reason from marts.sales_lines") == [
        ("a", Decimal("5.5"), "soap", ODD, None)
    ]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_keys_in_two_cases_are_one_customer_if_so_wished(suffix: str, classifier: Classifier, tmp_path: Path) -> None:
    lines = [("A@x", "2017-01-02 10:00:00", 1, 5.5), ("a@X", "2017-01-03 10:00:00", 1, 5.5)]
    write_table(tmp_path / f"sales{suffix}", lines)
    (tmp_path / "members.csv").write_text("card\na@x\nB@x\nb@x\n")
    content = SHOP + "members: {files: members.csv, columns: {card_id: card}}\n"
    classifier.classify(tmp_path, shop(tmp_path, content))
    assert classifier.query("select count(distinct card_id), count(reason) from marts.sales_lines") == [(2, 2)]
    classifier.classify(tmp_path, shop(tmp_path, content + "fold_case: true\n"))
    assert classifier.query("select count(distinct card_id), count(reason) from marts.sales_lines") == [(1, 0)]
    assert classifier.query("select card_id, reason from marts.member_rows order by row_no") == [
        ("a@x", None), ("b@x", None), ("b@x", "duplicate_row"),
    ]  # fmt: skip


def test_what_stands_out_is_said_before_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warehouse = tmp_path / "w.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """create schema marts;
            create table marts.findings as select * from (values (9, 1, 'b', 'third'), (1, 4, 'a', 'second'),
                (1, 5, 'c', 'first'), (13, 0, 'a', 'a'), (13, 0, 'b', 'b'), (13, 0, 'd', 'd'), (13, 0, 'c', 'c'),
                (13, 0, 'e', 'e')) as findings (finding_no, found, subject, text_en);
            create table marts.cleaning_funnel (table_name varchar, step_no int, step_name_en varchar, rows_out int);
            create table marts.life_cycle_by_month as from (values (date '2017-01-01', 'partial'),
                ('2017-02-01', 'complete'), ('2017-03-01', 'partial')) as c (month_start, month_status);
            create table marts.member_overview as select date '2017-03-31' as as_of, '' as card_id;
            create table marts.orders (purchased_at timestamp, customer_type varchar, card_id varchar, amount double);
            create table marts.segment_summary (segment int, segment_name_en varchar, members int, member_share double,
                amount_share double, is_stable boolean);
            insert into marts.segment_summary
                values (1, 'Some', 3, 0.75, 0.5, true), (2, 'Without', 1, 0.25, null, true)"""
        )
    summarise(warehouse)
    said = capsys.readouterr().out.strip().splitlines()
    assert said[0].startswith("What stands out")
    assert said[1:8] == ["- first", "- second", "- third", "- a", "- b", "- c And 2 more of this kind.", ""]
    assert "Months not complete: 2017-01 partial, 2017-03 partial" in said
    # Where all was for nothing, there are no shares of it.
    assert [" ".join(line.split()) for line in said[-2:]] == [
        "Some 3 members (75.0%), 50.0% of the amount", "Without 1 member (25.0%)",
    ]  # fmt: skip

    # Groups that are not stable, and how to get some that are.
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """update marts.segment_summary set is_stable = segment = 1;
            create table marts.settings_used as select 'cluster_valid_jaccard' as setting, '0.75' as value;
            create table marts.cluster_scores as from (values ('standard', 2, false, 0.74), ('minmax', 4, true, 0.9),
                ('minmax', 3, true, 0.9), ('minmax', 5, false, 0.1), ('log_standard', 2, true, 0.8))
                as scores (scaling, n_clusters, is_candidate, smallest_jaccard);
            alter table marts.cluster_scores add column is_selected boolean default false;
            update marts.cluster_scores set is_selected = scaling = 'standard'"""
        )
    summarise(warehouse)
    said = capsys.readouterr().out.strip().splitlines()
    assert said[-4].strip().startswith("These groups are not stable")
    told = '  Stable in {} groups with --vars (VARS) "{{cluster_scaling: {}, cluster_selection_rule: stable}}"'
    assert said[-2:] == [told.format("2", "log_standard"), told.format("3, 4", "minmax")]

    # What is found again, as it would be in data without structure, is said to be no less.
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update marts.cluster_scores set smallest_jaccard = 0.75 where is_selected")
    summarise(warehouse)
    assert "find these groups again, but nothing shows" in capsys.readouterr().out
