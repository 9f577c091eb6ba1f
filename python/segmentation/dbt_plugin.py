"""What dbt-duckdb loads beside the database: SQL functions for what SQL cannot do itself."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from segmentation.processes import result
from segmentation.raw_files import input_problem
from segmentation.settings import setting_names, settings_problem

# Closing a file gives up every lock that a process has on it: another process reads the file that DuckDB has open.
COPY = "import shutil, sys; shutil.copyfile(*sys.argv[1:])"


def publish_file(source: str, target: str) -> str:
    """Put a copy of a DuckDB file in the place of `target` at once; whoever has `target` open keeps the old one."""
    new = Path(f"{target}.new")
    subprocess.run([sys.executable, "-I", "-c", COPY, source, str(new)], check=True)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(target)
    return target


class Plugin(BasePlugin):
    """Makes the folder of the warehouse and registers the SQL functions."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        if self.creds:
            Path(self.creds.path).parent.mkdir(parents=True, exist_ok=True)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        conn.create_function(
            "input_problem",
            lambda retailer, raw_dir: result(input_problem, retailer, Path(raw_dir)) or "",
            ["VARCHAR", "VARCHAR"],
            "VARCHAR",
            side_effects=True,
        )
        conn.create_function("setting_names", setting_names, [], "VARCHAR[]")
        conn.create_function(
            "settings_problem",
            lambda settings: settings_problem(yaml.safe_load(settings)) or "",
            ["VARCHAR"],
            "VARCHAR",
        )
        conn.create_function("publish_file", publish_file, ["VARCHAR", "VARCHAR"], "VARCHAR", side_effects=True)
