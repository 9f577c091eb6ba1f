"""What dbt-duckdb loads beside the database: SQL functions for what SQL cannot do itself."""

import json
import os
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from segmentation.raw_files import input_problem
from segmentation.settings import settings_problem


def replace_file(new: str, target: str) -> str:
    """Put the finished file `new` in the place of `target` at once; whoever has `target` open keeps the old one."""
    with Path(new).open("rb") as file:
        os.fsync(file.fileno())
    Path(new).replace(target)
    return target


def remove_file(path: str) -> str:
    """Remove what an interrupted run left at `path`, if anything."""
    Path(path).unlink(missing_ok=True)
    return path


class Plugin(BasePlugin):
    """Makes the folder of the warehouse and registers the SQL functions."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        if self.creds:
            Path(self.creds.path).parent.mkdir(parents=True, exist_ok=True)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        conn.create_function(
            "input_problem",
            lambda retailer, raw_dir: input_problem(retailer, Path(raw_dir)) or "",
            ["VARCHAR", "VARCHAR"],
            "VARCHAR",
            side_effects=True,
        )
        conn.create_function(
            "settings_problem",
            lambda settings: settings_problem(json.loads(settings)) or "",
            ["VARCHAR"],
            "VARCHAR",
        )
        conn.create_function("remove_file", remove_file, ["VARCHAR"], "VARCHAR", side_effects=True)
        conn.create_function("replace_file", replace_file, ["VARCHAR", "VARCHAR"], "VARCHAR", side_effects=True)
