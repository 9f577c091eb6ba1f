"""Valid files, damaged at random places: either one clear sentence, or every character is in one row of the account."""

import random
from pathlib import Path

import pytest
from conftest import Classifier
from xlsxwriter import Workbook

from segmentation.demo import MEMBER_HEADER, write_demo
from segmentation.errors import InputError

pytestmark = pytest.mark.slow

MEMBERS, SALES = "cumcm2018c1.xlsx", "cumcm2018c2.csv"
INSERTED = [
    *(b'"', b'""', b'"\n"', b",", b";", b"\n", b"\r\n", b"\r", b"\n\n", b"\t", b" ", b"\\", b"'", b"-", b"\0", b"\x1a"),
    *(b"\xff", b"\xef\xbb\xbf", "，".encode(), "Ａ".encode(), "中".encode("gb18030"), b"=1+1", b"NaN", b"1e999"),
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
def test_damaged_sales_lines(block: int, valid: Path, classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / MEMBERS).write_bytes((valid / MEMBERS).read_bytes())
    sales = (valid / SALES).read_bytes()
    if block % 3 == 2:
        sales = sales.decode().encode("gb18030")
    for seed in range(block * 50, block * 50 + 50):
        content = damage(sales, random.Random(seed))
        (tmp_path / SALES).write_bytes(content)
        problem = outcome(classifier, tmp_path)
        if problem is None:
            check_account(classifier)
            assert is_accounted_for(classifier, content), seed
        else:
            assert SALES in problem, (seed, problem)
            assert "\n" not in problem, seed


def test_damaged_workbooks(valid: Path, classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / SALES).write_bytes((valid / SALES).read_bytes())
    workbook = (valid / MEMBERS).read_bytes()
    for seed in range(100):
        (tmp_path / MEMBERS).write_bytes(damage(workbook, random.Random(seed)))
        problem = outcome(classifier, tmp_path)
        if problem is None:
            check_account(classifier)
        else:
            assert MEMBERS in problem, (seed, problem)


def test_odd_cells_of_workbooks(valid: Path, classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / SALES).write_bytes((valid / SALES).read_bytes())
    for seed in range(20):
        chance = random.Random(seed)
        rows = [[chance.choice(CELLS) for _ in MEMBER_HEADER] for _ in range(20)]
        with Workbook(str(tmp_path / MEMBERS), {"nan_inf_to_errors": True, "strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([MEMBER_HEADER, *rows]):
                sheet.write_row(number, 0, row)
        assert outcome(classifier, tmp_path) is None
        check_account(classifier)
        filled = sum(any(cell != "" for cell in row) for row in rows)
        assert classifier.query("select count(*) from work.raw.members") == [(filled,)], seed
