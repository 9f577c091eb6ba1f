"""Bad files give one clear sentence or a right ledger, and never cost the last good warehouse."""

import datetime
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import BUILD, ROOT, Classifier, Job, check_made_file, input_problem
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from segmentation.demo import MEMBER_HEADER, SALES_HEADER, write_demo
from segmentation.errors import InputError
from segmentation.run import build, seed_problem
from segmentation.settings import GROUPS, project_settings, setting_names, settings_page, settings_problem
from segmentation.yaml_text import write_yaml

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
LINE = ["000186fa", "2017-06-01 10:00:00", "0000001a", "1", "10", "10", "口红", "9", "1", "000a", "1001", "护肤柜"]


def write_members(folder: Path, rows: list[list[object]]) -> None:
    with Workbook(str(folder / "cumcm2018c1.xlsx")) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([MEMBER_HEADER, *rows]):
            sheet.write_row(number, 0, row)


def write_sales(folder: Path, lines: list[list[str]]) -> None:
    text = "\n".join(",".join(line) for line in [SALES_HEADER, *lines]) + "\n"
    (folder / "cumcm2018c2.csv").write_text(text, encoding="utf-8")


def rewrite(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def apply(raw: Path) -> None:
        (raw / name).write_bytes(change((raw / name).read_bytes()))

    return apply


def swap(raw: Path) -> None:
    members = (raw / "cumcm2018c1.xlsx").read_bytes()
    shutil.move(raw / "cumcm2018c2.csv", raw / "cumcm2018c1.xlsx")
    (raw / "cumcm2018c2.csv").write_bytes(members)


def members_as_csv(raw: Path) -> None:
    rows = CalamineWorkbook.from_path(raw / "cumcm2018c1.xlsx").get_sheet_by_index(0).to_python()
    text = "\n".join(",".join(str(cell) for cell in row) for row in rows)
    (raw / "cumcm2018c1.xlsx").write_text(text, encoding="utf-8")


def sales_as_workbook(raw: Path) -> None:
    with Workbook(str(raw / "cumcm2018c2.csv")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, SALES_HEADER)
        sheet.write_row(1, 0, LINE)


MEMBERS, SALES = "cumcm2018c1.xlsx", "cumcm2018c2.csv"
FAULTS: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "missing": (lambda raw: (raw / SALES).unlink(), SALES, "is missing"),
    "zero bytes": (rewrite(SALES, lambda content: b""), SALES, "is empty"),
    "header only": (rewrite(SALES, lambda content: content[: content.index(b"\n") + 1]), SALES, "no line below it"),
    "wrong header": (
        rewrite(SALES, lambda content: b"a,b,c" + content[content.index(b"\n") :]),
        SALES,
        "has no column",
    ),
    "swapped": (swap, "cumcm2018c", "swapped"),
    "csv with the name of a workbook": (members_as_csv, MEMBERS, "is not a workbook"),
    "workbook with the name of a csv": (sales_as_workbook, SALES, "is an Excel workbook"),
    "password": (rewrite(MEMBERS, lambda content: OLE_MAGIC + content), MEMBERS, "protected by a password"),
    "broken workbook": (rewrite(MEMBERS, lambda content: content[: len(content) // 2]), MEMBERS, "broken workbook"),
    "workbook of zeros": (rewrite(MEMBERS, lambda content: bytes(len(content))), MEMBERS, "is not a workbook"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_used_is_named_in_one_sentence(fault: str, tmp_path: Path) -> None:
    write_demo(tmp_path, member_rows=50, sales_lines=200)
    assert input_problem("cumcm2018", tmp_path) is None
    spoil, file, expected = FAULTS[fault]
    spoil(tmp_path)
    problem = input_problem("cumcm2018", tmp_path)
    assert problem
    assert file in problem
    assert expected in problem
    assert "\n" not in problem


def test_odd_lines_are_kept_or_rejected_with_a_reason(classifier: Classifier, tmp_path: Path) -> None:
    def line(**changes: str) -> list[str]:
        position = {"card": 0, "moment": 1, "quantity": 3, "amount": 5, "name": 6, "points": 7}
        changed = list(LINE)
        for column, value in changes.items():
            changed[position[column]] = value
        return changed

    expected = {
        1: (line(name="长" * 10_000), None),
        2: (line(name="a\0b"), None),
        3: (line(name='=cmd|" /C calc"!A0'.replace('"', "")), None),
        4: (line(amount="NaN"), "bad_number"),
        5: (line(amount="inf"), "bad_number"),
        6: (line(points="-Infinity"), "bad_number"),
        7: (line(moment="2098-01-01 00:00:00"), "lone_day"),
        8: (line(moment="9880-01-01 00:00:00"), "bad_moment"),
        9: (line(amount="1e400"), "bad_number"),
        10: (line(card="00018\0fa"), "unregistered_card"),
        11: ([*LINE, "one more"], "unreadable"),
        12: (LINE[:5], "unreadable"),
    }
    write_members(tmp_path, [["000186fa", "1980-01-01", 0, "2010-01-01 00:00:00.000"]])
    write_sales(tmp_path, [fields for fields, _ in expected.values()])
    classifier.classify(tmp_path)
    found = dict(classifier.query("select row_no, reason from marts.sales_lines"))
    assert found == {row_no: reason for row_no, (_, reason) in expected.items()}
    names = classifier.query("select product_name from work.staging.stg_sales_lines where row_no <= 3 order by row_no")
    assert [name for (name,) in names] == [fields[6] for fields, _ in list(expected.values())[:3]]


def test_three_scans_of_a_receipt_are_one_order_where_the_retailer_file_says_so(
    classifier: Classifier, tmp_path: Path
) -> None:
    lines = "".join(f"a,2017-01-01 10:00:0{second},1,{second}\n" for second in range(3))
    (tmp_path / "s.csv").write_text(f"card,at,receipt,paid\n{lines}", encoding="utf-8")
    columns = "{card_id: card, purchased_at: at, receipt_no: receipt, amount: paid}"
    for orders, expected in (("moment", 3), ("receipt", 1)):
        (tmp_path / "shop.yml").write_text(f"sales_lines: {{files: s.csv, orders: {orders}, columns: {columns}}}")
        classifier.classify(tmp_path, str(tmp_path / "shop.yml"))
        assert classifier.query("select count(distinct order_id) from marts.sales_lines") == [(expected,)]


@pytest.mark.slow
def test_one_line_makes_a_warehouse_that_bad_files_leave_alone(tmp_path: Path) -> None:
    folder = tmp_path / """O'Brien's [shop] "x" 100% *"""
    raw = folder / "raw"
    raw.mkdir(parents=True)
    write_members(raw, [["000186fa", "1980-01-01", 0, "2010-01-01 00:00:00.000"]])
    write_sales(raw, [LINE])
    job = Job(raw, folder / "out")
    done = job.dbt("--quiet", *BUILD)
    assert done.returncode == 0, done.stdout
    assert job.query("select card_id, f, m from marts.lrfmpsx") == [("000186fa", 1, 10)]
    before = job.warehouse.read_bytes()
    bad_files = {
        "1 of the 1 sales lines are rejected because a moment or a number could not be read (bad_moment 1": [
            ["000186fa", "never", *LINE[2:]]
        ],
        "2 of the 3 lines of cumcm2018c2.csv (the first is line 3) are unreadable": [LINE, LINE[:3], LINE[:4]],
    }
    for sentence, lines in bad_files.items():
        write_sales(raw, lines)
        done = job.dbt(*BUILD)
        said = done.stdout + done.stderr
        assert done.returncode != 0
        assert "Traceback" not in said
        assert sentence in " ".join(said.split())
        assert job.warehouse.read_bytes() == before


@pytest.mark.slow
def test_everybody_buying_in_one_second_and_net_returns_make_a_warehouse(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    cards = [f"{number:08x}" for number in range(40)]
    write_members(raw, [[card, "", number % 2, "2010-01-01 00:00:00.000"] for number, card in enumerate(cards)])
    back = ["-1", "10", "-10", LINE[6], "-9"]
    returned = [cards[0], "2017-07-01 10:00:00", LINE[2], *back, *LINE[8:]]
    write_sales(raw, [[card, *LINE[1:]] for card in cards] + [returned])
    job = Job(raw, tmp_path / "out")
    done = job.dbt("--quiet", *BUILD, "--vars", "{returns: net, as_of: 2017-12-31}")
    assert done.returncode == 0, done.stdout
    assert job.query("select count(*), min(m) from marts.lrfmpsx") == [(39, 10)]
    assert job.query("select value from marts.settings_used where setting = 'as_of'") == [("2017-12-31",)]
    # One answer to who has bought.
    never = [
        job.query(f"select card_id from marts.{mart} where {column} = 'never_bought'")
        for mart, column in (("member_rfm", "rfm_class"), ("member_life_cycle", "state"))
    ]
    assert never == [[(cards[0],)]] * 2
    assert job.query("select rows_removed from marts.cleaning_funnel where step = 'net_buyer'") == [(1,)]
    assert job.query("select card_id, returned_amount from marts.member_returns") == [(cards[0], 10)]
    assert job.query("select reason from marts.rejected_sales_lines") == [("return",)]
    # A seed may have had other columns.
    with duckdb.connect(f"{job.warehouse}.next") as connection:
        connection.execute("alter table seeds.genders add column gone varchar")
    done = job.dbt("--quiet", "seed", "--select", "genders")
    assert done.returncode == 0, done.stdout


SETTINGS = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


def test_settings_are_those_of_the_project_and_their_page_is_up_to_date() -> None:
    assert setting_names() == list(SETTINGS)
    assert settings_problem(SETTINGS) is None
    assert settings_problem(SETTINGS | {"as_of": datetime.date(2018, 1, 3)}) is None
    page = settings_page(ROOT / "dbt_project.yml")
    check_made_file("docs/settings.md", page)
    assert all(f"## {group}\n" in page for group in GROUPS.values())


def test_settings_reach_dbt_as_they_were_given() -> None:
    settings = {
        "chance_level": 0.00001,
        "as_of": datetime.date(2018, 1, 3),
        "retailer": "/raw/店: 1.yml",
        "far_days": 9,
    }
    assert yaml.safe_load(write_yaml(settings)) == settings


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"retailer": 2018}, "the name of a file in retailers/"),
        ({"retailer": ""}, "the name of a file in retailers/"),
        ({"as_of": "3 January"}, "a date such as 2018-01-03, start_of_month, or empty"),
        ({"as_of": "20180103"}, "a date such as 2018-01-03, start_of_month, or empty"),
        ({"as_of": None}, "a date such as 2018-01-03, start_of_month, or empty"),
        ({"as_of": "1918-01-03"}, "lies outside plausible_years (1970 to 2099)"),
        ({"plausible_years": 1970}, "is 1970 but must be the first and the last year"),
        ({"plausible_years": [1970, 1980, 1990]}, "the first and the last year"),
        ({"plausible_years": [2099, 1970]}, "has 2099 as the first year but 1970 as the last"),
        ({"earliest_birth_year": 2100}, "lies after plausible_years (2099)"),
        ({"complete_month_share_of_days": True}, "is True but must be a number from 0 up to 1"),
        ({"complete_month_share_of_orders": float("nan")}, "is nan but must be a number from 0 up to 1"),
        ({"cluster_features": ["l", "z"]}, "a list of l, r, f, m, p, at least one and each only once"),
        ({"cluster_features": []}, "at least one"),
        ({"cluster_log_features": ["m", "m"]}, "a list of l, r, f, m, p, each only once"),
        ({"cluster_scaling": "minmax", "cluster_scalings": ["standard"]}, "the ones that are fitted"),
        ({"cluster_counts": [1]}, "a list of whole numbers from 2 up to 6"),
        ({"cluster_counts": [2, 7]}, "a list of whole numbers from 2 up to 6"),
        ({"random_seed": -1}, "must be a whole number from 0 on; see"),
        ({"cluster_selection_rule": False}, "is False but must be best_silhouette or stable"),
        ({"cluster_refits": "many"}, "is 'many' but must be a whole number from 1 up to 10000"),
        ({"cluster_gap_references": 0}, "a whole number from 1 up to 10000"),
        ({"cluster_sample_size": 5000.5}, "a whole number from 100 up to 1000000"),
        ({"rfm_cut_shares": [0.4, 0.2, 0.6, 0.8]}, "four rising numbers above 0 and below 1"),
        ({"rfm_cut_shares": [0.2, 0.4, 0.6]}, "four rising numbers above 0 and below 1"),
        ({"drift_smallest_share": 0}, "a number above 0 up to 1"),
        ({"max_unreadable_lines": 5}, "is 5 but must be a number from 0 up to 1"),
        ({"returns": "nett"}, "is 'nett' but must be drop or net"),
        ({"far_days": 0}, "must be a whole number from 1 on; see"),
        ({"far_share": 0.5}, "is 0.5 but must be a number from 0 and below 0.5"),
        ({"zero_amounts": True}, "is True but must be drop or count"),
        ({"max_bad_values": 50}, "is 50 but must be a number from 0 up to 1"),
        ({"promotion_robust_z": "3.5"}, "is '3.5' but must be a number above 0"),
        ({"clv_horizon_days": [90, 365, 90]}, "whole numbers from 1 up to 36525, at least one and each"),
        ({"next_steps_horizon_days": 30}, "30 is not among clv_horizon_days"),
        ({"top_counters": 0}, "a whole number from 1 on;"),
        ({"basket_min_orders": "many"}, "is 'many' but must be a whole number from 1 on;"),
        ({"basket_top": 10**30}, "a whole number from 1 up to 1000000000"),
        ({"life_cycle_minimum_gaps": 10**5000}, "a whole number from 0 up to 1000000000"),
        ({"retailer": "a\0b"}, "is 'a\\x00b' but must be the name of a file"),
        ({"retailer": "a" * 5_000}, "... but must be the name of a file"),
        ({"as_of": "2018-02-30"}, "a date such as 2018-01-03, start_of_month, or empty"),
        ({"as_of": "2018-01-03\0"}, "a date such as 2018-01-03, start_of_month, or empty"),
        ({"as_of": ["2018-01-03"]}, "a date such as 2018-01-03, start_of_month, or empty"),
        ({"plausible_years": [1970, 99_999]}, "the first and the last year, from 1 to 9998"),
        ({"rfm_cut_shares": [0.1, 0.2, 0.3, 0.4, 0.5]}, "four rising numbers above 0 and below 1"),
        ({"rfm_cut_shares": ["0.2", 0.4, 0.6, 0.8]}, "four rising numbers above 0 and below 1"),
        ({"clv_calibration_share": 1}, "a number above 0 and below 1"),
        ({"discount_tolerance": 1}, "a number from 0 and below 1"),
        ({"promotion_minimum_days_of_month": 32}, "a whole number from 0 up to 31"),
        ({"cluster_scalings": ["robust"]}, "a list of standard, minmax, log_standard"),
        ({"cluster_counts": {2: 3}}, "a list of whole numbers from 2 up to 6"),
        ({"cluster_modl": "reuse"}, "There is no setting cluster_modl (perhaps cluster_model is meant)"),
        ({"colour": "red"}, "There is no setting colour; see"),
        ({"x\0": 1}, "There is no setting 'x\\x00'; see"),
        ({"x" * 100_000: 1}, f"There is no setting {'x' * 80}...; see"),
    ],
)
def test_a_setting_that_cannot_work_is_named(changes: dict[str, object], sentence: str) -> None:
    problem = settings_problem(SETTINGS | changes)
    assert problem
    assert all(name[:80].strip("\0") in problem for name in changes)
    assert len(problem) < 400
    assert sentence in problem
    assert problem.endswith("; see docs/settings.md.")
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vars: [", "is not valid YAML"),
        ("", "has no settings"),
        ("- a", "has no settings"),
        ("vars:", "has no settings"),
    ],
)
def test_a_project_file_that_somebody_broke_is_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text(text)
    with pytest.raises(InputError, match=f"dbt_project.yml {said}"):
        project_settings(tmp_path / "dbt_project.yml")


def test_a_seed_that_a_spreadsheet_saved_in_another_encoding_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "dbt_project.yml", tmp_path)
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "genders.csv").write_text("female,女性", encoding="gb18030")
    with pytest.raises(InputError, match=r"seeds/genders.csv is not in UTF-8: save it as CSV UTF-8\."):
        build({}, tmp_path, tmp_path / "warehouse.duckdb")


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        (
            "growing,1,true,0.25",
            "growing,1,true,a quarter",
            " has 'a quarter' as lower_bound in line 2, but it must be of the type double.",
        ),
        (
            "增长,Growing",
            "增长,Growing, fast",
            ' has 7 values for 6 columns in line 2: one with a comma or a quote in it must stand in "double quotes".',
        ),
        (
            "name_en",
            "name",
            " has no column name_en: its first line must be level,sort_order,",
        ),
        (
            ",",
            ";",
            " has no column level: its first line must be level,sort_order,",
        ),
        ("growing,1,true", "growing,1.0,TRUE", None),
        ("level,", "\ufefflevel,", None),
    ],
)
def test_a_seed_that_cannot_be_loaded_is_one_sentence(
    written: str, instead: str, said: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "growth_levels.csv"
    text = (ROOT / "seeds" / "growth_levels.csv").read_text(encoding="utf-8")
    assert written in text
    path.write_text(text.replace(written, instead), encoding="utf-8")
    described = yaml.safe_load((ROOT / "seeds" / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    [types] = [seed["config"]["column_types"] for seed in described if seed["name"] == "growth_levels"]
    problem = seed_problem(path, types)
    assert problem is None if said is None else str(problem).startswith(f"{path}{said}")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["build", "test"])
def test_dbt_refuses_a_setting_that_it_does_not_have(command: str, demo_files: Path, tmp_path: Path) -> None:
    done = Job(demo_files, tmp_path).dbt(command, "--select", "genders members", "--vars", "{cluster_modl: reuse}")
    assert done.returncode != 0
    assert "There is no setting cluster_modl (perhaps cluster_model is meant)" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_build_of_the_seeds_alone_publishes_nothing(demo_files: Path, tmp_path: Path) -> None:
    # From another folder: the retailer file is found all the same.
    job = Job(demo_files, tmp_path, project=tmp_path)
    done = job.dbt_anew("build", "--project-dir", str(ROOT), "--profiles-dir", str(ROOT), "--resource-type", "seed")
    assert done.returncode == 0, done.stdout
    assert "Nothing is published by this build (it left out" in done.stdout
    assert not job.warehouse.exists()
