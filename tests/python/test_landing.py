"""A file is landed once; what is landed is always what a landing from nothing would give."""

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from conftest import landed

from segmentation.errors import InputError, sentence
from segmentation.landing import land as landing
from segmentation.landing import reading
from segmentation.landing.land import land, working_file

SHOP = """
members: {files: cards.csv, columns: {card_id: card, gender: sex}}
sales_lines:
  files: "month=*/sales.csv"
  columns: {card_id: card, purchased_at: at, amount: paid, product_code: code, receipt_no: month}
  joins: [{files: goods.csv, key: code, columns: {product_name: name}}]
"""
MONTHS = [f"2016-{month:02d}" for month in range(3, 6)]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Three files of sales, one with a line that is none, and the tables beside them."""
    raw = tmp_path / "raw"
    for month in MONTHS:
        (raw / f"month={month}").mkdir(parents=True)
        lines = "".join(f"{card},{month}-0{day} 10:00,{day}.5,g{day}\n" for card in "ab" for day in range(1, 4))
        (raw / f"month={month}" / "sales.csv").write_text(
            f"card,at,paid,code\n{lines}" + "broken\n" * (month == "2016-05")
        )
    (raw / "cards.csv").write_text("card,sex\na,F\nb,M\n")
    (raw / "goods.csv").write_text("code,name\ng1,soap\ng2,rice\ng3,tea\n")
    (tmp_path / "shop.yml").write_text(SHOP)
    return raw


def land_again(raw: Path) -> tuple[str, ...]:
    """Land into the file that is kept, and return the files that were read."""
    with working_file(raw.parent / "w.duckdb") as connection:
        return land(connection, str(raw.parent / "shop.yml"), raw).read


def content(connection: duckdb.DuckDBPyConnection) -> list[list[tuple]]:
    tables = ("members", "sales_lines", "retailer", "codes")
    ledger = connection.execute("select * exclude (stamp, landed_at) from work.raw.files order by all").fetchall()
    return [ledger, *(connection.execute(f"from work.raw.{table} order by all").fetchall() for table in tables)]


def test_a_ledger_of_another_version_begins_anew(shop: Path) -> None:
    assert len(land_again(shop)) == 5
    assert land_again(shop) == ()
    with working_file(shop.parent / "w.duckdb") as connection:
        connection.execute("alter table work.raw.files rename column reader to settings")
    assert len(land_again(shop)) == 5


def is_as_from_nothing(raw: Path) -> bool:
    with working_file(raw.parent / "w.duckdb") as kept, landed(raw, str(raw.parent / "shop.yml")) as new:
        return content(kept) == content(new)


def test_unchanged_files_are_not_read_again(shop: Path) -> None:
    assert len(land_again(shop)) == len(MONTHS) + 2
    assert land_again(shop) == ()
    assert is_as_from_nothing(shop)


def append_a_line(raw: Path) -> None:
    with (raw / "month=2016-05" / "sales.csv").open("a") as file:
        file.write("c,2016-05-09 10:00,9,g1\n")


def write_the_same_again(raw: Path) -> None:
    path = raw / "month=2016-05" / "sales.csv"
    path.write_bytes(path.read_bytes())


def change_a_digit_and_set_the_time_back(raw: Path) -> None:
    path = raw / "month=2016-05" / "sales.csv"
    before = path.stat()
    path.write_text(path.read_text().replace("1.5", "7.5"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def rewrite_shop(old: str, new: str) -> Callable[[Path], object]:
    assert old in SHOP
    return lambda raw: (raw.parent / "shop.yml").write_text(SHOP.replace(old, new))


CHANGES: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "appended": (append_a_line, ("month=2016-05/sales.csv",)),
    "only touched": (write_the_same_again, ()),
    "changed in secret": (change_a_digit_and_set_the_time_back, ("month=2016-05/sales.csv",)),
    "withdrawn": (lambda raw: (raw / "month=2016-05" / "sales.csv").unlink(), ()),
    "joined table": (lambda raw: (raw / "goods.csv").write_text("code,name\ng1,salt\n"), ("goods.csv",)),
    "way of dates": (rewrite_shop("joins:", "date_format: '%Y-%m-%d %H:%M'\n  joins:"), ()),
    "missing values": (rewrite_shop("goods.csv,", "goods.csv, missing: [tea],"), ("goods.csv",)),
    "another column": (
        rewrite_shop("{card_id: card, gender: sex}", "{card_id: card, age_band: sex}, codes: {age_band: {young: F}}"),
        ("cards.csv",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_only_what_changed_is_read(shop: Path, change: str) -> None:
    land_again(shop)
    make, expected = CHANGES[change]
    make(shop)
    assert land_again(shop) == expected
    assert is_as_from_nothing(shop)


def test_a_file_that_is_gone_is_reported(shop: Path) -> None:
    land_again(shop)
    (shop / "month=2016-05" / "sales.csv").unlink()
    with working_file(shop.parent / "w.duckdb") as connection:
        landing = land(connection, str(shop.parent / "shop.yml"), shop)
    assert str(landing) == (
        "Raw files: 0 read, 4 unchanged since they were read; no longer there: month=2016-05/sales.csv."
    )


def test_a_file_that_nothing_names_is_named(shop: Path) -> None:
    land_again(shop)
    (shop / "July.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (shop / "notes.md").write_text("of no kind that is read", encoding="utf-8")
    with working_file(shop.parent / "w.duckdb") as connection:
        landing = land(connection, str(shop.parent / "shop.yml"), shop)
    assert str(landing).endswith("\nWARNING: the retailer file does not name July.csv: not read.")


def test_a_file_that_cannot_be_used_leaves_what_had_landed(shop: Path) -> None:
    land_again(shop)
    (shop / "month=2016-05" / "sales.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="has no column card"):
        land_again(shop)
    with working_file(shop.parent / "w.duckdb") as connection:
        assert connection.execute("select count(*) from work.raw.sales_lines").fetchall() == [(6 * len(MONTHS) + 1,)]


@pytest.mark.parametrize(
    "spoiled", [b"card,at,paid,code\n6.0E+15,2016-05-01,1,g1\n", gzip.compress(b"card,at,paid,code\n" * 400_000)[:-9]]
)
def test_a_file_that_is_refused_as_it_is_read_leaves_its_rows_of_before(shop: Path, spoiled: bytes) -> None:
    land_again(shop)
    with working_file(shop.parent / "w.duckdb") as connection:
        before = content(connection)
    (shop / "month=2016-05" / "sales.csv").write_bytes(spoiled)
    with pytest.raises(InputError, match=r"is a long number|is broken"):
        land_again(shop)
    with working_file(shop.parent / "w.duckdb") as connection:
        assert content(connection) == before


def test_a_refused_workbook_is_refused_again(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "shop.yml").write_text(
        'sales_lines: {files: s.xlsx, sheet: "*", columns: {card_id: card, purchased_at: at, amount: paid}}'
    )
    with pd.ExcelWriter(tmp_path / "raw" / "s.xlsx") as book:
        for year, card in (("2015", "a"), ("2016", "6.0E+15"), ("2017", "b")):
            lines = pd.DataFrame({"card": [card], "at": [f"{year}-01-01"], "paid": ["1"]})
            lines.to_excel(book, sheet_name=year, index=False)
    for _ in range(2):
        with pytest.raises(InputError, match="2016, line 2"):
            land_again(tmp_path / "raw")


BOOK = {"Sales": ["card", "at", "paid"], "Members": ["card", "sex"], "Old": ["card", "at", "paid"], "Notes": ["note"]}
SALES = "sales_lines: {files: book.xlsx, sheet: Sales, columns: {card_id: card, purchased_at: at, amount: paid}"
MEMBERS = "members: {files: book.xlsx, sheet: Members, columns: {card_id: card}}\n"
JOINED = ", joins: [{files: book.xlsx, sheet: Members, key: card, columns: {member_name: sex}}]"


def left_out(raw: Path, content: str) -> dict[tuple[str, str], str]:
    """What the ledger says of the sheets of each file after one more landing, by a retailer file of this content."""
    (raw.parent / "shop.yml").write_text(content)
    land_again(raw)
    assert is_as_from_nothing(raw)
    with working_file(raw.parent / "w.duckdb") as connection:
        rows = connection.execute("select table_name, source_file, left_out from work.raw.files").fetchall()
    return {(table, file.removeprefix("book.xlsx, ")): sheets for table, file, sheets in rows}


@pytest.mark.slow
def test_a_sheet_that_any_table_reads_is_not_left_out(tmp_path: Path) -> None:
    (raw := tmp_path / "raw").mkdir()
    with pd.ExcelWriter(raw / "book.xlsx") as book:
        for sheet, columns in BOOK.items():
            row = {column: "2017-01-01" if column == "at" else "1" for column in columns}
            pd.DataFrame([row]).to_excel(book, sheet_name=sheet, index=False)
    both = left_out(raw, f"{SALES}}}\n{MEMBERS}")
    assert both == {("sales_lines", "Sales"): "Old, Notes", ("members", "Members"): "Old, Notes"}
    # The file is as it was, and so are its lines: another table reads one sheet more, or one less.
    assert left_out(raw, f"{SALES}}}\n") == {("sales_lines", "Sales"): "Members, Old, Notes"}
    joined = left_out(raw, f"{SALES}{JOINED.replace('member_name', 'product_name')}}}\n")
    assert joined == {("sales_lines", "Sales"): "Old, Notes", ("sales_lines", "Members"): "Old, Notes"}
    listed = "card_merges: {files: book.xlsx, sheet: Old, columns: {card_id: card, merged_into: paid}}\n"
    assert set(left_out(raw, f"{SALES}}}\n{MEMBERS}{listed}").values()) == {"Notes"}
    # Without a name it is the first sheet, which another table may name too.
    first = left_out(raw, f"{SALES.replace(', sheet: Sales', '')}}}\n{MEMBERS}")
    assert first == {("sales_lines", "book.xlsx"): "Old, Notes", ("members", "Members"): "Old, Notes"}


def test_what_is_new_in_a_file_is_read_for_each_of_its_tables(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (tmp_path / "shop.yml").write_text(
        "members: {files: [all.csv, more.csv], distinct: true, columns: {card_id: card}}\n"
        "sales_lines: {files: all.csv, columns: {card_id: card, purchased_at: at, amount: paid}}"
    )
    header = "card,at,paid\n"
    (raw / "all.csv").write_text(f"{header}a,2017-01-01,1\n")
    (raw / "more.csv").write_text(f"{header}b,2017-01-01,1\n")
    land_again(raw)
    (raw / "all.csv").write_text(f"{header}a,2017-01-01,2\n")
    (raw / "more.csv").write_text(f"{header}6.0E+15,2017-01-01,1\n")
    with pytest.raises(InputError, match="is a long number"):
        land_again(raw)
    (raw / "more.csv").write_text(f"{header}c,2017-01-01,1\n")
    # Copied again: the same in another state.
    os.utime(raw / "all.csv", ns=(0, 0))
    land_again(raw)
    assert is_as_from_nothing(raw)


def swap_columns(path: Path) -> None:
    header, *lines = path.read_text().splitlines()
    rows = [",".join(reversed(line.split(","))) for line in (header, *lines)]
    path.write_text("\n".join(rows) + "\n")


# The step before which a file changes, and whether an earlier landing knows its header.
MEANWHILE: dict[str, tuple[str, bool, Callable[[Path], object]]] = {
    "grown after its rows": (
        "landing.check_codes",
        False,
        lambda path: path.write_text(path.read_text() + "c,,9,g1\n"),
    ),
    "other columns after its header": ("landing._remove_gone", False, swap_columns),
    "other columns, the header known": ("landing._remove_gone", True, swap_columns),
    "taken away after its header": ("landing._remove_gone", False, Path.unlink),
    "taken away before its rows": ("reading._read_lines", False, Path.unlink),
}


@pytest.mark.parametrize("change", MEANWHILE)
def test_a_file_that_changes_while_it_is_read_is_named(
    change: str, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shop / "month=2016-05" / "sales.csv"
    step, is_known, alter = MEANWHILE[change]
    if is_known:
        land_again(shop)
        # What is known of the header holds for another column in the retailer file too.
        rewrite_shop("receipt_no: month}", "receipt_no: month, till_no: code}")(shop)
    module, name = step.split(".")
    place = {"reading": reading, "landing": landing}[module]
    work, changed = getattr(place, name), []

    def meanwhile(*arguments: Any) -> Any:
        if not changed and (name == "_remove_gone" or str(path) in str(arguments)):
            changed.append(path)
            alter(path)
        return work(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(place, name, meanwhile)
        with pytest.raises((InputError, OSError)) as stopped:
            land_again(shop)
    assert changed
    said = sentence(stopped.value)
    assert said
    assert "sales.csv" in said
    assert "\n" not in said
    shutil.rmtree(path.parent)
    land_again(shop)
    assert is_as_from_nothing(shop)


def test_a_landing_that_is_refused_memory_says_so_and_loses_no_row(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land_again(shop)
    append_a_line(shop)
    with monkeypatch.context() as patched:
        patched.setattr(landing, "bound", lambda connection: connection.execute("set memory_limit = '1MB'"))
        with pytest.raises(duckdb.OutOfMemoryException) as stopped:
            land_again(shop)
    assert str(sentence(stopped.value)).startswith("Memory ran out: ")
    land_again(shop)
    assert is_as_from_nothing(shop)


def test_a_broken_working_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "w.duckdb.work").write_text("no database")
    with (
        pytest.raises(InputError, match="take it away, and the raw files are read again"),
        working_file(tmp_path / "w.duckdb"),
    ):
        pass


def test_a_working_file_in_use_is_one_sentence(shop: Path) -> None:
    land_again(shop)
    script = (
        f"import duckdb, time; c = duckdb.connect('{shop.parent}/w.duckdb.work'); print(1, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, f"{shop.parent}/w.duckdb.work"], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(InputError, match="Another process works on"):
            land_again(shop)
        holder.kill()
