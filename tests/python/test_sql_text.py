"""How SQL is written: models begin with what they read; text from outside becomes SQL in two functions only.

These are `literal` and `identifier`; in macros, `sql_literal` and dbt.
"""

import ast
import re
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT
from jinja2 import Environment

from segmentation.sql_text import identifier, literal

SQL = re.compile(
    r"\b(select|insert|delete|update|create|drop|attach|copy|from|where|read_csv|read_parquet)\b", re.IGNORECASE
)
QUOTE_BEFORE = re.compile(r"['\"]$")
IMPORT = re.compile(r"\(\n    select \* from \{\{ ref\('\w+'\) \}\}(\n    where (?!.*\bselect\b).*)?\n$", re.DOTALL)
PYTHON = sorted((ROOT / "python").rglob("*.py"))
# Constants of the project, no values from outside.
CONSTANTS = {"FORMULA", "ANY", "plain"}


@pytest.mark.parametrize("path", sorted((ROOT / "models").rglob("*.sql")), ids=lambda path: path.name)
def test_a_model_begins_with_its_imports(path: Path) -> None:
    parts = re.findall(
        r"^(?:with (?:recursive )?)?\w+ as (\(\n.*?)^\)", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    are_imports = [bool(IMPORT.match(part)) for part in parts]
    assert are_imports == sorted(are_imports, reverse=True)


def hand_quoted(text: str) -> list[str]:
    """The values that f-strings with SQL put between quotes of their own."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.JoinedStr):
            continue
        whole = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
        for before, value in zip(node.values, node.values[1:], strict=False):
            is_quoted = isinstance(before, ast.Constant) and QUOTE_BEFORE.search(before.value)
            if isinstance(value, ast.FormattedValue) and is_quoted and SQL.search(whole):
                found.append(ast.unparse(value.value))
    return found


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT / "python")))
def test_no_program_quotes_by_hand(path: Path) -> None:
    assert set(hand_quoted(path.read_text(encoding="utf-8"))) <= CONSTANTS


@pytest.mark.parametrize("path", sorted((ROOT / "macros").glob("*.sql")), ids=lambda path: path.name)
def test_no_macro_quotes_by_hand(path: Path) -> None:
    assert not re.search(r"""['"]['"]\s*~|~\s*['"]['"]|'"\s*~|~\s*"'""", path.read_text(encoding="utf-8"))


def test_a_digest_of_a_table_knows_rows_names_and_types() -> None:
    macros = (
        Environment(extensions=["jinja2.ext.do"])
        .from_string((ROOT / "macros" / "kept_tables.sql").read_text(encoding="utf-8"))
        .module
    )
    rows = (
        "1 as a, 2 as b",
        "2 as b, 1 as a",
        "2 as a, 1 as b",
        "1 as b, 2 as a",
        "1 as a, 2::bigint as b",
        "1 as a, 3 as b",
    )
    for number, row in enumerate(rows):
        duckdb.execute(f"create or replace table t{number} as select {row}")
    digests = [duckdb.execute(macros.contents_digest(f"t{number}")).fetchall() for number in range(len(rows))]
    assert len({str(digest) for digest in digests}) == len(rows)


def test_what_quotes_by_hand_is_found() -> None:
    assert hand_quoted("""f"select 1 from t where a = '{a}'" """) == ["a"]
    assert hand_quoted("""f'select 1 from "{a}"' """) == ["a"]
    assert hand_quoted("""f"select {a} from t where a = {literal(b)}" """) == []


@pytest.mark.parametrize("text", ["", "a", "it's", '"', "''", "'; drop table t; --", "\\'", "名", "a\nb", "{x}", "$1"])
def test_any_text_arrives_as_it_is(text: str) -> None:
    assert duckdb.execute(f"select {literal(text)}").fetchall() == [(text,)]
    if text:
        result = duckdb.execute(f"select 1 as {identifier(text)}")
        assert result.description[0][0] == text


def test_a_null_among_the_values_found_in_does_not_hide_what_is_not_there() -> None:
    text = (ROOT / "tests" / "generic" / "found_in.sql").read_text(encoding="utf-8")
    macro = Environment().from_string(text.replace("{% test", "{% macro").replace("endtest", "endmacro")).module
    connection = duckdb.connect()
    connection.execute("create table here as from (values ('a', 1), ('b', 1), (null, 2)) as h (code, no)")
    connection.execute("create table there as from (values ('a', 1), (null, 1)) as t (code, no)")
    for columns, missing in ((["code"], [("b",)]), (["code", "no"], [("b", 1)])):
        assert connection.sql(macro.found_in("here", columns, "there")).fetchall() == missing
