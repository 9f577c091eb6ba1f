"""The raw loader: every line of every kind of file is a row, with its text, its place and its reason."""

import gzip
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, check_made_file, input_problem, landed

from segmentation.errors import InputError
from segmentation.landing.retailer_file import Members, RetailerFile, SalesLines, retailer_schema_file
from segmentation.landing.text import LONGEST_RECORD

PLAIN = "sales_lines: {files: sales.csv, columns: {card_id: card, purchased_at: at, product_name: name, amount: paid}}"
MEMBERS = "\nmembers: {files: members.csv, columns: {card_id: card, %s}"
HEADER = "card,at,name,paid\n"
ROWS = "card_id, purchased_at, product_name, amount"


def load(folder: Path, content: str, query: str, table: str = "sales_lines") -> list[tuple]:
    """Load the raw table of a retailer file and query it, by row."""
    (folder / "shop.yml").write_text(content, encoding="utf-8")
    with landed(folder, str(folder / "shop.yml")) as connection:
        return connection.execute(f"select {query} from work.raw.{table} order by source_file, row_no").fetchall()


def write(folder: Path, content: str | bytes, name: str = "sales.csv") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_encodings_are_found_out_and_ids_stay_as_they_are(tmp_path: Path, encoding: str, line_end: str) -> None:
    rows = [("00075260", "2015-01-01", '护肤, "臻选"', "1.50"), ("1234e567", "2015-01-02", "系列\\A", "2")]
    text = HEADER + "".join(f'{a},{b},"{c.replace(chr(34), chr(34) * 2)}",{d}\n' for a, b, c, d in rows)
    write(tmp_path, text.replace("\n", line_end).encode(encoding))
    assert load(tmp_path, PLAIN, ROWS) == rows


def test_what_cannot_be_decoded_is_named_as_it_is_called_packed_or_not(tmp_path: Path) -> None:
    half_a_sign = b"\x00\xd8\n\x00"
    text = b"\xff\xfe" + f"{HEADER}a,2015-01-01,x,1\n".encode("utf-16-le") + half_a_sign
    write(tmp_path, gzip.compress(text), "sales.csv.gz")
    with pytest.raises(InputError, match=r"sales\.csv\.gz is not valid utf-16 text: save it again as utf-8"):
        load(tmp_path, PLAIN.replace("sales.csv", "sales.csv.gz"), ROWS)


def test_lines_that_are_no_records_are_kept_with_their_line_and_reason(tmp_path: Path) -> None:
    lines = [
        "a,2015-01-01,fine,1", "too,few", "b,2015-01-01,fine,2,too,many", 'c,2015-01-01,"two', 'lines",3', "",
        'd,2015-01-01,"open,4', "e,2015-01-01,fine,5", 'f,2015-01-01,"x"y,6', "g,2015-01-01,fine,7",
    ]  # fmt: skip
    # Line ends of both kinds, and a byte that is no utf-8 in a file that is.
    text = "\r\n".join(lines[:4]) + "\r\n" + "\n".join(lines[4:]) + "\n护肤,2015-01-01,fine,8\n"
    write(tmp_path, HEADER.encode() + text.encode() + b"h,2015-01-01,\xff\xfe,9\ni,2015-01-01,fine,10")
    found = load(tmp_path, PLAIN, "row_no, line_no, coalesce(card_id, unreadable_text), unreadable_reason")
    assert found == [
        (1, 2, "a", None),
        (2, 3, "too,few", "too_few_columns"),
        (3, 4, "b,2015-01-01,fine,2,too,many", "too_many_columns"),
        (4, 5, "c", None),
        (5, 8, 'd,2015-01-01,"open,4', "broken_quotes"),
        (6, 9, "e", None),
        (7, 10, 'f,2015-01-01,"x"y,6', "broken_quotes"),
        (8, 11, "g", None),
        (9, 12, "护肤", None),
        (10, 13, "h,2015-01-01,\\xff\\xfe,9", "bad_bytes"),
        (11, 14, "i", None),
    ]
    assert load(tmp_path, PLAIN, "product_name")[3] == ("two\r\nlines",)


@pytest.mark.parametrize("more", ["", "too,few\n"], ids=["clean", "to be mended"])
@pytest.mark.parametrize("first", ["a", '"a"'])
def test_a_mark_of_utf8_is_no_part_of_the_first_value(tmp_path: Path, first: str, more: str) -> None:
    write(tmp_path, f"\ufeff{first},2015-01-01,x,1\nb,2015-01-01,x,2\n{more}")
    content = PLAIN.replace("{files", "{header: [card, at, name, paid], files")
    assert load(tmp_path, content, "card_id")[:2] == [("a",), ("b",)]


@pytest.mark.parametrize("more", ["", "too,few\n"], ids=["clean", "to be mended"])
def test_a_line_is_too_long_whatever_the_others_are(tmp_path: Path, more: str) -> None:
    fits = LONGEST_RECORD - 20
    names = ["x" * fits, "x" * LONGEST_RECORD, "护" * fits, '"' + '""' * (fits // 2) + '"']
    write(tmp_path, HEADER + "".join(f"a,2015-01-01,{name},1\n" for name in names) + more)
    found = load(tmp_path, PLAIN, "unreadable_reason, length(product_name)")
    assert found[:4] == [(None, fits), ("line_too_long", None), (None, fits), (None, fits // 2)]


def test_values_of_several_lines_from_the_first_line_on(tmp_path: Path) -> None:
    write(tmp_path, (HEADER + 'a,2015-01-01,"two\r\nlines",1\r\n' * 2).encode())
    assert load(tmp_path, PLAIN, "product_name, line_no") == [("two\r\nlines", 2), ("two\r\nlines", 4)]


def test_an_archive_of_a_mac_holds_one_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sales.csv", "w") as archive:
        archive.writestr("sales.csv", HEADER + "a,2015-01-01,x,1\n")
        archive.writestr("__MACOSX/._sales.csv", b"\x00\x05")
        archive.writestr(".DS_Store", b"\x00")
    assert load(tmp_path, PLAIN, "card_id") == [("a",)]


def test_a_stated_encoding_is_that_of_files_that_are_not_utf8(tmp_path: Path) -> None:
    text = HEADER + "Müller,2015-01-01,x,1\n"
    write(tmp_path, text.encode("cp1252"))
    write(tmp_path, "\ufeff" + text, "sales2.csv")
    content = PLAIN.replace("sales.csv", "'sales*.csv', encoding: cp1252")
    assert load(tmp_path, content, "card_id") == [("Müller",), ("Müller",)]


@pytest.mark.parametrize(
    ("text", "guess"),
    [("Müller,2015-01-01,Käse,1\nGrün,2015-01-01,Brötchen,1\n", "cp1252"), ("王,2015-01-01,苹果,1\n", None)],
)
def test_text_that_looks_like_no_chinese_is_named(
    tmp_path: Path, text: str, guess: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, (HEADER + text).encode(guess or "gb18030"))
    load(tmp_path, PLAIN, "card_id")
    assert (f"looks like {guess}," in capsys.readouterr().out) == (guess is not None)


def test_a_column_that_is_missed_for_its_encoding_is_named_with_it(tmp_path: Path) -> None:
    write(tmp_path, (HEADER.replace("card", "Käufer") + "Müller,2015-01-01,Käse,1\n").encode("cp1252"))
    with pytest.raises(InputError, match="looks like cp1252"):
        load(tmp_path, PLAIN.replace("card_id: card", "card_id: Käufer"), "card_id")


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("stated", ["cp1252", "cp932", "gb18030", "utf-8"])
def test_a_mark_of_utf16_goes_before_a_stated_encoding(tmp_path: Path, stated: str, order: str) -> None:
    text = HEADER + "Müller,2015-01-01,x,1\n"
    write(tmp_path, ("\ufeff" + text).encode(f"utf-16-{order}"))
    write(tmp_path, text.replace("ü", "").encode(stated), "sales2.csv")
    content = PLAIN.replace("sales.csv", f"'sales*.csv', encoding: {stated}")
    assert load(tmp_path, content, "card_id") == [("Müller",), ("Mller",)]


def test_files_of_every_kind_are_one_table(tmp_path: Path) -> None:
    write(tmp_path, HEADER + "a,2015-01-01,x,1\nbroken\nb,2015-01-01,x,2\n", "day=2015-01-01/1.csv")
    write(tmp_path, gzip.compress((HEADER + "c,2015-01-02,x,3\n").encode()), "day=2015-01-02/2.csv.gz")
    write(tmp_path, HEADER, "day=2015-01-03/nothing sold.csv")
    frame = pd.DataFrame({"card": [17850.0, None], "at": pd.Timestamp("2015-01-04 10:00"), "name": "", "paid": 12.25})
    (tmp_path / "day=2015-01-04").mkdir()
    frame.to_parquet(tmp_path / "day=2015-01-04" / "3.parquet")
    frame.assign(at="2015-01-05").to_excel(tmp_path / "day=2015-01-04" / "4.xlsx", index=False, engine="xlsxwriter")
    write(tmp_path, "", "day=2015-01-04/_SUCCESS")
    content = PLAIN.replace("sales.csv", '"day=*/*"').replace("name: name", "name: name, receipt_no: day")
    assert load(tmp_path, content, f"row_no, line_no, receipt_no, {ROWS}") == [
        (1, 2, "2015-01-01", "a", "2015-01-01", "x", "1"),
        (2, 3, None, None, None, None, None),
        (3, 4, "2015-01-01", "b", "2015-01-01", "x", "2"),
        (1, 2, "2015-01-02", "c", "2015-01-02", "x", "3"),
        (1, 1, "2015-01-04", "17850", "2015-01-04 10:00:00", None, "12.25"),
        (2, 2, "2015-01-04", None, "2015-01-04 10:00:00", None, "12.25"),
        (1, 2, "2015-01-04", "17850", "2015-01-05", None, "12.25"),
        (2, 3, "2015-01-04", None, "2015-01-05", None, "12.25"),
    ]


@pytest.mark.parametrize("name", ["sales.xlsx", "sales.csv"])
def test_columns_without_a_header_have_numbers_or_names(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame([["007", "2015-01-01", "9.5"], ["008", "2015-01-02", "NULL"]])
    if name.endswith("xlsx"):
        frame.to_excel(tmp_path / name, index=False, header=False, engine="xlsxwriter")
    else:
        frame.to_csv(tmp_path / name, index=False, header=False, sep="|")
    for header, columns in (("false", (1, 2, 3)), ("[card, at, paid]", ("card", "at", "paid"))):
        content = (
            f"sales_lines: {{files: {name}, delimiter: '|', header: {header}, missing: ['NULL'], "
            "columns: {card_id: %s, purchased_at: %s, amount: %s}}" % columns
        )
        assert load(tmp_path, content, "line_no, card_id, purchased_at, amount") == [
            (1, "007", "2015-01-01", "9.5"),
            (2, "008", "2015-01-02", None),
        ]


JOINED = """
sales_lines:
  files: sales.csv
  columns: {amount: paid, receipt_no: receipt}
  cancelled: {column: state, pattern: "cancel%"}
  joins:
    - {files: receipts.csv, key: receipt, columns: {purchased_at: at}}
    - {files: cards.csv, key: {buyer: id}, columns: {card_id: card}}
"""


def test_tables_are_joined_by_their_keys(tmp_path: Path) -> None:
    write(tmp_path, "receipt,paid\n1,10\n2,20\n3,30\n 1 ,40\n")
    receipts = "receipt,at,buyer,state\n1,2015-01-01,x,fine\n2,2015-01-02,y,cancelled\n2,2015-01-02,y,cancelled\nbad\n"
    write(tmp_path, receipts, "receipts.csv")
    write(tmp_path, "id,card\nx,A\n", "cards.csv")
    found = load(tmp_path, JOINED, "row_no, card_id, purchased_at, amount, is_cancelled, unreadable_text, source_file")
    assert found == [
        (4, None, None, None, None, "bad", "receipts.csv"),
        (1, "A", "2015-01-01", "10", False, None, "sales.csv"),
        (2, None, "2015-01-02", "20", True, None, "sales.csv"),
        (3, None, None, "30", False, None, "sales.csv"),
        (4, "A", "2015-01-01", "40", False, None, "sales.csv"),
    ]
    write(tmp_path, "id,card\nx,A\nx,B\n", "cards.csv")
    with pytest.raises(
        InputError,
        match=r"cards\.csv has 2 different rows with the same id \(cards\.csv, line \d, to cards\.csv, line \d\)",
    ):
        load(tmp_path, JOINED, "*")
    write(tmp_path, "id,card\nz,A\n", "cards.csv")
    with pytest.raises(InputError, match=r"No row of .*receipts\.csv finds its id in .*cards\.csv"):
        load(tmp_path, JOINED, "*")


def test_members_that_the_lines_repeat_count_once(tmp_path: Path) -> None:
    write(tmp_path, "card,at,sex,paid\na,2015-01-01,F,1\na,2015-01-02,F,1\nb,2015-01-02,M,1\na,2015-01-03,M,1\n")
    content = """
members: {files: sales.csv, distinct: true, columns: {card_id: card, gender: sex}}
sales_lines: {files: sales.csv, columns: {card_id: card, purchased_at: at, amount: paid}}
"""
    assert load(tmp_path, content, "line_no, card_id, gender", "members") == [
        (2, "a", "F"),
        (4, "b", "M"),
        (5, "a", "M"),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (PLAIN.replace("columns", "colums"), "unknown key colums"),
        (PLAIN.replace("amount", "ammount"), "unknown key ammount"),
        (PLAIN.replace("paid", "price"), "has no column price (amount)"),
        (PLAIN.replace("sales.csv", "'2015-*.csv'"), "2015-*.csv is missing"),
        (PLAIN.replace("{files", "{date_format: DD-MM, files"), "DD-MM is no format"),
        (PLAIN.replace("{files", "{date_format: days since 2010-13-01, files"), "days since 2010-13-01 is no format"),
        (PLAIN.replace("{files", "&a {joins: [*a], files"), "more than 100,000 values, the repeated ones counted"),
        (PLAIN + "\ntime_zone: Mars", "time_zone must be a name such as Asia/Shanghai"),
        (PLAIN.replace("{files", "{amount: quantity * price, files"), "amount can only be `quantity * unit_price`"),
        (PLAIN.replace("{files", "{header: [a, b], files"), "has 4 columns on its first line, but header names 2"),
        (PLAIN.replace("{files", "{cancelled: {column: state, pattern: C%}, files"), "has no column state"),
        (PLAIN.replace("{files", "{joins: [{files: sales.csv, key: shop}], files"), "should be joined by shop"),
        (PLAIN.replace("paid", "paid, purchased_at: {date: at}"), "is not valid YAML|must name both"),
        ("", "shop.yml must be a list of names with values"),
        ("currency: EUR", "shop.yml lacks the entry sales_lines."),
        (PLAIN + "\ncountry: FR", "shop.yml has the unknown key country; known are: currency, time_zone"),
        (PLAIN + "\nas_of: soon", "shop.yml, as_of must be a date such as 2018-01-03, not 'soon'."),
        (PLAIN + "\nas_of: 2018-02-30", "is not valid YAML: day is out of range"),
        (
            PLAIN.replace("amount: paid", "amount: paid, amount: price"),
            "is not valid YAML: it has amount a second time in line",
        ),
        (PLAIN + "\ncurrency: [EUR, USD]", "shop.yml, currency must be one text."),
        (
            PLAIN + "\nholidays: EU",
            "shop.yml, holidays must be the ISO code of a country such as CN or DE, not EU.",
        ),
        (PLAIN + "\ncurrency: yuan", "shop.yml, currency must be an ISO code such as CNY or EUR, not yuan."),
        (PLAIN.replace("files: sales.csv, ", ""), "shop.yml, sales_lines lacks the entry files."),
        (PLAIN.replace("sales.csv", "[]"), "sales_lines, files must not be empty."),
        (PLAIN.replace("sales.csv", "/etc/passwd"), "files must lead to files inside the folder of raw files"),
        (PLAIN.replace("sales.csv", "[sales.csv, '*/../../x']"), "such as sales/*.csv, not */../../x."),
        (PLAIN.replace("sales.csv", "'C:sales.csv'"), "not C:sales.csv."),
        (PLAIN.replace("sales.csv", "'C:\\sales.csv'"), "not C:\\sales.csv."),
        (PLAIN.replace("sales.csv", "'\\\\server\\sales.csv'"), "not \\\\server\\sales.csv."),
        (PLAIN.replace("sales.csv", "'..\\sales.csv'"), "not ..\\sales.csv."),
        (
            PLAIN.replace("{files", "{encoding: rot13, files"),
            "encoding must be an encoding of text files, such as cp1252",
        ),
        (PLAIN.replace("{files", "{encoding: hex, files"), "not hex."),
        (PLAIN.replace("{files", "{encoding: idna, files"), "not idna."),
        (PLAIN.replace("{files", "{encoding: unicode_escape, files"), "not unicode_escape."),
        (PLAIN.replace("{files", "{encoding: utf-88, files"), "not utf-88."),
        (PLAIN.replace("sales.csv", '"a\\0.csv"'), "files must be a text of up to 1,000 characters without NUL"),
        (PLAIN.replace("sales.csv", "a" * 300), "files has a name of more than 255 bytes"),
        (PLAIN.replace("paid", "p" * 9_999), "amount must be a text of up to 1,000 characters without NUL"),
        (PLAIN.replace("{files", "{skip: -1, files"), "skip must be a whole number from 0 up to 1000000, not -1."),
        (PLAIN.replace("{files", "{skip: two, files"), "skip must be a whole number from 0 up to 1000000, not 'two'."),
        (PLAIN + "\ncurrency: " + "[" * 5_000, "is not valid YAML"),
        (PLAIN + "\ncurrency: " + "9" * 5_000, "is not valid YAML"),
        (PLAIN.replace("{files", "{header: [card, card], files"), "sales_lines, header names a column twice."),
        (PLAIN.replace("{files", "{missing: [NA, no], files"), "put yes, no, true and false in quotes."),
        (PLAIN.replace("{files", "{decimal: ';', files"), "decimal can only be `.` or `,`, not ';'."),
        (PLAIN.replace("{files", "{require_points: 1, files"), "require_points must be true or false, not 1."),
        (PLAIN.replace("{files", "{require_points: true, files"), "but the sales lines have no column points."),
        (PLAIN.replace("{files", "{orders: bill, files"), "orders can only be `moment` or `receipt`, not 'bill'."),
        (PLAIN.replace("{files", "{orders: receipt, files"), "but the sales lines have no column receipt_no."),
        (PLAIN.replace("{files", "{recorded_time_zone: UTC, files"), "needs the retailer's own time_zone too"),
        (PLAIN.replace("{files", "{cancelled: C%, files"), "cancelled must be a list of names with values"),
        (PLAIN.replace("{files", "{cancelled: {column: state}, files"), "cancelled lacks the entry pattern."),
        (PLAIN.replace("{files", "{date_format: {at: '%d'}, files"), "date_format has the unknown key at"),
        (PLAIN.replace("{files", "{joins: sales.csv, files"), "joins must be a list of tables, each with files, key"),
        (PLAIN.replace("{files", "{joins: [{files: sales.csv}], files"), "sales_lines, join 1 lacks the entry key."),
        (PLAIN.replace("{files", "{joins: [{files: a, key: []}], files"), "join 1, key must be the column by which"),
        (
            PLAIN.replace("{files", "{joins: [{files: a, key: b, columns: {amount: c}}], files"),
            "amount is mapped in more than one of the joined tables.",
        ),
        (PLAIN.replace(", amount: paid", ""), "columns must name the raw column of amount."),
        (PLAIN + MEMBERS % "age_band: age}", "codes must say which raw values of age_band are young"),
        (PLAIN + MEMBERS % "gender: sex}, codes: {gender: {female: [A, B], male: B}}", "the value B has two codes."),
        (
            PLAIN + MEMBERS % "gender: sex}, codes: {gender: {woman: A}}",
            "codes of gender name woman, which seeds/genders.csv does not have; known are: female, male, other.",
        ),
        (PLAIN + MEMBERS % "gender: sex}, codes: {sex: {female: A}}", "members, codes has the unknown key sex"),
    ],
)
def test_a_retailer_file_that_cannot_work_is_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    write(tmp_path, HEADER + "a,2015-01-01,x,1\n")
    (tmp_path / "shop.yml").write_text(content, encoding="utf-8")
    problem = input_problem(str(tmp_path / "shop.yml"), tmp_path)
    assert problem is not None
    assert any(part in problem for part in sentence.split("|"))
    assert "\n" not in problem


def test_broken_compressed_and_parquet_files_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text(PLAIN.replace("sales.csv", "'sales.*'"), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "named.zip", "w") as archive:
        archive.writestr("é.csv", HEADER)
    misnamed = (tmp_path / "named.zip").read_bytes().replace("é".encode(), b"\xff\xfe")
    for name, content in (
        ("sales.csv.gz", gzip.compress(b"x" * 9_999)[:20]), ("sales.parquet", b"PAR1PAR1"), ("sales.zip", misnamed),
    ):  # fmt: skip
        write(tmp_path, content, name)
        assert "is broken" in str(input_problem(str(tmp_path / "shop.yml"), tmp_path)).replace("a broken", "broken")
        (tmp_path / name).unlink()


@pytest.mark.parametrize(("place", "value"), [(0, 1), (2, 9)], ids=["encrypted", "Deflate64"])
def test_an_archive_that_cannot_be_unpacked_here_is_one_sentence(tmp_path: Path, place: int, value: int) -> None:
    with zipfile.ZipFile(tmp_path / "sales.csv", "w") as archive:
        archive.writestr("a.csv", HEADER + "a,2015-01-01,x,1\n")
    content = bytearray((tmp_path / "sales.csv").read_bytes())
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + flags + place] = value
    write(tmp_path, bytes(content))
    (tmp_path / "shop.yml").write_text(PLAIN)
    problem = input_problem(str(tmp_path / "shop.yml"), tmp_path)
    assert problem
    assert "sales.csv cannot be unpacked (" in problem
    assert problem.endswith("): unpack it and put the file itself there.")


def test_the_schema_for_editors_is_up_to_date_and_says_what_the_documentation_says() -> None:
    check_made_file("retailers/retailer.schema.json", retailer_schema_file())
    assert (
        (ROOT / "retailers" / "cumcm2018.yml")
        .read_text(encoding="utf-8")
        .startswith("# yaml-language-server: $schema=retailer.schema.json\n")
    )
    page = (ROOT / "docs" / "bring-your-own-data.md").read_text(encoding="utf-8")
    for model in (RetailerFile, Members, SalesLines):
        for name, field in model.model_fields.items():
            assert f"| `{name}` " in page, name
            assert f" | {field.description} |" in page, name
