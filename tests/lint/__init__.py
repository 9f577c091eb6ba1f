"""What sqlfluff, which renders macros without dbt, has to know of it: macros are those of DuckDB."""

from collections.abc import Callable
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context


class Adapter:
    """dbt's `adapter`."""

    @staticmethod
    @pass_context
    def dispatch(context: Context, name: str) -> Callable[..., Any]:
        """The macro of this name for DuckDB."""
        return context[f"duckdb__{name}"]


adapter = Adapter()
