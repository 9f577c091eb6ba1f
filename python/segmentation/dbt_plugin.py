"""What dbt-duckdb loads beside the database: SQL functions for what SQL cannot do itself."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from segmentation.digests import code_digest
from segmentation.disk import check_space
from segmentation.errors import InputError, sentence
from segmentation.landing.land import land
from segmentation.machine import bound, check_memory
from segmentation.publication import begin, check_writers, publish, published_digest
from segmentation.settings import setting_names, settings_problem

OUTCOME = duckdb.struct_type({"problem": "VARCHAR", "report": "VARCHAR"})


def outcome(work: Callable[[], object]) -> dict[str, str | None]:
    """Return the report of some work, or the sentence that says why it could not be done."""
    try:
        return {"problem": None, "report": str(work())}
    except Exception as error:
        if said := sentence(error):
            return {"problem": said, "report": None}
        raise


class Plugin(BasePlugin):
    """Takes the lock of the warehouse, sets the limits of the machine and registers the SQL functions."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        # Started elsewhere with --project-dir, dbt stays there: retailer files and relative paths are the project's.
        os.chdir(get_flags().PROJECT_DIR)  # type: ignore[no-untyped-call]
        self.warehouse = Path(self.creds.path.removesuffix(".next")) if self.creds else Path()
        self.is_alone = False
        os.umask(0o077)
        try:
            # In the whole job that has happened before dbt was called.
            self.is_alone = begin(self.warehouse)
        except (InputError, OSError) as error:
            # What dbt shows without a traceback.
            raise RuntimeError(sentence(error)) from error

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        try:
            bound(conn)
        except InputError as error:
            raise DbtRuntimeError(str(error)) from error

        def landing(retailer: str, raw_dir: str) -> object:
            if self.is_alone:
                check_writers(self.warehouse)
                check_space(self.warehouse, Path(raw_dir))
                check_memory(Path(raw_dir))
            with conn.cursor() as cursor:
                return land(cursor, retailer, Path(raw_dir))

        def land_raw_files(retailer: str, raw_dir: str) -> dict[str, str | None]:
            return outcome(lambda: landing(retailer, raw_dir))

        conn.create_function("land_raw_files", land_raw_files, ["VARCHAR", "VARCHAR"], OUTCOME, side_effects=True)
        conn.create_function("setting_names", setting_names, [], "VARCHAR[]")
        conn.create_function(
            "settings_problem",
            lambda settings: settings_problem(yaml.safe_load(settings)) or "",
            ["VARCHAR"],
            "VARCHAR",
        )

        def publish_warehouse() -> dict[str, str | None]:
            return outcome(lambda: publish(self.warehouse))

        conn.create_function("code_digest", code_digest, [], "VARCHAR")
        conn.create_function("published_digest", lambda path: published_digest(Path(path)), ["VARCHAR"], "VARCHAR")
        conn.create_function("publish_warehouse", publish_warehouse, [], OUTCOME, side_effects=True)
