"""Forgetting: no row of the person is left, nor comes back, and nobody else is touched."""

import codecs
import fcntl
import gzip
import io
import json
import os
import shutil
import zipfile
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from conftest import ROOT, Job
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from segmentation import forgetting
from segmentation.app.members import write_members
from segmentation.audience import Request, count_audience
from segmentation.cli import commands
from segmentation.errors import InputError
from segmentation.exports import write_exports
from segmentation.forgetting import forget, known_rows
from segmentation.landing.forgotten import forgotten_file, read_forgotten, write_forgotten
from segmentation.landing.land import land, working_file
from segmentation.lock import _held
from segmentation.report.page import write_report
from segmentation.tables import write_xlsx


def landed_cards(warehouse: Path, retailer: Path, raw: Path) -> tuple[list[tuple], list[tuple], list[tuple]]:
    with working_file(warehouse) as connection:
        land(connection, str(retailer), raw, ROOT / "retailers")
        lines = connection.execute("select card_id, amount from work.raw.sales_lines order by all").fetchall()
        people = connection.execute("select card_id from work.raw.members order by all").fetchall()
        ledger = connection.execute(
            "select source_file, raw_rows, unreadable_rows from work.raw.files order by all"
        ).fetchall()
    return lines, people, ledger


def test_forgotten_cards_leave_what_has_landed_and_what_lands(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "lines.csv").write_text(
        "order,paid,item\n1,10,7\n2,20,8\n2,21,8\n3,30,7\n7,1,1\n9;1\n8;7 ;x\n8::7^x::9\n8::1.7::9\n"
    )
    (raw / "orders.csv").write_text(
        "order,buyer,at\n1,a7,2017-01-01\n2, 7.0 ,2017-01-02\n3,b,2017-01-03\n7,c,2017-01-04\n"
    )
    (raw / "people.csv").write_text('card\na7\n7\nb\n"7" x\n')
    retailer = tmp_path / "shop.yml"
    retailer.write_text(
        "sales_lines: {files: lines.csv, joins: [{files: orders.csv, key: order,"
        " columns: {card_id: buyer, purchased_at: at}}], columns: {amount: paid}}\n"
        "members: {files: people.csv, columns: {card_id: card}}\n"
    )
    warehouse = tmp_path / "wh.duckdb"
    lines, _, ledger = landed_cards(warehouse, retailer, raw)
    assert (len(lines), ledger[0]) == (9, ("lines.csv", 9, 4))
    path = forgotten_file(warehouse)
    write_forgotten(path, read_forgotten(path).with_cards(["7"]))
    assert "7" not in path.read_text().split('"')
    assert path.stat().st_mode & 0o077 == 0
    # The second time all is there already.
    for _ in range(2):
        lines, people, ledger = landed_cards(warehouse, retailer, raw)
        assert lines == [("a7", "10"), ("b", "30"), ("c", "1"), (None, None), (None, None)]
        assert people == [("a7",), ("b",)]
        assert ledger == [("lines.csv", 5, 2), ("orders.csv", 3, 0), ("people.csv", 2, 0)]
    # More lines of their orders come, and of others, without the file that says whose they are.
    with (raw / "lines.csv").open("a") as more:
        more.write("2,22,9\n3,31,9\n")
    lines, _, _ = landed_cards(warehouse, retailer, raw)
    assert lines == [("a7", "10"), ("b", "30"), ("b", "31"), ("c", "1"), (None, None), (None, None)]


def test_a_warehouse_forgets_by_each_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "wh.duckdb").touch()
    (tmp_path / "link.duckdb").symlink_to(tmp_path / "real" / "wh.duckdb")
    assert forgotten_file(tmp_path / "link.duckdb") == forgotten_file(tmp_path / "real" / "wh.duckdb")


@pytest.mark.parametrize("folds", [False, True])
def test_who_was_forgotten_stays_so_when_the_retailer_file_comes_to_fold_case(folds: bool, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "lines.csv").write_text("card,at,paid\nA@X,2017-01-01,1\nb,2017-01-01,2\n a@x,2017-01-01,3\n")
    retailer = tmp_path / "shop.yml"
    table = "sales_lines: {files: lines.csv, columns: {card_id: card, purchased_at: at, amount: paid}}"
    warehouse = tmp_path / "wh.duckdb"
    path = forgotten_file(warehouse)
    write_forgotten(path, read_forgotten(path).with_cards(["a@x" if folds else "A@X"]))
    for is_folded in (folds, not folds):
        retailer.write_text(f"fold_case: {str(is_folded).lower()}\n{table}\n")
        lines, _, _ = landed_cards(warehouse, retailer, tmp_path / "raw")
        assert lines == [("b", "2")]


def shop_of(folder: Path) -> Path:
    """A warehouse with the cards that the tests of forgetting know, as far as forgetting needs it."""
    warehouse = folder / "wh.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """create schema marts;
            create table marts.sales_lines as from (values
                ('5e1f0001', '5e1f0001'), ('5e1f0002', '5e1f0001'), ('5e1f0003', null)) as c (card_id, merged_card_id);
            create table marts.member_rows as select card_id from marts.sales_lines;
            create table marts.card_merges as select '5e1f0001' as card_id, '5e1f0002' as final_card_id"""
        )
    return warehouse


STEPS = ("write_forgotten", "remove", "_rewrite_csv", "_rewrite", "write_exports")


@pytest.mark.parametrize("step", range(len(STEPS) + 1))
def test_an_interrupted_forgetting_is_ended_by_doing_it_again(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, reports = shop_of(tmp_path), tmp_path / "reports"
    lists = reports / "audiences" / "2018-01-03_any"
    lists.mkdir(parents=True)
    (reports / "exports").mkdir()
    for name in ("exports/a.csv", "audiences/2018-01-03_any/list.csv"):
        (reports / name).write_text("card_id\r\n5e1f0001\r\n5e1f0002\r\n5e1f0003\r\n", "utf-8-sig")

    def exports(path: Path, folder: Path) -> None:
        with duckdb.connect(str(path), read_only=True) as connection:
            cards = connection.execute("select card_id from marts.member_rows").fetchall()
        (folder / "exports" / "a.csv").write_text("".join(f"{card}\n" for (card,) in cards))

    monkeypatch.setattr(forgetting, "write_exports", exports)
    with monkeypatch.context() as patched:

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        if step < len(STEPS):
            patched.setattr(forgetting, STEPS[step], killed)
            with pytest.raises(KeyboardInterrupt):
                forget(warehouse, reports, "5e1f0002")
        else:
            forget(warehouse, reports, "5e1f0002")
    forget(warehouse, reports, " 5e1f0002 ")
    assert files_with("5e1f0001", tmp_path) == files_with("5e1f0002", tmp_path) == []
    assert len(files_with("5e1f0003", tmp_path)) == 3
    with duckdb.connect() as connection:
        matches = read_forgotten(forgotten_file(warehouse)).matches("card")
        cards = "(select '5e1f000' || unnest(range(1, 4)) as card)"
        assert connection.execute(f"from {cards} where {matches} order by 1").fetchall() == [
            ("5e1f0001",), ("5e1f0002",),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("card_id;contacted_on;audience\r\n 5E1F0001 ;2017/12/30;旧\r\nb;2018/1/1;旧\r\n", "gb18030"),
        ("card_id\tnote\n'5e1f0001\t旧\nb\ttwo, three; four\n", "utf-16"),
        ('card_id,note\n5e1f0001,"a;b"\nb,"x\ny"\n', "utf-8"),
    ],
)
def test_lists_that_a_spreadsheet_saved_forget_too(text: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_bytes(text.encode(encoding))
    known = {"5e1f0001": True, "b": False}
    assert forgetting._rewrite_csv(path, known) == 1
    kept = text.splitlines(keepends=True)
    assert path.read_bytes().decode(encoding) == kept[0] + "".join(kept[2:])
    assert forgetting._rewrite_csv(path, known) == 0


@pytest.mark.parametrize("cell", ["621202", '="00621202"', '"=""00621202"""', '=""00621202""', "'00621202"])
def test_a_card_of_digits_is_known_as_a_spreadsheet_wrote_it(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(f"card_id,amount\n{cell},1\n7,621202\n")
    assert forgetting._rewrite_csv(path, {"00621202": True, "621202": True, "7": False}) == 1
    assert path.read_text() == "card_id,amount\n7,621202\n"


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        # A number is a card in the column of cards alone, whichever that is.
        ("list.csv", "Card,Orders\n1,15\n15,1\n150,15\n", "Card,Orders\n1,15\n150,15\n"),
        ("opt_out.csv", "no,card\n15,1\n16,15\n", "no,card\n15,1\n"),
        ("LIST.TXT", "note;会员卡号\nx;0015\ny;15\n", "note;会员卡号\nx;0015\n"),
        ("no title.csv", "1;15\n150;15\n15;1\n7;15\n", "1;15\n150;15\n7;15\n"),
        ("zeros lost.csv", "15\n42\n43\n", "15\n43\n"),
        ("log.csv", "audience,salt,contacted\nfirst,1,15\n", "audience,salt,contacted\nfirst,1,15\n"),
    ],
)
def test_the_rows_of_others_stay(
    name: str, text: str, kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, reports = shop_of(tmp_path), tmp_path / "reports"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into marts.member_rows select unnest(['1', '0015', '15', '150', '7', '0042', '43'])")
    monkeypatch.setattr(forgetting, "write_exports", lambda *_: None)
    path = reports / "audiences" / "2018-01-03_any" / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    forget(warehouse, reports, "0042" if "42" in text else "15")
    assert path.read_text(encoding="utf-8") == kept


LONG = "x" * 140_000
# The lines of lists; of those that begin with "-" nothing may be left, and nothing else may be gone.
STRAY: dict[str, list[str]] = {
    "a quote that never closes": ["card_id,name", 'c2,"Ann', "-0a1b,Bob", "c3,Eve"],
    "one that a later quote closes": ["card_id,name", 'c2,"Ann', "-0a1b,Bob", 'c3,"Eve"', "c4,Max"],
    "one that closes at an end": ["card_id,name", 'c2,"Ann', "-0a1b,Bob", 'c3,Eve"', "c4,Max"],
    "one on the line of the card": ["card_id,name", "c2,Ann", '-0a1b,"Bob', "c3,Eve"],
    "one before the card": ["name,card_id", "Ann,c2", '-"Bob,0a1b', "Eve,c3"],
    "one in the header": ['card_id,"name', "c2,Ann", "-0a1b,Bob", "c3,Eve"],
    "one on the first line, which is no header": ['"c2,Ann', "-0a1b,Bob", "c3,Eve"],
    "one beside the card": ["card_id,name", "c2,Ann", '-0a1b",Bob', '-0a1b,"Bob""', "-0a1b,Eve"],
    "no line without one": ['-0a1b;"Bob', 'c2;"Ann'],
    "nothing but one": ['-"0a1b'],
    "of cards alone": ["card", '"c2', "-0a1b", "c3", '-"0a1b', "c4"],
    "two in one value": ["card", '"c2', '-0a1b"', "c3"],
    "two that make one record": ["card_id,name", 'c2,"Ann', '-0a1b,Bob"', "c3,Eve", "-0a1b,Bob"],
    "two that make one of the card": ["card_id,name", '-"0a1b,Bob', 'c2",Ann', '-0a1b,"Bob', 'c3,Eve"', "-0a1b,Bob"],
    "text after a closing quote": ["card_id,name", 'c2,"Ann" x', '-0a1b,"Bob" y', "c3,Eve"],
    "a long text after it": ["card_id,name", 'c2,"Ann', f"c3,{LONG}", "-0a1b,Bob"],
    "long values": ["card_id,name", f"c2,{LONG}", f'c3,"{LONG}"', f"-0a1b,{LONG}", f'-0a1b,"{LONG}"'],
    "values too long to land": ["card_id,name", f"c2,{LONG}{LONG}", f"-0a1b,{LONG}{LONG}", "c3,Eve"],
    "real line breaks": ["card_id,note", 'c2,"x', 'y"', '-0a1b,"x', '-y"', "c3,z"],
    "a card within quotes": ["card_id,note", '"c2","x,0a1b"', '-"0a1b","x"', '-"=""0A1B""",x', '-="0a1b",x'],
    "too few and too many values": ["card_id,name,n", "c2,0a1b", "-0a1b", "c3,0a1b,1,x", "-0a1b,Bob,1,x", "c4,Max,1"],
    "a line with another delimiter": ["card_id,name", "c2,Ann", "-0a1b;Bob", "c3;Eve"],
    "such a line among cards alone": ["c2", "-0a1b;Bob", "c3", "-0a1b"],
    "a title with another delimiter": ["Contacts, May", "", "card;name", "c2;Ann", "-0a1b;Bob"],
    "a line that names the delimiter": ["sep=|", "card|name", "c2|Ann, Eve, Max", "-0a1b|Bob"],
}
ENCODINGS = {
    "utf-8": b"", "utf-8-sig": b"", "gb18030": b"",
    "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE,
}  # fmt: skip


@pytest.mark.parametrize("case", STRAY)
def test_no_quote_keeps_a_card_or_costs_a_line(case: str, tmp_path: Path) -> None:
    known = {"0a1b": True, "c2": False, "c3": False, "c4": False}
    for encoding, end, has_last_end in product(ENCODINGS, ("\n", "\r\n", "\r"), (True, False)):
        lines = [line.replace("Ann", "安娜") + end for line in STRAY[case]]
        if not has_last_end:
            lines[-1] = lines[-1].removesuffix(end)
        whole = "".join(line.removeprefix("-") for line in lines)
        kept = "".join(line for line in lines if not line.startswith("-"))
        path = tmp_path / "list.csv"
        path.write_bytes(ENCODINGS[encoding] + whole.encode(encoding))
        assert forgetting._rewrite_csv(path, known) > 0
        assert path.read_bytes() == ENCODINGS[encoding] + kept.encode(encoding)
        assert forgetting._rewrite_csv(path, known) == 0


def test_bytes_that_are_no_text_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    others = [b"card_id,name\n", b'c2,"Ren\xe90\n', b"c3,\xff\x81\x30\n", "c4,护肤\n".encode(), b"c5,\x00\n"]
    path.write_bytes(b"".join([*others, b"0a1b,\xff\n"]))
    assert forgetting._rewrite_csv(path, {"0a1b": True, "c2": False}) == 1
    assert path.read_bytes() == b"".join(others)


def zipped(**files: bytes) -> bytes:
    with zipfile.ZipFile(content := io.BytesIO(), "w") as archive:
        for name, file in files.items():
            archive.writestr(name, file)
    return content.getvalue()


def parquet(**columns: list[Any]) -> bytes:
    pq.write_table(pa.table(columns), content := io.BytesIO())
    return content.getvalue()


def workbook(card: str) -> bytes:
    with Workbook(content := io.BytesIO()) as book:
        book.add_worksheet().write_column(0, 0, ["card", card])
    return content.getvalue()


HAS_CARD, NOT_SEARCHED = "has this card, and only csv", "cannot be searched for this card"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("list.csv.gz", gzip.compress(b"card\n5e1f0001\n"), HAS_CARD),
        ("list.txt", gzip.compress(b"card\n5e1f0001\n"), HAS_CARD),
        ("list.csv.gz", b"\x1f\x8b, no archive", NOT_SEARCHED),
        ("list.zip", zipped(**{"a.csv": b"card\n5e1f0001\n"}), HAS_CARD),
        ("list.zip", zipped(**{"a.csv": b"card\n", "b.csv": b"5e1f0001\n"}), NOT_SEARCHED),
        ("list.zip", zipped(**{"a.zip": zipped(a=b"5e1f0001")}), NOT_SEARCHED),
        ("list.csv.bak", b"card,n\n5e1f0001,1\n", HAS_CARD),
        ("notes", "卡号5E1F0001已退订\n".encode("gb18030"), HAS_CARD),
        ("list.json", b'[{"n":5e1f0003},{"card":"5e1f0001"}]', HAS_CARD),
        ("opt.parquet", parquet(n=[1], card=["5e1f0001"]), HAS_CARD),
        ("opt.csv", parquet(card=[["5e1f0003", "5e1f0001"]]), HAS_CARD),
        ("opt.parquet", b"PAR1, no more", NOT_SEARCHED),
        ("list.xlsm", workbook("5e1f0001"), HAS_CARD),
        ("list.csv", workbook("5e1f0001"), HAS_CARD),
        ("list.xls", bytes.fromhex("d0cf11e0a1b11ae1"), NOT_SEARCHED),
        ("list.csv", "5e1f0001\n".encode("utf-16-le"), NOT_SEARCHED),
        ("list.csv", codecs.BOM_UTF16_LE + b"5e1f0001\n", "is no valid utf-16 text: save it again as utf-8"),
    ],
    ids=[
        "packed",
        "packed without saying so",
        "no archive",
        "an archive",
        "an archive of two",
        "one in another",
        "a copy",
        "a note",
        "json",
        "Parquet",
        "Parquet without saying so",
        "no Parquet",
        "a workbook with macros",
        "a workbook without saying so",
        "an old workbook",
        "no mark of its encoding",
        "half a character",
    ],
)
def test_a_list_that_cannot_be_written_anew_is_refused_before_anything_is_changed(
    name: str, content: bytes, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, reports = shop_of(tmp_path), tmp_path / "reports"
    monkeypatch.setattr(forgetting, "write_exports", lambda *_: None)
    path = reports / "audiences" / "mine" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        forget(warehouse, reports, "5e1f0001")
    assert not forgotten_file(warehouse).exists()
    assert path.read_bytes() == content
    path.write_bytes(gzip.compress(b"card\n5e1f0003\n"))
    forget(warehouse, reports, "5e1f0001")
    assert gzip.decompress(path.read_bytes()) == b"card\n5e1f0003\n"


def test_files_of_others_and_what_is_hidden_hold_no_forgetting_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, reports = shop_of(tmp_path), tmp_path / "reports"
    monkeypatch.setattr(forgetting, "write_exports", lambda *_: None)
    (reports / "audiences").mkdir(parents=True)
    for name, content in {
        "opt.parquet": parquet(card=["5e1f0003", None]),
        "list.xlsm": workbook("5e1f0003"),
        "list.zip": zipped(**{"a.csv": b"card\n5e1f0003\n"}),
        "notes": b"5e1f00012 is none of them",
        "empty": b"",
        ".hidden": b"5e1f0001\0",
        "~$list.xlsx": b"5e1f0001\0",
    }.items():
        (reports / "audiences" / name).write_bytes(content)
    forget(warehouse, reports, "5e1f0001")
    assert forgotten_file(warehouse).exists()


@pytest.mark.parametrize(
    "cell", ["621202.0", "００６２１２０２", "\u200b00621202\u200e", "'６２１２０２．００", "`00621202"]
)
def test_a_card_is_known_in_each_form_in_which_a_list_of_cards_has_it(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(f"card_id,name\n7,安娜\n{cell},Ａｎｎ\n", encoding="utf-8")
    assert forgetting._rewrite_csv(path, {"00621202": True, "621202": True, "7": False}) == 1
    assert path.read_text(encoding="utf-8") == "card_id,name\n7,安娜\n"


def test_a_card_that_looks_like_a_formula_is_known(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("card_id\n'=a1\na1\n")
    assert forgetting._rewrite_csv(path, {"=a1": True, "a1": False}) == 1
    assert path.read_text() == "card_id\na1\n"


def test_a_workbook_of_nothing_but_the_card_is_emptied(tmp_path: Path) -> None:
    write_xlsx(path := tmp_path / "list.xlsx", ["5e1f0001"], [])
    assert forgetting._rewrite_workbook(path, {"5e1f0001": True}) == 1
    assert files_with("5e1f0001", tmp_path) == []


def with_two_sheets(path: Path, card: str) -> None:
    path.parent.mkdir(parents=True)
    with Workbook(path) as book:
        book.add_worksheet("notes").write_string(0, 0, "mine")
        book.add_worksheet("list").write_string(0, 0, card)


def test_a_card_in_a_workbook_of_many_sheets_is_refused_before_anything_is_changed(tmp_path: Path) -> None:
    warehouse, reports = shop_of(tmp_path), tmp_path / "reports"
    with_two_sheets(reports / "audiences" / "others" / "kept.xlsx", "5e1f0003")
    with_two_sheets(reports / "audiences" / "mine" / "named.xlsx", "5e1f0001")
    (working := Path(f"{warehouse}.work")).touch()
    before = files_with("5e1f0001", tmp_path)
    with pytest.raises(InputError, match=r"named\.xlsx has a row of this card and more than one sheet"):
        forget(warehouse, reports, "5e1f0001")
    assert working.exists()
    assert not forgotten_file(warehouse).exists()
    assert files_with("5e1f0001", tmp_path) == before


def test_who_is_refused_as_another_process_writes_the_reports_has_changed_nothing(tmp_path: Path) -> None:
    warehouse, reports = shop_of(tmp_path), tmp_path / "reports"
    (working := Path(f"{warehouse}.work")).touch()
    reports.mkdir()
    (page := reports / "members.html").touch()
    with (reports / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="are being written"):
            forget(warehouse, reports, "5e1f0001")
        with pytest.raises(InputError, match="are being written"):
            write_members(warehouse, reports)
    assert working.exists()
    assert page.exists()
    assert not forgotten_file(warehouse).exists()


def test_nobody_writes_between_the_forgetting_and_the_charts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locks = []
    for step in ("segmentation.forgetting.forget", "segmentation.charts.draw_charts"):
        monkeypatch.setattr(step, lambda *_: locks.append(_held[tmp_path.resolve() / ".lock"]) or "")
    done = CliRunner().invoke(commands, ["forget", "a", f"--reports={tmp_path}"])
    assert done.exit_code == 0, done.output
    first, second = locks
    assert first is second


def test_neither_a_list_nor_the_page_is_written_of_what_is_being_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, reports = shop_of(tmp_path), tmp_path / "reports"
    (reports / "audiences").mkdir(parents=True)
    (page := reports / "members.html").touch()
    rewrite, tried = forgetting._rewrite, []

    def rewritten(*arguments: Any) -> int:
        # Whoever tries meanwhile has to wait: this process holds the locks, and no other handle gets them.
        for lock in (reports / ".lock", reports / "audiences" / ".lock"):
            with lock.open("a") as file, pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            tried.append(lock)
        assert page.exists()
        return rewrite(*arguments)

    monkeypatch.setattr(forgetting, "_rewrite", rewritten)
    monkeypatch.setattr(forgetting, "write_exports", lambda *_: None)
    forget(warehouse, reports, "5e1f0001")
    assert len(tried) == 2
    assert not page.exists()


def test_what_is_no_list_is_named(tmp_path: Path) -> None:
    for text in ("", "{}", "[]", '{"salt": "a"}'):
        (path := tmp_path / "wh.duckdb.forgotten").write_text(text)
        with pytest.raises(InputError, match="is not the list of the forgotten"):
            read_forgotten(path)
    (tmp_path / "list.xlsx").write_text("no workbook")
    with pytest.raises(InputError, match="is no workbook that can be read"):
        forgetting._rewrite_workbook(tmp_path / "list.xlsx", {})


def test_nothing_of_a_forgotten_person_is_left_and_all_else_is(demo: Job, tmp_path: Path) -> None:
    warehouse, reports = tmp_path / "wh.duckdb", tmp_path / "reports"
    for ending in ("", ".previous", ".work"):
        shutil.copy(demo.warehouse, f"{warehouse}{ending}")
    before = contents(warehouse)
    [(card,)] = demo.query("select card_id from marts.lrfmpsx order by f desc, card_id limit 1")
    assert occurrences(warehouse, card)
    # Of a build, only these know cards: nothing that it prints, no log, no compiled statement, no picture's name.
    assert "open it in a browser" in demo.said.read_text()
    places = {"warehouse.duckdb", "warehouse.duckdb.next", "warehouse.duckdb.work", "exports"}
    known = {path.relative_to(demo.out).parts for path in files_with(card, demo.out)}
    assert {parts[1] if parts[0] == "reports" else parts[0] for parts in known} <= places
    assert "exports" in {parts[1] for parts in known if parts[0] == "reports"}
    lists = reports / "audiences" / "2018-01-03_any"
    lists.mkdir(parents=True)
    write_xlsx(lists / "contact.xlsx", ["card_id", "n"], [(card, 1), ("other", 2)])
    (lists / "list.csv").write_text(f"card_id,state\r\n{card},silent\r\nother,lost\r\n", "utf-8-sig")
    page = write_members(warehouse, reports)
    with pytest.raises(InputError, match="no row of this card"):
        forget(warehouse, reports, "nobody")
    assert page.exists()
    known = known_rows(warehouse, f" {card} ")
    shown = CliRunner().invoke(commands, ["person", card, "--warehouse", str(warehouse)])
    assert json.loads(shown.stdout)["lrfmpsx"][0]["card_id"] == card
    said = forget(warehouse, reports, f" {card} ")
    assert card not in said
    with pytest.raises(InputError, match="has been forgotten"):
        known_rows(warehouse, card)
    assert not page.exists()
    assert occurrences(warehouse, card) == {}
    after = contents(warehouse)
    assert after.keys() == before.keys()
    assert after["members"] == before["members"] - 1
    # What is told of a person is what is forgotten.
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for table, rows in known.items():
            [(left,)] = connection.execute(f"select count(*) from marts.{table}").fetchall()
            assert (table, demo.query(f"select count(*) from marts.{table}")) == (table, [(left + len(rows),)])
    assert {table for table in after if before[table] == after[table]} >= {"findings", "cluster_scores", "eda_coverage"}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute(
            "select comment is null from duckdb_tables() where table_name = 'members'"
        ).fetchall() == [(False,)]
    assert not [ending for ending in (".previous", ".work") if Path(f"{warehouse}{ending}").exists()]
    assert files_with(card, tmp_path) == []
    assert (lists / "list.csv").read_text("utf-8-sig").splitlines() == ["card_id,state", "other,lost"]
    with CalamineWorkbook.from_path(lists / "contact.xlsx") as book:
        assert book.get_sheet_by_index(0).to_python() == [["card_id", "n"], ["other", 2.0]]


def test_what_tells_of_the_rows_of_a_person_goes_and_nothing_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = tmp_path / "wh.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """create schema marts;
            create table marts.card_merges (card_id varchar, final_card_id varchar);
            create table marts.sales_lines as from (values
                ('a.csv', 1, 'A@x', null), ('a.csv', 2, 'b', null), ('a.csv', 3, null, '7;"A@X ";1'),
                ('a.csv', 4, null, '7;A@x2;1'), ('a.csv', 5, null, '7#a-x#1'))
                as c (source_file, row_no, card_id, raw_text);
            alter table marts.sales_lines add column merged_card_id varchar;
            create table marts.member_rows as from (values ('m.csv', 1, 'a@X'), ('m.csv', 2, 'a-x'))
                as c (source_file, row_no, card_id);
            create table marts.repaired_values as from (values
                ('sales_lines', 'a.csv', 1), ('sales_lines', 'a.csv', 2), ('sales_lines', 'a.csv', 3),
                ('members', 'a.csv', 1), ('members', 'm.csv', 1)) as c (table_name, source_file, row_no)"""
        )
    monkeypatch.setattr(forgetting, "write_exports", lambda *_: None)
    known = known_rows(warehouse, "a@x")
    assert {table: [row["row_no"] for row in rows] for table, rows in known.items()} == {
        "member_rows": [1],
        "repaired_values": [1, 1, 3],
        "sales_lines": [1, 3],
    }
    for card in ("a@x", "A-X"):
        forget(warehouse, tmp_path / "reports", card)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("select row_no from marts.sales_lines order by 1").fetchall() == [(2,), (4,)]
        assert connection.execute("from marts.member_rows").fetchall() == []
        assert connection.execute("from marts.repaired_values order by all").fetchall() == [
            ("members", "a.csv", 1),
            ("sales_lines", "a.csv", 2),
        ]


def test_where_nobody_is_left_each_command_says_so_or_writes_what_there_is(demo: Job, tmp_path: Path) -> None:
    warehouse, reports = tmp_path / "wh.duckdb", tmp_path / "reports"
    shutil.copy(demo.warehouse, warehouse)
    for everybody, has_members in ("lrfmpsx", True), ("member_overview", False):
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            cards = [card for (card,) in connection.execute(f"select card_id from marts.{everybody}").fetchall()]
        assert cards
        assert forgetting._rewrite(warehouse, cards)
        exported = write_exports(warehouse, reports)
        assert {len(path.read_text("gb18030").splitlines()) for path in exported if path.stem == "LRFMPSX"} == {1}
        with CalamineWorkbook.from_path(exported[-1]) as book:
            assert len(book.get_sheet_by_index(0).to_python()) == 2
        with pytest.raises(InputError, match="No buyer is left"):
            write_report(warehouse, reports)
        asked = [
            lambda: count_audience(warehouse, reports, Request(where=(), name="any", reason="")),
            lambda: write_members(warehouse, reports),
        ]
        for ask in asked:
            if has_members:
                assert ask()
            else:
                with pytest.raises(InputError, match="no member any more"):
                    ask()


def files_with(card: str, folder: Path) -> list[Path]:
    """The files below a folder that have a card in their name or among their bytes, those of workbooks unpacked."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        contents = [path.read_bytes(), os.fsencode(path.name)]
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                contents += [archive.read(name) for name in archive.namelist()]
        if any(card.encode() in content for content in contents):
            found.append(path)
    return found


def occurrences(warehouse: Path, card: str) -> dict[str, int]:
    """Number of values of each text column of any table that hold a card."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
            " where data_type = 'VARCHAR' and not internal"
        ).fetchall()
        found = {
            f"{table}.{column}": connection.execute(
                f'select count(*) from "{schema}"."{table}" where contains("{column}", ?)', [card]
            ).fetchall()[0][0]
            for schema, table, column in columns
        }
    return {place: count for place, count in found.items() if count}


def contents(warehouse: Path) -> dict[str, int]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        return {
            table: connection.execute(f"select count(*) from marts.{table}").fetchall()[0][0] for (table,) in tables
        }
