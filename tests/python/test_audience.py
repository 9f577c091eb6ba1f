import csv
import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import Job
from xlsxwriter import Workbook

from segmentation.audience import Request, export_audience, in_holdout, neutral
from segmentation.errors import InputError
from segmentation.landing.lists import read_cards

AS_OF = datetime.date(2018, 1, 3)
REQUEST = Request(segment="any", state="never_bought", reason="opening of the new wing", name="wing", holdout=0.2)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def cards(folder: Path, name: str, part: str, day: datetime.date = AS_OF) -> set[str]:
    return {row["card_id"] for row in read(folder / "audiences" / f"{day}_{name}_{part}.csv")}


@pytest.mark.slow
def test_the_split_is_complete_reproducible_and_of_the_share(demo: Job, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        export_audience(demo.warehouse, folder, REQUEST)
    contact, holdout = cards(first, "wing", "contact"), cards(first, "wing", "holdout")
    assert (contact, holdout) == (cards(second, "wing", "contact"), cards(second, "wing", "holdout"))
    everyone = {
        card for (card,) in demo.query("select card_id from marts.member_next_steps where state = 'never_bought'")
    }
    assert contact | holdout == everyone
    assert not contact & holdout
    assert len(holdout) == pytest.approx(0.2 * len(everyone), rel=0.15)
    export_audience(demo.warehouse, tmp_path / "other", replace(REQUEST, name="other"))
    assert cards(tmp_path / "other", "other", "holdout") != holdout
    # Fixed for ever: a list written by another version must split in the same way.
    known = [card for card in ("000186fa", "00075260", "1234e567", "000234ad") if in_holdout(card, "wing", "1", 0.5)]
    assert known == ["1234e567"]


@pytest.mark.slow
def test_opted_out_and_recently_contacted_members_are_left_out(demo: Job, tmp_path: Path) -> None:
    export_audience(demo.warehouse, tmp_path / "plain", REQUEST)
    some = sorted(cards(tmp_path / "plain", "wing", "contact"))[:40]
    opt_out = tmp_path / "opt_out.csv"
    opt_out.write_text("会员卡号,原因\n" + "".join(f" {card} ,退订\n" for card in some), encoding="gb18030")
    request = replace(REQUEST, opt_out=opt_out)
    export_audience(demo.warehouse, tmp_path, request)
    reached = cards(tmp_path, "wing", "contact")
    assert reached == cards(tmp_path / "plain", "wing", "contact") - set(some)

    later = AS_OF + datetime.timedelta(days=29)
    with pytest.raises(InputError, match="fewer than the minimum"):
        export_audience(demo.warehouse, tmp_path, replace(request, contacted_on=later))
    export_audience(demo.warehouse, tmp_path, replace(request, contacted_on=later, state="any", name="all"))
    assert not cards(tmp_path, "all", "contact", later) & (reached | set(some))
    month_later = AS_OF + datetime.timedelta(days=30)
    export_audience(demo.warehouse, tmp_path, replace(request, contacted_on=month_later, recent_days=30, name="again"))
    assert cards(tmp_path, "again", "contact", month_later) <= reached | cards(tmp_path, "wing", "holdout")

    log = read(tmp_path / "audiences" / "log.csv")
    assert [row["audience"] for row in log] == ["wing", "all", "again"]
    assert log[0]["reason"] == REQUEST.reason
    assert int(log[0]["opted_out"]) == len(some)
    assert int(log[1]["recently_contacted"]) == len(reached)
    assert int(log[0]["contacted"]) == len(reached)


@pytest.mark.slow
def test_too_small_an_audience_writes_nothing(demo: Job, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="minimum of 100000"):
        export_audience(demo.warehouse, tmp_path, replace(REQUEST, minimum=100_000))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "asleep"}, "There is no state 'asleep'; choose one of any, active"),
        ({"segment": "vip"}, "There is no segment 'vip'; choose one of any, "),
    ],
)
def test_a_wrong_setting_is_one_sentence(change: dict, said: str, demo: Job, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        export_audience(demo.warehouse, tmp_path, replace(REQUEST, **change))
    assert list(tmp_path.iterdir()) == []


def warehouse_of(folder: Path, members: list[str]) -> Path:
    """A warehouse with nothing but what an audience needs."""
    warehouse = folder / "w.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """create schema marts; create schema seeds;
            create table seeds.life_cycle_states as select 'lost' as state;
            create table marts.member_segments as select 'key' as segment_code;
            create table marts.card_merges as
                select 'old' as card_id, 'b' as final_card_id, cast(null as varchar) as reason;
            create table marts.member_next_steps as
                select unnest($1) as card_id, 'key' as segment_code, 'lost' as state,
                    'call' as action_code, '@x' as action_text_zh, 'x' as action_text_en, 1.5 as expected_purchases,
                    -3.0 as expected_value, date '2018-01-03' as as_of""",
            [members],
        )
    return warehouse


def workbook(*rows: list[object], sheet: str = "Sheet1") -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with Workbook(str(path)) as book:
            book.add_worksheet("notes").write(0, 0, "as agreed")
            table = book.add_worksheet(sheet)
            for number, row in enumerate(rows):
                table.write_row(number, 0, row)

    return write


def text(content: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content.encode(encoding))


LISTS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "no header": ("x.csv", text("A0001\n17\n")),
    "a header, the cards second": ("x.csv", text("原因,会员卡号\n退订,a0001\n退订, 17 \n", "gb18030")),
    "semicolons and the first days": ("x.csv", text("card;since\nA0001;2017\n17;2017\n")),
    "tabs in utf-16": ("x.txt", text("card\tsince\r\nＡ0001\t2017\r\n17\t2017\r\n", "utf-16")),
    "a title": ("x.csv", text("Those who left\n\ncard,since,why\nA0001,2017,moved\n17,2017,\"moved, far\"\n")),
    "old line ends": ("x.csv", text("card\rA0001\r17\r")),
    # Ages that are cards, too: the name says which column is meant.
    "two columns of numbers": ("x.csv", text("age,card id\n21,A0001\n22,17\n23,unknown\n")),
    "a workbook": ("x.xlsx", workbook(["card", "since"], ["A0001", 2017], [17, 2017])),
    "a title in a workbook": ("x.xlsx", workbook(["Those who left"], [], ["", "A0001"], ["", 17.0], ["", "unknown"])),
    "a Parquet file": ("x.parquet", lambda path: pd.DataFrame({"n": [1, 2], "id": ["A0001", "17"]}).to_parquet(path)),
    "a Parquet file of numbers": ("x.parquet", lambda path: pd.DataFrame({"id": [17.0, None, 99.0]}).to_parquet(path)),
}  # fmt: skip


@pytest.mark.parametrize("form", LISTS)
def test_a_list_of_cards_is_read_in_any_form(form: str, tmp_path: Path) -> None:
    name, write = LISTS[form]
    write(tmp_path / name)
    known = {"a0001": "a0001", "17": "17", "21": "21", "22": "22", "23": "23", "24": "24"}
    expected = {"17"} if form.endswith("of numbers") and name.endswith("parquet") else {"a0001", "17"}
    assert read_cards(tmp_path / name, known) == expected


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("x.csv", text("card;since\nA00000;2017\n"), "No card in .*x.csv is known"),
        ("x.xlsx", workbook(["card"], ["A00000"]), "No card in .*x.xlsx is known"),
        ("x.csv", text(""), "x.csv is empty"),
        ("x.csv", text("card\n"), "No card in"),
        ("x.pdf", lambda path: path.write_bytes(bytes(range(256)) * 9), "No card in"),
        ("x.xlsx", lambda path: path.write_bytes(b"PK\x03\x04" + bytes(99)), "broken workbook"),
        ("x.xls", lambda path: path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1")), "protected by a password"),
        ("x.parquet", lambda path: path.write_bytes(b"PAR1PAR1"), "broken Parquet file"),
        ("x.csv", text("who,age\n17,21\n21,22\n22,17\n"), r"known cards in 2 columns \(who, age\)"),
        ("x.csv", text("card,why\n17,a\n21,b,c\n22,d\n"), "x.csv, line 3, is no row like the others"),
    ],
)
def test_a_list_that_cannot_be_followed_is_refused(
    name: str, write: Callable[[Path], object], said: str, tmp_path: Path
) -> None:
    write(tmp_path / name)
    with pytest.raises(InputError, match=said):
        read_cards(tmp_path / name, {"17": "17", "21": "21", "22": "22"})


def test_the_log_of_contacts_is_understood_after_a_spreadsheet_saved_it(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path, [f"c{number}" for number in range(9)])
    (tmp_path / "audiences").mkdir()
    log = tmp_path / "audiences" / "contacts.csv"
    log.write_text("card_id;contacted_on;audience\nc1;2017/12/30;旧\nC2;2018/1/1;旧\n", encoding="gb18030")
    request = Request("any", "lost", "x", "new", holdout=0, minimum=1, recent_days=3)
    export_audience(warehouse, tmp_path, request)
    assert "c2" not in cards(tmp_path, "new", "contact")
    assert "c1" in cards(tmp_path, "new", "contact")
    rows = read(log)
    assert [rows[0], rows[1]] == [
        {"card_id": "c1", "contacted_on": "2017-12-30", "audience": "旧"},
        {"card_id": "C2", "contacted_on": "2018-01-01", "audience": "旧"},
    ]
    assert len(rows) == 10
    log.write_text("card_id,contacted_on,audience\nc1,yesterday,old\n")
    with pytest.raises(InputError, match=r"contacts\.csv, line 2, has no contacted_on"):
        export_audience(warehouse, tmp_path, replace(request, name="other"))


def test_formulas_are_neutral_and_a_list_is_never_overwritten(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path, ["=1+1", "-2", "　＝3", "c3"])
    opt_out = tmp_path / "opt_out.csv"
    opt_out.write_text("-2\n", encoding="utf-8")
    request = Request("key", "lost", "=reason", "odd", holdout=0, minimum=1, recent_days=0, opt_out=opt_out)
    export_audience(warehouse, tmp_path, request)
    rows = read(tmp_path / "audiences" / "2018-01-03_odd_contact.csv")
    assert [(row["card_id"], row["action_text_zh"]) for row in rows] == [
        ("'=1+1", "'@x"), ("c3", "'@x"), ("'　＝3", "'@x"),
    ]  # fmt: skip
    assert read(tmp_path / "audiences" / "log.csv")[0]["reason"] == "'=reason"
    with pytest.raises(InputError, match="never overwritten"):
        export_audience(warehouse, tmp_path, request)


@pytest.mark.slow
def test_the_command_says_in_a_sentence_what_is_wrong(demo: Job) -> None:
    done = demo.run("-m", "segmentation", "audience", "--state=silent", "--reason=trial", "--minimum=1000000")
    assert done.returncode == 1
    assert "any_silent" in done.stderr
    assert "minimum of 1000000" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["=1", " +1", "　－1", "\ufeff@a", "＠a", "＋a", "\t", "\rx", "\n=x", "-"])
def test_what_a_spreadsheet_may_take_for_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutral([text, f"a{text}", "", "'=1"]) == [f"'{text}", f"a{text}", "", "'=1"]
