"""The project's own SQL macros, for what is written in SQL before dbt runs: a rule stands in one place."""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment

FOLDER = Path(__file__).parents[3] / "macros"
FILES = ("clean_text.sql", "clean_code.sql", "to_moment.sql", "to_number.sql")


@lru_cache
def _module() -> object:
    # One template of all, since they call each other.
    text = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in FILES)
    return Environment(autoescape=False).from_string(text).module


def sql_macro(name: str, *arguments: str) -> str:
    """Return the SQL that a macro of the folder `macros` makes of the SQL of its arguments."""
    return str(getattr(_module(), name)(*arguments)).strip()
