"""What follows the raw files one by one is what a build of everything gives; rows that nothing touched stay."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from conftest import BUILD, QUICK_FIT, ROOT, WRITTEN, Job
from python_calamine import CalamineWorkbook

from segmentation.demo import write_demo

# What follows the files, and the schema and column in which a row is marked.
BY_FILE = {"int_file_days": "work.intermediate", "int_odd_line_values": "work.intermediate", "sales_lines": "marts"}
# From a line of the demo data on to another: a year, a half and so on; the last is a day's.
PARTS = {"a": (0, 1_000), "b": (1_000, 1_500), "c": (1_500, 1_960), "day": (1_960, 2_000)}
SHOP = {
    "as_of: 2018-01-03\n": "",
    "cumcm2018c1.xlsx": "members.csv",
    "cumcm2018c2.csv": "sales-*.csv",
}


class Shop:
    """A shop with sales files a, b and c, and the warehouse that follows them."""

    def __init__(self, folder: Path) -> None:
        self.raw, self.retailer = folder / "raw", folder / "shop.yml"
        self.job = Job(self.raw, folder / "out")
        self.variables = QUICK_FIT | {"retailer": str(self.retailer)}
        write_demo(folder, member_rows=300, sales_lines=2_000)
        with CalamineWorkbook.from_path(folder / "cumcm2018c1.xlsx") as book:
            rows = book.get_sheet_by_index(0).to_python()
        self.members = [",".join(map(str, row)) for row in rows]
        self.header, *lines = (folder / "cumcm2018c2.csv").read_text(encoding="utf-8").splitlines()
        self.lines = {name: lines[start:end] for name, (start, end) in PARTS.items()}
        self.raw.mkdir()
        self.job.out.mkdir()
        self.retailer.write_text((ROOT / "retailers" / "cumcm2018.yml").read_text(encoding="utf-8"), encoding="utf-8")
        self.say(SHOP)
        self.register()
        for name in ("a", "b", "c"):
            self.write(name)

    def say(self, words: dict[str, str]) -> None:
        """Replace words of the retailer file."""
        text = self.retailer.read_text(encoding="utf-8")
        for old, new in words.items():
            assert old in text
            text = text.replace(old, new)
        self.retailer.write_text(text, encoding="utf-8")

    def register(self, without: str = "nobody") -> None:
        """Write the member list, without those whose row begins so."""
        rows = [row for row in self.members if not row.startswith(without)]
        (self.raw / "members.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")

    def write(self, name: str, *more: str) -> None:
        """Write a sales file, with more lines after its own."""
        lines = [self.header, *self.lines[name], *more]
        (self.raw / f"sales-{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def dbt(self, *arguments: str) -> None:
        done = self.job.dbt(*arguments, "--vars", str(self.variables))
        assert done.returncode == 0, done.stdout + done.stderr

    def made(self) -> set[str]:
        """Build everything; returns the tables that were made, and not kept, without those that follow the files."""
        self.dbt(*BUILD)
        run = json.loads((self.job.out / "target" / "run_results.json").read_text(encoding="utf-8"))
        nodes = json.loads((self.job.out / "target" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
        return {
            result["unique_id"].removeprefix("model.customer_segmentation.")
            for result in run["results"]
            if result["unique_id"].startswith("model.")
            and nodes[result["unique_id"]]["config"]["materialized"] == "table"
            and result["message"] != "kept"
        }

    def files(self) -> duckdb.DuckDBPyConnection:
        """The files that dbt works in."""
        connection = duckdb.connect()
        connection.execute(
            f"attach '{self.job.warehouse}.next' as warehouse; attach '{self.job.warehouse}.work' as work"
        )
        return connection.execute("use warehouse")

    def follow(self) -> set[str]:
        """Build what follows the files, and compare it with its own SQL over all of them.

        Returns the files whose lines were made again.
        """
        with self.files() as connection:
            connection.execute("update marts.sales_lines set merged_card_id = 'as before'")
        self.dbt("run", "--select", *(f"+{name}" for name in BY_FILE))
        with self.files() as connection:
            kept = connection.execute(
                "select distinct source_file from marts.sales_lines where merged_card_id = 'as before'"
            ).fetchall()
            connection.execute("update marts.sales_lines set merged_card_id = null")
            for name, schema in BY_FILE.items():
                [path] = (self.job.out / "target" / "compiled").rglob(f"*/{name}.sql")
                connection.execute(
                    f"create or replace temp table whole as {path.read_text(encoding='utf-8')};"
                    f"create or replace temp table followed as from {schema}.{name}"
                )
                for one, other in (("whole", "followed"), ("followed", "whole")):
                    assert connection.execute(f"from {one} except all from {other}").fetchall() == [], name
        there = {path.name for path in self.raw.glob("sales-*")}
        return {name.removeprefix("sales-").removesuffix(".csv") for name in there - {file for (file,) in kept}}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("daily"))
    shop.dbt(
        "build",
        "--select",
        *(f"+{name}" for name in BY_FILE),
        "--exclude-resource-type",
        "test",
        "--exclude-resource-type",
        "unit_test",
    )
    return shop


def member_of(shop: Shop, file: str) -> str:
    """The card of a member who bought in a file alone."""
    with shop.files() as connection:
        [(card,)] = connection.execute(
            """select card_id from marts.sales_lines where customer_type = 'member' group by card_id
            having min(source_file) = $file and max(source_file) = $file order by card_id limit 1""",
            {"file": f"sales-{file}.csv"},
        ).fetchall()
    return card


def interrupt(shop: Shop) -> None:
    """Leave what a build leaves that was killed when it had taken out old lines of file b."""
    with shop.files() as connection:
        connection.execute("delete from work.staging.sales_lines__files where source_file = 'sales-b.csv'")
        connection.execute("delete from marts.sales_lines where source_file = 'sales-b.csv' and row_no % 2 = 0")


ALL = {"a", "b", "c", "day"}
CHANGES: dict[str, tuple[list[Callable[[Shop], object]], set[str]]] = {
    "another as-of date, a day more, and a late line": (
        [
            lambda shop: shop.variables.update(as_of="2017-12-31"),
            lambda shop: shop.write("day"),
            lambda shop: shop.write("b", shop.lines["a"][0]),
        ],
        {"day", "b"},
    ),
    "one corrected, one withdrawn": (
        [lambda shop: shop.write("b"), lambda shop: (shop.raw / "sales-c.csv").unlink()],
        {"b"},
    ),
    "back again, and a member less": (
        [lambda shop: shop.write("c"), lambda shop: shop.register(without=member_of(shop, "a"))],
        {"a", "c"},
    ),
    "a member more, after a kill": ([Shop.register, interrupt], {"a", "b"}),
    "a day that nothing is near": (
        [lambda shop: shop.write("day", shop.lines["day"][0].replace(",201", ",207", 1))],
        ALL,
    ),
    "another rule": ([lambda shop: shop.variables.update(zero_amounts="count")], ALL),
    "what another file has counts once": (
        [
            lambda shop: shop.say({"sales-*.csv": "sales-*.csv\n  overlapping: true"}),
            lambda shop: shop.write("c", shop.lines["a"][-1]),
        ],
        ALL,
    ),
    "the other file is withdrawn": ([lambda shop: (shop.raw / "sales-a.csv").unlink()], {"c"}),
}


@pytest.mark.slow
def test_what_nothing_touched_stays(shop: Shop) -> None:
    made = {}
    for name, (changes, _) in CHANGES.items():
        for change in changes:
            change(shop)
        made[name] = shop.follow()
    assert made == {name: expected for name, (_, expected) in CHANGES.items()}


def as_older_code_leaves_it(path: Path) -> None:
    """Code that knows no list of kept tables makes them itself, and drops what is none of its own."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table if exists kept_mark")
        connection.execute("create or replace table marts.member_rows as from marts.member_rows limit 1")


@pytest.mark.slow
@pytest.mark.parametrize("is_other_code", [False, True], ids=["from a backup", "of older code"])
def test_beside_a_file_of_other_tables_all_is_made_anew(is_other_code: bool, shop: Shop, tmp_path: Path) -> None:
    path = Path(f"{shop.job.warehouse}.next")
    count = "select count(*) from marts.member_rows"
    backup = shutil.copy(path, tmp_path)
    shop.write("b", shop.lines["b"][is_other_code])
    assert "b" in shop.follow()
    with shop.files() as connection:
        members = connection.execute(count).fetchall()
    if is_other_code:
        as_older_code_leaves_it(path)
    else:
        shutil.copy(backup, path)
    assert shop.follow() == {path.stem.removeprefix("sales-") for path in shop.raw.glob("sales-*")}
    with shop.files() as connection:
        assert connection.execute(count).fetchall() == members
    assert shop.follow() == set()


@pytest.mark.slow
def test_every_mart_is_that_of_a_build_from_nothing(shop: Shop, tmp_path: Path) -> None:
    """After all these changes, and more since the last build; each in a time zone and a language of its own.

    On the way, only the tables are made whose rows can be others than those of the build before.
    """
    shop.write("a")
    shop.variables.update(as_of="start_of_month")
    followed = replace(shop.job, odd={"DBT_WRITE_JSON": "true", "TZ": "Pacific/Kiritimati"})
    anew = Job(shop.raw, tmp_path, odd=WRITTEN | {"TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONUTF8": "1"})
    shop.job = followed
    everything = shop.made()
    # A build sees no fault in rows that have not come from it; who asks for the tests does.
    with shop.files() as connection:
        connection.execute("insert into marts.member_history from marts.member_history limit 1")
    # From now on there is a published model, whose numbers the same clusters keep.
    assert shop.made() == {"int_previous_segments", "int_clusters_numbered"}
    with pytest.raises(AssertionError, match="key_member_history"):
        shop.dbt("test", "--select", "member_history")
    with shop.files() as connection:
        connection.execute(
            "delete from marts.member_history where rowid = (select max(rowid) from marts.member_history)"
        )
    # Tests of data make no table.
    followed = shop.job = replace(followed, odd=followed.odd | {"DBT_EXCLUDE_RESOURCE_TYPES": "unit_test test"})

    # What was sold since the month began changes the lines, not what is known of the members.
    shop.lines["new"] = [shop.lines["day"][-1].replace(" 21:", " 22:")]
    shop.write("new")
    of_the_day = shop.made()
    assert {"orders", "input_files"} <= of_the_day
    of_months = {
        "counter_comparison",
        "promotion_days",
        "int_buyer_lines",
        "lrfmpsx",
        "int_cluster_model",
        "member_history",
        "member_life_cycle",
        "int_clv_models",
        "member_next_steps",
    }
    assert of_months <= everything - of_the_day

    # Another boundary of scores touches what has scores, no fit.
    shop.variables.update(rfm_cut_shares=[0.1, 0.4, 0.6, 0.8])
    of_scores = shop.made()
    assert {"settings_used", "rfm_cut_points", "member_rfm", "member_history"} <= of_scores
    assert not {"orders", "lrfmpsx", "int_cluster_model", "member_life_cycle", "int_clv_models"} & of_scores

    # How the files are read, without another file.
    formats = '["%Y-%d-%m %H:%M:%S.%g", "%Y-%m-%d %H:%M:%S.%g"]'
    shop.say({"members:\n": f"members:\n  date_format: {{registered_at: {formats}}}\n"})
    shop.write("day", shop.lines["b"][0])
    contents = []
    for job in (replace(followed, odd=followed.odd | {"LC_ALL": "zh_CN.GBK"}), anew):
        shop.job = job
        shop.dbt(*BUILD)
        with job.working_files() as connection:
            contents.append(
                {
                    name: connection.execute(
                        f"select count(*), sum(hash(t)), bit_xor(hash(t)) from marts.{name} as t"
                    ).fetchall()
                    for (name,) in connection.execute(
                        "select table_name from information_schema.tables where table_schema = 'marts'"
                        " and table_catalog = current_database()"
                    ).fetchall()
                }
            )
    assert contents[0] == contents[1]
    # What dbt writes beside the tables knows no card.
    [(card,)] = anew.query("select card_id from marts.lrfmpsx order by f desc, card_id limit 1")
    said = [path for folder in ("logs", "target") for path in (anew.out / folder).rglob("*") if path.is_file()]
    assert len(said) > 100
    assert [path for path in said if card.encode() in path.read_bytes()] == []
