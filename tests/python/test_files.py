"""Whole files: the same lines in several of them, hidden sheets, odd places of the header, links, odd names."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import Classifier, landed

from segmentation.landing.land import land

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
