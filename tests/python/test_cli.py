"""The command line: help, refusals in one sentence, and values that arrive as they were written."""

import csv
import os
import re
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from conftest import ROOT, Job

from segmentation.audience import Request
from segmentation.cli import commands
from segmentation.errors import InputError
from segmentation.landing.files import has_raw_files

HEAVY = ("duckdb", "pandas", "matplotlib", "dbt", "yaml", "numpy")


@pytest.mark.parametrize("command", sorted(commands.commands))
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    for option in ("-h", "--help"):
        done = CliRunner().invoke(commands, [command, option])
        assert done.exit_code == 0
        assert re.search(rf"Examples?:\n    segmentation {command}", done.output)


def test_help_comes_without_loading_what_only_commands_need() -> None:
    code = f"import sys, segmentation.cli; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "python", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("biuld", "Did you mean 'build'?"),
        ("build --retialer x", "Did you mean '--retailer'?"),
        ("build --vars as_of", "give settings with their values"),
        ("build --vars a:[", "give settings with their values"),
        ("build --vars {as_of:\t2018-02-30}", '2017-06-30" (day '),
        (f"build --vars {{basket_top:\t{'9' * 5_000}}}", "give settings with their values"),
        (f"build --vars {'[' * 5_000}", "give settings with their values"),
        ("build --vars {a:\t\0}", "give settings with their values"),
        ("inspect", "Missing argument 'FILES...'"),
        ("demo", "Missing argument 'FOLDER'"),
        ("demo ", "Give the name of a folder"),
        ("build --raw-data=", "Give the name of a folder"),
        ("demo x --members many", "'many' is not a valid integer"),
        # A sheet holds no more rows.
        ("demo x --members 1048576", "1048576 is not in the range"),
        ("demo x --lines 1", "1 is not in the range"),
        ("charts --language fr", "'fr' is not one of 'zh', 'en'"),
        ("charts --only months --member a", "comes without portraits"),
        ("audience --reason x --where state=lost", "Name the audience (--name)"),
        ("audience --reason x --cap favourite_counter", "'favourite_counter' is no trait with a number"),
        ("audience --reason x --top 0", "0 is not in the range"),
        ("audience --reason x --recent-days 99999999", "99999999 is not in the range"),
        ("audience --reason x --wher state=lost", "'--where'"),
        ("audience silent", "No such command 'silent'"),
        ("audience result", "Missing argument 'NAME'"),
        ("audience --reason x --hold-out abc", "'abc' is not a valid float"),
        ("audience --reason x --hold-out 1", "1.0 is not in the range"),
        ("audience --reason x --recent-days -1", "-1 is not in the range"),
        ("audience --reason x --date 2018-02-30", "'2018-02-30' does not match"),
        ("audience --reason x --opt-out none.csv", "'none.csv' does not exist"),
        ("audience --warehouse w traits", "--warehouse stands before traits"),
        ("audience --reports r result x", "give it after result"),
        ("charts --member= ", "give the number of a card"),
        ("audience --state silent result x", "--state stands before result"),
    ],
)
def test_a_wrong_word_is_refused_with_a_sentence(command: str, said: str) -> None:
    done = CliRunner().invoke(commands, [word.replace("\t", " ") for word in command.split(" ")])
    assert done.exit_code == 2
    assert said in done.output


def segmentation(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "segmentation", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", ["charts", "export", "audience --reason x"])
def test_without_a_warehouse_one_sentence_says_so(command: str, tmp_path: Path) -> None:
    done = segmentation(*command.split(), f"--warehouse={tmp_path / 'none'}", f"--reports={tmp_path}")
    assert done.returncode == 1
    assert "run `segmentation build`" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_card_that_has_no_portrait_is_named_before_anything_is_drawn(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("create schema marts; create table marts.consumers_profile (card_id varchar)")
    done = segmentation("charts", "--member=x", f"--warehouse={tmp_path / 'w.duckdb'}", f"--reports={tmp_path / 'r'}")
    assert done.returncode == 1
    assert done.stderr.strip() == "There is no buyer x in this warehouse, whose portrait could be drawn."
    assert not (tmp_path / "r" / "charts").exists()


@pytest.mark.parametrize(("given", "drawn"), [("2CB4F504", "2cb4f504"), ("AB", "AB"), ("ab", "ab")])
def test_a_card_is_found_whatever_its_capitals(
    given: str, drawn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = tmp_path / "w.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """create schema marts;
            create table marts.consumers_profile as select unnest(['2cb4f504', 'ab', 'AB']) as card_id"""
        )
    asked: list[list[str]] = []
    monkeypatch.setattr("segmentation.charts.draw_charts", lambda *given, **_: asked.append(given[-1]) or [])
    monkeypatch.setattr("segmentation.speed.worker_processes", nullcontext)
    places = [f"--warehouse={warehouse}", f"--reports={tmp_path / 'r'}"]
    ran = CliRunner().invoke(commands, ["charts", "--member", given, *places], catch_exceptions=False)
    assert (ran.exit_code, asked) == (0, [[drawn]])


@pytest.mark.parametrize("command", ["build", "inspect none.csv", "settings"])
def test_what_reads_the_project_says_at_its_start_that_it_is_elsewhere(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^There is no dbt_project\.yml in this folder; go to the folder"):
        CliRunner().invoke(commands, command.split(), catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("audience --segment=a --where state=active --segment b --count", "--segment is given several times"),
        ("audience result name --days 3 --days 4", "--days is given several times"),
        ("demo --seed=1 --seed=2 folder", "--seed is given several times"),
    ],
)
def test_an_option_that_counts_once_is_not_dropped_in_silence(command: str, said: str) -> None:
    done = CliRunner().invoke(commands, command.split())
    assert done.exit_code == 2
    assert said in done.output


@pytest.mark.slow
def test_a_warehouse_without_marts_is_one_sentence(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    done = segmentation("members", f"--warehouse={tmp_path / 'empty.duckdb'}", f"--reports={tmp_path}")
    assert done.returncode == 1
    assert "run `segmentation build`" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "retailer"),
    [([], "shop"), (["--retailer", "market"], "market"), (["--vars", "retailer: market"], "market")],
)
def test_the_retailer_is_the_one_of_the_project_where_none_is_named(
    options: list[str], retailer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = (ROOT / "dbt_project.yml").read_text().replace("retailer: cumcm2018", "retailer: shop")
    (tmp_path / "dbt_project.yml").write_text(project)
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.csv").write_text("a\n1\n")
    landed = []

    def landing_process(_warehouse: Path, retailer: str, _raw_dir: Path) -> None:
        landed.append(retailer)
        raise InputError("Enough.")

    monkeypatch.setattr("segmentation.run.landing_process", landing_process)
    # The command sets them for dbt.
    monkeypatch.setenv("RAW_DATA_DIR", "raw")
    monkeypatch.setenv("WAREHOUSE_PATH", "w.duckdb")
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(commands, ["build", "--raw-data", "raw", "--warehouse", "w.duckdb", "--reports", "r", *options])
    assert landed == [retailer]


def test_a_build_says_at_its_start_that_there_is_no_place_for_reports(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    places = (f"--{name}={tmp_path / name}" for name in ("raw-data", "warehouse"))
    done = segmentation("build", *places, f"--reports={tmp_path / 'file'}")
    assert done.returncode == 1
    assert f"{tmp_path / 'file'} cannot be used: File exists" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "raw-data", "warehouse.lock"]


@pytest.mark.parametrize("name", ["cumcm2018c1.xlsx", "cumcm2018c2.csv"])
def test_a_demo_overwrites_demo_files_and_no_others(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    demo = ["demo", str(tmp_path), "--members", "50", "--lines", "200"]
    refused = CliRunner().invoke(commands, demo)
    assert isinstance(refused.exception, InputError)
    assert str(refused.exception).startswith(f"{tmp_path / name} is there, and no DEMO_DATA.txt beside it")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "mine")]
    (tmp_path / name).unlink()
    written = []
    for seed in ("1", "2"):
        assert CliRunner().invoke(commands, [*demo, "--seed", seed]).exit_code == 0
        written.append((tmp_path / name).read_bytes())
    assert written[0] != written[1]


def test_a_note_of_demo_files_is_no_raw_file(tmp_path: Path) -> None:
    (tmp_path / "DEMO_DATA.txt").touch()
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "sales-checkpoint.csv").touch()
    assert not has_raw_files(tmp_path)
    (tmp_path / "sales.csv").touch()
    assert has_raw_files(tmp_path)


def test_no_demo_data_takes_the_place_of_a_warehouse_whose_files_are_gone(tmp_path: Path) -> None:
    warehouse, reports = tmp_path / "warehouse.duckdb", tmp_path / "reports"
    warehouse.write_text("built")
    done = segmentation("build", f"--raw-data={tmp_path / 'raw'}", f"--warehouse={warehouse}", f"--reports={reports}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path / 'raw'} holds no files, and {warehouse} was built of some")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "raw").exists()
    assert warehouse.read_text() == "built"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = segmentation("demo", str(tmp_path / "file" / "folder"))
    assert done.returncode == 1
    assert "Not a directory" in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_make_is_told_arrives_as_it_was_written(demo: Job, tmp_path: Path) -> None:
    reason = """it's "5 $HOME" `off` $(shell echo no) $(5 \\ 秋季 #1; -50 %"""
    make = ["make", "-s", "-o", ".venv/.installed", f"BIN={Path(sys.executable).parent}"]
    reports = tmp_path / "Bob's $5 reports"
    variables = [
        f"REASON={reason}",
        "STATE=never_bought",
        "HOLDOUT=0.5",
        f"REPORT_DIR={reports}",
        "AUDIENCE=as-written",
    ]
    done = subprocess.run(
        [*make, "audience", *variables], cwd=ROOT, env=demo.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    [log] = (reports / "audiences").glob("*/log.csv")
    with log.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    # But that no spreadsheet takes what follows the semicolon for a formula.
    assert row["reason"] == reason.replace("; -", ";' -")
    assert (row["audience"], row["holdout_share"]) == ("as-written", "0.5")


TOLD = {
    "WHERE": "amount>=1 or state='$HOME'", "TOP": "5", "BY": "amount", "CAP": "state=3 gender=2", "EXCLUDE": "a b",
    "FORMAT": "xlsx", "LANGUAGE": "zh",
}  # fmt: skip
NOT_TOLD = {"LANGUAGE": "de_DE:de", "FORMAT": "%h", "TOP": "/srv"}


@pytest.mark.parametrize("told", [TOLD, {}])
def test_an_audience_is_limited_as_make_is_told_and_not_as_the_environment_says(
    told: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    program = tmp_path / "segmentation"
    program.write_text("#!/bin/sh\nenv -0\n")
    program.chmod(0o700)
    make = ["make", "-s", "-o", ".venv/.installed", f"BIN={tmp_path}", "audience"]
    done = subprocess.run(
        [*make, *(f"{name}={value}" for name, value in told.items())],
        cwd=tmp_path, env=os.environ | NOT_TOLD, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for line in done.stdout.split("\0"):
        name, _, value = line.partition("=")
        if name.startswith("SEGMENTATION_AUDIENCE_"):
            monkeypatch.setenv(name, value)
    requests: list[Request] = []

    def export(*given: Any) -> tuple[str, str]:
        requests.append(given[-1])
        return "list.csv", "1 member to contact"

    monkeypatch.setattr("segmentation.audience.export_audience", export)
    ran = CliRunner().invoke(commands, ["audience", "--reason=x", "--name=x"], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    limits = {"top": 5, "by": "amount", "caps": (("state", 3), ("gender", 2)), "exclude": ("a", "b")}
    limits |= {"form": "xlsx", "language": "zh"}
    assert requests == [Request((told["WHERE"],), "x", "x", **limits) if told else Request((), "x", "x")]


def test_a_mistyped_variable_of_make_is_refused(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    make = ["make", "-s", "-o", ".venv/.installed", "BIN=/bin/echo ", "audience"]
    for words, is_refused in (["SEGMNT=top_value"], True), (["DBT_THREADS=1", "SEGMENT=a $b"], False):
        done = subprocess.run([*make, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ("Nobody reads SEGMNT; there are ALL AUDIENCE " in done.stderr) == is_refused, done.stderr
        assert bool(done.returncode) == is_refused


@pytest.mark.parametrize("moved", [False, True])
def test_a_project_that_was_moved_is_installed_anew(moved: bool, tmp_path: Path) -> None:
    project = tmp_path / "Bob's (new), folder"
    (project / ".venv").mkdir(parents=True)
    (project / "target").mkdir()
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, project)
    (project / ".venv" / ".installed").touch()
    (project / "target" / "partial_parse.msgpack").touch()
    (project / ".venv" / ".folder").write_text(f"{tmp_path if moved else project.resolve()}\n")
    done = subprocess.run(["make", "-n", "settings"], cwd=project, capture_output=True, text=True, check=False)
    assert ("Installing the environment" in done.stdout) == moved, done.stderr
    assert (project / "target" / "partial_parse.msgpack").exists() != moved


def made_environment(folder: Path, tools: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """What `make` says that makes the environment, with these tools alone, each a script."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / "bin").mkdir()
    for name in ("sh", "grep", "cat", "rm", "find"):
        (folder / "bin" / name).symlink_to(shutil.which(name))
    for name, script in tools.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / "bin" / name).chmod(0o700)
    return subprocess.run(
        [shutil.which("make"), ".venv/.installed", *words], cwd=folder, env={"PATH": str(folder / "bin")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(("words", "given"), [([], ""), (["PYTHON=/opt/our python3"], "-p /opt/our python3 ")])
def test_uv_takes_the_python_that_make_is_told(words: list[str], given: str, tmp_path: Path) -> None:
    done = made_environment(tmp_path, {"uv": 'echo "$@"; exit 1'}, *words)
    assert done.stdout.splitlines()[-1] == f"venv -q --allow-existing {given}.venv"


def test_an_older_python_is_named_without_uv(tmp_path: Path) -> None:
    old = f"exec '{sys.executable}' -c \"import sys; sys.version_info = (3, 10); $2\""
    done = made_environment(tmp_path, {"python3": old})
    assert "Python 3.11 or newer is needed, and python3 is 3.10: name one" in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(("reader", "lines"), [("| head -n 0", 0), ("| head -n 1", 1), (">&-", 0)])
def test_who_reads_the_beginning_only_hears_no_complaint(reader: str, lines: int) -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; '{sys.executable}' -m segmentation settings {reader}"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", lines)
