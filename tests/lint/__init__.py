"""What sqlfluff, which renders the project's macros without dbt, has to know: it runs this for every file."""

from sqlfluff.core.templaters.builtins.dbt import DBT_BUILTINS

from segmentation.landing.sql_macros import FOLDER, compiled

# Materializations are beyond it.
FILES = tuple(path for path in sorted(FOLDER.glob("*.sql")) if not path.name.startswith("materialization"))
# What the first two write is long, and no part of a model: half of all the time went to it. The last one asks dbt.
SHORT = """
{% macro to_moment(column) %}cast({{ column }} as timestamp){% endmacro %}
{% macro to_number(column, data_type, mark) %}cast({{ column }} as {{ data_type }}){% endmacro %}
{% macro sql_literal(text) %}'{{ text }}'{% endmacro %}
"""

# Compiled once: sqlfluff would do so twice for every file.
globals().update(vars(compiled(FILES, tuple(DBT_BUILTINS.items()), SHORT)))
# What dbt knows of the whole project is nothing to the form of a file.
execute, graph = False, {"nodes": {}}
