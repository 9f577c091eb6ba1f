"""The project's own SQL macros, for what is written in SQL before dbt runs: a rule stands in one place."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context

FOLDER = Path(__file__).parents[3] / "macros"
FILES = tuple(
    FOLDER / f"{name}.sql"
    for name in (
        "engines",
        *("clean_text", "clean_code", "clean_key", "rounded_code"),
        *("to_moment", "serial_day", "spelled_moment", "clock_with_offset"),
        *("to_number", "number_text", "plain_number", "money_sign"),
        "z_of_95_percent",
    )
)


class Adapter:
    """dbt's `adapter`, as far as macros need it: what engines say in other words is said as DuckDB does."""

    @staticmethod
    @pass_context
    def dispatch(context: Context, name: str) -> Callable[..., Any]:
        """Return the macro of this name for DuckDB."""
        macro: Callable[..., Any] = context[f"duckdb__{name}"]
        return macro


@lru_cache
def compiled(files: tuple[Path, ...], known: tuple[tuple[str, object], ...] = (), more: str = "") -> TemplateModule:
    """Return the macros of some files, and of more text, as functions: `known` are names beside them that they use."""
    # One template of all, since they call each other.
    text = "\n".join([path.read_text(encoding="utf-8") for path in files] + [more])
    environment = Environment(autoescape=False, extensions=["jinja2.ext.do"])
    return environment.from_string(text, {"adapter": Adapter(), **dict(known)}).module


def sql_macro(name: str, *arguments: str) -> str:
    """Return the SQL that a macro of the folder `macros` makes of the SQL of its arguments."""
    return str(getattr(compiled(FILES), name)(*arguments)).strip()
