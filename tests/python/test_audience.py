import csv
import datetime
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import ROOT, Job
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from segmentation import audience
from segmentation.audience import (
    Request,
    count_audience,
    export_audience,
    in_holdout,
    locked,
    neutral,
    read_contacts,
)
from segmentation.errors import InputError
from segmentation.exports import open_warehouse
from segmentation.landing.lists import read_cards

AS_OF = datetime.date(2018, 1, 3)
REQUEST = Request(where=("state=never_bought",), reason="opening of the new wing", name="wing", holdout=0.2)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def cards(folder: Path, name: str, part: str, day: datetime.date = AS_OF) -> set[str]:
    return {row["Card"] for row in read(file(folder, name, part, day))}


def file(folder: Path, name: str, part: str, day: datetime.date = AS_OF) -> Path:
    return folder / "audiences" / f"{day}_{name}" / f"{day}_{name}_{part}.csv"


def test_the_split_is_complete_reproducible_and_of_the_share(demo: Job, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        export_audience(demo.warehouse, folder, REQUEST)
    contact, holdout = cards(first, "wing", "contact"), cards(first, "wing", "holdout")
    assert (contact, holdout) == (cards(second, "wing", "contact"), cards(second, "wing", "holdout"))
    everyone = {
        card for (card,) in demo.query("select card_id from marts.member_overview where state = 'never_bought'")
    }
    assert contact | holdout == everyone
    assert not contact & holdout
    assert len(holdout) == pytest.approx(0.2 * len(everyone), rel=0.15)
    export_audience(demo.warehouse, tmp_path / "other", replace(REQUEST, name="other"))
    assert cards(tmp_path / "other", "other", "holdout") != holdout
    # Fixed for ever: a list written by another version must split in the same way.
    day = datetime.date(2018, 1, 1)
    known = [
        card for card in ("000186fa", "00075260", "1234e567", "000234ad") if in_holdout(card, "wing", day, "1", 0.5)
    ]
    assert known == ["000186fa", "00075260", "1234e567"]


def test_another_day_holds_others_out(demo: Job, tmp_path: Path) -> None:
    days = [AS_OF, AS_OF + datetime.timedelta(days=60)]
    for day in days:
        export_audience(demo.warehouse, tmp_path, replace(REQUEST, contacted_on=day))
    first, second = (cards(tmp_path, "wing", "holdout", day) for day in days)
    # Before the contact has had its time, those held out stay so.
    with pytest.raises(InputError, match="fewer than the minimum"):
        export_audience(demo.warehouse, tmp_path, replace(REQUEST, contacted_on=days[1] + datetime.timedelta(9)))
    # A fifth of a fifth by lot, and not all of them.
    assert len(first & second) < 0.5 * len(first)


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
    export_audience(demo.warehouse, tmp_path, replace(request, contacted_on=later, where=(), name="all"))
    assert not cards(tmp_path, "all", "contact", later) & (reached | set(some))
    month_later = AS_OF + datetime.timedelta(days=30)
    export_audience(demo.warehouse, tmp_path, replace(request, contacted_on=month_later, recent_days=30, name="again"))
    assert cards(tmp_path, "again", "contact", month_later) <= reached | cards(tmp_path, "wing", "holdout")

    log = [read(path)[0] for path in sorted((tmp_path / "audiences").glob("*/log.csv"))]
    assert [row["audience"] for row in log] == ["wing", "all", "again"]
    assert log[0]["selection"] == "state=never_bought"
    assert log[0]["reason"] == REQUEST.reason
    assert int(log[0]["opted_out"]) == len(some)
    assert int(log[1]["recently_contacted"]) == len(reached)
    assert int(log[0]["contacted"]) == len(reached)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "../x"}, "use letters, digits"),
        ({"name": ""}, "use letters, digits"),
        ({"name": "会" * 70}, "at most 200 bytes"),
        ({"reason": " "}, "Say in a few words"),
    ],
)
def test_without_a_name_for_files_and_a_reason_nothing_is_written(change: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        export_audience(warehouse_of(tmp_path), tmp_path / "reports", replace(SMALL, **change))
    assert not (tmp_path / "reports").exists()


def test_too_small_an_audience_writes_nothing(demo: Job, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="minimum of 100000"):
        export_audience(demo.warehouse, tmp_path, replace(REQUEST, minimum=100_000))
    assert list(tmp_path.iterdir()) == []


OVERVIEW = """select * from (values
    ('a1', 'lost', '流失', 'Lost', 1, '1001', '护肤柜', 3, 100.0, 9.0),
    ('A2', 'lost', '流失', 'Lost', 1, '1001', '护肤柜', 2, 300.0, 8.0),
    ('a3', 'active', '活跃', 'Active', 2, '1001', '护肤柜', 1, 200.0, 7.0),
    ('a4', 'active', '活跃', 'Active', 2, '1002', 'Coats, jackets', 1, 50.0, null),
    ('a5', 'new', '新客', 'New', 2, null, null, 0, 0.0, null)
) as m (card_id, state, state_name_zh, state_name_en, segment, favourite_counter_code, favourite_counter_name, orders,
    amount, expected_value)"""


def warehouse_of(folder: Path, members: str = OVERVIEW) -> Path:
    """A warehouse with nothing but what an audience needs; `members` is a query for what differs between them."""
    warehouse = folder / "w.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            f"""create schema marts; create schema seeds;
            create table seeds.audience_columns as from '{ROOT}/seeds/audience_columns.csv';
            create table marts.member_overview as
                select *, date '2018-01-03' as as_of, cast(null as varchar) as gender, 'old' as age_band,
                    'key' as effective_segment_code, date '2017-12-24' as last_visit_date, '@x' as action_text_zh,
                    'call' as action_text_en
                from ({members});
            create table marts.settings_used as
                from (values ('small_group', '30'), ('random_seed', '20'), ('returns', 'drop')) as s (setting, value);
            create table marts.card_merges as
                select 'old' as card_id, 'a3' as final_card_id, cast(null as varchar) as reason;
            create table marts.code_labels (code_set varchar, code varchar, name_zh varchar, name_en varchar);
            create table marts.orders as select 0 as order_id, 'a1' as card_id, timestamp '2018-01-01' as purchased_at,
                cast(1 as decimal(18, 2)) as amount limit 0"""
        )
    return warehouse


def members_named(names: list[str]) -> str:
    listed = ", ".join(f"('{name}')" for name in names)
    return f"""select card_id, 'lost' as state, 1 as segment, '1001' as favourite_counter, 1 as orders, 9.5 as amount,
        1.5 as expected_value from (values {listed}) as m (card_id)"""


SMALL = Request(where=(), reason="trial", name="trial", holdout=0, minimum=1)


@pytest.mark.parametrize(
    ("change", "contacted", "beyond"),
    [
        ({}, ["a1", "A2", "a3", "a4", "a5"], 0),
        ({"by": "amount"}, ["A2", "a3", "a1", "a4", "a5"], 0),
        ({"top": 2}, ["a1", "A2"], 3),
        ({"caps": (("favourite_counter", 1),)}, ["a1", "a4", "a5"], 2),
        ({"caps": (("favourite_counter", 2), ("state", 1)), "by": "amount"}, ["A2", "a3", "a5"], 2),
        ({"caps": (("state", 1),), "top": 2}, ["a1", "a3"], 3),
        ({"where": ("state=流失,new", "orders<3")}, ["A2", "a5"], 0),
    ],
)
def test_the_first_by_rank_are_taken_within_the_limits(
    change: dict, contacted: list[str], beyond: int, tmp_path: Path
) -> None:
    warehouse = warehouse_of(tmp_path)
    said = count_audience(warehouse, tmp_path, replace(SMALL, **change))
    assert f"{len(contacted)} members to contact, 0 held out" in said
    assert f"{beyond} beyond the limits" in said
    assert not (tmp_path / "audiences").exists()
    export_audience(warehouse, tmp_path, replace(SMALL, **change))
    assert [row["Card"] for row in read(file(tmp_path, "trial", "contact"))] == contacted


def test_a_count_says_that_the_list_would_be_refused(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path)
    export_audience(warehouse, tmp_path, replace(SMALL, recent_days=0))
    for request in (replace(SMALL, minimum=6, recent_days=0), replace(SMALL, recent_days=0)):
        with pytest.raises(InputError) as refused:
            export_audience(warehouse, tmp_path, request)
        assert count_audience(warehouse, tmp_path, request).splitlines()[2:] == [str(refused.value)]


def test_all_members_of_an_excluded_audience_are_left_out_and_so_are_the_lately_contacted(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path)
    day = AS_OF + datetime.timedelta(99)
    first = replace(SMALL, name="first", where=("segment=1",), holdout=0.5, salt="1", contacted_on=day)
    export_audience(warehouse, tmp_path, first)
    assert {contact.part for contact in read_contacts(tmp_path / "audiences")} == {"contact", "holdout"}
    said = str(export_audience(warehouse, tmp_path, replace(SMALL, exclude=("first",)))[1])
    assert "2 of excluded audiences" in said
    assert cards(tmp_path, "trial", "contact") == {"a3", "a4", "a5"}
    with pytest.raises(InputError, match="no earlier audience 'second'; choose one of first, trial"):
        export_audience(warehouse, tmp_path, replace(SMALL, name="x", exclude=("second",)))
    # Who will be contacted soon after is left out too.
    before = replace(SMALL, name="before", contacted_on=day - datetime.timedelta(29), minimum=0)
    said = str(export_audience(warehouse, tmp_path, before)[1])
    assert "1 of those to contact are held out of first, less than 30 days away" in said
    assert len(cards(tmp_path, "before", "contact", before.contacted_on) & {"a1", "A2"}) == 1


@pytest.mark.slow
def test_cards_without_their_zeros_are_known_and_unknown_ones_told(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path, members_named(["0001", "0002", "0003", "007", "07", "8"]))
    folder = tmp_path / "audiences"
    folder.mkdir()
    # What stands in this file is left out of every audience. The last could be two members.
    (folder / "opt_out.csv").write_text("Card\n1\n6.01E+15\n\n99\n7\n")
    (folder / "contacts.csv").write_text("card_id;contacted_on;audience\n2;2018/1/1;post\n5;2018/1/1;post\n")
    said = str(export_audience(warehouse, tmp_path, SMALL)[1])
    assert "4 members to contact, 0 held out; not taken: 1 opted out, 1 contacted lately" in said
    assert "opt_out.csv: rows without a known card are passed over, 3 in all: row 3, 5, 6 of the file." in said
    assert "Cards of earlier audiences unknown to the warehouse: 1;" in said
    more = tmp_path / "more.csv"
    more.write_text("3\n")
    assert "2 opted out" in count_audience(warehouse, tmp_path, replace(SMALL, opt_out=more))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"recent_days": -5}, "-5 cannot be the days without another contact: give 0 or more"),
        ({"holdout": 20}, "20 cannot be the share held out: give 0 to below 1"),
        ({"minimum": -1}, "-1 cannot be the fewest to contact"),
        ({"top": 0}, "0 cannot be the most to take: give 1 or more"),
        ({"caps": (("gender", 0),)}, "0 cannot be the most for each gender"),
    ],
)
def test_numbers_that_would_switch_a_rule_off_are_refused(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        replace(SMALL, **change)


def test_nobody_is_chosen_from_data_after_the_contact(tmp_path: Path) -> None:
    early = replace(SMALL, contacted_on=AS_OF - datetime.timedelta(2))
    with pytest.raises(InputError, match="chosen from the data until 2018-01-02: give a later day"):
        export_audience(warehouse_of(tmp_path), tmp_path, early)
    export_audience(tmp_path / "w.duckdb", tmp_path, replace(early, contacted_on=AS_OF - datetime.timedelta(1)))


def test_an_audience_counts_under_another_name_of_its_folder_and_as_a_spreadsheet_saved_it(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path)
    export_audience(warehouse, tmp_path, SMALL)
    renamed = (tmp_path / "audiences" / "2018-01-03_trial").rename(tmp_path / "audiences" / "autumn")
    members = renamed / "members.csv"
    members.write_text(members.read_text("utf-8-sig").replace(",contact\n", ", Contact\n"))
    assert "5 contacted lately" in count_audience(warehouse, tmp_path, replace(SMALL, minimum=0))
    members.write_text(members.read_text().replace("Contact\n", "letter\n"))
    with pytest.raises(InputError, match=r"members\.csv has the list ' letter': write contact or holdout"):
        count_audience(warehouse, tmp_path, SMALL)


def test_capitals_and_small_letters_are_the_same_in_every_language(tmp_path: Path) -> None:
    """DuckDB and Python write other small letters for these."""
    names = ["ΠΑΠΑΔΟΠΟΥΛΟΣ", "İbrahim", "GROẞ", "a"]
    warehouse = warehouse_of(tmp_path, members_named(names))
    opt_out = tmp_path / "opt_out.csv"
    opt_out.write_text("card\nΠαπαδοπουλος\nİBRAHIM\ngroß\n", encoding="utf-8")
    assert "1 members to contact" in count_audience(warehouse, tmp_path, replace(SMALL, opt_out=opt_out))
    export_audience(warehouse, tmp_path, replace(SMALL, name="all", recent_days=9))
    assert "4 contacted lately" in count_audience(warehouse, tmp_path, replace(SMALL, minimum=0, recent_days=9))
    assert "4 of excluded" in count_audience(warehouse, tmp_path, replace(SMALL, exclude=("all",), recent_days=0))


@pytest.mark.parametrize(
    "content",
    [
        "", "\ufeff", "\n", "card\n", "\ufeff会员卡号;原因\r\n", "编号,原因\n", "Those who left\n\ncard,since\n",
        "sep=;\ncard;since\n", '"card"\t"since"\n',
    ],
)  # fmt: skip
def test_a_standing_list_without_a_row_opts_nobody_out(content: str, tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path)
    standing = tmp_path / "audiences" / "opt_out.csv"
    standing.parent.mkdir()
    standing.write_text(content, encoding="utf-8")
    assert "0 opted out" in count_audience(warehouse, tmp_path, SMALL)
    assert "0 opted out" in count_audience(warehouse, tmp_path, replace(SMALL, opt_out=standing))
    for row in ("X99", "nobody"):
        standing.write_text(f"{content}{row}\n{row}2\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"opt_out\.csv"):
            count_audience(warehouse, tmp_path, SMALL)


def test_a_card_that_was_merged_stands_for_its_member(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path)
    opt_out = tmp_path / "opt_out.csv"
    opt_out.write_text("card\nOLD\n", encoding="utf-8")
    assert "1 opted out" in count_audience(warehouse, tmp_path, replace(SMALL, opt_out=opt_out))
    (tmp_path / "audiences").mkdir()
    (tmp_path / "audiences" / "contacts.csv").write_text("card_id,contacted_on,audience\nold,2018-01-01,post\n")
    assert "1 contacted lately" in count_audience(warehouse, tmp_path, SMALL)
    assert "1 of excluded audiences" in count_audience(warehouse, tmp_path, replace(SMALL, exclude=("post",)))


def test_contacts_without_the_name_of_an_audience_count(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path, members_named(["a", "b"]))
    (tmp_path / "audiences").mkdir()
    (tmp_path / "audiences" / "contacts.csv").write_text(
        "card_id,contacted_on,audience\na,2018-01-01,\nb,2017-01-01,post\n"
    )
    assert "1 contacted lately" in count_audience(warehouse, tmp_path, SMALL)
    with pytest.raises(InputError, match=r"no earlier audience 'letter'; choose one of post\."):
        count_audience(warehouse, tmp_path, replace(SMALL, exclude=("letter",)))


def test_whoever_waits_for_another_export_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor() as threads:
        with locked(tmp_path):
            later = threads.submit(locked(tmp_path).__enter__)
            while not (said := capsys.readouterr().out):
                assert not later.done()
                time.sleep(0.01)
        later.result()
    assert "being written: this waits for its end" in said


def test_a_workbook_keeps_ids_as_text_and_dates_as_dates(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path, members_named(["00621202", "01632e81", "=1+1"]))
    export_audience(warehouse, tmp_path, replace(SMALL, form="xlsx", language="zh"))
    book = CalamineWorkbook.from_path(str(file(tmp_path, "trial", "contact").with_suffix(".xlsx")))
    header, *rows = book.get_sheet_by_index(0).to_python()
    assert header[:2] == ["会员卡号", "性别"]
    assert [row[0] for row in rows] == ["00621202", "01632e81", "=1+1"]
    assert rows[0][header.index("最近消费日期")] == datetime.date(2017, 12, 24)
    assert rows[0][header.index("消费金额")] == 9.5
    assert rows[0][header.index("建议行动")] == "@x"


def test_lists_and_what_belongs_to_them_are_for_their_owner_only(tmp_path: Path) -> None:
    for form in ("csv", "xlsx"):
        (tmp_path / form).mkdir()
        export_audience(warehouse_of(tmp_path / form), tmp_path / form, replace(SMALL, form=form))
        files = list((tmp_path / form / "audiences" / f"{AS_OF}_trial").iterdir())
        assert len(files) == 4
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_list_is_written_of_the_warehouse_as_it_is_when_the_lock_is_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = warehouse_of(tmp_path, members_named(["a", "b"]))
    (tmp_path / "later").mkdir()
    later = warehouse_of(tmp_path / "later", members_named(["b"]))

    @contextmanager
    def waited_for(folder: Path) -> Iterator[None]:
        with locked(folder):
            # Whoever had the lock before has forgotten a.
            later.replace(warehouse)
            yield

    monkeypatch.setattr(audience, "locked", waited_for)
    # As in the app, which has the warehouse open.
    with open_warehouse(warehouse):
        export_audience(warehouse, tmp_path, SMALL)
    assert cards(tmp_path, "trial", "contact") == {"b"}


# Writes an audience in processes of its own: in folder/1 one that is killed at its first step, and so on; in the last
# folder, whose number it prints, one that comes to its end.
KILLED = """
import itertools, os, signal, sys
from pathlib import Path
from segmentation.audience import Request, export_audience

folder = Path(sys.argv[1])
steps = 0

def count(event, arguments):
    global steps
    writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if writes or event in ("fcntl.flock", "os.mkdir", "os.rename", "os.remove", "os.rmdir"):
        steps += 1
        if steps == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

for deadly in itertools.count(1):
    (folder / str(deadly)).mkdir()
    if not (child := os.fork()):
        sys.addaudithook(count)
        export_audience(folder / "w.duckdb", folder / str(deadly), Request(
            where=(), reason="trial", name="killed", holdout=0.5, minimum=0, recent_days=9))
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != -signal.SIGKILL:
        sys.exit(f"{deadly} {status}")
"""


@pytest.mark.slow
def test_a_kill_at_any_step_leaves_all_of_an_audience_or_nothing(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path, members_named([f"c{number}" for number in range(9)]))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=ROOT / "python",
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    last, status = map(int, killed.stderr.split())
    assert (last > 8, status) == (True, 0)
    whole = 0
    for deadly in range(1, last + 1):
        reports = tmp_path / str(deadly)
        folder = reports / "audiences"
        contacts = read_contacts(folder)
        logged = [read(path)[0] for path in folder.glob("[!.]*/log.csv")]
        if contacts:
            whole += 1
            listed = cards(reports, "killed", "contact") | cards(reports, "killed", "holdout")
            assert {contact.card_id for contact in contacts} == listed == {f"c{number}" for number in range(9)}
            assert [int(row["contacted"]) + int(row["held_out"]) for row in logged] == [9]
        else:
            assert not logged
            assert not [path for path in folder.glob("*") if not path.name.startswith(".")]
        # Whatever was left behind, the next one works, contacts nobody twice and clears the draft away.
        following = replace(SMALL, name="next", minimum=0, recent_days=9)
        export_audience(warehouse, reports, following)
        twice = Counter(contact.card_id for contact in read_contacts(folder) if contact.part == "contact")
        assert set(twice.values()) <= {1}
        assert not [*folder.glob(".draft*")]
    assert whole == 1


@pytest.mark.slow
def test_exports_at_the_same_time_contact_nobody_twice(tmp_path: Path) -> None:
    warehouse_of(tmp_path, members_named([f"c{number}" for number in range(200)]))
    code = """
import sys
from pathlib import Path
from segmentation.audience import Request, export_audience

export_audience(Path(sys.argv[1], "w.duckdb"), Path(sys.argv[1]), Request(
    where=(), reason="trial", name=sys.argv[2], top=60, holdout=0.5, minimum=0, recent_days=9))
"""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), f"n{number}"],
            cwd=ROOT / "python",
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(6)
    ]
    assert [(process.communicate()[1], process.returncode) for process in running] == [("", 0)] * 6
    contacts = read_contacts(tmp_path / "audiences")
    assert len({contact.audience for contact in contacts}) == 6
    assert max(Counter(contact.card_id for contact in contacts if contact.part == "contact").values()) == 1


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
    found = read_cards(tmp_path / name, known)
    assert found.cards == expected
    said = {"two columns of numbers": "rows without a known card are passed over, 1 in all: row 4 of the file."}
    said["a title in a workbook"] = said["two columns of numbers"].replace("row 4", "row 5")
    said["a Parquet file of numbers"] = said["two columns of numbers"].replace("row 4", "row 3")
    assert str(found.unknown or "").partition(": ")[2] == said.get(form, "")


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
        ("x.csv", text('card\n17\n"21\n'), "x.csv, line 3, is no row like the others"),
    ],
)
def test_a_list_that_cannot_be_followed_is_refused(
    name: str, write: Callable[[Path], object], said: str, tmp_path: Path
) -> None:
    write(tmp_path / name)
    with pytest.raises(InputError, match=said):
        read_cards(tmp_path / name, {"17": "17", "21": "21", "22": "22"})


def test_the_log_of_contacts_is_understood_after_a_spreadsheet_saved_it(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path, members_named([f"c{number}" for number in range(9)]))
    (tmp_path / "audiences").mkdir()
    log = tmp_path / "audiences" / "contacts.csv"
    log.write_text("card_id;contacted_on;audience\nc1;2017/12/30;旧\nC2;2018/1/1;旧\n", encoding="gb18030")
    request = replace(SMALL, name="new", recent_days=3)
    export_audience(warehouse, tmp_path, request)
    assert "c2" not in cards(tmp_path, "new", "contact")
    assert "c1" in cards(tmp_path, "new", "contact")
    others = [contact for contact in read_contacts(log.parent) if contact.audience == "旧"]
    assert [(contact.card_id, str(contact.day)) for contact in others] == [("c1", "2017-12-30"), ("C2", "2018-01-01")]
    log.write_text("card_id,contacted_on,audience\nc1,yesterday,old\n")
    with pytest.raises(InputError, match=r"contacts\.csv, line 2: yesterday is no day; write one such as 2017-06-30"):
        export_audience(warehouse, tmp_path, replace(request, name="other"))


def test_formulas_are_neutral_and_a_list_is_never_overwritten(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path, members_named(["=1+1", "-2", "　＝3", "c3"]))
    opt_out = tmp_path / "opt_out.csv"
    opt_out.write_text("-2\n", encoding="utf-8")
    request = replace(SMALL, reason="=reason", name="odd", opt_out=opt_out, language="zh")
    export_audience(warehouse, tmp_path, request)
    rows = read(file(tmp_path, "odd", "contact"))
    assert [(row["会员卡号"], row["建议行动"]) for row in rows] == [
        ("'=1+1", "'@x"), ("c3", "'@x"), ("'　＝3", "'@x"),
    ]  # fmt: skip
    assert read(tmp_path / "audiences" / "2018-01-03_odd" / "log.csv")[0]["reason"] == "'=reason"
    with pytest.raises(InputError, match="never overwritten"):
        export_audience(warehouse, tmp_path, request)
    # They are found again behind their apostrophes.
    export_audience(warehouse, tmp_path, replace(request, name="again", minimum=0))
    assert not cards_zh(tmp_path, "again")


def cards_zh(folder: Path, name: str) -> set[str]:
    return {row["会员卡号"] for row in read(file(folder, name, "contact"))}


def test_the_command_says_in_a_sentence_what_is_wrong(demo: Job) -> None:
    done = demo.run("-m", "segmentation", "audience", "--state=silent", "--reason=trial", "--minimum=1000000")
    assert done.returncode == 1
    assert "any_silent" in done.stderr
    assert "minimum of 1000000" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["=1", " +1", "　－1", "\ufeff@a", "＠a", "＋a", "\t", "\rx", "\n=x", "-"])
def test_what_a_spreadsheet_may_take_for_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutral([text, f"a{text}", "", "'=1"]) == [f"'{text}", f"a{text}", "", "'=1"]
    assert neutral([f"a;{text};b", f"{text};;{text}"]) == [f"a;'{text};b", f"'{text};;'{text}"]
