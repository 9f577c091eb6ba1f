"""The file that analysts open: put in its place whole, with the one before it kept, and read by the next build."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Collection
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from segmentation.disk import put, remove
from segmentation.errors import InputError, open_elsewhere, what_ran_out
from segmentation.lock import take
from segmentation.sql_text import identifier

if TYPE_CHECKING:
    import pandas as pd

WRITE_BITS = 0o222
TAKEN_NAMES = ("marts", "seeds", "work")
# What analysts open can be read by DuckDB 1.4 and later, as profiles.yml says too.
STORAGE = "v1.4.0"
MODEL_COLUMNS = ("kind", "scaling", "n_clusters", "cluster", "feature", "value", "trained_as_of", "settings")


def begin(warehouse: Path) -> bool:
    """Take the lock of a warehouse until this process ends; return False where it has it already.

    What a killed process has left is removed.

    Raises
    ------
    InputError
        If another process builds it, or its name is one that dbt and DuckDB cannot read.
    """
    _check_name(warehouse)
    if not take(lock_file(warehouse), f"{warehouse} is being built or changed"):
        return False
    target = warehouse.resolve()
    unfinished = Path(f"{target}.previous.new")
    if unfinished.exists() and not target.exists():
        put(unfinished, target)
    elif unfinished.exists() and not unfinished.samefile(target):
        put(unfinished, Path(f"{target}.previous"))
    spills = [path for path in warehouse.parent.glob(f"{escape(warehouse.name)}.*.tmp") if not _is_in_use(path)]
    for path in (Path(f"{warehouse}.tmp"), *spills, unfinished, Path(f"{target}.new")):
        remove(path)
    for path in (Path(f"{warehouse}.next"), Path(f"{warehouse}.work")):
        # Earlier versions of the project left them readable by anybody.
        if path.exists():
            path.chmod(0o600)
    return True


def _check_name(warehouse: Path) -> None:
    # It becomes the name of a database, which dbt does not quote everywhere.
    if not re.fullmatch(r"[\w.() -]+", warehouse.name):
        raise InputError(
            f"The file of the warehouse cannot be called {warehouse.name}: use letters, digits, blanks, dots, hyphens "
            "and underscores."
        )
    # What the project calls something else that stands before a dot in SQL.
    if (name := warehouse.name.partition(".")[0]).lower() in TAKEN_NAMES:
        raise InputError(
            f"The file of the warehouse cannot be called {warehouse.name}: {name} is also the name of a part of it. "
            "Take another."
        )
    # dbt takes what follows the one for no part of the path, DuckDB what follows the other.
    if sign := re.search("[#?]", str(warehouse)):
        raise InputError(f"The folder of the warehouse cannot have a {sign[0]} in its name: {warehouse}. Take another.")


def _is_in_use(spill: Path) -> bool:
    """Whether the process whose number a folder of intermediate results ends with is alive."""
    number = spill.stem.rpartition(".")[2]
    try:
        os.kill(int(number), 0)
    except PermissionError:
        return True
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    return True


def lock_file(warehouse: Path) -> Path:
    """Return the lock of a warehouse, the same one by whatever link it is named."""
    return Path(f"{warehouse.resolve()}.lock")


def check_writers(warehouse: Path) -> None:
    """Refuse to replace a file that somebody else writes: the rest of the writing would no longer fit it.

    Raises
    ------
    InputError
        If somebody has written to the published file, or has it open for writing; or a folder stands there.
    """
    target = warehouse.resolve()
    if target.is_dir():
        raise InputError(f"{target} is a folder: name a file in it as the warehouse (WAREHOUSE_PATH).")
    log = Path(f"{target}.wal")
    if log.exists():
        raise InputError(
            f"{log} stands beside the warehouse: a program has opened that for writing. End it; if it has ended "
            "already, take the file away, and with it what was written into the warehouse."
        )
    if not target.exists():
        return
    try:
        duckdb.connect(str(target), read_only=True).close()
    except duckdb.Error as error:
        # What cannot be opened is replaced.
        if said := open_elsewhere(target, error):
            raise InputError(said) from error


def clear(path: Path, kept: Collection[tuple[str, str]]) -> None:
    """Drop what is not among `kept` (schema, name) from the file in which dbt builds the marts: it is copied whole.

    One that cannot be opened begins afresh.
    """
    if not path.exists():
        return
    try:
        with duckdb.connect(str(path), config={"storage_compatibility_version": STORAGE}) as connection:
            for kind, schema, name in connection.execute(
                """select 'view', schema_name, view_name from duckdb_views() where not internal
                union all select 'table', schema_name, table_name from duckdb_tables()"""
            ).fetchall():
                if (schema, name) not in kept:
                    connection.execute(f"drop {kind} {identifier(schema)}.{identifier(name)}")
            connection.execute("checkpoint")
    except duckdb.Error:
        for ending in ("", ".wal"):
            remove(Path(f"{path}{ending}"))


def publish(warehouse: Path) -> None:
    """Put a copy of `<warehouse>.next` in the place of the warehouse; whoever has that open keeps the old one.

    A link stays one: what it leads to is replaced, on any disk. The file before it stays beside it as
    `<warehouse>.previous`. The new one is read-only, and for its owner only unless the old one was read-only for others
    too.

    Raises
    ------
    InputError
        If somebody writes to the published file, or the copy is not whole.
    """
    target = warehouse.resolve()
    new = Path(f"{target}.new")
    try:
        remove(new)
        # Closing a file gives up every lock that a process has on it: another process reads the file that DuckDB has
        # open. It gets no name to write to: outliving this one, it would touch nothing that a next build makes.
        with new.open("xb") as copy:
            copied = subprocess.run(
                ["cat", "--", f"{warehouse}.next"],
                stdout=copy,
                stderr=subprocess.PIPE,
                text=True,
                env=os.environ | {"LC_ALL": "C"},
                check=False,
            )
        if copied.returncode:
            said = copied.stderr.strip().splitlines()[-1:] or ["it was killed"]
            raise InputError(f"{warehouse}.next could not be copied to {new} ({said[0]}).")
        check_writers(warehouse)
        _put_in_place(new, target)
    finally:
        remove(new)


def _put_in_place(new: Path, target: Path) -> None:
    """Let a whole file be the warehouse, and the warehouse be the previous one; `begin` ends what is interrupted."""
    try:
        with duckdb.connect(str(new), read_only=True) as connection:
            [(tables,)] = connection.execute(
                "select count(*) from duckdb_tables() where schema_name = 'marts'"
            ).fetchall()
    except duckdb.Error as error:
        raise InputError(f"{new} cannot be opened: {target} stays as it is.") from error
    if not tables:
        raise InputError(f"{new} has no marts: {target} stays as it is.")
    before = Path(f"{target}.previous.new")
    mode = 0o400
    if target.exists():
        shared = target.stat().st_mode & 0o777
        mode = mode if shared & WRITE_BITS else shared
        try:
            os.link(target, before)
        # Some file systems know no second name of a file: for a moment there is none.
        except OSError:
            target.replace(before)
    new.chmod(mode)
    put(new, target)
    if before.exists():
        put(before, Path(f"{target}.previous"))


def roll_back(warehouse: Path) -> str:
    """Let the previous file be the warehouse again, and the other way round; return what was done.

    Raises
    ------
    InputError
        If there is no previous file, or somebody writes to the published one.
    """
    target = warehouse.resolve()
    previous, new = Path(f"{target}.previous"), Path(f"{target}.new")
    lacking = InputError(f"There is no {previous}: only what a build has replaced can come back.")
    # Before the lock, which leaves a file: this may be no warehouse at all.
    if not previous.exists() and not Path(f"{previous}.new").exists():
        raise lacking
    begin(warehouse)
    check_writers(warehouse)
    if not previous.exists():
        raise lacking
    try:
        os.link(previous, new)
    except OSError:
        shutil.copyfile(previous, new)
    _put_in_place(new, target)
    return (
        f"{warehouse} is that of the build before. The other one is {previous} now: a second rollback brings it back. "
        "Report, charts and exports are as they were: `segmentation report`, `segmentation charts` and `segmentation "
        "export` write them again."
    )


def published_model(warehouse: Path, retailer: str) -> pd.DataFrame | None:
    """Return the mart cluster_model of the last build of a retailer's files; None where none can be read."""
    model = _of_published(
        warehouse, f"select {', '.join(MODEL_COLUMNS)} from marts.cluster_model where retailer = ?", retailer
    )
    return None if model is None or model.empty else model


def published_digest(warehouse: Path) -> str:
    """Return a digest of the mart cluster_model of the last build, empty where none can be read."""
    digest = _of_published(
        warehouse, "select concat(count(*), ' ', sum(hash(model))) as digest from marts.cluster_model as model"
    )
    return "" if digest is None else str(digest["digest"].iloc[0])


def _of_published(warehouse: Path, query: str, *values: str) -> pd.DataFrame | None:
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return connection.execute(query, list(values)).df()
    except duckdb.Error as error:
        if what_ran_out(str(error)):
            raise
        # There is none, or one of another version of the project: it will be replaced.
        return None
