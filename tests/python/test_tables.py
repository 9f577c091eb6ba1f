"""The materialization of tables and their comments, in a project of one model."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT

FILES = {
    "dbt_project.yml": f"""
name: one_table
version: 1.0.0
profile: one_table
macro-paths: [{ROOT / "macros"}]
models: {{+materialized: table, +persist_docs: {{relation: true, columns: true}}}}
""",
    "profiles.yml": "one_table: {target: dev, outputs: {dev: {type: duckdb, path: one.duckdb}}}",
    "models/one.sql": "select {{ var('value') }} as answer",
    "models/one.yml": """
models:
  - {name: one, description: The user's row., columns: [{name: answer, description: "It's ; one"}]}
""",
}


@pytest.mark.slow
def test_a_table_is_replaced_and_stays_where_its_query_fails(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for value, code in (("1", 0), ("2", 0), ("error('none')", 1)):
        command = [sys.executable, "-m", "dbt.cli.main", "run", "--vars", json.dumps({"value": value})]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout
    with duckdb.connect(str(tmp_path / "one.duckdb"), read_only=True) as connection:
        assert connection.execute("from main.one").fetchall() == [(2,)]
        said = connection.execute(
            "select t.comment, c.comment from duckdb_tables() as t inner join duckdb_columns() as c using (table_name)"
        ).fetchall()
        assert said == [("The user's row.", "It's ; one")]
        # Nothing is left beside it.
        assert connection.execute("select table_name from duckdb_tables()").fetchall() == [("one",)]
