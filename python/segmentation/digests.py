"""Digests that tell whether something has to be made again."""

import hashlib
import site
from functools import cache
from pathlib import Path

import duckdb

from segmentation.sql_text import literal


@cache
def code_digest() -> str:
    """Return a digest of the code of this package, and of the names and versions of all that is installed beside it."""
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    installed = sorted(path.name for folder in site.getsitepackages() for path in Path(folder).glob("*.dist-info"))
    return hashlib.md5(b"".join(path.read_bytes() for path in sources) + str(installed).encode()).hexdigest()


def seeds_digest() -> str:
    """Return a digest of the seeds as they stand in the project's folder."""
    return hashlib.md5(b"".join(path.read_bytes() for path in sorted(Path("seeds").glob("*.csv")))).hexdigest()


def mart_digests(warehouse: Path) -> dict[str, str]:
    """Return a digest of the rows of each mart that is a table, by its name, as the build that just ended left them."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(f"attach {literal(f'{warehouse}.work')} as work (read_only)")
        return dict(
            connection.execute(
                """select table_name, contents from work.kept.tables
                join duckdb_tables() on schema_name = 'marts' and node = 'model.customer_segmentation.' || table_name
                where contents is not null"""
            ).fetchall()
        )
