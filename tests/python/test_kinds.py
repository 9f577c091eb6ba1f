"""Kinds of values that the world's files hold: read right by every reader, or refused by name."""

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Classifier, Job, input_problem
from xlsxwriter import Workbook

HEADER = ("card", "at", "qty", "amount")
PLAIN = "card_id: card, purchased_at: at, quantity: qty, amount: amount"
DAY = "2017-01-02"
Rows = Sequence[Sequence[Any]]


def write_csv(path: Path, header: Sequence[str], rows: Rows) -> None:
    lines = [header, *rows]
    text = "".join(",".join('"' + str(cell).replace('"', '""') + '"' for cell in line) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")


def write_xlsx(path: Path, header: Sequence[str], rows: Rows) -> None:
    with Workbook(path, {"strings_to_formulas": False, "strings_to_numbers": False, "remove_timezone": True}) as book:
        sheet = book.add_worksheet()
        date = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for at, row in enumerate([header, *rows]):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime.datetime):
                    sheet.write_datetime(at, column, cell, date)
                elif isinstance(cell, str):
                    sheet.write_string(at, column, cell)
                else:
                    sheet.write_number(at, column, float(cell))


def write_parquet(path: Path, header: Sequence[str], rows: Rows) -> None:
    columns = [pa.array(list(column)) for column in zip(*rows, strict=True)]
    pq.write_table(pa.Table.from_arrays(columns, names=list(header)), path)


WRITERS: dict[str, Callable[[Path, Sequence[str], Rows], None]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "parquet": write_parquet,
}


@dataclass
class Shop:
    """A folder of raw files with its retailer file."""

    folder: Path
    classifier: Classifier

    def write_all(self, rows: Rows, header: Sequence[str] = HEADER) -> None:
        """The same rows in a file of every kind: a column is then three times the expected one."""
        for reader in WRITERS:
            self.write(reader, rows, header=header)

    def write(self, reader: str, rows: Rows, name: str = "sales", header: Sequence[str] = HEADER) -> None:
        WRITERS[reader](self.folder / f"{name}.{reader}", header, rows)

    def retailer(self, settings: str = "", columns: str = PLAIN, top: str = "", files: str = "sales*.*") -> str:
        path = self.folder.parent / "shop.yml"
        path.write_text(
            f"{top}\nsales_lines: {{files: '{files}', {settings} columns: {{{columns}}}}}\n", encoding="utf-8"
        )
        return str(path)

    def query(self, sql: str, **retailer: str) -> list[tuple]:
        self.classifier.classify(self.folder, self.retailer(**retailer))
        return self.classifier.query(sql)

    def column(self, column: str, **retailer: str) -> list[Any]:
        """A column of the classified lines, in the order of the files."""
        query = f"select {column} from marts.sales_lines order by source_file, row_no"
        return [value for (value,) in self.query(query, **retailer)]


@pytest.fixture
def shop(tmp_path: Path, classifier: Classifier) -> Shop:
    folder = tmp_path / "raw"
    folder.mkdir()
    return Shop(folder, classifier)


def numbers(values: Sequence[float | str | None]) -> list[Decimal | None]:
    return [None if value is None else Decimal(str(value)) for value in values]


# The text of an amount, and its value with the decimal mark . and with ,; None is bad_number.
AMOUNTS: list[tuple[str, float | str | None, float | str | None]] = [
    ("12", 12, 12),
    ("1,234.50", 1234.5, None),
    ("1.234,50", None, 1234.5),
    ("45.75", 45.75, 45.75),
    ("12,25", None, 12.25),
    ("1,234", 1234, 1.234),
    ("1.234", 1.234, 1234),
    ("0,125", None, 0.125),
    ("0.125", 0.125, 0.125),
    ("1.23,4", None, None),
    ("1,2345", None, 1.2345),
    ("1,23,456", 123456, None),
    ("12,34,567.5", 1234567.5, None),
    ("123,45,678", None, None),
    ("1,23,45", None, None),
    ("₹ 1,23,456.00", 123456, None),
    ("-1,234,567", -1234567, None),
    ("-1.234.567,5", None, -1234567.5),
    ("1 234.50", 1234.5, 1234.5),
    ("1\u00a0234,50", None, 1234.5),
    ("1\u202f234", 1234, 1234),
    ("12 34", None, None),
    ("1'234.50", 1234.5, 1234.5),
    ("1’234,50", None, 1234.5),
    ("¥12.25", 12.25, 12.25),
    ("￥12", 12, 12),
    ("12.25元", 12.25, 12.25),
    ("12,25 €", None, 12.25),
    ("$1,234.50", 1234.5, None),
    ("EUR 12", 12, 12),
    ("US$ 12", 12, 12),
    ("12 PCS", None, None),
    ("12,50 zł", None, 12.5),
    ("Rs. 1,250", 1250, None),
    ("250 kr", 250, 250),
    ("usd 12", 12, 12),
    ("١٢٫٥", 12.5, 12.5),
    ("۱۲", 12, 12),
    ("(20.00)", -20, -20),
    ("（20）", -20, -20),
    ("($20.00)", -20, -20),
    ("20.00-", -20, -20),
    ("−20", -20, -20),
    ("-¥20", -20, -20),
    ("¥-20", -20, -20),
    ("-(20)", None, None),
    ("12.-", None, None),
    ("+5", 5, 5),
    ("-0.00", 0, 0),
    ("(0.00)", 0, 0),
    ("12%", None, None),
    ("１２．５", 12.5, 12.5),
    (" 7\u00a0", 7, 7),
    ("12.3456", 12.3456, 12.3456),
    ("NaN", None, None),
    ("inf", None, None),
    ("1e308", None, None),
    ("999999999999", 999999999999, 999999999999),
    ("99999999999999", None, None),
    ("`12.50", 12.5, 12.5),
    ("'-3", -3, -3),
    ("`¥1,234.5", 1234.5, None),
    ("twelve", None, None),
]


@pytest.mark.parametrize("mark", [".", ","])
def test_numbers_as_they_are_written(shop: Shop, mark: str) -> None:
    shop.write_all([("a", DAY, "1", text) for text, *_ in AMOUNTS])
    expected = numbers([with_comma if mark == "," else with_point for _, with_point, with_comma in AMOUNTS])
    texts = [f"{text} in {reader}" for reader in sorted(WRITERS) for text, *_ in AMOUNTS]
    found = shop.column("amount", settings=f"decimal: '{mark}', ")
    assert dict(zip(texts, found, strict=True)) == dict(zip(texts, expected * 3, strict=True))
    reasons = shop.classifier.query("select amount is null, reason = 'bad_number' from marts.sales_lines")
    assert all(is_null == bool(is_bad) for is_null, is_bad in reasons)


@pytest.mark.parametrize("reader", ["xlsx", "parquet"])
@pytest.mark.parametrize("mark", [".", ","])
def test_cells_that_are_numbers_need_no_decimal_mark(shop: Shop, reader: str, mark: str) -> None:
    values = [12.25, 1.234, 0.125, 1234.567, 1234.0, 0.1 + 0.2, 1e13, -20.5]
    shop.write(reader, [("a", DAY, 1.5, value) for value in values])
    found = shop.column("amount", settings=f"decimal: '{mark}', ")
    assert found == numbers([12.25, 1.234, 0.125, 1234.567, 1234, 0.3, None, -20.5])
    assert shop.classifier.query("select distinct quantity from marts.sales_lines") == [(Decimal("1.5"),)]


def test_decimals_and_lost_values_of_parquet(shop: Shop) -> None:
    decimal = pa.array([Decimal("1.234"), Decimal("12.000")], pa.decimal128(10, 3))
    double = pa.array([float("nan"), float("inf")])
    table = pa.table({"card": ["a", "b"], "at": [DAY] * 2, "qty": decimal, "amount": decimal, "points": double})
    pq.write_table(table, shop.folder / "sales.parquet")
    columns = f"{PLAIN}, points: points"
    for mark in (".", ","):
        settings = f"decimal: '{mark}', "
        assert shop.column("amount", settings=settings, columns=columns) == numbers([1.234, 12])
        # pandas writes what is missing as NaN; infinity is a mistake.
        assert shop.column("reason", settings=settings, columns=columns) == [None, "bad_number"]


IDS = [
    ("17850", "17850"),
    ("17850.0", "17850"),
    ("17850.00", "17850"),
    ('="17850"', "17850"),
    ("'17850", "17850"),
    ("`17850", "17850"),
    ("17850\t", "17850"),
    ("\u200b17850\u00a0", "17850"),
    ("17850\u200e", "17850"),
    ("１７８５０", "17850"),
    ("１７８５０．０", "17850"),
    ("00123", "00123"),
    ('="00123"', "00123"),
    ("00123.0", "00123"),
    ("123", "123"),
    ("17850.5", "17850.5"),
    ("A-1.0", "A-1.0"),
    ("1234e567", "1234e567"),
    ("O'Brien", "O'Brien"),
    ("6012345678900001234", "6012345678900001234"),
]


def test_one_customer_in_every_form_of_a_text(shop: Shop) -> None:
    shop.write_all([(text, DAY, "1", "1") for text, _ in IDS])
    assert shop.column("card_id") == [card for _, card in IDS] * 3
    listed = shop.classifier.query(
        "select row_no, repair from marts.repaired_values where column_name = 'card_id' order by source_file, row_no"
    )
    repairs = ["decimals_of_code"] * 2 + ["text_marks"] * 3 + ["blanks"] + ["full_width"] * 4
    repaired = [*zip(range(2, 12), repairs, strict=True), (13, "text_marks"), (14, "decimals_of_code")]
    assert listed == repaired * 3


def test_amounts_of_several_currencies_stop_a_build_unless_the_retailer_file_chooses_one(shop: Shop) -> None:
    header = (*HEADER, "ccy")
    rows = [
        ("a", DAY, "1", "10", "EUR"),
        ("a", DAY, "-1", "-3", "usd"),
        ("", DAY, "1", "5", "￥"),
        ("b", DAY, "1", "7", ""),
    ]
    shop.write("csv", [*rows, ("b", DAY, "1", "10", "Euro"), ("b", "soon", "1", "9", "CHF")], header=header)
    columns = f"{PLAIN}, currency: ccy"
    shop.column("reason", columns=columns)
    said = re.escape("in several currencies (lines: EUR 2, CNY 1, USD 1), and cannot be added up: write currency: EUR")
    with pytest.raises(duckdb.Error, match=said):
        shop.classifier.query(shop.classifier.use_test)
    found = shop.column("reason", columns=columns, top="currency: EUR")
    assert found == [None, "other_currency", "other_currency", None, None, "bad_moment"]
    assert shop.classifier.query(shop.classifier.use_test) == []
    # Signs in the amounts tell it as well; one of several currencies is that of the retailer.
    shop.write("csv", [("a", DAY, "1", "$10"), ("a", DAY, "1", "C$5")])
    shop.column("reason")
    with pytest.raises(duckdb.Error, match=re.escape("(lines: CAD 1, USD 1)")):
        shop.classifier.query(shop.classifier.use_test)
    assert shop.column("reason", top="currency: CAD") == [None, None]
    assert shop.column("currency", top="currency: USD") == ["USD", "CAD"]


NO_CODES = ["NULL", "null", "N/A", "n/a", "#N/A", "NaN", "nan", "None", "-", "--", r"\N", " NULL "]
LIKE_NONE = ["0", "NA", "---", "NULL1"]


def test_what_programs_write_for_a_missing_code_is_none(shop: Shop) -> None:
    header = (*HEADER, "counter", "name")
    shop.write_all([(text, DAY, "1", "1", text, text) for text in NO_CODES + LIKE_NONE], header)
    columns = f"{PLAIN}, counter_code: counter, product_name: name"
    query = "select card_id, counter_code, product_name from marts.sales_lines order by source_file, row_no"
    found = [(None, None, text.strip()) for text in NO_CODES] + [(text,) * 3 for text in LIKE_NONE]
    assert shop.query(query, columns=columns) == found * 3
    assert shop.column("reason", columns=columns) == (["no_card"] * len(NO_CODES) + [None] * len(LIKE_NONE)) * 3
    # The list of a retailer file adds to them; no row of a joined table is found by them.
    assert shop.column("card_id", settings="missing: ['0'],") == ([None] * 13 + LIKE_NONE[1:]) * 3
    shop.write("csv", [("NULL", "nobody"), ("null", "nobody else"), ("NA", "Nadia")], "cards", ("id", "name"))
    joined = "joins: [{files: cards.csv, key: {card: id}, columns: {product_name: name}}],"
    assert shop.column("product_name", settings=joined) == ([None] * 13 + ["Nadia", None, None]) * 3


def test_one_product_till_receipt_and_counter_in_every_form_of_a_text(shop: Shop) -> None:
    codes = ("product_code", "till_no", "receipt_no", "counter_code")
    header = (*HEADER, *codes)
    shop.write("csv", [("a", DAY, "1", "1", *["10"] * 4), ("a", DAY, "1", "1", *["1.10"] * 4)], "sales1", header)
    shop.write("csv", [("a", DAY, "1", "1", *["10.0"] * 4)], "sales2", header)
    columns = PLAIN + "".join(f", {code}: {code}" for code in codes)
    found = shop.query(f"select {', '.join(codes)} from marts.sales_lines order by all", columns=columns)
    assert found == [("1.10",) * 4, ("10",) * 4, ("10",) * 4]
    assert shop.classifier.query("select count(*) from marts.repaired_values") == [(0,)]


@pytest.mark.parametrize(
    ("reader", "cells"),
    [
        ("xlsx", [17850, 17850.0, 6012345678900001, 2**53 - 1]),
        ("parquet", [17850, 17850, 6012345678900001, 2**53 - 1]),
        ("parquet", [17850.0, 17850.0, 6012345678900001.0, 2.0**53 - 1]),
        ("parquet", [Decimal(key) for key in ("17850.0", "17850.0", "6012345678900001.0", "9007199254740991.0")]),
    ],
)  # fmt: skip
def test_one_customer_in_cells_that_are_numbers(shop: Shop, reader: str, cells: list[Any]) -> None:
    shop.write(reader, [(cell, DAY, 1, 1) for cell in cells])
    assert shop.column("card_id") == ["17850", "17850", "6012345678900001", "9007199254740991"]


def test_one_customer_across_files_and_tables(shop: Shop) -> None:
    shop.write("csv", [('="00123"', DAY, "1", "1"), ("17850", DAY, "1", "1")], "sales1")
    shop.write("parquet", [(17850.0, DAY, 1, 1)], "sales2")
    shop.write("xlsx", [(17850, DAY, 1, 1)], "sales3")
    shop.write("csv", [("17850.0", DAY, "1", "1")], "sales4")
    shop.write("csv", [("00123", "F"), ("17850.0", "１")], "members", ("card", "sex"))
    codes = "codes: {gender: {female: [F], male: ['1.0']}}"
    members = f"members: {{files: members.csv, columns: {{card_id: card, gender: sex}}, {codes}}}"
    found = shop.query(
        "select card_id, customer_type, count(*) from marts.sales_lines group by all order by all", top=members
    )
    assert found == [("00123", "member", 1), ("17850", "member", 4)]
    assert shop.classifier.query("select card_id, gender from marts.member_rows order by all") == [
        ("00123", "female"),
        ("17850", "male"),
    ]
    listed = "select source_file, raw_value from marts.repaired_values where table_name = 'sales_lines'"
    assert shop.classifier.query(listed) == [
        ("sales1.csv", '="00123"'),
        ("sales4.csv", "17850.0"),
    ]  # fmt: skip
    # The same in a joined table: 1.0 of one file is 1 of the other.
    shop.write("xlsx", [(17850, "a"), (123, "b")], "cards", ("id", "name"))
    joined = "joins: [{files: cards.xlsx, key: {card: id}, columns: {product_name: name}}],"
    assert shop.column("product_name", settings=joined) == [None, "a", "a", "a", "a"]


@pytest.mark.parametrize(
    ("reader", "cell"),
    [
        ("csv", "6.01235E+15"), ("csv", "6,01235E+15"), ("xlsx", 601234567890000123.0),
        ("parquet", 601234567890000123.0),
    ],
)  # fmt: skip
def test_ids_that_were_rounded_stop_with_their_line(shop: Shop, reader: str, cell: Any) -> None:
    shop.write(reader, [(cell if reader != "csv" else "a", DAY, 1, 1), (cell, DAY, 1, 1)])
    problem = str(input_problem(shop.retailer(), shop.folder))
    line = {"csv": 3, "xlsx": 2, "parquet": 1}[reader]
    assert f"sales.{reader}, line {line}: card_id is a long number" in problem
    assert "\n" not in problem


# Text, the settings, and the moment.
HALF_PAST = "2017-01-02 09:15:00"
SHANGHAI, PARIS = "time_zone: Asia/Shanghai", "time_zone: Europe/Paris"
MOMENTS: dict[tuple[str, str], dict[str, str | None]] = {
    ("", ""): {
        f"{HALF_PAST} +0800": HALF_PAST,
        f"{HALF_PAST}+08:00": HALF_PAST,
        "2017-01-02T09:15:00Z": HALF_PAST,
        "2017-01-02 09:15 Z": HALF_PAST,
        "2017-01-02T09:15:00.5+08": "2017-01-02 09:15:00.5",
        f"{HALF_PAST} GMT+8": HALF_PAST,
        "2017/1/2 上午9:15": HALF_PAST,
        "2017/1/2 下午1:22:05": "2017-01-02 13:22:05",
        "2017-01-02 1:22 PM": "2017-01-02 13:22:00",
        "2017-01-02 13:22 PM": "2017-01-02 13:22:00",
        "2017-01-02 12:05 AM": "2017-01-02 00:05:00",
        "2017-01-02 12:05 p.m.": "2017-01-02 12:05:00",
        "2017-01-02 13:22 AM": None,
        "2018-01-01 星期五": "2018-01-01 00:00:00",
        "2018-01-01 周一 09:05": "2018-01-01 09:05:00",
        "Mon, 2018-01-01 09:05": "2018-01-01 09:05:00",
        "2018年1月2日 9时5分": "2018-01-02 09:05:00",
        "2018年1月2日": "2018-01-02 00:00:00",
        "2018年01月02日 09:05:07": "2018-01-02 09:05:07",
        "2018年13月2日": None,
        "２０１８-01-02": "2018-01-02 00:00:00",
        "\u200f2018-01-02\u202c": "2018-01-02 00:00:00",
        "`2017-01-02 09:15:00": HALF_PAST,
        "'20170102": "2017-01-02 00:00:00",
        "42006.5": "2015-01-02 12:00:00",
        "42006,5": "2015-01-02 12:00:00",
        "٢٠١٨-٠١-٠٢": "2018-01-02 00:00:00",
        "02/01/2017": None,
        "1483319700": None,
        f"{HALF_PAST} CST": None,
    },
    (SHANGHAI, ""): {
        f"{HALF_PAST} +0800": HALF_PAST,
        "2017-01-02T01:15:00Z": HALF_PAST,
        "2017-01-02 09:15 +08:00": HALF_PAST,
        "2017-01-02 01:15:00": "2017-01-02 01:15:00",
        "2017-01-01 21:45:00 -0330": HALF_PAST,
        "2017/1/2 下午1:22": "2017-01-02 13:22:00",
    },
    (PARIS, "recorded_time_zone: UTC, "): {
        f"{HALF_PAST} +0800": "2017-01-02 02:15:00",
        "2017-01-02 01:15:00": "2017-01-02 02:15:00",
        "2017年1月2日 1时15分": "2017-01-02 02:15:00",
        "2015-07-01T10:00:00Z": "2015-07-01 12:00:00",
        "2015-01-02": "2015-01-02 01:00:00",
    },
    ("", "date_format: '%Y-%m-%d %H:%M:%S %z', "): {f"{HALF_PAST} +0800": HALF_PAST, f"{HALF_PAST} Z": HALF_PAST},
    (SHANGHAI, "date_format: '%Y-%m-%d %H:%M:%S%z', "): {
        f"{HALF_PAST}+0800": HALF_PAST,
        "2017-01-02 01:15:00+00:00": HALF_PAST,
    },
    ("", "date_format: '%a %b %d %H:%M:%S %z %Y', "): {"Mon Jan 02 09:15:00 +0800 2017": HALF_PAST},
    ("", "date_format: '%d/%m/%Y %H:%M', "): {
        "02/01/2017 09:15": HALF_PAST,
        "`02/01/2017 09:15": HALF_PAST,
        "０２／０１／２０１７　０９：１５": HALF_PAST,
        "٠٢/٠١/٢٠١٧ ٠٩:١٥": HALF_PAST,
    },
    ("", "date_format: '%G-W%V-%u', "): {"2017-W01-1": "2017-01-02 00:00:00"},
    ("", "date_format: microseconds since 1970-01-01, "): {"1483348500000000": HALF_PAST},
    ("", "date_format: ['%d.%m.%Y %H:%M', '%d.%m.%Y'], "): {
        "02.01.2017 09:15": HALF_PAST,
        "02.01.2017": "2017-01-02 00:00:00",
        "31.13.2015": None,
    },
    ("", "date_format: days since 2010-01-01, "): {"31": "2010-02-01 00:00:00"},
    ("", "date_format: '%m/%d/%Y %I:%M %p', "): {"01/02/2017 09:15 AM": HALF_PAST},
    ("", "date_format: seconds since 1970-01-01, "): {"1483348500": HALF_PAST},
    (SHANGHAI, "recorded_time_zone: UTC, date_format: milliseconds since 1970-01-01, "): {
        "1483319700500": f"{HALF_PAST}.5"
    },
}  # fmt: skip


@pytest.mark.parametrize("setting", MOMENTS)
def test_moments_as_they_are_written(shop: Shop, setting: tuple[str, str]) -> None:
    moments = MOMENTS[setting]
    shop.write_all([("a", text, "1", "1") for text in moments])
    expected = [None if moment is None else datetime.datetime.fromisoformat(moment) for moment in moments.values()]
    texts = [f"{text} in {reader}" for reader in sorted(WRITERS) for text in moments]
    found = shop.column("purchased_at", top=setting[0], settings=setting[1])
    assert dict(zip(texts, found, strict=True)) == dict(zip(texts, expected * 3, strict=True))
    reasons = shop.classifier.query("select purchased_at is null, reason from marts.sales_lines")
    assert all(reason == ("bad_moment" if is_null else None) for is_null, reason in reasons)


MOMENT = datetime.datetime(2017, 1, 2, 9, 15)
OF_COLUMNS = {
    "date": (pa.array([MOMENT.date()]), "", datetime.datetime(2017, 1, 2)),
    "timestamp": (pa.array([MOMENT], pa.timestamp("ns")), "", MOMENT),
    "zone": (pa.array([MOMENT - datetime.timedelta(hours=8)], pa.timestamp("us", "Asia/Shanghai")), "", MOMENT),
    "zone and retailer's": (pa.array([MOMENT], pa.timestamp("us", "America/New_York")), "time_zone: UTC", MOMENT),
    "UTC": (pa.array([MOMENT], pa.timestamp("ms", "UTC")), "time_zone: Asia/Shanghai", MOMENT.replace(hour=17)),
}


@pytest.mark.parametrize("kind", OF_COLUMNS)
def test_moments_of_typed_columns(shop: Shop, kind: str) -> None:
    column, zone, moment = OF_COLUMNS[kind]
    table = pa.table({"card": ["a"], "at": column, "qty": [1], "amount": [1]})
    pq.write_table(table, shop.folder / "sales.parquet")
    assert shop.column("purchased_at", top=zone) == [moment]
    if not zone and kind != "zone":
        (shop.folder / "sales.parquet").unlink()
        shop.write("xlsx", [("a", moment, 1, 1)])
        assert shop.column("purchased_at") == [moment]


TIMES = {
    **dict.fromkeys(("13:22 PM", "下午1:22", "1:22 pm", "1322", "13:22", "13:22:00 +08:00", "`13:22"), "13:22:00"),
    **{"905": "09:05:00", "5": "00:05:00", "90512": "09:05:12", "8:26 PM": "20:26:00", "": "00:00:00"},
}


@pytest.mark.parametrize("zone", ["", SHANGHAI])
def test_times_of_day_in_a_column_of_their_own(shop: Shop, zone: str) -> None:
    shop.write("csv", [("a", "20170102", time, 1) for time in TIMES], header=("card", "day", "time", "amount"))
    columns = "card_id: card, purchased_at: {date: day, time: time}, amount: amount"
    found = shop.column("purchased_at", columns=columns, top=zone, settings="date_format: '%Y%m%d', ")
    expected = [datetime.datetime.fromisoformat(f"2017-01-02 {time}") for time in TIMES.values()]
    assert dict(zip(TIMES, found, strict=True)) == dict(zip(TIMES, expected, strict=True))


def test_a_format_may_be_of_the_day_or_of_both_columns(shop: Shop) -> None:
    times = ("09:05", "21:05", "")
    shop.write("csv", [("a", "03.02.2017", time, 1) for time in times], header=("card", "day", "time", "amount"))
    columns = "card_id: card, purchased_at: {date: day, time: time}, amount: amount"
    moments = [datetime.datetime(2017, 2, 3, hour, 5) for hour in (9, 21)]
    day = datetime.datetime(2017, 2, 3)
    found = shop.column("purchased_at", columns=columns, settings="date_format: '%d.%m.%Y', ")
    assert found == [*moments, day]
    found = shop.column("purchased_at", columns=columns, settings="date_format: '%d.%m.%Y %H:%M', ")
    assert found == [*moments, None]


def test_refunds_have_their_sign_in_the_quantity_or_in_the_amount(shop: Shop) -> None:
    rows = [(1, 50), (1, -20), (-1, 20), (-1, -20), (0, -5), (0, 5), (1, 0), (1, 0.004)]
    shop.write_all([("a", DAY, float(quantity), float(amount)) for quantity, amount in rows])
    assert shop.column("reason") == [None, *["return"] * 4, *["not_positive"] * 3] * 3


def test_discounts_and_refunds_come_off_the_amounts(shop: Shop) -> None:
    """Of the line, and of the order in proportion; hundredths are divided."""
    rows = [
        ("a", DAY, 2, 1000, "r1", 500, 300, 400), ("a", DAY, 1, 500, "r1", "", "", ""),
        ("a", DAY, 1, 500, "r2", "", "", 600), ("a", DAY, 1, 500, "r3", "", "x", ""),
    ]  # fmt: skip
    header = ("card", "at", "qty", "price", "receipt", "less", "of_order", "back")
    shop.write("csv", rows, header=header)
    shop.write("xlsx", rows, header=header)
    settings = "in_hundredths: true, amount: quantity * unit_price, "
    columns = (
        "card_id: card, purchased_at: at, quantity: qty, unit_price: price, receipt_no: receipt, line_discount: less, "
        "order_discount: of_order, order_refund: back"
    )
    query = (
        "select amount, discount, refund, unit_price, reason, raw_text from marts.sales_lines"
        " order by source_file, row_no"
    )
    found = shop.query(query, settings=settings, columns=columns)
    assert found == 2 * [
        (Decimal("9.75"), Decimal("7.25"), Decimal("3"), 10, None, None),
        (Decimal("3.25"), Decimal("0.75"), Decimal("1"), 5, None, None),
        (0, 0, 5, 5, "not_positive", None),
        (5, None, None, 5, "bad_number", "order_discount: x"),
    ]


def test_what_stands_on_the_first_line_of_an_order_holds_for_the_next(shop: Shop) -> None:
    rows = [("", "", "1", "9"), ("a", DAY, "1", "1"), ("", "", "2", "2"), ("", "", "", "3")]
    rows += [("", "2017-01-03", "1", "4"), ("", "", "1", "5")]
    shop.write("csv", rows)
    shop.write("xlsx", rows)
    settings = "fill_down: [card, at], "
    expected = [None, "a", "a", None, None, None]
    assert shop.column("card_id", settings=settings) == expected * 2
    reasons = ["no_moment", None, None, "no_moment", "no_card", "no_card"]
    assert shop.column("reason", settings=settings) == reasons * 2
    problem = input_problem(shop.retailer("fill_down: [when], "), shop.folder)
    assert "fill_down names when, which columns of the lines do not name" in str(problem)


def test_money_is_exact_and_the_product_too(shop: Shop) -> None:
    columns = "card_id: card, purchased_at: at, quantity: qty, unit_price: amount"
    shop.write(
        "csv", [("a", DAY, qty, price) for qty, price in [("40", "25000000"), ("0.125", "1.2345"), ("3", "0.33335")]]
    )
    settings = "amount: quantity * unit_price, "
    assert shop.column("amount", settings=settings, columns=columns) == numbers(["1000000000", "0.154313", "1.00005"])
    shop.write("csv", [("a", DAY, "999999999", "99999999999"), ("a", DAY, "1e12", "1"), ("a", DAY, "1", "1")])
    assert shop.column("reason", settings=settings, columns=columns) == ["bad_number", "bad_number", None]
    assert shop.column("line_no", settings=settings, columns=columns) == [2, 3, 4]


def test_a_number_for_every_line_stands_for_a_column(shop: Shop) -> None:
    shop.write_all([("a", DAY, "2"), ("b", DAY, "3")], header=("card", "at", "price"))
    visits = "card_id: card, purchased_at: at"
    for mark in (".", ","):
        settings = f"decimal: '{mark}', amount: 1.234, quantity: 2, "
        assert shop.column("amount", settings=settings, columns=visits) == numbers([1.234] * 6)
    settings = "quantity: 1, amount: quantity * unit_price, "
    assert shop.column("amount", settings=settings, columns=f"{visits}, unit_price: price") == numbers([2, 3] * 3)
    assert shop.column("reason", settings="amount: 1, ", columns=visits) == [None] * 6


@pytest.mark.parametrize(
    ("settings", "columns", "sentence"),
    [
        ("amount: 1, ", PLAIN, "amount is 1 for every line and has a column too"),
        ("quantity: 2, ", PLAIN, "quantity is 2 for every line and has a column too"),
        ("amount: -1, ", "card_id: card, purchased_at: at", "a number above zero that holds for every line, not -1"),
        ("amount: .nan, ", "card_id: card, purchased_at: at", "a number above zero"),
        ("amount: yes, ", "card_id: card, purchased_at: at", "a number above zero"),
        ("quantity: some, ", "card_id: card, purchased_at: at, amount: amount", "not 'some'"),
        ("", "card_id: card, purchased_at: at, amount: 1", "write amount: 1 beside columns"),
    ],
)
def test_a_number_for_every_line_that_makes_no_sense(shop: Shop, settings: str, columns: str, sentence: str) -> None:
    shop.write("csv", [("a", DAY, "1", "1")])
    assert sentence in str(input_problem(shop.retailer(settings, columns), shop.folder))


def test_genders_have_words_and_one_without_a_code_is_counted_and_not_filled(shop: Shop) -> None:
    shop.write("csv", [("a", DAY, "1", "1")])
    genders = [("a", "Ｆ"), ("b", "X"), ("c", "X"), ("d", ""), ("e", "其他 ")]
    shop.write("csv", genders, "members", ("card", "sex"))
    members = "members: {files: members.csv, columns: {card_id: card, gender: sex}}"
    found = shop.query(
        "select raw_value, repair, count(*) from marts.repaired_values group by all order by 1", top=members
    )
    assert found == [("X", "not_understood", 2)]
    assert shop.classifier.query("select gender from marts.member_rows order by card_id") == [
        *[("female",), (None,), (None,), (None,), ("other",)]
    ]


@pytest.mark.parametrize("reader", WRITERS)
def test_names_of_columns_are_found_in_every_form(shop: Shop, reader: str) -> None:
    header = ("\ufeffcard\u00a0", " at\u200b", "数量（件）", "ａｍｏｕｎｔ")
    shop.write(reader, [("a", DAY, "1", "1")], header=header)
    columns = "card_id: card, purchased_at: at, quantity: 数量(件), amount: amount"
    assert shop.column("amount", columns=columns) == numbers([1])
    if reader != "parquet":
        shop.write(reader, [("a", DAY, "1", "1", "", "")], header=("card", "at", "qty", "amount", "", ""))
        assert shop.column("amount") == numbers([1])
    shop.write(reader, [("a", DAY, "1", "1")], header=("card", "at", "amount", "amount\u00a0"))
    problem = input_problem(shop.retailer(columns="card_id: card, purchased_at: at, amount: amount"), shop.folder)
    assert "has several columns called amount" in str(problem)


def test_goods_without_codes_are_known_by_their_names(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("card,at,paid,goods\na,2017-01-01,1,tea\n", encoding="utf-8")
    columns = "{card_id: card, purchased_at: at, amount: paid, product_name: goods}"
    (tmp_path / "shop.yml").write_text(f"sales_lines: {{files: s.csv, columns: {columns}}}", encoding="utf-8")
    classifier.classify(tmp_path, str(tmp_path / "shop.yml"))
    assert classifier.query("select product_code, counter_code from marts.sales_lines") == [("tea", None)]


@pytest.mark.slow
def test_sums_of_a_build_are_exact_and_net(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    lines = [("a", f"2017-01-{day:02}", "1", "33.3333") for day in range(1, 29)]
    lines += [
        ("b", "2017-01-02", "1", "50"),
        ("b", "2017-01-03", "1", "-20"),
        ("c", "2017-01-04", "40", "999999999999"),
    ]
    lines += [("c", "2017-02-04", "999999999999", "999999999999"), ("d", "2017-02-05", "1", "99999999999999")]
    write_csv(raw / "sales.csv", HEADER, lines)
    retailer = tmp_path / "shop.yml"
    retailer.write_text(f"sales_lines: {{files: sales.csv, columns: {{{PLAIN}}}}}")
    job = Job(raw, tmp_path)
    marts = ("lrfmpsx", "eda_customer_types", "rejected_sales_lines")
    done = job.dbt(
        "build", "--select", *(f"+{mart}" for mart in marts), "--vars", f"{{retailer: {retailer}, returns: net}}"
    )
    assert done.returncode == 0, done.stdout
    with job.working_files() as connection:
        members = connection.execute("select card_id, m from marts.lrfmpsx order by card_id").fetchall()
        [(amount,)] = connection.execute(
            "select amount from marts.eda_customer_types where customer_type = 'member'"
        ).fetchall()
        rejected = connection.execute(
            "select line_no, reason from marts.rejected_sales_lines order by line_no"
        ).fetchall()
    assert members == [("a", Decimal("933.33")), ("b", Decimal("30.00")), ("c", Decimal("1999999999998.00"))]
    assert amount == Decimal("2000000000981.33")
    assert rejected == [(31, "return"), (34, "bad_number")]
