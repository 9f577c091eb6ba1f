"""What dbt-duckdb loads beside the database: SQL functions for what SQL cannot do itself."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from segmentation.errors import InputError
from segmentation.landing.land import land
from segmentation.settings import settings_problem

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
        def land_raw_files(retailer: str, raw_dir: str) -> dict[str, str | None]:
            try:
                with conn.cursor() as cursor:
                    return {"problem": None, "report": str(land(cursor, retailer, Path(raw_dir)))}
            except InputError as error:
                return {"problem": str(error), "report": None}

        conn.create_function(
            "land_raw_files", land_raw_files, ["VARCHAR", "VARCHAR"], duckdb.struct_type({"problem": "VARCHAR", "report": "VARCHAR"}), side_effects=True
        )
        conn.create_function(
            "settings_problem",
            lambda settings: settings_problem(json.loads(settings)) or "",
            ["VARCHAR"],
            "VARCHAR",
        )
        conn.create_function("publish_file", publish_file, ["VARCHAR", "VARCHAR"], "VARCHAR", side_effects=True)
