"""Retailers of other shapes than the contest's, built as a whole from a retailer file and made files."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import BUILD, QUERIES, QUICK_FIT, ROOT, Job, example_query
from python_calamine import CalamineWorkbook

from segmentation.charts.drawing import draw_language
from segmentation.exports import write_exports
from segmentation.report.page import write_report

pytestmark = pytest.mark.slow

RECORDS = """
sales_lines:
  files: cdnow.txt
  delimiter: whitespace
  header: false
  columns: {card_id: 1, purchased_at: 2, quantity: 3, amount: 4}
"""

# The worked example of the documentation is the retailer file that is tested.
GROCERY = (ROOT / "docs" / "bring-your-own-data.md").read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]

SHOP = """
currency: GBP
time_zone: Europe/London
sales_lines:
  files: online.csv.zst
  encoding: latin-1
  date_format: "%m/%d/%Y %H:%M"
  recorded_time_zone: UTC
  columns: {card_id: CustomerID, purchased_at: InvoiceDate, receipt_no: InvoiceNo, product_code: StockCode,
    product_name: Description, quantity: Quantity, unit_price: UnitPrice}
  amount: quantity * unit_price
  cancelled: {column: receipt_no, pattern: "C%"}
"""


def write_records(raw: Path) -> None:
    rng = np.random.default_rng(1)
    days = pd.date_range("1997-01-01", "1998-06-30")
    lines = [
        f" {card:05d} {days[day]:%Y%m%d}  {quantity} {price * quantity:7.2f}"
        for card, day, quantity, price in zip(
            rng.integers(1, 120, 900), rng.integers(0, len(days), 900), rng.integers(1, 4, 900),
            rng.gamma(4, 4, 900).round(2), strict=True,
        )
    ]  # fmt: skip
    (raw / "cdnow.txt").write_bytes(
        "\r\n".join(
            [*lines, " 00007 19970105  1    0.00", " 99999 19970105 -1  -20.00", " 00008 20710105  1    9.00", ""]
        ).encode()
    )


def write_grocery(raw: Path) -> None:
    rng = np.random.default_rng(2)
    n, baskets = 1_500, 600
    households = pd.DataFrame({"household_key": range(1, 101)})
    households["AGE_DESC"] = rng.choice(["19-24", "25-34", "35-44", "45-54", "55-64", "65+", None], 100)
    households.to_csv(raw / "households.csv", index=False)
    pd.DataFrame({
        "BASKET_ID": np.arange(baskets) + 26_984_851_472, "household_key": rng.integers(1, 101, baskets),
        "DAY": rng.integers(1, 700, baskets), "STORE_ID": rng.integers(1, 9, baskets),
        "TRANS_TIME": rng.integers(0, 24, baskets) * 100 + rng.integers(0, 60, baskets),
    }).to_csv(raw / "baskets.csv", index=False)  # fmt: skip
    pd.DataFrame({"id": range(40), "name": [f"goods; {i}" for i in range(40)], "aisle": [f"A{i % 5}" for i in range(40)]
    }).to_csv(raw / "products.csv", index=False, sep=";")  # fmt: skip
    pd.DataFrame({
        "BASKET_ID": rng.integers(0, baskets, n) + 26_984_851_472, "PRODUCT_ID": rng.integers(0, 42, n),
        "QUANTITY": rng.integers(0, 5, n), "SALES_VALUE": rng.gamma(2, 2, n).round(2),
    }).to_csv(raw / "lines.csv.gz", index=False)  # fmt: skip


def write_shop(raw: Path) -> None:
    rng = np.random.default_rng(3)
    n = 1_200
    invoices = rng.integers(0, 400, n)
    moments = pd.Timestamp("2010-12-01 08:00") + pd.to_timedelta(invoices * 1_327, "min")
    cancelled = invoices % 9 == 0
    sales = pd.DataFrame({
        "InvoiceNo": np.where(cancelled, "C", "") + (invoices + 536_365).astype(str).astype(object),
        "StockCode": rng.choice(["85123A", "00071", "POST"], n), "Description": "CAF\u00c9 MUG, \u00a31 \"NEW\"",
        "Quantity": np.where(cancelled & (invoices % 2 == 0), -1, 1) * rng.integers(1, 9, n),
        "InvoiceDate": [f"{moment.month}/{moment.day}/{moment.year} {moment:%H:%M}" for moment in moments],
        "UnitPrice": rng.choice(["0.85", "2.555", "12.75"], n),
        "CustomerID": np.where(invoices % 5 == 0, "", (12_346 + invoices % 60).astype(str).astype(object)),
        "Country": "EIRE",
    }).sort_values("InvoiceNo", key=lambda numbers: numbers.str.lstrip("C"))  # fmt: skip
    sales.to_csv(raw / "online.csv", index=False, encoding="latin-1")

    with pa.output_stream(str(raw / "online.csv.zst"), compression="zstd") as file:
        file.write((raw / "online.csv").read_bytes())
    (raw / "online.csv").unlink()


@pytest.fixture(scope="module")
def retailers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    """The warehouses of three retailers, built side by side."""
    jobs = {}
    for name, write, content in (
        ("records", write_records, RECORDS),
        ("grocery", write_grocery, GROCERY),
        ("shop", write_shop, SHOP),
    ):
        folder = tmp_path_factory.mktemp(name)
        (folder / "raw").mkdir()
        write(folder / "raw")
        (folder / f"{name}.yml").write_text(content, encoding="utf-8")
        jobs[name] = Job(folder / "raw", folder)

    def build(name: str) -> str:
        settings = {"retailer": str(jobs[name].out / f"{name}.yml")} | QUICK_FIT
        done = jobs[name].dbt(*BUILD, "--vars", json.dumps(settings))
        return "" if done.returncode == 0 else done.stdout[-3_000:]

    with ThreadPoolExecutor(2) as pool:
        failures = dict(zip(jobs, pool.map(build, jobs), strict=True))
    assert not any(failures.values()), failures
    return jobs


def sums(job: Job, what: str = "count(*), cast(sum(quantity) as double), cast(sum(amount) as double)") -> tuple:
    return job.query(f"select {what} from marts.vip_info")[0]


def test_a_retailer_of_nothing_but_keys_dates_and_amounts(retailers: dict[str, Job]) -> None:
    job = retailers["records"]
    raw = pd.read_csv(job.raw_dir / "cdnow.txt", sep=r"\s+", names=["card", "day", "quantity", "amount"], dtype=str)
    kept = raw[:900].astype({"quantity": int, "amount": float})
    assert sums(job) == (900, kept["quantity"].sum(), pytest.approx(kept["amount"].sum()))
    buyers = job.query("select card_id, l >= r, f, p, s, x from marts.lrfmpsx order by card_id")
    orders = kept.drop_duplicates(["card", "day"]).groupby("card").size()
    assert buyers == [(card, True, n, None, None, None) for card, n in orders.items()]
    assert job.query("select distinct feature from marts.cluster_centers order by 1") == [
        ("f",),
        ("l",),
        ("m",),
        ("r",),
    ]
    assert job.query("select reason, line_no from marts.rejected_sales_lines order by line_no") == [
        ("not_positive", 901),
        ("return", 902),
        ("lone_day", 903),
    ]
    # Who only brought something back is no member; no order is so late as the mistyped year.
    assert job.query("select count(*) from marts.members where card_id = '99999'") == [(0,)]
    assert job.query("select max(day) < '1998-08-01' from marts.dates") == [(True,)]
    assert job.query("select finding, found from marts.findings order by finding_no") == [("lone_days", 1)]
    # Levels are of its own buyers: the bounds of the seed are those of another shop.
    levels = dict(job.query("select amount_level, count(*) from marts.consumers_profile group by amount_level"))
    assert levels == {"high": 11, "medium": 48, "low": 60}

    drawing = draw_language(job.warehouse, job.out, [], "en", with_specialist=True)
    drawn = {path.stem for path in drawing.paths}
    assert {path.parent.name for path in drawing.paths} == {"en", "specialist"}
    texts = dict(job.query("select text_key, text_en from seeds.texts"))
    left_out = {texts[f"file_{key}"] for key in ("birth_decades", "age_bands", "hours")}
    assert not left_out & drawn
    by_features = {texts[f"file_{key}"].format(letters="LRFM") for key in ("segment_means", "silhouette")}
    assert by_features | {texts["file_radar_standard"], texts["file_months"]} <= drawn
    assert all(name in drawing.said for name in left_out)
    *tables, workbook = write_exports(job.warehouse, job.out)
    for path in tables:
        assert pd.read_csv(path, encoding="gb18030").shape[0] in (900, len(buyers))
    header, *listed = CalamineWorkbook.from_path(workbook).get_sheet_by_name("会员 Members").to_python()
    assert "消费积分\nPoints" not in header
    assert {card for card, *_ in listed} == set(orders.index)

    page = (
        write_report(job.warehouse, job.out).read_text(encoding="utf-8").split("<body>")[1].split("const currency")[0]
    )
    assert "Customer segmentation report" in page
    assert not re.search(
        r"points|counter|积分|柜组|gender", re.sub(r"<script>.*?</script>|points_|top_counters", "", page, flags=re.S)
    )


def test_every_example_query_runs_whatever_the_retailer_records(retailers: dict[str, Job]) -> None:
    answered = {name: [bool(job.query(example_query(query))) for query in QUERIES] for name, job in retailers.items()}
    assert sum(answered["records"]) >= 20


def test_baskets_products_and_households_are_joined(retailers: dict[str, Job]) -> None:
    job = retailers["grocery"]
    lines = pd.read_csv(job.raw_dir / "lines.csv.gz")
    baskets = pd.read_csv(job.raw_dir / "baskets.csv").set_index("BASKET_ID")
    lines = lines[(lines["QUANTITY"] > 0) & (lines["SALES_VALUE"] > 0)].join(baskets, on="BASKET_ID")
    assert sums(job) == (len(lines), lines["QUANTITY"].sum(), pytest.approx(lines["SALES_VALUE"].sum()))
    days = pd.Timestamp("2016-01-01") + pd.to_timedelta(lines["DAY"], "D")
    times = pd.to_timedelta(lines["TRANS_TIME"] // 100 * 60 + lines["TRANS_TIME"] % 100, "min")
    assert job.query("select purchased_at from marts.vip_info order by source_file, row_no") == [
        (moment.to_pydatetime(),) for moment in days + times
    ]
    # Two products are not in the list: their lines stay, without a name.
    named = job.query("select product_code, product_name, counter_code from marts.vip_info group by all")
    assert len(named) == 42
    assert set(named) >= {("7", "goods; 7", "A2"), ("41", None, None)}
    households = pd.read_csv(job.raw_dir / "households.csv")
    bands = households["AGE_DESC"].map(
        {"19-24": "young", "25-34": "young", "35-44": "middle", "45-54": "middle", "55-64": "senior", "65+": "senior"}
    )
    assert dict(job.query("from marts.eda_members_by_age_band")) == bands.value_counts().to_dict()


def test_cancelled_invoices_returns_and_nameless_customers_are_told_apart(retailers: dict[str, Job]) -> None:
    job = retailers["shop"]
    with pa.input_stream(str(job.raw_dir / "online.csv.zst"), compression="zstd") as file:
        lines = pd.read_csv(file, encoding="latin-1", dtype={"CustomerID": str, "UnitPrice": float})
    nameless = lines["CustomerID"].isna()
    returned = ~nameless & (lines["Quantity"] < 0)
    cancelled = ~nameless & ~returned & lines["InvoiceNo"].str.startswith("C")
    reasons = dict(job.query("select reason, count(*) from marts.rejected_sales_lines group by reason"))
    assert reasons == {"no_card": nameless.sum(), "return": returned.sum(), "cancelled": cancelled.sum()}
    kept = lines[~nameless & ~returned & ~cancelled]
    amounts = (kept["Quantity"] * kept["UnitPrice"] + 1e-9).round(2)
    assert sums(job) == (len(kept), kept["Quantity"].sum(), pytest.approx(amounts.sum()))
    # In summer London is an hour ahead of the UTC that the file is written in.
    local = (
        pd.to_datetime(kept["InvoiceDate"]).dt.tz_localize("UTC").dt.tz_convert("Europe/London").dt.tz_localize(None)
    )
    assert sums(job, "min(purchased_at), max(purchased_at)") == (local.min(), local.max())
    assert job.query("select distinct product_name from marts.vip_info") == [('CAF\u00c9 MUG, \u00a31 "NEW"',)]
