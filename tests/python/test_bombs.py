"""Small files that would become huge: each ends with one sentence, within bounded memory."""

import gzip
import random
import re
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import input_problem
from xlsxwriter import Workbook

from segmentation.errors import InputError
from segmentation.inspection import propose
from segmentation.yaml_text import read_yaml

HEADER = "card,at,paid\n"
# In KiB.
BOUND = 400 << 10


def packed_line(folder: Path) -> None:
    with gzip.open(folder / "sales.csv", "wb", compresslevel=1) as file:
        for _ in range(100):
            file.write(bytes(1 << 20))


def packed_lines(folder: Path) -> None:
    with gzip.open(folder / "sales.csv", "wb", compresslevel=9) as file:
        file.write(HEADER.encode())
        for _ in range(100):
            file.write(b"a,2017-01-01,1\n" * 70_000)


def packed_in_packed(folder: Path) -> None:
    inner = folder / "inner.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sales.csv", bytes(1 << 27))
    with zipfile.ZipFile(folder / "sales.csv", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inner, "sales.zip")
    inner.unlink()


def endless_field(folder: Path) -> None:
    (folder / "sales.csv").write_text(HEADER + 'a,2017-01-01,1\nb,2017-01-01,"' + "9" * (1 << 25))


def many_columns(folder: Path) -> None:
    (folder / "sales.csv").write_text(HEADER.strip() + ",x" * 1_000_000 + "\n" + "1," * 1_000_000 + "1\n")


def one_sheet(folder: Path, name: str, change: Callable[[str], bytes]) -> None:
    """Write a workbook of which one part is changed, whatever the archive says of its size."""
    plain = folder / "plain.xlsx"
    with Workbook(str(plain)) as book:
        for number, row in enumerate((HEADER.strip().split(","), ["a" * 600, "2017-01-01", "1"])):
            book.worksheets() or book.add_worksheet()
            book.worksheets()[0].write_row(number, 0, row)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(folder / "sales.xlsx", "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, change(content.decode()) if part == name else content)
    plain.unlink()


def endless_sheet(folder: Path) -> None:
    part = "xl/worksheets/sheet1.xml"
    one_sheet(folder, part, lambda text: text.replace("</sheetData>", " " * (1 << 27) + "</sheetData>").encode())


def endless_shared_texts(folder: Path) -> None:
    part = "xl/sharedStrings.xml"
    one_sheet(folder, part, lambda text: text.replace("</sst>", f"<si><t>{'x' * (1 << 27)}</t></si></sst>").encode())


def lying_sizes(folder: Path) -> None:
    endless_shared_texts(folder)
    path = folder / "sales.xlsx"
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/sharedStrings.xml").file_size
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))


def repeated_text(folder: Path) -> None:
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="s"><v>3</v></c><c r="B{row}"><v>{row * 7919 % 10007}</v></c></row>'
        for row in range(3, 40_000)
    )
    one_sheet(
        folder, "xl/worksheets/sheet1.xml", lambda text: text.replace("</sheetData>", f"{rows}</sheetData>").encode()
    )
    path = folder / "sales.xlsx"
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace(b"a" * 600, b"a" * 32_000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


BOMBS = {
    packed_line: "has a line of more than 16 MB",
    packed_lines: "unpacks to more than 200 times its size",
    packed_in_packed: "has no column card",
    endless_field: "has a line of more than 16 MB",
    many_columns: "has 1,000,003 columns",
    endless_sheet: "unpacks to more than 200 times its size",
    endless_shared_texts: "unpacks to more than 200 times its size",
    lying_sizes: "unpacks to more than 200 times its size|is a broken workbook",
    repeated_text: "repeats texts of up to 32,0",
}


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.__name__)
def test_a_small_file_that_becomes_huge_costs_little(bomb: Callable[[Path], None], tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    bomb(raw)
    [path] = raw.iterdir()
    retailer = tmp_path / "shop.yml"
    retailer.write_text(
        f"sales_lines: {{files: {path.name}, columns: {{card_id: card, purchased_at: at, amount: paid}}}}\n"
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    problem = input_problem(str(retailer), raw)
    assert problem
    assert "\n" not in problem
    assert re.search(BOMBS[bomb], problem), problem
    # The inner archive is a file of a few odd lines.
    if bomb is not packed_in_packed:
        with pytest.raises(InputError, match=BOMBS[bomb]):
            propose([path], raw)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < BOUND


@pytest.mark.parametrize(
    "text",
    ["a: &a [*a]", "a: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 31))],
    ids=["ring", "laughs"],
)
def test_yaml_that_becomes_huge_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="more than 100,000 values"):
        read_yaml(text)
    assert read_yaml("a: &a [1, 2]\nb: *a") == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.slow
def test_damaged_parquet_files_land_or_are_named(tmp_path: Path) -> None:
    path, retailer = tmp_path / "sales.parquet", tmp_path / "shop.yml"
    retailer.write_text(
        "sales_lines: {files: sales.parquet, columns: {card_id: card, purchased_at: at, amount: paid}}\n"
    )
    duckdb.sql(
        "select 'c' || i % 9 as card, date '2017-01-01' + (i % 300)::int as at, i as paid from range(1000) as t (i)"
    ).write_parquet(str(path))
    whole = path.read_bytes()
    assert input_problem(str(retailer), tmp_path) is None
    for seed in range(40):
        chance = random.Random(seed)
        content = bytearray(whole)
        # The numbers of rows, columns and bytes are at the end.
        start = 0 if seed % 2 else len(content) - 900
        for _ in range(chance.choice([1, 2, 8])):
            content[chance.randrange(start, len(content))] = chance.randrange(256)
        path.write_bytes(content)
        problem = input_problem(str(retailer), tmp_path)
        assert problem is None or ("sales.parquet" in problem and "\n" not in problem), seed
