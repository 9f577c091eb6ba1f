"""What dbt-duckdb loads beside the database: SQL functions for what SQL cannot do itself."""

from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from segmentation.errors import InputError
from segmentation.landing.land import land
from segmentation.machine import bound
from segmentation.publication import publish
from segmentation.settings import setting_names, settings_problem

LANDED = duckdb.struct_type({"problem": "VARCHAR", "report": "VARCHAR"})


class Plugin(BasePlugin):
    """Makes the folder of the warehouse, sets the limits of the machine and registers the SQL functions."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        if self.creds:
            Path(self.creds.path).parent.mkdir(parents=True, exist_ok=True)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        try:
            bound(conn)
        except InputError as error:
            raise DbtRuntimeError(str(error)) from error

        def land_raw_files(retailer: str, raw_dir: str) -> dict[str, str | None]:
            try:
                with conn.cursor() as cursor:
                    return {"problem": None, "report": str(land(cursor, retailer, Path(raw_dir)))}
            except InputError as error:
                return {"problem": str(error), "report": None}

        conn.create_function("land_raw_files", land_raw_files, ["VARCHAR", "VARCHAR"], LANDED, side_effects=True)
        conn.create_function("setting_names", setting_names, [], "VARCHAR[]")
        conn.create_function(
            "settings_problem",
            lambda settings: settings_problem(yaml.safe_load(settings)) or "",
            ["VARCHAR"],
            "VARCHAR",
        )

        def publish_warehouse(warehouse: str) -> str:
            publish(Path(warehouse))
            return warehouse

        conn.create_function("publish_warehouse", publish_warehouse, ["VARCHAR"], "VARCHAR", side_effects=True)
