"""Valid files, damaged at random places: either one clear sentence, or every character is in one row of the account."""

import csv
import json
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from conftest import QUICK_FIT, ROOT, Classifier, Job
from xlsxwriter import Workbook

from segmentation.demo import MEMBER_HEADER, write_demo
from segmentation.errors import InputError

pytestmark = pytest.mark.slow

MEMBERS, SALES = "cumcm2018c1.xlsx", "cumcm2018c2.csv"
INSERTED = [
    *(b'"', b'""', b'"\n"', b",", b";", b"\n", b"\r\n", b"\r", b"\n\n", b"\t", b" ", b"\\", b"'", b"-", b"\0", b"\x1a"),
    *(b"\xff", b"\xef\xbb\xbf", "，".encode(), "Ａ".encode(), "中".encode("gb18030"), b"=1+1", b"NaN", b"1e999"),
    *(b"1e308", b"10000000000000000", b"-0", b"9" * 40, b"'); drop table raw.sales_lines; --"),
]
CELLS = [
    *("", " ", "NaN", "inf", "2015/1/2", "20150102", "42006", "9880-01-01", "2010-01-01 00:00:00.123", "000186fa"),
    *("１２", "a\tb", "女", "=A1", "x" * 1000, 0, 1, -1, 1.5, 1e300, 42006.5, True),
]
# The account leaves out what belongs to the form of a csv file and not to its contents.
FORM = str.maketrans("", "", '",\r\n\ufeff')


def damage(content: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        at = chance.randrange(len(content))
        length = chance.choice([1, 1, 3, 40])
        kind = chance.randrange(5)
        if kind == 0:
            content = content[:at] + chance.choice(INSERTED) + content[at:]
        elif kind == 1:
            content = content[:at] + content[at + length :]
        elif kind == 2:
            content = content[:at] + chance.randbytes(length) + content[at + length :]
        elif kind == 3:
            content = content[:at] + content[at : at + 200] + content[at:]
        elif chance.random() < 0.1:
            content = content[:at]
    return content


def is_accounted_for(classifier: Classifier, content: bytes) -> bool:
    """Whether the rows, in their order, hold every character of the lines below the header."""
    values = (
        "card_id, purchased_at, product_code, quantity, unit_price, amount, product_name, points, till_no, receipt_no,"
        "counter_code, counter_name"
    )
    rows = classifier.query(
        f"select coalesce(unreadable_text, concat_ws('', {values})) from work.raw.sales_lines order by row_no"
    )
    account = "".join(text for (text,) in rows).translate(FORM)
    lines = content.split(b"\n")
    header = next(number for number, line in enumerate(lines) if line.strip())
    body = b"\n".join(lines[header + 1 :])
    return any(
        "".join(line.decode(encoding, "backslashreplace") for line in body.splitlines(keepends=True)).translate(FORM)
        == account
        for encoding in ("utf-8", "gb18030")
    )


def check_account(classifier: Classifier) -> None:
    for table in ("members", "sales_lines"):
        [(rows, first, last, different)] = classifier.query(
            f"select count(*), min(row_no), max(row_no), count(distinct row_no) from work.raw.{table}"
        )
        assert (first, last, different) == (1, rows, rows)
        [(classified, known)] = classifier.query(
            f"select count(*), count(*) filter (where row_no between 1 and {rows})"
            f" from marts.{'member_rows' if table == 'members' else table}"
        )
        assert classified == known == rows


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("valid")
    write_demo(folder, member_rows=30, sales_lines=200)
    return folder


def outcome(classifier: Classifier, raw: Path) -> str | None:
    """Return the sentence that the user gets, or None where the files were classified."""
    try:
        classifier.classify(raw)
    except InputError as error:
        return str(error)
    return None


@pytest.mark.parametrize("block", range(4))
def test_damaged_sales_lines(
    block: int, valid: Path, classifier: Classifier, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / MEMBERS).write_bytes((valid / MEMBERS).read_bytes())
    sales = (valid / SALES).read_bytes()
    if block % 3 == 2:
        sales = sales.decode().encode("gb18030")
    for seed in range(block, 16 * request.config.getoption("--damaged"), 4):
        content = damage(sales, random.Random(seed))
        (tmp_path / SALES).write_bytes(content)
        problem = outcome(classifier, tmp_path)
        if problem is None:
            check_account(classifier)
            assert is_accounted_for(classifier, content), seed
        else:
            assert SALES in problem, (seed, problem)
            assert "\n" not in problem, seed


def test_damaged_workbooks(valid: Path, classifier: Classifier, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / SALES).write_bytes((valid / SALES).read_bytes())
    workbook = (valid / MEMBERS).read_bytes()
    for seed in range(8 * request.config.getoption("--damaged")):
        (tmp_path / MEMBERS).write_bytes(damage(workbook, random.Random(seed)))
        problem = outcome(classifier, tmp_path)
        if problem is None:
            check_account(classifier)
        else:
            assert MEMBERS in problem, (seed, problem)


def test_odd_cells_of_workbooks(
    valid: Path, classifier: Classifier, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / SALES).write_bytes((valid / SALES).read_bytes())
    for seed in range(4 * request.config.getoption("--damaged")):
        chance = random.Random(seed)
        # A number of 300 digits for a card is refused, as rounded.
        cards = [cell for cell in CELLS if cell != 1e300]
        rows = [
            [chance.choice(cards if name == MEMBER_HEADER[0] else CELLS) for name in MEMBER_HEADER] for _ in range(20)
        ]
        with Workbook(str(tmp_path / MEMBERS), {"nan_inf_to_errors": True, "strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([MEMBER_HEADER, *rows]):
                sheet.write_row(number, 0, row)
        assert outcome(classifier, tmp_path) is None
        check_account(classifier)
        filled = sum(any(cell != "" for cell in row) for row in rows)
        assert classifier.query("select count(*) from work.raw.members") == [(filled,)], seed


# Values that a cell of a whole build may have.
ODD_VALUES = [
    *("", " ", "-0", "0", "0.004", "0.000001", "1e308", "-1e308", "1e999", "NaN", "1" + "0" * 15, "9" * 12, "9" * 40),
    *(
        "-" + "9" * 11,
        "1,5",
        "`¥3.50",
        "$3",
        "'",
        '"',
        "''); drop table marts.orders; --",
        "{{ 1/0 }}",
        "%s",
        "\\",
        "=1+1",
    ),
    *(
        "女",
        "\u200b",
        "two\nlines",
        "x" * 2000,
        "2015-02-30",
        "9999-12-31 23:59:59",
        "1970-01-01",
        "2099-12-31",
        "{found}",
    ),
]
RETAILER = """
currency: CNY
members: {{files: members.csv, columns: {{card_id: card, birth_date: born, gender: sex, registered_at: since}}}}
sales_lines:
  files: sales.csv
  require_points: {require_points}
  columns: {{card_id: card, purchased_at: at, product_code: code, quantity: qty, unit_price: price, amount: paid,
    product_name: name, points: points, till_no: till, receipt_no: receipt, counter_code: counter, counter_name: desk}}
"""
HEADERS = {
    "members": ["card", "born", "sex", "since"],
    "sales": [*("card", "at", "code", "qty", "price", "paid", "name", "points", "till", "receipt", "counter", "desk")],
}
# What leaves little to find when clusters are fitted, for speed.
QUICK = QUICK_FIT | {"cluster_scalings": ["standard", "log_standard"]}


@dataclass
class Population:
    """Who buys what, and with which settings.

    The build must end with the sentence `stops`, where it is not empty; it may end with `may_stop`.
    """

    name: str
    settings: dict[str, object] = field(default_factory=dict)
    cards: int = 12
    lines: int = 50
    amount: int | None = None
    days: int = 300
    returned: float = 0.1
    is_known: bool = True
    require_points: bool = False
    damaged: int = 8
    stops: str = ""
    may_stop: str = ""

    def rows(self, chance: random.Random) -> dict[str, list[list[object]]]:
        cards = [f"{number:08x}" for number in range(self.cards)]
        members = [
            [card, f"19{chance.randrange(30, 99)}-03-11", chance.choice("01"), f"2015-0{chance.randrange(1, 9)}-02"]
            for card in cards
        ]
        sales: list[list[object]] = []
        for number in range(self.lines):
            price = chance.randrange(5, 500) if self.amount is None else self.amount
            sign = -1 if chance.random() < self.returned else 1
            day = chance.randrange(self.days)
            at = f"2016-{1 + day // 28:02}-{1 + day % 28:02} {chance.randrange(8, 22):02}:15:00"
            card = chance.choice(cards) if self.is_known else "ffff0000"
            goods = chance.randrange(6)
            sales.append([card, at, f"p{goods}", sign, price, sign * price, f"n{goods}", 1, 1, number, "c1", "one"])
            if self.returned == 1:
                sales[-1][3:6] = [1, price, price]
                sales.append(
                    [card, at[:10] + " 23:30:00", f"p{goods}", -1, price, -price, "n", -1, 1, number, "c1", "one"]
                )
        for row in chance.sample(sales, min(self.damaged, len(sales))):
            row[chance.randrange(len(row))] = chance.choice(ODD_VALUES)
        for row in chance.sample(members, min(self.damaged, len(members) - 1)):
            row[chance.randrange(1, len(row))] = chance.choice(ODD_VALUES)
        return {"members": members, "sales": sales}


POPULATIONS = [
    Population("usual", require_points=True, damaged=20),
    Population("everything brought back", {"returns": "net"}, returned=1, damaged=0, stops="nobody is a buyer"),
    Population("large and half brought back", {"returns": "net"}, amount=999_999_999_999, returned=0.5, lines=30),
    # One odd amount can be a return of more than all that was bought.
    Population("one member", {"returns": "net", "zero_amounts": "count"}, cards=1, may_stop="nobody is a buyer"),
    Population("all for nothing", {"zero_amounts": "count"}, amount=0),
    Population("nobody known", is_known=False, stops="No line of the sales files is a purchase of a registered member"),
    Population("sixteen digits", lines=11_000, amount=999_999_999_999, stops="add up to 16 digits"),
]


def test_whole_builds_of_damaged_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    # Seconds that the collection of tests would take otherwise.
    from dbt.cli.main import dbtRunner
    from parsed_before import parsed_project, with_settings
    from replay import Recorder, recording

    warehouse = tmp_path / "warehouse.duckdb"
    for name, value in (("WAREHOUSE_PATH", warehouse), ("DBT_TARGET_PATH", tmp_path), ("DBT_LOG_PATH", tmp_path)):
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("RAW_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(ROOT)
    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json"]
    parsed = with_settings(parsed_project(Job.parsed()), QUICK)
    recorders: dict[str, Recorder] = {}

    def problems(population: Population, raw: Path) -> list[str]:
        """The first build of a population is one of dbt, the others do what it has done."""
        monkeypatch.setenv("RAW_DATA_DIR", str(raw))
        if population.name in recorders:
            return recorders[population.name].replay()
        settings = {"retailer": str(raw / "shop.yml"), "max_bad_values": 0.9, **QUICK, **population.settings}
        options = ["--threads", "2", "--selector", "data"]
        with recording(parsed) as recorders[population.name]:
            done = dbtRunner(parsed).invoke([*quiet, "build", *options, "--vars", json.dumps(settings)])
        results = getattr(done.result, "results", [])
        found = [str(result.message) for result in results if result.status in ("error", "fail")]
        if found and not population.stops:
            # What the others would have to do comes after it.
            del recorders[population.name]
        return found or ([str(done.exception)] if done.exception else [])

    first = request.config.getoption("--first")
    for seed in range(first, first + request.config.getoption("--damaged")):
        population = POPULATIONS[seed % len(POPULATIONS)]
        at = f"{population.name}, seed {seed}"
        raw = tmp_path / str(seed % len(POPULATIONS))
        raw.mkdir(exist_ok=True)
        rows = population.rows(random.Random(seed))
        for table, lines in rows.items():
            with (raw / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([HEADERS[table], *lines])
        points = str(population.require_points).lower()
        (raw / "shop.yml").write_text(RETAILER.format(require_points=points), encoding="utf-8")
        before = warehouse.stat() if warehouse.exists() else None
        found = problems(population, raw)
        print(f"{at}: {found or 'whole'}"[:300], flush=True)
        if stops := population.stops or (found and population.may_stop):
            # A sentence of the check that stops, and nothing of what comes after it.
            assert len(found) == 1, (at, found)
            assert re.search(r"Invalid Input Error: [A-Z][^\n]*\.$", found[0].strip()), (at, found)
            assert stops in found[0], (at, found)
            assert (warehouse.stat() if warehouse.exists() else None) == before, at
        else:
            assert not found, (at, found)
            with duckdb.connect(str(warehouse), read_only=True) as connection:
                for table, kept, rejected in (
                    ("members", "marts.member_rows where reason is null", "marts.rejected_members"),
                    ("sales", "marts.vip_info", "marts.rejected_sales_lines"),
                ):
                    query = f"select (select count(*) from {kept}) + (select count(*) from {rejected})"
                    assert connection.execute(query).fetchall() == [(len(rows[table]),)], at
