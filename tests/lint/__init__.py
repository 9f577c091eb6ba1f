"""What sqlfluff, which renders the project's macros without dbt, has to know: it runs this for every file."""

from sqlfluff.core.templaters.builtins.dbt import DBT_BUILTINS

from segmentation.landing.sql_macros import FOLDER, compiled

# Materializations are beyond it.
FILES = tuple(path for path in sorted(FOLDER.glob("*.sql")) if not path.name.startswith("materialization"))
# What these two write is long, and no part of a model: half of all the time went to it.
SHORT = """
{% macro to_moment(column) %}cast({{ column }} as timestamp){% endmacro %}
{% macro to_number(column, data_type, mark) %}cast({{ column }} as {{ data_type }}){% endmacro %}
"""


class Dbt:
    """What dbt knows of text, as far as macros need it."""

    @staticmethod
    def escape_single_quotes(text: str) -> str:
        """Return text with its quotes doubled."""
        return text.replace("'", "''")

    @staticmethod
    def string_literal(text: str) -> str:
        """Return text as a literal."""
        return f"'{text}'"


# Compiled once: sqlfluff would do so twice for every file.
globals().update(vars(compiled(FILES, (*DBT_BUILTINS.items(), ("dbt", Dbt)), SHORT)))
