"""What dbt-duckdb loads beside the database: functions in SQL for what SQL cannot do itself."""

from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    pass
