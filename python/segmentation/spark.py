"""A build of the models on Spark, dbt's target `spark`: what has landed goes there as Parquet, and tables come of it.

SQL runs on the cluster. What is fitted in Python (clusters, forecasts, holidays) runs here, as it does beside DuckDB,
on tables of a row per buyer or less, and its parameters go back as a table: dbt-spark has no Python models of its own.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import duckdb
import pandas as pd
import pyspark
from dbt.adapters.base.impl import PythonJobHelper
from dbt.adapters.spark.impl import SparkAdapter
from dbt.artifacts.resources.types import NodeType
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from pyspark.sql import SparkSession

from segmentation.settings import setting_names
from segmentation.sql_text import literal


def has_java() -> bool:
    """Return whether there is a Java, without which Spark does not start."""
    return bool(os.environ.get("JAVA_HOME") or shutil.which("java"))


def start_session(master: str, tables: Path, **settings: str) -> SparkSession:
    """Start Spark with an empty catalog whose tables are below a folder, which every executor must reach."""
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    builder = (
        SparkSession.builder.master(master)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        # Its errors come as exceptions; what it falls back from, it would print with a trace.
        .config("spark.log.level", "FATAL")
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.sql.warehouse.dir", str(tables.resolve()))
    )
    for name, value in settings.items():
        builder = builder.config(name, value)
    session: SparkSession = builder.getOrCreate()
    return session


def build(session: SparkSession, warehouse: Path, raw: Path) -> list[str]:
    """Build every seed and model on Spark from what has landed beside a DuckDB warehouse.

    Parameters
    ----------
    session : of `start_session`, with no table of an earlier build.
    warehouse : the DuckDB file; the landing has left `<warehouse>.work`.
    raw : folder for the raw tables as Parquet, which every executor must reach.

    Returns
    -------
    The public marts, by name.

    Raises
    ------
    RuntimeError
        If a seed or model cannot be built; the message says which and why.
    """
    options = ["--target", "spark"]
    quiet = ["--quiet", "--no-write-json"]
    parsed = dbtRunner().invoke([*quiet, "parse", *options])
    if not isinstance(parsed.result, Manifest):
        raise RuntimeError(str(parsed.exception))
    _copy_raw_tables(session, warehouse, raw, [source.name for source in parsed.result.sources.values()])
    names = ", ".join(f"({literal(name)})" for name in setting_names())
    session.sql(f"create or replace temporary view setting_names as select * from values {names} as settings(name)")
    for name, value in {
        "default_python_submission_method": "here",
        "python_submission_helpers": {"here": PythonModel},
    }.items():
        setattr(SparkAdapter, name, value)
    built = dbtRunner(parsed.result).invoke([*quiet, "build", *options, "--exclude-resource-type", "test", "unit_test"])
    if not built.success:
        nodes = getattr(built.result, "results", [])
        failed = [f"{node.node.name}: {node.message}" for node in nodes if node.status in ("error", "fail")]
        raise RuntimeError("\n".join(failed) or str(built.exception))
    return [
        node.name
        for node in parsed.result.nodes.values()
        if node.resource_type is NodeType.Model and node.schema == "marts" and node.access == "public"
    ]


def _copy_raw_tables(session: SparkSession, warehouse: Path, raw: Path, names: Sequence[str]) -> None:
    raw.mkdir(parents=True, exist_ok=True)
    session.sql("create database if not exists raw")
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(f'{warehouse}.work')} as work (read_only)")
        for name in names:
            file = raw.resolve() / f"{name}.parquet"
            connection.execute(f"copy (from work.raw.{name}) to {literal(str(file))}")
            session.sql(f"create table raw.{name} using parquet location {literal(file.as_uri())}")


class PythonModel(PythonJobHelper):
    """Runs a Python model in this process, on relations of DuckDB, as it is written."""

    def __init__(self, parsed_model: dict[str, Any], credential: object) -> None:
        self.name = f"{parsed_model['schema']}.{parsed_model['alias']}"
        self.session = SparkSession.active()

    def submit(self, compiled_code: str) -> None:
        """Run the function `model` of the code, and make a table of what it returns."""
        names: dict[str, Any] = {}
        # Below the model is what Databricks would do with it.
        exec(compiled_code.partition("# --- Autogenerated dbt")[0], names)
        with duckdb.connect() as connection:

            def read(name: str) -> duckdb.DuckDBPyRelation:
                table = self.session.table(name)
                files = [unquote(urlparse(file).path) for file in table.inputFiles()]
                # The rows of a view are not those of its files.
                if files and self.session.catalog.getTable(name).tableType != "VIEW":
                    return connection.read_parquet(files)
                return connection.from_arrow(table.toArrow())

            frame: pd.DataFrame = names["model"](names["dbtObj"](read), None)
            rows = connection.from_df(frame).to_arrow_table()
            self.session.createDataFrame(rows).write.mode("overwrite").saveAsTable(self.name)
