"""Files that are put in their place whole: drafts beside them, on the disk before they get the name."""

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote

from segmentation.errors import InputError
from segmentation.lock import MOMENT, held

DRAFTS = ".drafts"
# Beside the drafts, with its place in its name: a folder of reports until another one has taken its place.
OLD = ".old"
# Of the contest's files, 188 MB: what has landed and what leads to the marts, the marts twice, and the version before.
SPACE_PER_BYTE = 5
SPACE_ALWAYS = 150_000_000
WORKBOOKS = (".xlsx", ".xlsm")
# A compressed byte, workbooks and Parquet included, stands for this many more.
COMPRESSED = (".gz", ".zip", ".zst", ".bz2", *WORKBOOKS, ".parquet")
COMPRESSION = 5


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Yield a place beside `path` to write a file, which takes the place of `path` at the end of the block."""
    new = path.with_name(f".{path.name}.new")
    try:
        yield new
        new.chmod(0o600)
        put(new, path)
    finally:
        remove(new)


@contextmanager
def writing(report_dir: Path, patience: float = MOMENT) -> Iterator[Path]:
    """Hold the lock of the reports and yield the folder below them in which drafts are made, hidden and emptied.

    It is waited for as `held` does.

    Raises
    ------
    InputError
        If another process writes reports there until then.
    """
    with held(report_dir / ".lock", f"The reports in {report_dir} are being written", patience) as is_new:
        folder = report_dir / DRAFTS
        if is_new:
            # What a killed process has left.
            for old in folder.glob(f"*{OLD}"):
                place = report_dir / unquote(old.name.removesuffix(OLD))
                if not place.exists():
                    old.replace(place)
            remove(folder)
        folder.mkdir(exist_ok=True)
        yield folder
        if is_new:
            remove(folder)


def check_space(warehouse: Path, raw_dir: Path) -> None:
    """See whether the disk of a warehouse has room for a build, by the size of the raw files.

    Raises
    ------
    InputError
        If it has not; how much is needed is said.
    """
    files = [path for path in raw_dir.rglob("*") if path.is_file()]
    sizes = {path: path.stat().st_size for path in files}
    compressed = sum(size for path, size in sizes.items() if path.suffix.lower() in COMPRESSED)
    needed = SPACE_ALWAYS + SPACE_PER_BYTE * (sum(sizes.values()) + COMPRESSION * compressed)
    # What is there already is written again.
    used = sum(path.stat().st_size for path in warehouse.parent.glob(f"{glob.escape(warehouse.name)}*"))
    free = shutil.disk_usage(warehouse.resolve().parent).free
    if free + used < needed:
        raise InputError(
            f"The disk of {warehouse} has {free / 1e9:,.2f} GB free, and a build of these raw files needs up to "
            f"{(needed - used) / 1e9:,.2f} GB more: free some, or let WAREHOUSE_PATH name another disk."
        )


def put_folder(new: Path, folder: Path) -> None:
    """Let a whole folder of those in which `writing` makes drafts take the place of `folder`, which is removed."""
    old = new.with_name(f"{quote(str(folder.relative_to(new.parents[1])), safe='')}{OLD}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        folder.replace(old)
    new.replace(folder)
    sync(folder.parent)
    remove(old)


def put(new: Path, path: Path) -> None:
    """Rename a file, in one step that also a power failure leaves done or not done."""
    sync(new)
    new.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file, or a folder with the names in it, is on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def remove(path: Path) -> None:
    """Remove a file or a folder if it is there and can be: a failure would hide the one that led here."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
