"""Proposed retailer files: right for clear cases, and buildable as they are."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT, Classifier, Job, input_problem, landed
from openpyxl import Workbook
from test_retailers import RECORDS, SHOP, write_grocery, write_records, write_shop

from segmentation.errors import InputError
from segmentation.inspection import propose
from segmentation.inspection.forms import text_form
from segmentation.landing import text as text_files
from segmentation.landing import workbook
from segmentation.landing.retailer import read_retailer
from segmentation.landing.workbook import OLE_MAGIC


def proposal(raw: Path) -> tuple[dict, str]:
    """Return the proposed retailer file for a folder, as content and as text, after checking that it can be used."""
    text, _ = propose([path for path in raw.rglob("*") if path.is_file()], raw)
    (raw.parent / "proposed.yml").write_text(text, encoding="utf-8")
    assert input_problem(str(raw.parent / "proposed.yml"), raw) is None
    return yaml.safe_load(text), text


def write_and_propose(raw: Path, header: str, lines: list[str]) -> tuple[str, str]:
    (raw / "sales.csv").write_text("\n".join([header, *lines]), encoding="utf-8")
    return propose([raw / "sales.csv"], raw)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"


@pytest.mark.slow
def test_the_contest_files_are_recognised(demo_files: Path) -> None:
    text, _ = propose(sorted(demo_files.glob("cumcm*")), demo_files)
    proposed = yaml.safe_load(text)
    known = yaml.safe_load((ROOT / "retailers" / "cumcm2018.yml").read_text(encoding="utf-8"))
    for table in ("members", "sales_lines"):
        assert proposed[table]["files"] == known[table]["files"]
        assert proposed[table]["columns"] == {column: names[0] for column, names in known[table]["columns"].items()}
    assert proposed["members"]["codes"]["gender"] == {"female": ["0"], "male": ["1"]}


def test_lines_without_a_header_are_recognised_by_their_values(raw: Path) -> None:
    write_records(raw)
    proposed, text = proposal(raw)
    expected = yaml.safe_load(RECORDS)["sales_lines"]
    expected["columns"] = {role: str(number) for role, number in expected["columns"].items()}
    assert proposed["sales_lines"] == expected
    assert "column 4 is a guess" in text


@pytest.mark.slow
def test_a_shop_with_cancelled_invoices_is_recognised(raw: Path) -> None:
    write_shop(raw)
    proposed, _ = proposal(raw)
    expected = yaml.safe_load(SHOP)["sales_lines"]
    del expected["recorded_time_zone"]
    expected |= {"encoding": "cp1252", "date_format": {"purchased_at": expected["date_format"]}}
    expected["cancelled"]["pattern"] = ["C%"]
    assert proposed == {"sales_lines": expected}


@pytest.mark.parametrize(("cards", "is_doubtful"), [(100, True), (99, False)])
def test_customers_of_whom_nobody_comes_again_are_doubtful(cards: int, is_doubtful: bool, raw: Path) -> None:
    lines = [f"{n},2018-01-0{1 + n % 2},{n}.5\n" * 2 for n in range(1, cards + 1)]
    (raw / "sales.csv").write_text("customer_id,date,price\n" + "".join(lines))
    assert ("none of the 100 values of customer_id is on two days" in proposal(raw)[1]) == is_doubtful
    # With one that comes again, all of them may.
    (raw / "sales.csv").write_text("customer_id,date,price\n" + "".join([*lines, "1,2018-01-03,1.5\n"]))
    assert "is on two days" not in proposal(raw)[1]


def test_a_sheet_that_is_not_used_is_named(raw: Path) -> None:
    with pd.ExcelWriter(raw / "sales.xlsx") as book:
        for number, name in enumerate(["Orders", "Regions"]):
            rows = [(f"a{n % 4}", n, f"2018-01-{n:02}", n + 0.5) for n in range(1, 29)]
            columns = ["card_id", "order_id", "date", "price"] if number == 0 else ["person", "region", "x", "y"]
            pd.DataFrame(rows, columns=columns).to_excel(book, sheet_name=name, index=False)
    proposed, text = proposal(raw)
    assert proposed["sales_lines"]["files"] == "sales.xlsx"
    assert "sales.xlsx, Regions is not used" in text


def test_keys_between_tables_are_found(raw: Path) -> None:
    write_grocery(raw)
    proposed, text = proposal(raw)
    assert proposed["members"]["columns"] == {"card_id": "household_key", "age_band": "AGE_DESC"}
    assert proposed["members"]["codes"]["age_band"]["young"] == ["19-24", "25-34"]
    assert "from 60 on as senior. By its beginning: 25-34" in text
    baskets, products = proposed["sales_lines"]["joins"]
    assert (baskets["files"], baskets["key"]) == ("baskets.csv", "BASKET_ID")
    assert baskets["columns"]["purchased_at"] == {"date": "DAY", "time": "TRANS_TIME"}
    assert (products["files"], products["delimiter"], products["key"]) == ("products.csv", ";", {"PRODUCT_ID": "id"})
    assert "counts days from an unknown day" in text


@pytest.mark.slow
def test_a_chain_of_tables_leads_to_the_customer(raw: Path) -> None:
    rng = np.random.default_rng(4)
    n = 300
    orders = pd.DataFrame({
        "order_id": [f"o{i:08x}" for i in range(n)], "customer_id": [f"c{i:08x}" for i in range(n)],
        "order_status": np.where(np.arange(n) % 20, "delivered", "canceled"),
        "order_purchase_timestamp": pd.Timestamp("2017-01-01") + pd.to_timedelta(rng.integers(0, 500_000, n), "min"),
    })  # fmt: skip
    orders.to_csv(raw / "orders.csv", index=False)
    people = pd.DataFrame({"customer_id": orders["customer_id"], "customer_unique_id": rng.integers(0, 99, n)})
    people.to_csv(raw / "customers.csv", index=False)
    pd.DataFrame({
        "order_id": rng.choice(orders["order_id"], 500), "product_id": rng.integers(0, 50, 500).astype(str),
        "shipping_limit_date": "2019-01-01", "price": rng.gamma(2, 40, 500).round(2), "freight_value": 9.5,
    }).to_csv(raw / "order_items.csv", index=False)  # fmt: skip
    pd.DataFrame({"zip_code": range(20), "lat": 1.5}).to_csv(raw / "places.csv", index=False)
    proposed, text = proposal(raw)
    sales = proposed["sales_lines"]
    assert sales["columns"] == {"amount": "price", "product_code": "product_id", "receipt_no": "order_id"}
    assert [(join["files"], join["key"], join["columns"]) for join in sales["joins"]] == [
        ("orders.csv", "order_id", {"purchased_at": "order_purchase_timestamp"}),
        ("customers.csv", "customer_id", {"card_id": "customer_unique_id"}),
    ]
    assert sales["cancelled"] == {"column": "order_status", "pattern": ["canceled"]}
    assert "places.csv is not used" in text
    with landed(raw, str(raw.parent / "proposed.yml")) as connection:
        counts = "count(*), count(card_id), count(purchased_at)"
        assert connection.execute(f"select {counts} from work.raw.sales_lines").fetchall() == [(500, 500, 500)]


@pytest.mark.parametrize(
    ("header", "rows", "found"),
    [
        (
            "日期;客户编号;数量;单价", ["31.12.2016;甲;2;1.234,50", "01.02.2016;甲;1;2,75", "01.02.2016;乙;1;3"],
            {
                "decimal": ",",
                "delimiter": ";",
                "date_format": {"purchased_at": "%d.%m.%Y"},
                "amount": "quantity * unit_price",
            },
        ),
        (
            "TRANSACTION_DT,CUSTOMER_ID,AGE_GROUP,AMOUNT,SALES_PRICE",
            ["11/1/2000,01104905,45-49,2,30", "11/13/2000,00418683,<25,2,46", "11/13/2000,00418683,<25,2,47"],
            {
                "date_format": {"purchased_at": "%m/%d/%Y"},
                "columns": {"card_id": "CUSTOMER_ID", "purchased_at": "TRANSACTION_DT", "quantity": "AMOUNT",
                            "amount": "SALES_PRICE"},
            },
        ),
        (
            "ts|userid|total", ["1420070400|NULL|1.5", "1420070500.0|u2|2.5", "1420070600.25|u1|2"],
            {"delimiter": "|", "missing": ["NULL"], "date_format": {"purchased_at": "seconds since 1970-01-01"}},
        ),
    ],
)  # fmt: skip
def test_ways_of_writing_are_recognised(raw: Path, header: str, rows: list[str], found: dict) -> None:
    (raw / "sales.csv").write_text("\n".join([header, *rows * 20]), encoding="utf-8")
    proposed, _ = proposal(raw)
    assert proposed["sales_lines"] | found == proposed["sales_lines"]
    if "AGE_GROUP" in header:
        assert proposed["members"]["distinct"] is True
        assert read_retailer(str(raw.parent / "proposed.yml")).tables["members"].codes["age_band"] == {
            "<25": "young", "45-49": "middle"
        }  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "written_in", "found"),
    [
        (["会员卡号,性别,登记时间", *["00017,男,2017-03-01", "00018,女,2017-03-02"] * 200], "gb18030", None),
        (["id,date,total", *["00017,2017年3月1日,12.50", "00018,2017年3月2日,8元"] * 200], "gb18030", None),
        (["id,date,total", *["00017,2017-03-01,￥12.50", "00018,2017-03-02,￥8"] * 200], "gb18030", None),
        (["會員編號;性別;金額", *["00017;男;12", "00018;女;8"] * 200], "cp950", "cp950"),
        (["会員番号,性別,金額", *["00017,男,12円", "00018,女,8円"] * 200], "cp932", "cp932"),
        (["código,descrição", *["17,promoção de verão", "18,coleção às ações"] * 200], "cp1252", "cp1252"),
        (["Kunde|Größe|Höhe", *["Müller|Größe M|5°", "Weiß|’s Übergröße|20°C"] * 200], "cp1252", "cp1252"),
        (["client|libellé|qualité", *["17|ça ou là|été", "18|où ça|né à Orléans"] * 200], "cp1252", "cp1252"),
    ],
)
def test_single_characters_tell_of_the_encoding_and_accents_side_by_side_do_not(
    tmp_path: Path, lines: list[str], written_in: str, found: str | None
) -> None:
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding=written_in)
    assert text_form(tmp_path / "a.csv").encoding == found


@pytest.mark.parametrize("first", ["cp1252", "utf-16"])
def test_files_of_one_form_in_utf16_and_in_another_encoding_are_one_table(raw: Path, first: str) -> None:
    for number, encoding in enumerate([first, *({"cp1252", "utf-16"} - {first})]):
        rows = [f"Müller {n % 5},2018-0{number + 1}-{n:02d},Größe für Äpfel,{n}.5" for n in range(1, 29)]
        text = "\n".join(["customer_name,date,description,amount", *rows])
        (raw / f"sales{number}.csv").write_bytes(text.encode(encoding))
    proposed, _ = proposal(raw)
    assert (proposed["sales_lines"]["files"], proposed["sales_lines"]["encoding"]) == ("sales*.csv", "cp1252")
    with landed(raw, str(raw.parent / "proposed.yml")) as connection:
        cards = connection.execute("select distinct card_id from work.raw.sales_lines order by 1").fetchall()
    assert cards == [(f"Müller {n}",) for n in range(5)]


def test_a_key_that_a_program_has_given_a_point_is_found_in_the_other_file(raw: Path) -> None:
    lines = [f"{card}.0,2017-01-{day:02d} 10:00,5" for card in range(100, 120) for day in range(1, 5)]
    (raw / "sales.csv").write_text("\n".join(["card_id,at,amount", *lines]))
    people = [f"{card},2016-01-01" for card in range(100, 120)]
    (raw / "people.csv").write_text("\n".join(["card_id,registered_at", *people]))
    proposed, text = proposal(raw)
    assert proposed["members"]["files"] == "people.csv"
    assert "of the 20 customers of the sales lines" not in text


@pytest.mark.parametrize(
    ("name", "values", "column", "currency"),
    [
        ("x", ("EUR", "JPY"), "x", None), ("x", ("eur", "EUR"), None, "EUR"), ("x", ("€", "$"), "x", None),
        ("x", ("FR", "KR"), None, None), ("x", ("FOO", "EUR"), None, None), ("ccy", ("FOO", "EUR"), "ccy", None),
        ("Curr", ("FOO", "EUR"), "Curr", None),
    ],
)  # fmt: skip
def test_a_currency_is_known_by_its_values_or_its_name(
    raw: Path, name: str, values: tuple[str, str], column: str | None, currency: str | None
) -> None:
    lines = [f"a{n % 4},2018-01-{n:02d},{n}.50,{values[n % 2]}" for n in range(1, 29)]
    (raw / "sales.csv").write_text("\n".join([f"card_id,date,amount,{name}", *lines]), encoding="utf-8")
    proposed, text = proposal(raw)
    assert (proposed["sales_lines"]["columns"].get("currency"), proposed.get("currency")) == (column, currency)
    assert ("column x is a guess from its values" in text) == (name == "x" and bool(column or currency))
    assert ("a build stops at amounts of several currencies" in text) == (column is not None)


def test_the_command_prints_the_proposal_or_a_sentence(demo: Job, tmp_path: Path) -> None:
    done = demo.run("-m", "segmentation", "inspect", str(demo.raw_dir / "cumcm2018c2.csv"))
    assert yaml.safe_load(done.stdout)["sales_lines"]["columns"]["amount"] == "消费金额"
    done = demo.run("-m", "segmentation", "inspect", str(tmp_path / "none.csv"))
    assert done.returncode == 1
    assert "none.csv is missing" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_without_rows_is_not_said_to_have_no_columns(raw: Path) -> None:
    (raw / "sales_1.csv").write_text("card,at,amount\n" + "a7,2017-01-02 10:00,5\nb8,2017-01-03 11:00,6\n" * 20)
    (raw / "sales_2.csv").write_text("card,at,amount\n")
    (raw / "note.csv").write_text("remark\nnone\n")
    text, _ = propose(sorted(raw.iterdir()), raw)
    assert "Not used, as there is no row below the titles: sales_2.csv." in text
    assert "Not used, as there is no table with two columns or more: note.csv." in text


@pytest.mark.parametrize(("mistyped", "is_told"), [(10, True), (20, False)])
def test_days_are_lone_as_in_the_build(raw: Path, mistyped: int, is_told: bool) -> None:
    lines = ["a7,2017-01-02 10:00,5", "b8,2017-01-03 11:00,6"] * 500 + ["c9,2071-01-03 11:00,6"] * mistyped
    (raw / "sales.csv").write_text("\n".join(["card,at,amount", *lines]))
    text, _ = propose([raw / "sales.csv"], raw)
    assert (f"{mistyped} of {len(lines):,} lines are dated up to 2071-01-03" in text) == is_told


LINES = "card,at,amount\n" + "a7,2017-01-02 10:00,5\nb8,2017-01-03 11:00,6\n" * 20


def write_months(folder: Path) -> None:
    for month in ("01", "02"):
        (folder / f"month={month}").mkdir(parents=True)
        (folder / f"month={month}" / "sales.csv").write_text(LINES.replace("2017-01", f"2017-{month}"))


def test_files_of_several_folders_elsewhere_are_named_from_the_folder_that_holds_them_all(
    raw: Path, tmp_path: Path
) -> None:
    write_months(tmp_path / "elsewhere")
    (raw / "more.csv").write_text(LINES.replace("2017-01", "2017-03"))
    text, doubts = propose([tmp_path / "elsewhere", raw / "more.csv"], raw)
    assert yaml.safe_load(text)["sales_lines"]["files"] == "month=*/sales.csv"
    said = f"{tmp_path / 'elsewhere'} is not the folder of raw files, {raw}: put month=01/sales.csv and 1 more there"
    assert any(doubt.startswith(said) for doubt in doubts)
    assert "more.csv is not used" in text


@pytest.mark.parametrize("given", ["raw", "elsewhere/../raw", "link"])
def test_a_file_below_the_raw_folder_is_known_however_it_is_named(
    given: str, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_months(raw)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(raw)
    (tmp_path / "dbt_project.yml").symlink_to(ROOT / "dbt_project.yml")
    monkeypatch.chdir(tmp_path)
    text, doubts = propose([tmp_path / given / "month=01" / "sales.csv"], Path("raw"))
    assert yaml.safe_load(text)["sales_lines"]["files"] == "month=01/sales.csv"
    assert "columns that are not used: month" in text
    assert not any("is not the folder of raw files" in doubt for doubt in doubts)


def test_old_line_ends_make_no_endless_line(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (raw / "sales.csv").write_bytes(LINES.replace("\n", "\r").encode())
    monkeypatch.setattr(text_files, "LONGEST_LINE", 100)
    assert text_form(raw / "sales.csv").delimiter == ","
    (raw / "sales.csv").write_bytes(LINES.replace("\n", ";").encode())
    with pytest.raises(InputError, match="has a line of more than"):
        text_form(raw / "sales.csv")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("sales.xlsx", OLE_MAGIC + bytes(600), "sales.xlsx is protected by a password"),
        ("sales.xls", OLE_MAGIC + bytes(600), "a workbook of the old .xls form"),
        ("sales.xlsx", b"PK\3\4" + bytes(600), "sales.xlsx is a broken workbook"),
        ("sales.parquet", LINES.encode(), "sales.parquet is no Parquet file"),
    ],
)
def test_a_file_that_no_build_could_use_is_one_sentence(raw: Path, name: str, content: bytes, said: str) -> None:
    (raw / name).write_bytes(content)
    (raw / "more.csv").write_text(LINES)
    with pytest.raises(InputError, match=said):
        propose([raw], raw)
    (raw / name).write_bytes(b"")
    assert f"no table with two columns or more: {name}." in propose([raw], raw)[0]


def write_orders(raw: Path, n: int = 60) -> None:
    """Two orders a day of each customer, without a time, and their lines."""
    pd.DataFrame({
        "order_id": [f"o{i:04d}" for i in range(n)], "customer_key": [f"c{i // 2 % 20:03d}" for i in range(n)],
        "order_date": [f"2017-01-{i // 2 % 28 + 1:02d}" for i in range(n)],
    }).to_csv(raw / "orders.csv", index=False)  # fmt: skip
    pd.DataFrame({
        "order_id": [f"o{i % n:04d}" for i in range(2 * n)], "product_id": [f"p{i % 7}" for i in range(2 * n)],
        "unit_price": [f"{i % 7 + 1}.25" for i in range(2 * n)], "quantity": [i % 3 + 1 for i in range(2 * n)],
        "discount": [0.25 if i % 5 == 0 else 0 for i in range(2 * n)],
    }).to_csv(raw / "lines.csv", index=False)  # fmt: skip


@pytest.mark.parametrize(("key", "is_list"), [("customer_key", True), ("home_phone", False)])
def test_a_list_of_members_is_one_of_the_customers(raw: Path, key: str, is_list: bool) -> None:
    write_orders(raw)
    values = [f"c{i:03d}" if is_list else f"555-{i}" for i in range(25)]
    people = pd.DataFrame({key: values, "birth_date": "1980-02-03", "email": [f"e{i}@x.com" for i in range(25)]})
    people.to_csv(raw / "people.csv", index=False)
    proposed, text = proposal(raw)
    assert ("members" in proposed) == is_list
    assert ("members: no column of people.csv has the values of customer_key" in text) != is_list
    if is_list:
        assert proposed["members"]["columns"] == {"card_id": key, "birth_date": "birth_date"}


def test_one_moment_in_two_forms_makes_no_order_of_a_receipt(raw: Path) -> None:
    rows = [
        f"a{order % 5},{moment},R{order},{order}.50"
        for order in range(40)
        for moment in (f"2024-05-{order % 28 + 1:02d} 12:30", f"{order % 28 + 1:02d}.05.2024 12:30")
    ]
    (raw / "sales.csv").write_text("\n".join(["card_id,purchased_at,receipt_no,amount", *rows]), encoding="utf-8")
    proposed, text = proposal(raw)
    assert "receipt_no" in proposed["sales_lines"]["columns"]
    assert "orders" not in proposed["sales_lines"]
    assert "several moments" not in text


def test_orders_of_a_day_are_told_apart_by_the_number_in_their_head(raw: Path) -> None:
    write_orders(raw)
    proposed, text = proposal(raw)
    assert proposed["sales_lines"]["orders"] == "receipt"
    assert "30 of 30 days of a customer there are several values of order_id" in text
    # What nothing but a person can say.
    assert "quantity * unit_price knows nothing of discount; where unit_price is the price before it" in text


def test_empty_columns_that_a_spreadsheet_saved_part_no_files(raw: Path) -> None:
    lines = [f"2018-01-{day:02d},c{day % 5},{day}.5" for day in range(1, 29)]
    (raw / "a.csv").write_text("\n".join(["date,card_id,amount", *lines]), encoding="utf-8")
    later = [line.replace("2018-01", "2018-02") + ",," for line in lines]
    (raw / "b.csv").write_text("\n".join(["date,card_id,amount,,", *later]), encoding="utf-8")
    proposed, text = proposal(raw)
    assert proposed["sales_lines"]["files"] == ["a.csv", "b.csv"]
    assert "not used" not in text


@pytest.mark.parametrize(
    ("name", "value"), [("customer_value_total", "{n}.99"), ("2", "{hour:02d}:{n:02d}:39"), ("2", "{n}.99")]
)
def test_neither_money_nor_a_time_of_day_is_taken_for_customers(raw: Path, name: str, value: str) -> None:
    lines = [f"2018-01-{n % 28 + 1:02d},{value.format(n=n % 25 + 10, hour=n % 3 + 10)},{n}.5" for n in range(99)]
    text, _ = write_and_propose(raw, f"date,{name},amount", lines)
    assert "No column looks like card_id" in text


def test_a_file_without_customers_is_not_said_to_lack_a_key(raw: Path) -> None:
    lines = [f"2018-01-{n % 28 + 1:02d},c{n % 9},{n % 17}.5,p{n % 4}" for n in range(60)]
    (raw / "a.csv").write_text("\n".join(["date,card_id,amount,product_id", *lines]), encoding="utf-8")
    others = [f"2018-02-{n % 28 + 1:02d},{n % 13}.5,p{n % 4}" for n in range(40)]
    (raw / "b.csv").write_text("\n".join(["date,amount,product_id", *others]), encoding="utf-8")
    _, text = proposal(raw)
    assert "b.csv is not used: it has no card_id, as a.csv has and a build needs" in text


def test_sales_lines_under_other_names_are_told_with_both_names(raw: Path) -> None:
    rows = [f"c{n % 9},2018-01-{n % 28 + 1:02d},{n % 17}.5" for n in range(60)]
    (raw / "2018.csv").write_text("\n".join(["card_no,date,amount", *rows]), encoding="utf-8")
    rows = [f"c{n % 9},2019-01-{n % 28 + 1:02d},{n % 17}.5" for n in range(40)]
    (raw / "2019.csv").write_text("\n".join(["Customer No,Date,Total", *rows]), encoding="utf-8")
    _, text = proposal(raw)
    assert "2019.csv is not used: it may be sales lines under other names" in text
    assert "card_id: [card_no, Customer No]" in text
    assert "amount: [amount, Total]" in text


@pytest.mark.parametrize(
    ("paid", "is_amount"),
    [
        (lambda n: n * (9 if n % 3 == 0 else 10), True),
        # It tells nothing more; a cost is less in every line; what grows besides is something else.
        (lambda n: n * 10, False),
        (lambda n: n * 6, False),
        (lambda n: n * (11 if n % 3 == 0 else 10), False),
    ],
)
def test_a_column_that_is_the_product_but_for_discounts_is_the_amount(
    raw: Path, paid: Callable[[int], int], is_amount: bool
) -> None:
    lines = [f"2018-01-{n:02d},c{n % 5},{n},10.00,{paid(n):.2f}" for n in range(1, 29)]
    text, _ = write_and_propose(raw, "date,card_id,quantity,unit price,xyz", lines)
    proposed = yaml.safe_load(text)["sales_lines"]
    assert (proposed["columns"].get("amount") == "xyz") == is_amount
    assert (proposed.get("amount") == "quantity * unit_price") != is_amount
    assert ("xyz is quantity * unit price in 19 of 28 lines and less in 9" in text) == is_amount


def test_the_minus_of_an_exponent_is_no_return(raw: Path) -> None:
    lines = [f"2018-01-{n:02d},c{n % 5},{'2.2e-16' if n % 7 == 0 else n}" for n in range(1, 29)]
    text, _ = write_and_propose(raw, "date,card_id,amount", lines)
    assert "values below zero" not in text


def test_a_price_list_names_its_currency_whatever_the_till_took(raw: Path) -> None:
    lines = [f"a{n % 4},2018-01-{n:02d},{n}.50,{('EUR', 'USD')[n % 2]}" for n in range(1, 29)]
    text, _ = write_and_propose(raw, "card_id,date,amount USD,currency", lines)
    proposed = yaml.safe_load(text)
    assert (proposed["currency"], "currency" in proposed["sales_lines"]["columns"]) == ("USD", False)
    assert "a guess from the name of amount USD, though currency has" in text


def write_orders_with_a_currency(raw: Path, *, of_order_only: str = "") -> None:
    """Orders of three lines, every fifth in USD, of which the first alone has the currency and what else is named."""
    rows = [
        {
            "Name": f"#{order}", "Email": f"a{order % 5}@x.de", "Created at": f"2024-05-{order % 28 + 1:02d} 12:30",
            "Currency": "USD" if order % 5 == 0 else "EUR", "Lineitem name": f"item {line}",
            "Lineitem quantity": "1", "Lineitem price": f"{line + order % 7}.50",
        } | ({name: "" for name in ("Currency", *of_order_only.split(", ")) if name} if line else {})
        for order in range(1, 31) for line in range(3)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(raw / "orders.csv", index=False)


@pytest.mark.parametrize("of_order_only", ["", "Name, Email, Created at"])
def test_a_currency_on_the_first_line_of_an_order_holds_for_the_next(
    raw: Path, classifier: Classifier, of_order_only: str
) -> None:
    write_orders_with_a_currency(raw, of_order_only=of_order_only)
    proposed, text = proposal(raw)
    assert "Currency" in proposed["sales_lines"]["fill_down"]
    assert ("60 of 90 lines have goods but no Currency" in text) == (of_order_only == "")
    assert "currency: Currency has EUR (24 lines), USD (6 lines), and 60 lines have none" in text
    (raw.parent / "chosen.yml").write_text(f"currency: EUR\n{text}", encoding="utf-8")
    classifier.classify(raw, str(raw.parent / "chosen.yml"))
    counted = "select currency, reason, count(*) from marts.sales_lines group by all order by 1"
    assert classifier.query(counted) == [("EUR", None, 72), ("USD", "other_currency", 18)]


def test_a_currency_that_is_missing_elsewhere_is_not_that_of_the_line_above(raw: Path) -> None:
    write_orders_with_a_currency(raw)
    frame = pd.read_csv(raw / "orders.csv", dtype=str)
    # In any order, the line above is one of another order.
    frame.sort_values("Lineitem name").to_csv(raw / "orders.csv", index=False)
    proposed, text = proposal(raw)
    assert "fill_down" not in proposed["sales_lines"]
    assert "60 lines have none, which count as the retailer's own where fill_down does not name Currency" in text


@pytest.mark.parametrize(
    ("name", "back", "sold"),
    [
        ("doc_type", "CN", "INV"), ("Document Type", "C/N", "Invoice"), ("type", "CN", "INV"), ("Belegtyp", "GS", "RE"),
        ("Type de document", "AV", "Facture"), ("Tipo documento", "NC", "Fattura"), ("voucher_type", "CRN", "SINV"),
    ],
)  # fmt: skip
def test_documents_of_what_was_taken_back_are_no_sales(raw: Path, name: str, back: str, sold: str) -> None:
    lines = [f"2018-01-{n:02d},c{n % 5},{n}.5,{back if n % 4 == 0 else sold}" for n in range(1, 29)]
    text, _ = write_and_propose(raw, f"date,card_id,amount,{name}", lines)
    assert yaml.safe_load(text)["sales_lines"]["cancelled"] == {"column": name, "pattern": [back]}
    assert f"cancelled: {back} (7 lines) in {name} are taken for no sales; {sold} (21) count" in text


@pytest.mark.parametrize(
    ("name", "values"),
    [("country", "CN,RE,FR,GS"), ("type", "CN,DE"), ("way", "Invoice,Credit"), ("doc_type", "CN,XX"),
     ("payment", "Rechnung,PayPal")],
)  # fmt: skip
def test_short_words_of_documents_mean_nothing_elsewhere(raw: Path, name: str, values: str) -> None:
    kinds = values.split(",")
    lines = [f"2018-01-{n:02d},c{n % 5},{n}.5,{kinds[n % len(kinds)]}" for n in range(1, 29)]
    text, _ = write_and_propose(raw, f"date,card_id,amount,{name}", lines)
    assert "cancelled" not in yaml.safe_load(text)["sales_lines"]
    assert ("all are taken for sales" in text) == (name == "doc_type")


def write_people(raw: Path, keys: list[str], more: str = "") -> None:
    """Sales of 20 addresses, and a list of people with the given ones."""
    rows = [f"{n},c{n % 20}@x.de,2018-01-{n % 28 + 1:02d},{n}.5" for n in range(99)]
    (raw / "sales.csv").write_text("\n".join(["id,email,date,amount", *rows]), encoding="utf-8")
    rows = [f"{n},{key},1980-01-{n % 28 + 1:02d},F" for n, key in enumerate(keys)]
    (raw / "people.csv").write_text("\n".join([f"{more or 'row'},Email,birth_date,gender", *rows]), encoding="utf-8")


def test_keys_in_other_capital_letters_name_the_setting(raw: Path) -> None:
    write_people(raw, [f"C{n}@X.de" for n in range(25)])
    proposed, text = proposal(raw)
    assert "members" not in proposed
    assert (
        "people.csv is not used: its Email has the values of email in other capital letters: write fold_case: true, "
        "and name it under members with card_id: Email"
    ) in text
    assert "zeros before a number" not in text
    # Where some are written alike.
    write_people(raw, [f"{'cC'[n % 2]}{n}@x.de" for n in range(25)])
    proposed, text = proposal(raw)
    assert "members" in proposed
    assert "10 of the 20 customers of the sales lines are in people.csv (20 with fold_case: true)" in text
    write_people(raw, [f"a{n}@x.de" for n in range(25)])
    assert "fold_case: true" not in proposal(raw)[1]


@pytest.mark.parametrize("first", ["row", "id"])
def test_a_list_of_people_whose_key_repeats_is_not_used_for_that(raw: Path, first: str) -> None:
    write_people(raw, [f"c{n % 20}@x.de" for n in range(60)], first)
    _, text = proposal(raw)
    assert "people.csv is not used: its Email repeats, 60 rows for 20 customers: keep one row of each" in text


@pytest.mark.parametrize("block", [1 << 22, 100])
def test_formulas_whose_results_are_not_stored_are_named(
    raw: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "BLOCK_BYTES", block)
    book = Workbook()
    book.active.title = "Sales"
    book.active.append(["card_id", "date", "quantity", "price", "amount"])
    for n in range(1, 29):
        amount = f"=C{n + 1}*D{n + 1}" if n > 10 else n * 1.5
        book.active.append([f"c{n % 5}", f"2018-01-{n:02d}", n, 1.5, amount])
    book.save(raw / "sales.xlsx")
    said = "sales.xlsx, Sales: 18 formulas, the first in E12, have no stored result, so that their cells are empty"
    assert said in proposal(raw)[1]


def test_an_empty_text_is_the_result_of_a_formula(raw: Path) -> None:
    book = Workbook()
    book.active.append(["card_id", "date", "amount", "remark"])
    for n in range(1, 29):
        book.active.append([f"c{n % 5}", f"2018-01-{n:02d}", n * 1.5, '=IF(C1="","x","")'])
    book.save(raw.parent / "sales.xlsx")
    # As spreadsheets write it.
    with ZipFile(raw.parent / "sales.xlsx") as made, ZipFile(raw / "sales.xlsx", "w") as saved:
        for part in made.namelist():
            saved.writestr(part, made.read(part).replace(b'"><f>', b'" t="str"><f>').replace(b"<v />", b"<v></v>"))
    assert "stored result" not in proposal(raw)[1]


@pytest.mark.parametrize(
    ("role", "name"),
    [
        *(("receipt_no", name) for name in ("Bon-Nr", "bonnr", "Kassenbon-Nr.", "Quittungsnummer")),
        *(("product_code", name) for name in ("item_no", "Item No.", "Item Number", "product_number", "Art.-Nr.")),
        ("till_no", "Kassen-Nr"),
    ],
)
def test_short_names_of_columns_are_known(raw: Path, role: str, name: str) -> None:
    lines = [f"2018-01-{n:02d},c{n % 5},{n}.5,{1000 + n // 2}" for n in range(1, 29)]
    text, _ = write_and_propose(raw, f"date,card_id,amount,{name}", lines)
    assert yaml.safe_load(text)["sales_lines"]["columns"].get(role) == name


@pytest.mark.parametrize("name", ["Line Item No.", "order_item_number"])
def test_the_number_of_a_line_is_no_product(raw: Path, name: str) -> None:
    lines = [f"2018-01-{n:02d},c{n % 5},{n}.5,{n % 3 + 1}" for n in range(1, 29)]
    text, _ = write_and_propose(raw, f"date,card_id,amount,{name}", lines)
    assert "product_code" not in yaml.safe_load(text)["sales_lines"]["columns"]


@pytest.mark.parametrize(
    ("number", "paid", "said"),
    [
        ("Name", "R{n}", "Total is the same in one line only of 14 of 14 orders with several lines, so it is that of"),
        ("Name", "", "Total is the same in one line only of 14 of 14 orders with several lines, so it is that of"),
        ("Remark", "R{n}", "14 of 28 lines with Quantity and Price have no Total, as where it is that of the order"),
    ],
)
def test_a_payment_is_no_order_and_its_amount_not_that_of_its_lines(
    raw: Path, number: str, paid: str, said: str
) -> None:
    rows = [
        f"#{n // 2},Cup,c{n % 5},2018-01-{n // 2 + 1:02d},{n % 3 + 1},1{n}.50,"
        + (f"{n}9.00,{paid.format(n=n) or 'R1' * (n > 20)}" if n % 2 == 0 else ",")
        for n in range(28)
    ]
    text, _ = write_and_propose(raw, f"{number},Item,card_id,date,Quantity,Price,Total,Payment ID", rows)
    sales = yaml.safe_load(text)["sales_lines"]
    assert sales["columns"]["receipt_no"] == ("Name" if number == "Name" else "Payment ID")
    assert (sales["amount"], "amount" in sales["columns"]) == ("quantity * unit_price", False)
    assert said in text


@pytest.mark.parametrize(
    ("key", "of_lines", "of_others", "found"),
    [
        # Titles of all that an order has.
        ("order_id", "item", "product_name", {"product_name": "item"}),
        # A style has several articles.
        ("article_id", "article_id", "product_code", {"product_code": "article_id"}),
        # But a list of products knows their names.
        ("product_id", "name", "product_name", {"product_code": "product_id"}),
    ],
)
def test_what_a_line_says_of_its_product_goes_before_what_others_say(
    raw: Path, key: str, of_lines: str, of_others: str, found: dict
) -> None:
    names = dict.fromkeys([key, of_lines])
    lines = [f"c{n % 5},2018-01-{n % 28 + 1:02d},{n}.5," + ",".join(f"x{n % 20}" for _ in names) for n in range(60)]
    others = [f"x{n},y{n % 7}" for n in range(20)]
    (raw / "others.csv").write_text("\n".join([f"{key},{of_others}", *others]), encoding="utf-8")
    (raw / "sales.csv").write_text("\n".join([",".join(["card_id,date,amount", *names]), *lines]), encoding="utf-8")
    sales = proposal(raw)[0]["sales_lines"]
    assert {role: column for role, column in sales["columns"].items() if role.startswith("product")} == found
    if key == "product_id":
        assert sales["joins"][0]["columns"] == {"product_name": "product_name"}


@pytest.mark.parametrize(
    ("header", "price", "is_of_lines", "said"),
    [
        ("quantity,price,category", lambda kind, pieces: kind * pieces, True, "in 6 of 6 values of category, so it is"),
        ("quantity,price,category", lambda kind, pieces: kind, False, ""),
        ("quantity,price,colour", lambda kind, pieces: kind, False, "too few products are sold in several quantities"),
        # Where nothing but the price has the name of an amount.
        ("amount,sales_price,sku", lambda kind, pieces: kind * pieces, True, "in 6 of 6 values of sku, so it is"),
        ("amount,sales_price,sku", lambda kind, pieces: kind, False, ""),
        ("amount,sales_price,colour", lambda kind, pieces: kind, True, "sales_price may be the price of one piece"),
    ],
)
def test_values_tell_the_price_of_a_piece_from_that_of_a_line(
    raw: Path, header: str, price: Callable[[int, int], int], is_of_lines: bool, said: str
) -> None:
    rows = [
        f"c{n % 5},2018-01-{n % 28 + 1:02d},{pieces},{price(kind, pieces) * 7 + 1}.00,k{kind}"
        for n in range(90)
        for kind, pieces in [(n % 6 + 1, n % 4 + 1)]
    ]
    text, doubts = write_and_propose(raw, f"card_id,date,{header}", rows)
    sales = yaml.safe_load(text)["sales_lines"]
    assert ("amount" in sales["columns"]) == is_of_lines
    assert ("amount" in sales) != is_of_lines
    assert any(said in doubt for doubt in doubts) if said else not any("price" in doubt for doubt in doubts)


@pytest.mark.parametrize(
    ("order", "user", "said"),
    [
        ("o", "u", ""),
        (
            "x",
            "u",
            "20 of 60 rows of lines.csv do not find their order_id in orders.csv, and so have no card_id and no",
        ),
        ("o", "x", "10 of 30 rows of orders.csv do not find their user_no in users.csv, and so have no card_id."),
        ("o", "U", "card_id; of these 10 differ in capital letters only: write both files in one way"),
    ],
)
def test_lines_that_find_no_customer_in_a_joined_table_are_counted(raw: Path, order: str, user: str, said: str) -> None:
    """Every third order is called so in its lines, and every third user in the orders."""
    lines = [f"{order if n % 3 == 0 else 'o'}{n % 30},p{n % 7},{n}.5" for n in range(60)]
    orders = [f"o{n},{user if n % 3 == 0 else 'u'}{n % 15},2018-01-{n % 28 + 1:02d}" for n in range(30)]
    users = [f"u{n},C{n}" for n in range(15)]
    for name, header, rows in (
        ("lines", "order_id,sku,amount", lines),
        ("orders", "order_id,user_no,date", orders),
        ("users", "user_no,customer_id", users),
    ):
        (raw / f"{name}.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    text = proposal(raw)[1]
    assert said in text if said else "do not find" not in text


@pytest.mark.parametrize(
    ("name", "shared", "said"),
    [
        ("receipt_no", 10, "share 10 equal lines in all columns with a place, of 10 and 10 on the days of both"),
        ("remark", 10, "share 10 equal lines, of 10 and 10 on the days of both: do they overlap?"),
        ("remark", 0, ""),
    ],
)
def test_files_overlap_that_share_the_lines_of_some_days(raw: Path, name: str, shared: int, said: str) -> None:
    def lines(days: range, cents: int) -> str:
        rows = [
            f"c{n},2018-{day // 28 + 1:02d}-{day % 28 + 1:02d},R{n + day},{n}.{5 if shared and day in both else cents}"
            for day in days
            for n in range(2)
        ]
        return "\n".join([f"card_id,date,{name},amount", *rows])

    both = range(195, 200)
    (raw / "a.csv").write_text(lines(range(200), 1), encoding="utf-8")
    (raw / "b.csv").write_text(lines(range(195, 330), 2), encoding="utf-8")
    proposed, text = proposal(raw)
    assert proposed["sales_lines"].get("overlapping", False) == bool(shared)
    assert said in text if said else "overlap" not in text


@pytest.mark.parametrize(
    ("header", "values", "said"),
    [
        ("amount", "0.0{n}4", "28 of 28 values of amount are so small that they change by more than 1%"),
        ("amount", "{n}.0{n}4", ""),
        # Many pieces of little.
        ("quantity,unit_price", "1000,0.00{n}4", ""),
        ("quantity,unit_price", "1,0.00{n}4", "28 of 28 values of unit_price * quantity are so small"),
        ("amount_cents", "{n}", "in_hundredths: amount_cents counts hundredths by its name, so amounts are divided"),
        ("Amount (pence)", "{n}.50", ""),
        ("Preis,Refunded Amount", "{n}.5,{n}.25", "order_refund: Refunded Amount has 413.00 in 28 rows, taken off"),
        ("金额,订单已退款金额", "{n}.5,{n}.25", "order_refund: 订单已退款金额 has 413.00 in 28 rows, taken off"),
        ("Preis,Refunded Amount", "{n}.5,0.00", ""),
        ("Preis,Refunded Quantity", "{n}.5,{n}", ""),
    ],
)
def test_amounts_too_small_or_given_back_are_doubtful(raw: Path, header: str, values: str, said: str) -> None:
    lines = [f"c{n % 5},2018-01-{n:02d},{values.format(n=n)}" for n in range(1, 29)]
    text, doubts = write_and_propose(raw, f"card_id,date,{header}", lines)
    assert said in text
    assert said or not any(word in doubt for doubt in doubts for word in ("small", "hundredths", "refund"))
    assert yaml.safe_load(text)["sales_lines"].get("in_hundredths", False) == ("hundredths" in said)


def test_discounts_and_refunds_of_a_joined_table_are_those_of_the_orders(raw: Path) -> None:
    write_orders(raw)
    orders = pd.read_csv(raw / "orders.csv", dtype=str).assign(Discounts="2.5", refund_amount=range(60))
    orders.to_csv(raw / "orders.csv", index=False)
    proposed, text = proposal(raw)
    [join] = proposed["sales_lines"]["joins"]
    assert {"order_discount": "Discounts", "order_refund": "refund_amount"}.items() <= join["columns"].items()
    assert "order_discount: Discounts is taken off quantity * unit_price; where unit_price is the price after" in text
    assert "refund_amount has 1,770.00 in 59 rows, taken off their orders" in text


UNSURE = "where price is the price after it, leave it out"


@pytest.mark.parametrize(
    ("discounts", "total", "role", "said"),
    [
        # Of lines here and there, on the first line alone, on all lines.
        (["{n}", "0", "{n}"], "", "line_discount", UNSURE),
        (["{n}", "", ""], "", "order_discount", UNSURE),
        (["{n}", "{n}", "{n}"], "", "order_discount", UNSURE),
        (["{n}", "{n}", "{n}"], "{rest}", "order_discount", "so total comes out in 30 of 30 orders that have one"),
        (["{n}", "{n}", "{n}"], "30", None, "total is quantity * price in 30 of 30 orders with discount"),
        (["0.1", "0", "0.2"], "", None, "quantity * price knows nothing of discount"),
    ],
)
def test_a_discount_is_that_of_the_line_or_of_the_order(
    raw: Path, discounts: list[str], total: str, role: str | None, said: str
) -> None:
    lines = []
    for order in range(30):
        n = order % 3 + 2
        head = f"o{order},c{order % 5},2018-01-{order % 28 + 1:02d},1"
        lines += [
            f"{head},{9 + line},{discount.format(n=n)},{total.format(rest=30 - n)}"
            for line, discount in enumerate(discounts)
        ]
    write_and_propose(raw, "order_no,card_id,date,quantity,price,discount,total", lines)
    proposed, text = proposal(raw)
    columns = proposed["sales_lines"]["columns"]
    assert [name for name in ("line_discount", "order_discount") if name in columns] == ([role] if role else [])
    assert said in text


@pytest.mark.parametrize(("total", "is_taken"), [("{rest}", True), ("30", False), ("", False)])
def test_a_discount_comes_off_amounts_only_where_those_of_the_orders_show_it(
    raw: Path, total: str, is_taken: bool
) -> None:
    lines = [
        f"o{order},c{order % 5},2018-01-{order % 28 + 1:02d},{9 + line},{'' if line else n},{total.format(rest=30 - n)}"
        for order in range(30)
        for n in [order % 3 + 2]
        for line in range(3)
    ]
    text, _ = write_and_propose(raw, "order_no,card_id,date,line amount,discount,order total", lines)
    columns = yaml.safe_load(text)["sales_lines"]["columns"]
    assert columns["amount"] == "line amount"
    assert ("order_discount" in columns) == is_taken
    assert ("is taken off line amount; so order total comes out in 30 of 30 orders" in text) == is_taken


def test_a_refund_of_each_line_is_left_to_a_person(raw: Path) -> None:
    orders = [(order, f"o{order},c{order % 5},2018-01-{order % 28 + 1:02d},10") for order in range(30)]
    lines = [f"{head},{line * order}" for order, head in orders for line in range(3)]
    text, _ = write_and_propose(raw, "order_no,card_id,date,amount,refund", lines)
    assert "returns: refund has 1,305.00 in 58 rows; refunds of lines are not taken off" in text
    assert "order_refund" not in yaml.safe_load(text)["sales_lines"]["columns"]


def test_a_discount_beside_what_is_filled_down_is_that_of_the_order(raw: Path) -> None:
    lines = []
    for order in range(30):
        lines += [f"o{order},c{order % 5},2018-01-{order % 28 + 1:02d},tea,1,10,{order % 3 + 2}", ",,,cup,1,10,"]
    text, _ = write_and_propose(raw, "order_no,card_id,date,product,quantity,price,discount", lines)
    proposed = yaml.safe_load(text)["sales_lines"]
    assert proposed["fill_down"]
    assert proposed["columns"]["order_discount"] == "discount"


@pytest.mark.parametrize(
    ("name", "value", "is_points"),
    [
        ("积分", "{n}", True), ("会员返积分", "{n}", True), ("买家支付积分", "{n}", False),
        ("points_used", "{n}", False), ("points", "0", False), ("积分", "0.00", False),
    ],
)  # fmt: skip
def test_points_that_are_spent_or_all_zero_are_none(raw: Path, name: str, value: str, is_points: bool) -> None:
    lines = [f"c{n % 5},2018-01-{n:02d},{n}.5,{value.format(n=n)}" for n in range(1, 29)]
    text, _ = write_and_propose(raw, f"card_id,date,amount,{name}", lines)
    assert ("points" in yaml.safe_load(text)["sales_lines"]["columns"]) == is_points
    assert ("points: points has the name, but nothing except zeros" in text) == ((name, value) == ("points", "0"))


def test_codes_of_ages_that_tell_no_years_are_asked_for(raw: Path) -> None:
    lines = [f"c{n % 9},2018-01-{n:02d},{n}.5,{'ABCDE'[n % 9 % 5]}" for n in range(1, 29)]
    text, _ = write_and_propose(raw, "card_id,date,amount,age group", lines)
    assert "members" not in yaml.safe_load(text)
    assert "age_band: age group has B (7), A (6), C (6), D (6), E (3), which tell no years; where you know" in text
    retailer = raw.parent / "shop.yml"
    members = "{files: sales.csv, columns: {card_id: card_id, age_band: age group}, codes: {age_band: {}}}"
    retailer.write_text(f"members: {members}\n{text}", encoding="utf-8")
    with pytest.raises(InputError, match="codes must say which raw values of age_band are young, middle and senior"):
        read_retailer(str(retailer))


def test_of_two_columns_that_mark_as_many_lines_the_status_says_so(raw: Path) -> None:
    lines = [f"c{n % 5},2018-01-{n:02d},{n}.5,{'Returned' if n % 4 else ''},{'Refund' if n % 4 else 'Payment'}"
             for n in range(1, 29)]  # fmt: skip
    text, _ = write_and_propose(raw, "card_id,date,amount,Notes,Event Type", lines)
    assert yaml.safe_load(text)["sales_lines"]["cancelled"] == {"column": "Event Type", "pattern": ["Refund"]}


def test_states_of_a_joined_table_are_counted_in_its_rows(raw: Path) -> None:
    write_orders(raw)
    orders = pd.read_csv(raw / "orders.csv", dtype=str).assign(status=["canceled", "sent", "sent"] * 20)
    orders.to_csv(raw / "orders.csv", index=False)
    assert "cancelled: canceled (20 rows) in status of orders.csv are taken for no sales" in proposal(raw)[1]


@pytest.mark.parametrize(
    ("name", "value", "is_name"),
    [
        ("Customer", "Kim Lee{n}", True), ("customer", "Müller, Jan-Ole{n}", True), ("收货人姓名", "张三{n}", True),
        ("Customer", "c{n}@x.de", False), ("Customer", "K {n}", False), ("会员名", "张三{n}", False),
        ("收货人", "张三{n}", True), ("收货人手机", "1380000000{n}", False),
    ],
)  # fmt: skip
def test_names_of_people_as_keys_are_doubtful(raw: Path, name: str, value: str, is_name: bool) -> None:
    lines = [f'"{value.format(n=n % 5)}",2018-01-{n:02d},{n}.5' for n in range(1, 29)]
    text, _ = write_and_propose(raw, f"{name},date,amount", lines)
    assert yaml.safe_load(text)["sales_lines"]["columns"]["card_id"] == name
    assert ("customers of the same name count as one" in text) == is_name


def test_of_numbers_without_a_name_those_of_pieces_are_the_fewest(raw: Path) -> None:
    lines = [f"{n % 60:05d} {n % 60 + 400:05d} 199703{n % 28 + 1:02d} {n % 5 + 1} {n % 90 + 1}.75" for n in range(900)]
    (raw / "sales.txt").write_text("\n".join(lines), encoding="utf-8")
    columns = proposal(raw)[0]["sales_lines"]["columns"]
    assert columns == {"card_id": "1", "purchased_at": "3", "quantity": "4", "amount": "5"}
