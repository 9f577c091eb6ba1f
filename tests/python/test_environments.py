"""Odd terminals and machines: the same results, or one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from jinja2 import Template

pytestmark = pytest.mark.slow

PLAIN_C = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
ODD = {
    "usual": {},
    "a zone, no such language, no home": {"TZ": "Pacific/Apia", "LC_ALL": "zh_CN.GBK", "LANG": "zh_CN.GBK", "HOME": ""},
    "no such zone, plain C, no folder for temporary files": {"TZ": "no/such", **PLAIN_C, "TMPDIR": "/proc/none"},
    "output in ascii, a home that cannot be written": {
        "PYTHONIOENCODING": "ascii",
        "HOME": "/proc/none",
        "XDG_CONFIG_HOME": "/proc/none",
        "XDG_CACHE_HOME": "/proc/none",
    },
}


def run(environment: dict[str, str], *arguments: object, umask: int = 0o022) -> subprocess.CompletedProcess[bytes]:
    known = {name: value for name, value in os.environ.items() if name not in ("LC_ALL", "LANG", "PYTHONIOENCODING")}
    values = {name: value for name, value in (known | environment).items() if value}
    command = [sys.executable, "-m", "segmentation", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=values, capture_output=True, check=False, umask=umask)


def test_what_is_found_in_files_is_the_same_in_odd_environments(tmp_path: Path) -> None:
    folder = tmp_path / "会员 'of' \"é\"\nand 😀"
    folder.mkdir()
    path = folder / "会员 é😀.csv"
    rows = "".join(f"{number:08x},2017-03-26 02:30:{number % 60:02},{number}.5\n" for number in range(300))
    path.write_text("卡号,时间,金额\n" + rows, encoding="utf-8")
    outputs = {}
    for number, (name, environment) in enumerate(ODD.items()):
        done = run(environment, "inspect", path, "--raw-data", folder, umask=(0o077, 0)[number % 2])
        assert done.returncode == 0, (name, done.stderr)
        outputs[name] = done.stdout.decode().encode("ascii", "backslashreplace")
    assert b"card_id: \\u5361" in outputs["usual"]
    assert set(outputs.values()) == {outputs["usual"]}


@pytest.mark.parametrize("environment", [{}, PLAIN_C], ids=["usual", "plain C"])
def test_names_and_places_that_cannot_work_are_said_in_one_sentence(
    environment: dict[str, str], tmp_path: Path
) -> None:
    nowhere = {"WAREHOUSE_PATH": "/proc/none/wh.duckdb", "RAW_DATA_DIR": str(tmp_path)}
    done = run(environment | nowhere, "build")
    assert (done.returncode, done.stderr) == (1, b"/proc/none cannot be used: No such file or directory.\n")
    name = os.fsdecode(os.fsencode(tmp_path) + "/会员.csv".encode("gbk"))
    Path(name).write_text("卡号,时间,金额\na,2017-01-01,1\n", encoding="utf-8")
    done = run(environment, "inspect", name, "--raw-data", tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith(b"is not in UTF-8: rename the file or folder.\n"), done.stderr


@pytest.mark.parametrize("folder", [ROOT, ROOT / "examples" / "own_mart"], ids=lambda folder: folder.name)
def test_an_empty_variable_is_as_none_for_dbt_too(folder: Path) -> None:
    profiles = Template((folder / "profiles.yml").read_text(encoding="utf-8"))
    none = profiles.render(env_var=lambda _, default: default)
    assert "warehouse/" in none
    assert profiles.render(env_var=lambda *_: "") == none
