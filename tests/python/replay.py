"""What `dbt build` has executed, to be executed again on other raw files without the time that dbt itself takes."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.environments import Environment
from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper, LocalEnvironment
from dbt.contracts.graph.manifest import Manifest

from segmentation.dbt_plugin import Plugin

# Of what only reads, the questions on whose answer it depends whether a build goes on.
FUNCTIONS = ("settings_problem(", "land_raw_files(", "publish_warehouse(")
# What no row depends on: words for readers of the tables, and the bounds of transactions.
LEFT_OUT = ("comment on", "begin", "commit")
READS = ("select", "with", "from", "describe")


class Recorder:
    """The statements, questions and Python models of a build, in their order."""

    def __init__(self, manifest: Manifest) -> None:
        self.steps: list[tuple[str, Any, Any]] = []
        self.credentials: Any = None
        self.errors = {
            node.unique_id
            for node in manifest.nodes.values()
            if node.resource_type.value == "test" and node.config.severity.lower() == "error"
        }

    def take_down(self, sql: str, bindings: Any) -> None:
        header, text = re.match(r"\s*(/\*.*?\*/)?\s*(.*)", sql, re.DOTALL).groups()
        is_test = "should_error" in text and any(f'"{name}"' in (header or "") for name in self.errors)
        reads = text.lower().startswith(READS)
        if not text.lower().startswith(LEFT_OUT) and (not reads or is_test or any(name in text for name in FUNCTIONS)):
            self.steps.append(("ask" if reads else "do", text, bindings))

    def replay(self) -> list[str]:
        """Execute all again in files begun afresh; return what it stops with, nothing where it comes to its end."""
        begin_afresh()
        plugin = Plugin("segmentation.dbt_plugin", {}, self.credentials)
        connection = Environment.initialize_db(self.credentials, {"plugin": plugin})
        try:
            for kind, first, second in self.steps:
                if kind == "python":
                    Environment.run_python_job(
                        connection, lambda name: connection.query(f"from {name}"), first, second, self.credentials
                    )
                    continue
                answer = connection.execute(first, second) if second else connection.execute(first)
                if kind == "ask":
                    columns = [column for column, *_ in answer.description]
                    [row] = answer.fetchall()
                    is_test = "should_error" in columns
                    if problem := row[columns.index("should_error") if is_test else 0]:
                        return [first if is_test else str(problem)]
        except Exception as error:
            return [str(error)]
        finally:
            connection.close()
        return []


def begin_afresh() -> None:
    """Remove the files in which dbt works, whose connection it keeps."""
    DuckDBConnectionManager.close_all_connections()
    for ending in (".next", ".next.wal", ".work", ".work.wal"):
        Path(f"{os.environ['WAREHOUSE_PATH']}{ending}").unlink(missing_ok=True)


@contextmanager
def recording(manifest: Manifest) -> Iterator[Recorder]:
    """Take down what dbt executes in this block."""
    begin_afresh()
    recorder = Recorder(manifest)
    execute, submit = DuckDBCursorWrapper.execute, LocalEnvironment.submit_python_job

    def recorded_execute(cursor: Any, sql: str, bindings: Any = None) -> Any:
        recorder.take_down(sql, bindings)
        return execute(cursor, sql, bindings)

    def recorded_submit(environment: Any, handle: Any, parsed_model: dict[str, Any], code: str) -> Any:
        recorder.steps.append(("python", parsed_model["alias"], code))
        return submit(environment, handle, parsed_model, code)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DuckDBCursorWrapper, "execute", recorded_execute)
        patch.setattr(LocalEnvironment, "submit_python_job", recorded_submit)
        yield recorder
        recorder.credentials = DuckDBConnectionManager.env().creds
