"""Look at unknown files and propose a retailer file.

`looking` reads them whole, each in the form that `forms` finds, and has `columns` describe their columns. `choosing`
decides what each is for, by the names in `roles` and the currency and time zone in `places`; `doubts` notes what a
person has to look at. `writing` makes the YAML of it.
"""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from segmentation.inspection.choosing import choose
from segmentation.inspection.looking import look
from segmentation.inspection.writing import retailer_yaml


def propose(paths: Iterable[Path], raw_dir: Path) -> tuple[str, list[str]]:
    """Return a proposed retailer file (YAML with comments) for the files, and what a person has to look at.

    Raises
    ------
    InputError
        If a file cannot be read, or no file holds anything like sales lines.
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        tables, doubts = look(connection, paths, raw_dir)
        choice = choose(connection, tables)
    doubts = list(dict.fromkeys([*choice.doubts, *doubts]))
    return retailer_yaml(choice, doubts), doubts
